"""Which dialect a template is of, for those who render any: native wordings and published promptsource templates."""

from __future__ import annotations

from taskmill.udfs.rendering import native, promptsource
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.compile import COMPILE_ERRORS, ROWS
from taskmill.udfs.rendering.plans import AnyTemplate, PublishedTemplate
from taskmill.udfs.rendering.rendered import RenderedRows
from taskmill.udfs.rendering.row_sets import RowSet


def tier(template: AnyTemplate) -> tuple[str, str | None]:
    """The tier a template is rendered in, and for rows the construct that forced it, or why it does not compile."""
    try:
        return promptsource.tier(template) if isinstance(template, PublishedTemplate) else native.tier(template)
    except COMPILE_ERRORS as error:
        return ROWS, f"does not compile: {error}"


def render_rows(template: AnyTemplate, template_id: str, rows: RowSet, seed: int, limits: Limits) -> RenderedRows:
    """The pairs of many rows.

    Args:
        template_id, seed: what draws depend on, beside the ids of the rows.
    """
    if isinstance(template, PublishedTemplate):
        return promptsource.render_rows(template, template_id, rows, seed, limits)
    return native.render_rows(template, rows, limits)
