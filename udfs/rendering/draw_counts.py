"""How many pairs examples are drawn for, where that depends on draws: counted without their texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import pyarrow as pa

from taskmill.udfs.rendering.columns import Values
from taskmill.udfs.rendering.plans import RenderPlan

COUNTS_SCHEMA = pa.schema([("task", pa.string()), ("drawn", pa.int64())])
COUNTS_DDL = "task string, drawn long"


def fields_that_decide(plan: RenderPlan) -> tuple[str, ...]:
    """The fields without which an example does not get some wording."""
    needs = {need for _, template in plan.templates for need in template.needs}
    return tuple(sorted(needs | set(plan.forms.narrowed_by if plan.forms is not None else ())))


def draw_counter(
    plans: Mapping[str, RenderPlan],
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that gives, for the examples of each task in a batch, how many pairs they are drawn for.

    Batches have string columns task, example_id, `languages` (a JSON list of tags) and `present`: names of the fields
    that decide and are there, with a blank between them.
    """

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            tasks = batch.column("task").to_pylist()
            rows_of = {task: [row for row, one in enumerate(tasks) if one == task] for task in dict.fromkeys(tasks)}
            counts = [_drawn(batch, rows, plans[task]) for task, rows in rows_of.items()]
            yield pa.RecordBatch.from_arrays(
                [pa.array(list(rows_of), pa.string()), pa.array(counts, pa.int64())], schema=COUNTS_SCHEMA
            )

    return count


def _drawn(batch: pa.RecordBatch, rows: list[int], plan: RenderPlan) -> int:
    mine = batch.take(pa.array(rows, pa.int64()))
    present = [set((names or "").split()) for names in mine.column("present").to_pylist()]
    columns = {name: Values([name if name in one else None for one in present]) for name in fields_that_decide(plan)}
    languages = mine.column("languages").to_pylist() if plan.follows_data else ()
    return int(plan.drawn(mine.column("example_id").to_pylist(), columns, languages).sum())
