"""Rendering over Arrow batches of examples: the function Spark calls, and what it gives.

The pairs of one example stand next to each other, which is what makes the written files small: neighbouring rows share
their text. Long outputs are cut into several batches, for one batch of a string column holds 2 GiB at most.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.ids import hashed
from taskmill.udfs.rendering.plans import RenderPlan, Template
from taskmill.udfs.rendering.rows import Rendered, render_pair

MAX_BATCH_CHARS = 16 * 1024 * 1024

PAIR_SCHEMA = pa.schema(
    [
        ("template_id", pa.string()),
        ("template", pa.string()),
        ("inverts", pa.bool_()),
        ("template_language", pa.string()),
        ("task_cluster", pa.string()),
        ("fold", pa.int32()),
        ("gold_index", pa.int32()),
        ("choices", pa.list_(pa.string())),
        ("prompt", pa.string()),
        ("response", pa.string()),
    ]
)
PAIR_DDL = (
    "template_id string, template string, inverts boolean, template_language string, task_cluster string, fold int, "
    "gold_index int, choices array<string>, prompt string, response string"
)
REFUSED_SCHEMA = pa.schema(
    [("template_id", pa.string()), ("template", pa.string()), ("reason", pa.string()), ("detail", pa.string())]
)
REFUSED_DDL = "template_id string, template string, reason string, detail string"
USED_SCHEMA = pa.schema([(name, pa.string()) for name in ("task", "example_id", "template_id", "used_key")])
USED_DDL = "task string, example_id string, template_id string, used_key string"

Batches = Iterable[pa.RecordBatch]


def pair_renderer(
    plans: Mapping[str, RenderPlan], passed: tuple[str, ...]
) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that turns batches of examples into batches of accepted pairs.

    Batches have string columns task, example_id and fields, `skipped` (list of template ids not to render, or null),
    and the columns `passed`, which are repeated for each pair in front of those of `PAIR_SCHEMA`.
    """

    def render(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            pairs = _Rows(batch, passed, PAIR_SCHEMA)
            for row, plan, fields, choices, template_id, template in _drawn(batch, plans):
                rendered = render_pair(plan, template, fields, choices)
                if rendered.reason is None:
                    pairs.add(
                        row,
                        _pair(plan, fields, choices, template_id, template, rendered),
                        len(rendered.prompt) + len(rendered.response),
                    )
                if pairs.is_full:
                    yield pairs.take()
            yield pairs.take()

    return render


def refused_renderer(
    plans: Mapping[str, RenderPlan], passed: tuple[str, ...]
) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """As `pair_renderer`, but gives what was refused, and why, with the columns of `REFUSED_SCHEMA`."""

    def render(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            refused = _Rows(batch, passed, REFUSED_SCHEMA)
            row_chars = pc.utf8_length(batch.column("fields")).to_pylist()
            for row, plan, fields, choices, template_id, template in _drawn(batch, plans):
                rendered = render_pair(plan, template, fields, choices)
                if rendered.reason is not None:
                    refused.add(row, (template_id, template.name, rendered.reason, rendered.detail), row_chars[row])
                if refused.is_full:
                    yield refused.take()
            yield refused.take()

    return render


def used_keys(
    plans: Mapping[str, RenderPlan], partial: frozenset[str]
) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that gives, for each drawn template in `partial`, a key of the fields it uses.

    Two examples with one key give the same pair. Batches are as for `pair_renderer`.
    """

    def find(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            found = _Rows(batch, ("task", "example_id"), pa.schema(list(USED_SCHEMA)[2:]))
            for row, _, fields, _, template_id, template in _drawn(batch, plans):
                if template_id in partial:
                    used = json.dumps([fields[name] for name in template.uses], ensure_ascii=False)
                    found.add(row, (template_id, hashed(used)), 0)
            yield found.take()

    return find


Drawn = tuple[int, RenderPlan, dict[str, Any], "list[str] | None", str, Template]


def _drawn(batch: pa.RecordBatch, plans: Mapping[str, RenderPlan]) -> Iterator[Drawn]:
    """Every example of the batch with every template drawn for it, but those skipped."""
    columns = [batch.column(name).to_pylist() for name in ("task", "example_id", "fields")]
    skipped = batch.column("skipped").to_pylist() if "skipped" in batch.schema.names else [None] * batch.num_rows
    for row, (task, example_id, text, skip) in enumerate(zip(*columns, skipped, strict=True)):
        plan = plans[task]
        fields = json.loads(text)
        choices = plan.choices_of(fields)
        for template_id, template in plan.drawn(example_id, fields):
            if not skip or template_id not in skip:
                yield row, plan, fields, choices, template_id, template


def _pair(
    plan: RenderPlan,
    fields: Mapping[str, Any],
    choices: list[str] | None,
    template_id: str,
    template: Template,
    rendered: Rendered,
) -> tuple[Any, ...]:
    """The values of `PAIR_SCHEMA`. An inverted wording has no gold choice: it asks for something else."""
    gold = fields[plan.answer] if plan.answer_is_choice and not template.inverts else None
    return (
        template_id, template.name, template.inverts, template.language, plan.task_cluster, plan.fold, gold,
        choices if gold is not None else None, rendered.prompt, rendered.response,
    )  # fmt: skip


@dataclass
class _Rows:
    """Output rows of one input batch: positions of the input rows they come from, and their new values by column."""

    batch: pa.RecordBatch
    passed: tuple[str, ...]
    schema: pa.Schema
    chars: int = 0
    positions: list[int] = field(default_factory=list)
    values: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return self.chars >= MAX_BATCH_CHARS

    def add(self, position: int, values: tuple[Any, ...], chars: int) -> None:
        self.positions.append(position)
        self.values.append(values)
        self.chars += chars

    def take(self) -> pa.RecordBatch:
        """The rows so far as a batch; the next ones start anew."""
        repeated = self.batch.select(list(self.passed)).take(pa.array(self.positions, pa.int64()))
        columns = zip(*self.values, strict=True) if self.values else [() for _ in self.schema]
        arrays = [pa.array(values, kind.type) for values, kind in zip(columns, self.schema, strict=True)]
        schema = pa.schema([*repeated.schema, *self.schema])
        self.positions, self.values, self.chars = [], [], 0
        return pa.RecordBatch.from_arrays([*repeated.columns, *arrays], schema=schema)
