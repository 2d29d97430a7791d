"""One row through both tiers, which have to agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.native import render_row, render_rows
from taskmill.udfs.rendering.plans import Template
from taskmill.udfs.rendering.rendered import Rendered
from taskmill.udfs.rendering.row_sets import rows_of_dicts

COPIES = 3  # of the row in one column: kernels treat one row as any number of them


def render_both(template: Template, names: Mapping[str, Any], limits: Limits) -> Rendered:
    """The row as Jinja renders it alone; fails where the same row in a column comes out otherwise."""
    expected = render_row(template, names, limits)
    rows = rows_of_dicts([names] * COPIES, [str(number) for number in range(COPIES)])
    found = render_rows(template, rows, limits)
    for position in range(COPIES):
        sides = found.prompts[position].as_py(), found.responses[position].as_py()
        assert found.alone.get(position, Rendered(*sides)) == expected
    return expected
