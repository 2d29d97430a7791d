"""The nearest neighbours of every task, found on the workers: for more tasks than the driver can compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskmill.jobs.context import Context
    from taskmill.udfs.similarity.vectors import Vectors

ON_DRIVER = 5_000  # tasks that are all compared with each other: 200 MB of similarities
NEIGHBOURS = 50
TASKS_OF_PARTITION = 1_000


def nearest_tasks(context: Context, vectors: Vectors) -> list[tuple[int, int, float]]:
    """The `NEIGHBOURS` most similar others of each task, most similar first: task, other, similarity, by places.

    The vectors go to every worker; what comes back grows with the number of tasks.
    """
    from taskmill.udfs.similarity.graphs import NEIGHBOUR_DDL, neighbours

    count = vectors.rows.shape[0]
    tasks = context.spark.range(count, numPartitions=max(1, count // TASKS_OF_PARTITION)).withColumnRenamed(
        "id", "task"
    )
    rows = tasks.mapInArrow(neighbours(vectors.rows, NEIGHBOURS), NEIGHBOUR_DDL).collect()
    found = [(row["task"], row["other"], row["similarity"]) for row in rows]
    return sorted(found, key=lambda one: (one[0], -one[2], one[1]))
