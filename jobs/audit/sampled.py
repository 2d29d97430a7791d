"""The examples an audit looks at: of every task those with the lowest ids, the same whatever the partitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from taskmill.jobs.examples import kept_examples

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.context import Context

ID_DIGITS = 8  # of an id, which is a hash: enough to cut a task's examples at a share
SPARE = 2.0  # times as many as are wanted, so that there are enough


def sampled(context: Context, sizes: Mapping[str, int], count: int) -> DataFrame:
    """The `count` examples of each task with the lowest ids: task, example_id, answer, languages (JSON), fields.

    Args:
        sizes: task -> how many examples it has.
    """
    highest = 16**ID_DIGITS - 1
    bounds = [
        (task, f"{int(min(1.0, (SPARE * count + 10) / max(size, 1)) * highest):0{ID_DIGITS}x}")
        for task, size in sizes.items()
    ]
    of_tasks = F.broadcast(context.spark.createDataFrame(bounds, "task string, bound string"))
    low = (
        kept_examples(context, "audit")
        .join(of_tasks, on="task")
        .where(f"substring(example_id, 1, {ID_DIGITS}) <= bound")
    )
    # Ids alone are sorted; few enough travel back to the texts.
    by_id = Window.partitionBy("task").orderBy("example_id")
    wanted = low.select("task", "example_id", F.row_number().over(by_id).alias("place")).where(F.col("place") <= count)
    return low.join(F.broadcast(wanted.select("example_id")), on="example_id", how="left_semi").select(
        "task", "example_id", "answer", F.to_json("languages").alias("languages"), "fields"
    )
