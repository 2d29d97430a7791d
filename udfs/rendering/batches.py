"""Rendering over Arrow batches of examples: the functions Spark calls, and what they give.

The pairs of one example stand next to each other, which is what makes the written files small: neighbouring rows share
their text. Batches are rendered in slices and given in pieces, so that memory depends on neither the length of the
texts nor the number of templates; one string column of a batch could hold 2 GiB at most.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.forms.formed import Formed, render_formed
from taskmill.udfs.forms.narrowing import form_keys
from taskmill.udfs.ids import hashed
from taskmill.udfs.rendering.columns import Indices, byte_lengths, where
from taskmill.udfs.rendering.dialects import render_rows
from taskmill.udfs.rendering.dialogues import Dialogues
from taskmill.udfs.rendering.exhibits import Exhibits, Shown
from taskmill.udfs.rendering.outcomes import Outcome
from taskmill.udfs.rendering.plans import AnyTemplate, RenderPlan
from taskmill.udfs.rendering.reviewed import all_rejected, reviews_of, with_reviews
from taskmill.udfs.rendering.row_sets import RowSet, rows_of_json

SLICE_BYTES = 16 * 1024 * 1024  # of pairs rendered at once, as far as the fields tell
MAX_BATCH_BYTES = 24 * 1024 * 1024  # of text in one batch that is given
NONE = np.array([], np.int64)
LITERAL_BYTES = 400  # what a template adds to the fields, about

PAIR_SCHEMA = pa.schema(
    [
        ("number", pa.int32()),
        ("gold_index", pa.int32()),
        ("choices", pa.list_(pa.string())),
        ("response_language", pa.string()),
        ("prompt_chars", pa.int32()),
        ("response_chars", pa.int32()),
        ("warned", pa.string()),
        ("quality", pa.float64()),
        ("is_fixed", pa.bool_()),
        ("form", pa.string()),
        ("system", pa.string()),
        ("shots", pa.string()),
        ("turns", pa.string()),
        ("prompt", pa.string()),
        ("response", pa.string()),
    ]
)
PAIR_DDL = (
    "number int, gold_index int, choices array<string>, response_language string, prompt_chars int, "
    "response_chars int, warned string, quality double, is_fixed boolean, form string, "
    "system string, shots string, turns string, prompt string, response string"
)
REFUSED_SCHEMA = pa.schema(
    [("template_id", pa.string()), ("template", pa.string()), ("reason", pa.string()), ("detail", pa.string())]
)
REFUSED_DDL = "template_id string, template string, reason string, detail string"
USED_SCHEMA = pa.schema([(name, pa.string()) for name in ("task", "example_id", "template_id", "used_key")])
LISTS = ("languages", "flags")  # Spark sends a list much more slowly than the same as text
USED_DDL = "task string, example_id string, template_id string, used_key string"

Batches = Iterable[pa.RecordBatch]


def pair_renderer(
    plans: Mapping[str, RenderPlan], passed: tuple[str, ...]
) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that turns batches of examples into batches of accepted pairs.

    Batches have string columns task, example_id, fields, `languages` (a JSON list of tags), `skipped` (ids of templates
    not to render, with a blank between them, or null), `reviewed` (see `reviews_of`), and the columns `passed`, which
    are repeated for each pair in front of those of `PAIR_SCHEMA`. Of these the `LISTS` come as JSON text and leave as
    lists. What all pairs of a template share does not travel with each of them: `number` says which of the plans'
    `labels` are theirs, and `choices` is null where those hold the choices. `warned` has names of checks, with a blank
    between them, or is null, and so has `form` tags; `is_fixed` says that a reviewer wrote the text.
    `shots` has the ids of the examples that the prompt shows, with a blank between them, null for most, and `turns` the
    turns of a dialogue as JSON; for tasks that may show some, batches also have string column `belongs_to`: the group
    of an example, or null, and for dialogues `siblings`, see `Dialogues`.
    """

    def render(batches: Batches) -> Iterator[pa.RecordBatch]:
        dialogues, exhibits = Dialogues(_outcomes), Exhibits(_outcomes)
        for batch in batches:
            for piece, plan in _slices(batch, plans):
                outcomes = list(_outcomes(piece, plan))
                talks = [dialogues.added(piece, one, Shown.alone(one)) for one in outcomes]
                shown = [exhibits.added(piece, one, talk) for one, talk in zip(outcomes, talks, strict=True)]
                yield from _pieces(_pairs(_passed(piece, passed), plan, outcomes, shown))

    return render


def refused_renderer(
    plans: Mapping[str, RenderPlan], passed: tuple[str, ...]
) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """As `pair_renderer`, but gives what was refused, and why, with the columns of `REFUSED_SCHEMA`."""

    def render(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for piece, plan in _slices(batch, plans):
                yield from _pieces(_refused(_passed(piece, passed), plan, _outcomes(piece, plan)))

    return render


def used_keys(
    plans: Mapping[str, RenderPlan], partial: frozenset[str]
) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that gives, for each drawn template in `partial`, a key of the fields it uses.

    Two examples with one key give the same pair. Batches are as for `pair_renderer`.
    """

    def find(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for piece, plan in _slices(batch, plans):
                rows: list[int] = []
                keys: list[tuple[str, str]] = []
                for place, drawn, examples in _drawn(piece, plan):
                    template_id, template = plan.templates[place]
                    if template_id not in partial:
                        continue
                    rows.extend(drawn.tolist())
                    keys.extend((template_id, key) for key in _keys(template, examples))
                yield _with_columns(piece.select(["task", "example_id"]), rows, keys, pa.schema(list(USED_SCHEMA)[2:]))

    return find


def _passed(batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """These columns of the batch, lists as lists."""
    columns = [_lists(batch.column(name)) if name in LISTS else batch.column(name) for name in names]
    return pa.RecordBatch.from_arrays(columns, names=list(names))


def _lists(texts: pa.StringArray) -> pa.ListArray:
    """Lists of text written as JSON; there are few different ones."""
    encoded = texts.dictionary_encode()
    lists = [None if text is None else json.loads(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(lists, pa.list_(pa.string())).take(encoded.indices)


def _keys(template: AnyTemplate, examples: RowSet) -> Iterator[str]:
    for position in range(examples.size):
        row = examples.row(position, fresh=False)
        yield hashed(json.dumps([row.get(name) for name in template.uses], ensure_ascii=False))


def _slices(batch: pa.RecordBatch, plans: Mapping[str, RenderPlan]) -> Iterator[tuple[pa.RecordBatch, RenderPlan]]:
    """The batch in runs of one task, each short enough to be rendered at once."""
    sizes = byte_lengths(batch.column("fields")).astype(np.int64) + LITERAL_BYTES
    start = 0
    for task, run in groupby(batch.column("task").to_pylist()):
        plan, last = plans[task], start + sum(1 for _ in run)
        ends = np.cumsum(sizes[start:last] + plan.shown_bytes)
        first, most = start, SLICE_BYTES // max(1, plan.most_drawn)
        while start < last:
            done = int(ends[start - first - 1]) if start > first else 0
            end = min(last, max(start + 1, first + int(np.searchsorted(ends, done + most, side="right"))))
            yield batch.slice(start, end - start), plan
            start = end


def _drawn(batch: pa.RecordBatch, plan: RenderPlan) -> Iterator[tuple[int, Indices, RowSet]]:
    """For each template of the plan its place, and the rows it is drawn for."""
    examples = plan.with_choices(
        rows_of_json(batch.column("fields"), plan.fields, batch.column("example_id").to_pylist())
    )
    languages = batch.column("languages").to_pylist() if plan.follows_data else ()
    drawn = plan.drawn(examples.ids, examples.columns, languages)
    skipped = batch.column("skipped").to_pylist() if "skipped" in batch.schema.names else []
    places = {template_id: place for place, (template_id, _) in enumerate(plan.templates)}
    for row, names in enumerate(skipped):
        for name in (names or "").split():
            if name in places:
                drawn[row, places[name]] = False
    for place in range(len(plan.templates)):
        rows = where(drawn[:, place])
        if len(rows):
            yield place, rows, examples.select(rows)


def _outcomes(batch: pa.RecordBatch, plan: RenderPlan) -> Iterator[Outcome]:
    repetitive: dict[str, bool] = {}
    reviews = reviews_of(batch)
    keys = None if plan.forms is None else form_keys(plan.forms, batch.column("example_id").to_pylist())
    for place, rows, examples in _drawn(batch, plan):
        template_id, template = plan.templates[place]
        if template.name in plan.rejected:
            yield Outcome(plan, place, rows, examples, all_rejected(len(rows), plan.rejected[template.name]))
            continue
        if keys is None:
            formed = Formed(render_rows(template, template_id, examples, plan.draw.seed, plan.limits), examples)
        else:
            formed = render_formed(plan, place, examples, keys[rows])
        found, fixed = with_reviews(formed.rendered, template.name, rows, reviews, plan.limits)
        yield Outcome(plan, place, rows, formed.examples, found, repetitive, fixed, formed.forms, formed.systems)


def _pairs(
    passed: pa.RecordBatch, plan: RenderPlan, outcomes: Sequence[Outcome], shown: Sequence[Shown]
) -> pa.RecordBatch:
    """The accepted pairs of all templates, those of one example next to each other.

    Args:
        shown: the pairs of each outcome with what they show.
    """
    rows = np.concatenate([NONE, *(one.rows[one.kept] for one in outcomes)])
    places = np.concatenate([NONE, *(np.full(len(one.kept), one.place) for one in outcomes)])
    order = np.lexsort((places, rows))
    repeated = _repeated(passed, rows[order])
    prompts = _ordered([one.prompts for one in shown], order, pa.string())
    responses = _ordered([one.responses for one in outcomes], order, pa.string())
    columns = [
        pa.array((plan.first_number + places[order]).astype(np.int32)),
        _ordered([one.gold for one in outcomes], order, pa.int32()),
        _ordered([one.choices for one in outcomes], order, pa.list_(pa.string())),
        _ordered([one.response_languages for one in outcomes], order, pa.string()),
        # Spark counts characters byte by byte, in as much time as all its other work on a pair.
        pc.utf8_length(prompts),
        pc.utf8_length(responses),
        _ordered([one.warned for one in outcomes], order, pa.string()),
        _ordered([one.quality for one in outcomes], order, pa.float64()),
        _ordered([one.is_fixed for one in outcomes], order, pa.bool_()),
        _ordered([one.forms for one in shown], order, pa.string()),
        _ordered([one.systems for one in outcomes], order, pa.string()),
        _ordered([one.shots for one in shown], order, pa.string()),
        _ordered([one.turns for one in shown], order, pa.string()),
        prompts,
        responses,
    ]
    return pa.RecordBatch.from_arrays([*repeated, *columns], schema=pa.schema([*passed.schema, *PAIR_SCHEMA]))


def _repeated(passed: pa.RecordBatch, rows: Indices) -> list[pa.Array]:
    """The columns for each pair; most of them are the same for all rows of a task."""
    taken = pa.array(rows)
    return [
        pa.repeat(column[0], len(rows)) if len(column) and _is_constant(column) else column.take(taken)
        for column in passed.columns
    ]


def _is_constant(column: pa.Array) -> bool:
    if not pa.types.is_string(column.type) or column.null_count:
        return False
    return bool(pc.all(pc.equal(column, column[0])).as_py())


def _ordered(arrays: Sequence[pa.Array], order: Indices, kind: pa.DataType) -> pa.Array:
    return pa.concat_arrays(arrays).take(pa.array(order)) if arrays else pa.array([], kind)


def _refused(passed: pa.RecordBatch, plan: RenderPlan, outcomes: Iterable[Outcome]) -> pa.RecordBatch:
    rows: list[int] = []
    values: list[tuple[Any, ...]] = []
    for one in outcomes:
        template_id, template = plan.templates[one.place]
        for row, reason, detail in one.refused():
            rows.append(int(one.rows[row]))
            values.append((template_id, template.name, reason, detail))
    return _with_columns(passed, rows, values, REFUSED_SCHEMA)


def _with_columns(
    repeated: pa.RecordBatch, rows: Sequence[int], values: Sequence[tuple[Any, ...]], schema: pa.Schema
) -> pa.RecordBatch:
    """Rows of `repeated`, in the order of that batch, each with new values."""
    order = sorted(range(len(rows)), key=lambda place: rows[place])
    taken = repeated.take(pa.array([rows[place] for place in order], pa.int64()))
    columns = zip(*(values[place] for place in order), strict=True) if values else [() for _ in schema]
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays([*taken.columns, *arrays], schema=pa.schema([*taken.schema, *schema]))


def _pieces(rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in pieces of at most `MAX_BATCH_BYTES` of text, or of one row."""
    texts = [column for column in rows.columns if pa.types.is_string(column.type)]
    ends = np.cumsum(sum(byte_lengths(column.fill_null("")).astype(np.int64) for column in texts))
    start, done = 0, 0
    while start < rows.num_rows:
        end = max(start + 1, int(np.searchsorted(ends, done + MAX_BATCH_BYTES, side="right")))
        yield rows.slice(start, end - start)
        start, done = end, int(ends[end - 1])
