"""Components found by Spark are those of networkx, in one worker and by stars."""

from __future__ import annotations

import random
from typing import Any

import networkx
import pytest

from taskmill.jobs.duplicates.components import components

CHAIN = [(number, number + 1) for number in range(200)]
STAR = [(1_000, 1_000 + number) for number in range(1, 100)]
APART = [(2_000 + 2 * number, 2_001 + 2 * number) for number in range(50)]
LOOP = [(5_000, 5_000)]


@pytest.mark.parametrize("few", [0, 10_000], ids=["by-stars", "in-one-worker"])
@pytest.mark.parametrize(
    "edges",
    [
        pytest.param([*CHAIN, *STAR, *APART, *LOOP], id="chain-star-pairs-loop"),
        pytest.param([random.Random(7).choices(range(300), k=2) for _ in range(200)], id="random"),
        pytest.param([], id="none"),
    ],
)
def test_components_are_those_of_networkx(spark: Any, edges: list[tuple[int, int]], few: int) -> None:
    shuffled = [tuple(random.Random(3).sample(list(edge), 2)) for edge in edges]
    frame = spark.createDataFrame(shuffled, "left long, right long").repartition(3)
    found = {row["node"]: row["component"] for row in components(frame, few).collect()}
    graph = networkx.Graph(list(map(tuple, edges)))
    assert found == {node: min(group) for group in networkx.connected_components(graph) for node in group}
    assert components(frame, few).count() == len(found)
