"""The native dialect: a prompt and a response, each a strict template over the fields and `choices`.

Both sides come without white space at their ends, as every published collection stores them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.udfs.rendering.bounds import Limits, start_render, stop_clock, watched
from taskmill.udfs.rendering.columns import Texts
from taskmill.udfs.rendering.compile import KERNELS, compiled, compiled_all, tier_of
from taskmill.udfs.rendering.frames import RENDER_ERRORS
from taskmill.udfs.rendering.plans import Template
from taskmill.udfs.rendering.rendered import Rendered, RenderedRows, checked, refusal, settled
from taskmill.udfs.rendering.row_sets import RowSet
from taskmill.udfs.rendering.text_kernels import trimmed


def tier(template: Template) -> tuple[str, str | None]:
    """The tier, and for rows the construct that forced it; raises what `compiled` raises."""
    return tier_of(compiled(template.prompt), compiled(template.response))


def render_row(template: Template, names: Mapping[str, Any], limits: Limits) -> Rendered:
    """One row's pair; never raises for what a template or a row does.

    Args:
        names: the fields, and `choices` where there are some.
    """
    try:
        with watched():
            start_render(limits)
            prompt = compiled(template.prompt)(names).strip()
            response = compiled(template.response)(names).strip()
            stop_clock()
    except RENDER_ERRORS as error:
        return refusal(error)
    return checked(prompt, response, limits)


def render_rows(template: Template, rows: RowSet, limits: Limits) -> RenderedRows:
    """The pairs of many rows."""

    def alone(position: int) -> Rendered:
        return render_row(template, rows.row(position, fresh=False), limits)

    halves = compiled_all((template.prompt, template.response))
    if halves is None or tier_of(*halves)[0] != KERNELS:
        return RenderedRows.all_alone(rows.size, alone)
    (prompts, no_prompt), (responses, no_response) = (half.columns(rows, limits) for half in halves)
    stripped = [trimmed(Texts(texts)).array for texts in (prompts, responses)]
    return settled(stripped[0], stripped[1], no_prompt | no_response, limits, alone)
