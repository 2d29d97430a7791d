"""Connected components of a graph of any size.

Few edges go to one worker. More of them take turns of large-star and small-star (Kiveris, Lattanzi, Mirrokni, Rastogi
and Vassilvitskii 2014, "Connected Components in MapReduce and Beyond"): each turn moves every node closer to the
smallest one it can reach, and the edges never become more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import Window
from pyspark.sql import functions as F

from taskmill.jobs.spark.persisted import cut
from taskmill.udfs.near_duplicates.groups import connected_components

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FEW_EDGES = 5_000_000  # 80 MB in one worker
NODES_DDL = "node long, component long"


def components(edges: DataFrame, few: int = FEW_EDGES) -> DataFrame:
    """Columns node, component: every node once, with the smallest node of its component.

    Args:
        edges: left, right (long), each way, any number of times; read twice, so better stored.
        few: up to so many edges one worker does them all.
    """
    ends = edges.select("left", "right")
    if ends.count() <= few:
        return ends.repartition(1).mapInArrow(_in_one_worker, NODES_DDL)
    return _by_stars(ends)


def _in_one_worker(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    found = list(batches)
    if not found:
        return
    table = pa.Table.from_batches(found)
    nodes, labels = connected_components(table["left"].to_numpy(), table["right"].to_numpy())
    yield pa.RecordBatch.from_arrays([pa.array(nodes), pa.array(labels)], names=["node", "component"])


def _by_stars(ends: DataFrame) -> DataFrame:
    """Each turn is stored, or its plan would hold all turns before it."""
    whole = ends.where("left <> right").selectExpr("greatest(left, right) AS node", "least(left, right) AS root")
    stars, before = cut(whole.distinct()), None
    while before != (before := _digest(stars)):
        stars = cut(_small_star(_large_star(stars)))
    alone = ends.selectExpr("explode(array(left, right)) AS node").join(
        stars.select("node"), on="node", how="left_anti"
    )
    return stars.select("node", F.col("root").alias("component")).union(
        alone.distinct().selectExpr("node", "node AS component")
    )


def _large_star(stars: DataFrame) -> DataFrame:
    """Links every larger neighbour of a node to the smallest of its neighbours and itself."""
    both = stars.union(stars.selectExpr("root AS node", "node AS root"))
    smallest = F.least(F.min("root").over(Window.partitionBy("node")), F.col("node"))
    return (
        both.withColumn("smallest", smallest)
        .where("root > node")
        .selectExpr("root AS node", "smallest AS root")
        .distinct()
    )


def _small_star(stars: DataFrame) -> DataFrame:
    """Links a node and its smaller neighbours to the smallest of them."""
    smallest = F.min("root").over(Window.partitionBy("node"))
    linked = stars.withColumn("smallest", smallest).selectExpr(
        "inline(array(struct(root AS node, smallest AS root), struct(node, smallest AS root)))"
    )
    return linked.where("node <> root").distinct()


def _digest(stars: DataFrame) -> tuple[int, int]:
    row = stars.agg(F.count(F.lit(1)).alias("rows"), F.bit_xor(F.xxhash64("node", "root")).alias("digest")).collect()[0]
    return row["rows"], row["digest"]
