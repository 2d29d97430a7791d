"""From a plan to pairs: which of each cell are taken, by the lowest draws, without sorting what is surely in or out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.mixing.candidates import CELL
from taskmill.udfs.mixtures.plans import Cell, CellKey, Plan, Task
from taskmill.udfs.review.sampling import SURE

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from taskmill.jobs.context import Context

DRAWS = 2**53
CELL_DDL = "task string, template_id string, language string, label string"
DEALT_DDL = f"{CELL_DDL}, base int, weight double"
LIMITS_DDL = f"{CELL_DDL}, what string, wanted long, low long, high long"
ONCE_MORE, AT_ALL = "once_more", "at_all"  # limits: pairs up to it come once more, or are taken at all


def counted_cells(
    pairs: DataFrame,
) -> tuple[dict[CellKey, Cell], dict[str, Task], dict[tuple[str, str], int]]:
    """The cells of the pairs that may take part, their tasks, and how many pairs of each task a rule left out before.

    Counts alone reach the driver. Examples are counted exactly, by their ids.
    """
    rows = pairs.groupBy("rule", *CELL).agg(F.count(F.lit(1)).alias("pairs"), F.sum("tokens").alias("tokens")).collect()
    cells = {
        CellKey(*(row[name] for name in CELL)): Cell(row["pairs"], row["tokens"]) for row in rows if row["rule"] is None
    }
    dropped: dict[tuple[str, str], int] = {}
    for row in rows:
        if row["rule"] is not None:
            dropped[row["rule"], row["task"]] = dropped.get((row["rule"], row["task"]), 0) + row["pairs"]
    places = pairs.where("rule IS NULL").groupBy("task").agg(
        F.max("source").alias("source"), F.max("task_cluster").alias("cluster"),
        F.count_distinct("example_id").alias("examples"),
    )  # fmt: skip
    tasks = {row["task"]: Task(row["source"], row["cluster"], row["examples"]) for row in places.collect()}
    return cells, tasks, dropped


def taken(context: Context, pairs: DataFrame, cells: Mapping[CellKey, Cell], plan: Plan) -> DataFrame:
    """The pairs of the plan, each with `repeats` and `weight`.

    Of every cell those with the lowest draws are taken, and of these again those with the lowest come once more than
    the others. Draws are spread evenly, so all but a few pairs are surely on one side of such a limit; only those in
    doubt, some thousands of a cell of millions, are sorted.
    """
    free = pairs.where("rule IS NULL")
    dealt = context.spark.createDataFrame(list(_dealt(plan)), DEALT_DDL)
    limits = context.spark.createDataFrame(list(_limits(cells, plan)), LIMITS_DDL)
    return _repeated(free, dealt, _last_ones(free, limits))


def _place() -> Column:
    return F.struct("drawn", "pair_id")


def _dealt(plan: Plan) -> Iterable[tuple[object, ...]]:
    """How often the pairs of each cell come."""
    for key, count in sorted(plan.counts.items()):
        yield (*key, count // plan.left[key], round(plan.weights[key.task, key.template], 6))


def _limits(cells: Mapping[CellKey, Cell], plan: Plan) -> Iterable[tuple[object, ...]]:
    """How many pairs of a cell are taken at all, and how many come once more; only where that is not all or none."""
    for key, count in sorted(plan.counts.items()):
        base, more = divmod(count, plan.left[key])
        if more:
            yield (*key, ONCE_MORE, more, *doubtful(more, cells[key].pairs))
        if base and plan.left[key] < cells[key].pairs:
            yield (*key, AT_ALL, plan.left[key], *doubtful(plan.left[key], cells[key].pairs))


def doubtful(wanted: int, size: int) -> tuple[int, int]:
    """Draws below the first are surely among the `wanted` lowest of `size`, those from the second on surely not: but
    for once in 10^15 times, and then the rows of the mixture do not add up and nothing is recorded."""
    share = wanted / size
    slack = (SURE * math.sqrt(wanted * (1 - share)) + SURE * SURE) / size
    return max(0, int((share - slack) * DRAWS)), min(DRAWS, int((share + slack) * DRAWS))


def _last_ones(free: DataFrame, limits: DataFrame) -> DataFrame:
    """Draw and id of the last pair of each cell within each of its limits, in columns of their names."""
    is_doubtful = (F.col("drawn") >= F.col("low")) & (F.col("drawn") < F.col("high"))
    counted = (
        free.join(F.broadcast(limits), on=list(CELL), how="inner")
        .where("drawn < high")
        .groupBy(*CELL, "what", "wanted")
        .agg(
            F.count_if(F.col("drawn") < F.col("low")).alias("below"),
            F.sort_array(F.collect_list(F.when(is_doubtful, _place()))).alias("doubtful"),
        )
    )
    last = F.expr("get(doubtful, cast(wanted - below - 1 AS int))")
    columns = [F.max(F.when(F.col("what") == what, last)).alias(what) for what in (ONCE_MORE, AT_ALL)]
    return counted.groupBy(*CELL).agg(*columns)


def _repeated(free: DataFrame, dealt: DataFrame, last: DataFrame) -> DataFrame:
    with_last = dealt.join(last, on=list(CELL), how="left")
    is_taken = F.coalesce(_place() <= F.col(AT_ALL), F.lit(True)).cast("int")
    comes_again = F.coalesce(_place() <= F.col(ONCE_MORE), F.lit(False)).cast("int")
    return (
        free.join(F.broadcast(with_last), on=list(CELL), how="inner")
        .withColumn("repeats", F.col("base") * is_taken + comes_again)
        .where("repeats > 0")
    )
