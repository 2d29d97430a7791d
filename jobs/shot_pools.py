"""Which examples of a task its pairs may show: few, all of them trained on wherever a pair of the task is.

An example in the pool is of the training split, not held out with its group, in no fold's way (nothing that is known
of it excludes it from any training set, and it repeats no test example), and its owners let it be trained on. So a
pair may show any of them and stays in the training sets it was in. What the pool is follows from the seed and from
what `deduplicate`, `group_examples` and `decontaminate` made of the task, so that `render` need not look at it to know
whether a task is up to date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import Window
from pyspark.sql import functions as F

from taskmill.jobs.catalog.forms import few_shot
from taskmill.jobs.examples import DRAWS, GROUP, IN_THE_WAY, drawn_number, is_held_out, kept_examples
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import DEDUPLICATE
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.udfs.pair_checks.checks import BYTES_A_TOKEN
from taskmill.udfs.rendering.exhibits import POOL_COLUMNS, packed

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.context import Context
    from taskmill.udfs.rendering.plans import RenderPlan

RULE = "shots-1"  # raise when the same examples would show others
POOL = 64  # examples of a task that its pairs choose from
POOL_BYTES = 128 * 1024  # of their fields: they travel to every worker
LOOKED_AT = 32 * POOL  # examples with the lowest numbers, about, among which those of rare answers are found


def with_pools(context: Context, plans: Mapping[str, RenderPlan], examples: DataFrame) -> dict[str, RenderPlan]:
    """The plans, each with the examples that its pairs may show.

    Args:
        examples: those of the tasks whose pairs show any, as they are rendered.
    """
    wanted = examples.join(F.broadcast(pool_ids(context, plans)), on="example_id", how="left_semi")
    found = wanted.select(*POOL_COLUMNS).orderBy("task", "example_id").toArrow()
    pools = dict(_by_task(found))
    return {name: replace(plan, pool=pools.get(name, b"")) for name, plan in plans.items()}


def pool_parts(context: Context, task: str) -> list[object]:
    """What the examples that a task's pairs show depend on, beside the task itself; nothing where they show none."""
    how = few_shot(context.pipeline, context.catalog.tasks[task])
    return [] if how is None else [RULE, asdict(how)]


def pool_ids(context: Context, plans: Mapping[str, RenderPlan]) -> DataFrame:
    """Column example_id: for each task with `few_shot` the examples that come first by a hash of their ids.

    One of every language and answer comes before the second of any, so that the rare ones are there, and of a group
    there is one. They are looked for among so many as have the lowest hashes; that number changes when the task
    doubles, and until then a new example changes the pool only if it is in it.
    """
    candidates = _candidates(context, plans)
    order = ["drawn", "example_id"]
    of_group = Window.partitionBy("task", "group_id").orderBy(*order)
    alone = candidates.withColumn("place", F.row_number().over(of_group)).where("place = 1")
    of_kind = Window.partitionBy("task", "kind").orderBy(*order)
    of_task = Window.partitionBy("task").orderBy("place", *order).rowsBetween(Window.unboundedPreceding, 0)
    placed = alone.withColumn("place", F.row_number().over(of_kind))
    summed = placed.withColumns({"bytes": F.sum("size").over(of_task), "count": F.count(F.lit(1)).over(of_task)})
    return summed.where(f"bytes <= {POOL_BYTES} AND count <= {POOL}").select("example_id")


def _candidates(context: Context, plans: Mapping[str, RenderPlan]) -> DataFrame:
    """Columns task, example_id, group_id, kind (of language and answer), drawn, size: what may be in a pool."""
    sizes = {task: entry.counts.rows_out for task, entry in context.ledger.done(DEDUPLICATE).items()}
    rows = [
        (name, int(_share(sizes[name]) * DRAWS), BYTES_A_TOKEN * plan.few_shot.max_tokens)
        for name, plan in plans.items()
        if plan.few_shot is not None
    ]
    bounds = context.spark.createDataFrame(rows, "task string, bound long, most_bytes long")
    examples = (
        kept_examples(context, "render")
        .where(F.col("task").isin([name for name, *_ in rows]) & F.expr("split = 'train' AND NOT do_not_train"))
        .select(
            "task",
            "example_id",
            drawn_number(context, "shot", "example_id").alias("drawn"),
            F.xxhash64("languages", "answer_key").alias("kind"),
            F.octet_length("fields").alias("size"),
        )
    )
    looked_at = examples.join(F.broadcast(bounds), on="task").where("drawn < bound AND size <= most_bytes")
    in_the_way = context.warehouse.read(tables.CONTAMINATION).where(IN_THE_WAY).select("example_id").distinct()
    groups = context.warehouse.read(tables.GROUPS).where(f"task IN {sql_list(name for name, *_ in rows)}")
    grouped = looked_at.join(in_the_way, on="example_id", how="left_anti").join(
        groups.selectExpr("example_id", "group_id AS belongs_to"), on="example_id", how="left"
    )
    return grouped.withColumn("group_id", F.expr(GROUP)).where(~is_held_out(context, "group_id"))


def _share(size: int) -> float:
    """Of a task's examples those that are looked at: all, or a half, a fourth, an eighth..."""
    share = 1.0
    while size * share > LOOKED_AT * 2:
        share /= 2
    return share


def _by_task(rows: pa.Table) -> Iterator[tuple[str, bytes]]:
    """For each task its examples, packed."""
    start = 0
    for task, run in groupby(rows["task"].to_pylist()):
        count = sum(1 for _ in run)
        yield task, packed(rows.slice(start, count).combine_chunks().to_batches()[0])
        start += count
