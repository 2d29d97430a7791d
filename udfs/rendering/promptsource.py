"""The promptsource dialect: published templates rendered exactly as promptsource 0.2.3 does, quirks included.

One template text holds prompt and response with `|||` between them; another one, optional, the answer choices. The
pipes that stand in data are replaced by a token while the template runs (top-level text only, as there), and with
`truncate` every `}}` of the template's source is replaced by a filter that cuts what is printed, by text, whatever
that binds to. Only draws differ: they come from the seed and the ids, never from a process-wide generator.
Source: Bach et al. 2022, "PromptSource: An Integrated Development Environment and Repository for Natural Language
Prompts", and the code of `promptsource/templates.py` it publishes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.ids import hashed
from taskmill.udfs.rendering.bounds import Limits, start_render, stop_clock, watched
from taskmill.udfs.rendering.columns import Column, Constant, Mask, Texts, Values, contains
from taskmill.udfs.rendering.compile import (
    KERNELS,
    PROMPTSOURCE,
    PROMPTSOURCE_GUARDED,
    ROWS,
    Compiled,
    compiled,
    compiled_all,
    tier_of,
    used_names,
)
from taskmill.udfs.rendering.frames import RENDER_ERRORS
from taskmill.udfs.rendering.plans import PublishedTemplate
from taskmill.udfs.rendering.promptsource_environment import Draws
from taskmill.udfs.rendering.rendered import Rendered, RenderedRows, checked, refusal, settled
from taskmill.udfs.rendering.row_sets import LazyColumns, RowSet, rows_of_dicts
from taskmill.udfs.rendering.sandbox import DRAWS
from taskmill.udfs.rendering.text_kernels import trimmed

PIPES = "|||"
PROTECTED_PIPES = "3ed2dface8203c4c9dfb1a5dc58e41e0"
TRUNCATION = " | string | truncate(2048) }}"
CHOICES = "answer_choices"
RESTRICTED = (CHOICES, "self")  # names the original cannot be given
NO_LABEL = "<NO LABEL>"  # what T0 writes for an empty response


@dataclass(frozen=True)
class Parts:
    """What a template gives for one row: all parts, un-escaped and stripped, and the choices; or the reason why not."""

    parts: tuple[str, ...] = ()
    choices: tuple[str, ...] | None = None
    reason: str | None = None
    detail: str | None = None


def sources(template: PublishedTemplate) -> tuple[str, ...]:
    """The texts that are rendered: the template's own, and that of its choices where it has some."""
    own = template.jinja.replace("}}", TRUNCATION) if template.truncate else template.jinja
    return (own,) if template.answer_choices is None else (own, template.answer_choices)


def environment_of(template: PublishedTemplate) -> str:
    return PROMPTSOURCE_GUARDED if template.guards else PROMPTSOURCE


def compiled_texts(template: PublishedTemplate) -> list[Compiled] | None:
    """What renders the `sources`; None where one does not compile."""
    return compiled_all(sources(template), environment_of(template))


def tier(template: PublishedTemplate) -> tuple[str, str | None]:
    """The tier, and for rows the construct that forced it; raises what `compiled` raises."""
    return tier_of(*(compiled(source, environment_of(template)) for source in sources(template)))


def template_names(template: PublishedTemplate) -> frozenset[str]:
    """The columns a template reads."""
    texts = (template.jinja, template.answer_choices or "")
    return frozenset(name for text in texts for name in used_names(text, environment_of(template))) - {CHOICES}


def parts_of_row(template: PublishedTemplate, row: Mapping[str, Any], draws: Draws, limits: Limits) -> Parts:
    """The parts of one row; never raises for what a template or a row does.

    Args:
        row: the source's columns by name, hyphens replaced by underscores; the template may change its values.
    """
    restricted = [name for name in RESTRICTED if name in row]
    if restricted:
        return Parts(reason="restricted_name", detail=f"a column is called {restricted[0]!r}")
    names: dict[str, Any] = {name: _protected(value) for name, value in row.items()}
    names[DRAWS] = draws
    try:
        with watched():
            start_render(limits)
            body, *declared = (compiled(source, environment_of(template)) for source in sources(template))
            choices = _split(declared[0](names), strip_first=True) if declared else None
            text = body({**names, CHOICES: None if choices is None else list(choices)})
            stop_clock()
    except RENDER_ERRORS as error:
        refused = refusal(error)
        return Parts(reason=refused.reason, detail=refused.detail)
    if template.guards and choices is not None and "" in choices:
        return Parts(reason="empty_choice", detail=f"choice {choices.index('')} of {len(choices)}")
    return Parts(_split(text, strip_first=False), choices)


def _protected(value: Any) -> Any:
    return value.replace(PIPES, PROTECTED_PIPES) if isinstance(value, str) else value


def _split(text: str, strip_first: bool) -> tuple[str, ...]:
    """The parts of a rendered text. The original strips choices before it un-escapes them, and parts after."""
    parts = text.split(PIPES)
    if strip_first:
        return tuple(part.strip().replace(PROTECTED_PIPES, PIPES) for part in parts)
    return tuple(part.replace(PROTECTED_PIPES, PIPES).strip() for part in parts)


def pair_of(template: PublishedTemplate, found: Parts, limits: Limits) -> Rendered:
    """The pair that the parts make: two of them; an empty response is `<NO LABEL>` to T0, and with guards an error."""
    if found.reason is not None:
        return Rendered(reason=found.reason, detail=found.detail)
    if len(found.parts) < 2:
        is_empty = found.parts == ("",)
        return Rendered(reason="not_applicable" if is_empty else "no_response", detail=None if is_empty else "no '|||'")
    if len(found.parts) > 2:
        return Rendered(reason="several_responses", detail=f"{len(found.parts)} parts")
    prompt, response = found.parts
    if template.guards and template.choices_in_prompt:
        for choice in found.choices or ():
            if choice.casefold() not in prompt.casefold():
                return Rendered(reason="choice_not_offered", detail=choice)
    if prompt and not response and not template.guards:
        response = NO_LABEL
    return checked(prompt, response, limits, found.choices)


def render_rows(template: PublishedTemplate, template_id: str, rows: RowSet, seed: int, limits: Limits) -> RenderedRows:
    """The pairs of many rows."""

    def alone(position: int) -> Rendered:
        return pair_of(template, _parts_alone(template, template_id, rows, position, seed, limits), limits)

    found = _parts_by_columns(template, template_id, rows, seed, limits)
    if found is None:
        return RenderedRows.all_alone(rows.size, alone)
    prompts, responses, undecided, choices = found
    if not template.guards:
        responses = pc.if_else(pc.equal(responses, ""), NO_LABEL, responses)
    return settled(prompts, responses, undecided, limits, alone, choices)


def render_published(
    template: PublishedTemplate,
    rows: Sequence[Mapping[str, Any]],
    ids: Sequence[str],
    limits: Limits,
    tier: str | None = None,
    seed: int = 0,
) -> list[Parts]:
    """All parts of every row, whatever their number: what promptsource's `apply` gives.

    Args:
        rows: the source's columns, as published: hyphens in their names become underscores.
        tier: `rows` to render row by row whatever the template is.
    """
    fitted = [{name.replace("-", "_"): value for name, value in row.items()} for row in rows]
    found = rows_of_dicts(fitted, ids)
    template_id = hashed(template.name, template.jinja, str(template.answer_choices))
    columns = None if tier == ROWS else _parts_by_columns(template, template_id, found, seed, limits)

    def alone(position: int) -> Parts:
        return _parts_alone(template, template_id, found, position, seed, limits)

    if columns is None:
        return [alone(position) for position in range(found.size)]
    prompts, responses, undecided, choices = columns
    sides = zip(prompts.to_pylist(), responses.to_pylist(), undecided, choices.items(found.size), strict=False)
    return [
        alone(position) if left_open else Parts((prompt, response), None if offered is None else tuple(offered))
        for position, (prompt, response, left_open, offered) in enumerate(sides)
    ]


def _parts_alone(
    template: PublishedTemplate, template_id: str, rows: RowSet, position: int, seed: int, limits: Limits
) -> Parts:
    found = compiled_texts(template)
    fresh = found is not None and any(text.changes for text in found)
    draws = Draws(seed, rows.ids[position], template_id)
    return parts_of_row(template, rows.row(position, fresh), draws, limits)


def _parts_by_columns(
    template: PublishedTemplate, template_id: str, rows: RowSet, seed: int, limits: Limits
) -> tuple[pa.StringArray, pa.StringArray, Mask, Column] | None:
    """Both parts and the choices of every row, and the rows left open; None without a kernel."""
    found = compiled_texts(template)
    if found is None or tier_of(*found)[0] != KERNELS or any(name in rows.columns for name in RESTRICTED):
        return None
    body, *declared = found
    makers = {name: _protector(rows.columns, name) for name in rows.columns}
    if any(text.draws for text in found):
        makers[DRAWS] = lambda: Values([Draws(seed, row, template_id) for row in rows.ids])
    protected = rows.with_columns(LazyColumns(makers))
    no_choices = np.zeros(rows.size, np.bool_)
    choices: Column = Constant(None)
    if declared:
        choices, no_choices = _choices(declared[0], protected, limits)
    texts, undecided = body.columns(protected.with_column(CHOICES, choices), limits)
    prompts, responses, not_two = _two_parts(texts)
    undecided = undecided | no_choices | not_two
    if template.guards:
        undecided |= _may_be_guarded(template, prompts, choices)
    return prompts, responses, undecided, choices


def _protector(columns: Mapping[str, Column], name: str) -> Any:
    def protect() -> Column:
        column = columns[name]
        if isinstance(column, Texts):
            is_clean = not contains(column.array, PIPES)
            return column if is_clean else Texts(pc.replace_substring(column.array, PIPES, PROTECTED_PIPES))
        if isinstance(column, Values) and any(isinstance(value, str) and PIPES in value for value in column.values):
            return Values([_protected(value) for value in column.values])
        return column

    return protect


def _choices(declared: Compiled, rows: RowSet, limits: Limits) -> tuple[Column, Mask]:
    """The list of choices of every row, and the rows whose choices are left open."""
    column, undecided = declared.column(rows, limits)
    if isinstance(column, Constant):
        return Constant(list(_split(str(column.value), strip_first=True))), undecided
    return Values([list(_split(text, strip_first=True)) for text in column.items(rows.size)]), undecided


def _two_parts(texts: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray, Mask]:
    """First and second part of every text, and the texts that have another number of parts."""
    parts = pc.split_pattern(texts, PIPES)
    counts = pc.list_value_length(parts).to_numpy()
    not_two = counts != 2
    if not_two.any():
        parts = pc.if_else(pa.array(not_two), pa.scalar(["", ""], parts.type), parts)
    flat = parts.flatten()
    if contains(flat, PROTECTED_PIPES):
        flat = pc.replace_substring(flat, PROTECTED_PIPES, PIPES)
    flat = trimmed(Texts(flat)).array
    places = np.arange(0, 2 * len(texts), 2)
    return flat.take(pa.array(places)), flat.take(pa.array(places + 1)), not_two


def _may_be_guarded(template: PublishedTemplate, prompts: pa.StringArray, choices: Column) -> Mask:
    """Rows whose choices a guard may refuse; whether it does is found for each of them alone."""
    offered: Iterable[Any] = choices.items(len(prompts))
    if isinstance(choices, Constant):
        values = choices.value or ()
        if "" in values:
            return np.ones(len(prompts), np.bool_)
        if not template.choices_in_prompt:
            return np.zeros(len(prompts), np.bool_)
    texts = prompts.to_pylist() if template.choices_in_prompt else [""] * len(prompts)
    left_open = (
        "" in (found or ())
        or (template.choices_in_prompt is True and any(choice not in text for choice in found or ()))
        for found, text in zip(offered, texts, strict=False)
    )
    return np.fromiter(left_open, np.bool_, len(prompts))


__all__ = ["Parts", "PublishedTemplate", "pair_of", "parts_of_row", "render_published", "render_rows", "tier"]
