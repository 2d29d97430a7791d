"""Components against networkx, and what every decision about a group has to hold to."""

from __future__ import annotations

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.near_duplicates.groups import (
    APART,
    CONTRAST,
    REMOVED,
    Decision,
    both_ways,
    connected_components,
    decide,
)

NODES = st.integers(-5, 30)
EDGES = st.lists(
    st.tuples(NODES, NODES, st.sampled_from([0.8, 0.9, 1.0]), st.booleans()).filter(lambda edge: edge[0] != edge[1]),
    max_size=60,
    unique_by=lambda edge: frozenset(edge[:2]),
)


def components_of(edges: list[tuple[int, int]]) -> dict[int, int]:
    left, right = (np.array([edge[end] for edge in edges], np.int64) for end in (0, 1))
    nodes, labels = connected_components(left, right)
    return dict(zip(nodes.tolist(), labels.tolist(), strict=True))


@given(EDGES)
def test_components_are_those_of_networkx(edges: list[tuple[int, int, float, bool]]) -> None:
    graph = networkx.Graph((left, right) for left, right, *_ in edges)
    expected = {node: min(group) for group in networkx.connected_components(graph) for node in group}
    assert components_of([edge[:2] for edge in edges]) == expected


def test_a_long_chain_in_any_order_is_one_component() -> None:
    order = np.random.default_rng(1).permutation(100_000)
    nodes, labels = connected_components(order[:-1], order[1:])
    assert len(nodes) == 100_000
    assert set(labels.tolist()) == {0}


@given(EDGES, st.randoms(use_true_random=False))
def test_who_leaves_was_compared_with_who_stays(edges: list[tuple[int, int, float, bool]], random: object) -> None:
    order = sorted({node for edge in edges for node in edge[:2]})
    random.shuffle(order)  # type: ignore[attr-defined]
    rests = [(similarity, same) for *_, similarity, same in edges]
    by_node = both_ways([edge[0] for edge in edges], [edge[1] for edge in edges], rests)
    group_of = components_of([edge[:2] for edge in edges])
    found = {decision.node: decision for decision in decide(order, by_node, group_of)}
    removed = {node for node, decision in found.items() if decision.kind == REMOVED}
    pairs = {frozenset(edge[:2]): edge[2:] for edge in edges}
    for node, decision in found.items():
        similarity, same_answer = pairs[frozenset((node, decision.other))]
        assert decision.similarity == similarity
        assert (decision.kind == REMOVED) <= same_answer
        if decision.kind != APART:
            assert decision.other not in removed
            assert order.index(decision.other) < order.index(node)
    # Of each component one is first and has no decision, and no two that stay answer alike.
    assert len(found) == len(order) - len(set(group_of.values()))
    assert not any(same and not removed & set(pair) for pair, (_, same) in pairs.items())


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        pytest.param([(1, 2, 0.9, True)], [Decision(2, REMOVED, 1, 0.9)], id="pair"),
        pytest.param([(1, 2, 0.9, False)], [Decision(2, CONTRAST, 1, 0.9)], id="other-answer"),
        pytest.param(
            [(1, 2, 0.8, True), (2, 3, 0.9, True)],
            [Decision(2, REMOVED, 1, 0.8), Decision(3, APART, 2, 0.9)],
            id="chain",
        ),
        pytest.param(
            [(1, 2, 0.9, False), (1, 3, 0.8, True), (2, 3, 0.9, True)],
            [Decision(2, CONTRAST, 1, 0.9), Decision(3, REMOVED, 2, 0.9)],
            id="the-more-similar",
        ),
        pytest.param(
            [(1, 3, 0.9, True), (2, 3, 0.9, True)],
            [Decision(3, REMOVED, 1, 0.9), Decision(2, APART, 3, 0.9)],
            id="the-first-of-equals",
        ),
    ],
)
def test_decisions(edges: list[tuple[int, int, float, bool]], expected: list[Decision]) -> None:
    rests = [(similarity, same) for *_, similarity, same in edges]
    by_node = both_ways([edge[0] for edge in edges], [edge[1] for edge in edges], rests)
    found = decide(sorted(by_node), by_node, components_of([edge[:2] for edge in edges]))
    assert sorted(found, key=str) == sorted(expected, key=str)
