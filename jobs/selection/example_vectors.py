"""The content of examples as vectors, made on the workers; only vectors travel from there, no text.

The projection is made from a sample of bounded size, of every group equally many examples with the lowest ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from taskmill.jobs.clusters.task_samples import ID_DIGITS, id_bound
from taskmill.jobs.examples import CONTENT_TEXTS, content_fields
from taskmill.jobs.selection.pool import GROUP, Group
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.udfs.selection.vectors import MAX_CHARS, Projection, fitted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.context import Context

SAMPLE = 20_000  # texts that the projection is made from
VECTOR, RARITY = "vector", "rarity"
SCHEMA = f"example_id string, {VECTOR} binary, {RARITY} double"


def example_vectors(context: Context, examples: DataFrame, groups: Mapping[Group, int], seed: int) -> DataFrame:
    """Columns example_id, vector (float32 as bytes) and rarity, of the examples of the pool's tasks and others.

    Args:
        examples: the pool; columns example_id, task and those of `GROUP`.
        groups: how many examples each of its groups has.
    """
    tasks = [row["task"] for row in examples.select("task").distinct().collect()]
    texts = _texts(context, tasks)
    return texts.mapInArrow(_projector(_projection(examples, texts, groups, seed)), SCHEMA)


def _texts(context: Context, tasks: list[str]) -> DataFrame:
    """Columns example_id and text: the heads of the content fields, not the answer."""
    rows = context.warehouse.read(tables.EXAMPLES, "select").where(f"task IN {sql_list(tasks)}")
    named = rows.join(F.broadcast(content_fields(context).select("task", "content_fields")), on="task", how="inner")
    return named.selectExpr("example_id", f"substring(concat_ws(' ', {CONTENT_TEXTS}), 1, {MAX_CHARS}) AS text")


def _projection(examples: DataFrame, texts: DataFrame, groups: Mapping[Group, int], seed: int) -> Projection:
    share = max(1, SAMPLE // max(1, len(groups)))
    bounds = [(*group, id_bound(number, share)) for group, number in sorted(groups.items())]
    spark = examples.sparkSession
    limits = spark.createDataFrame(bounds, "task_cluster string, language string, bound string")
    ids = (
        examples.join(F.broadcast(limits), on=list(GROUP), how="inner")
        .where(f"substring(example_id, 1, {ID_DIGITS}) <= bound")
        .select("example_id")
    )
    lowest = texts.join(F.broadcast(ids), on="example_id", how="left_semi").orderBy("example_id").limit(2 * SAMPLE)
    return fitted([row["text"] for row in lowest.collect()], seed)


def _projector(projection: Projection) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def project(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            vectors, rarity = projection.described(batch.column("text").to_pylist())
            rows = [vector.tobytes() for vector in vectors]
            yield pa.RecordBatch.from_arrays(
                [batch.column("example_id"), pa.array(rows, pa.binary()), pa.array(rarity, pa.float64())],
                ["example_id", VECTOR, RARITY],
            )

    return project
