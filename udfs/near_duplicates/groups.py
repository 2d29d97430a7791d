"""Groups of near-duplicates: the connected components of verified pairs, and who stays of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.int64]

REMOVED, CONTRAST, APART = "removed", "contrast", "apart"


def connected_components(left: Nodes, right: Nodes) -> tuple[Nodes, Nodes]:
    """The nodes of a graph, each once and sorted, and for each the smallest node of its component.

    Minimum label propagation with pointer jumping (Shiloach and Vishkin 1982): rounds grow with the logarithm of the
    longest path.

    Args:
        left, right: the ends of the edges, shape (n,).
    """
    nodes, ends = np.unique(np.concatenate([left, right]), return_inverse=True)
    one, other = ends[: len(left)], ends[len(left) :]
    parents = np.arange(len(nodes))
    while True:
        roots, others = parents[one], parents[other]
        apart = roots != others
        if not apart.any():
            return nodes, nodes[parents]
        high, low = np.maximum(roots, others)[apart], np.minimum(roots, others)[apart]
        np.minimum.at(parents, high, low)
        while True:
            jumped = parents[parents]
            if np.array_equal(jumped, parents):
                break
            parents = jumped


@dataclass(frozen=True)
class Edge:
    """A verified pair as one of its ends sees it: the other end, how alike they are, and whether answers agree."""

    other: int
    similarity: float
    same_answer: bool


@dataclass(frozen=True)
class Decision:
    """What becomes of a node that is not the first of its group.

    Attributes:
        kind: `removed`: `other` is kept in its place; `contrast`: `other` is as alike and has another answer;
            `apart`: alike only to nodes that leave. The last two stay.
    """

    node: int
    kind: str
    other: int
    similarity: float


def decide(order: Sequence[int], edges: Mapping[int, Sequence[Edge]], group_of: Mapping[int, int]) -> list[Decision]:
    """Who stays, in one pass over the nodes of whole components: a node leaves when it has an edge to one that stays
    already and answers alike. So every removed node was compared with the one that stays in its place.

    Args:
        order: the nodes, the one that is rather kept first.
        edges: for each node its edges, each standing at both ends.
        group_of: for each node its component.

    Returns:
        A decision for each node but the first of each component. The other end is the most similar one that qualifies,
        and of these the first in order.
    """
    places = {node: place for place, node in enumerate(order)}
    kept: set[int] = set()
    begun: set[int] = set()
    found = []
    for node in order:
        staying = [edge for edge in edges[node] if edge.other in kept]
        alike = [edge for edge in staying if edge.same_answer]
        if alike:
            found.append(_decision(node, REMOVED, alike, places))
            continue
        if staying:
            found.append(_decision(node, CONTRAST, staying, places))
        elif group_of[node] in begun:
            found.append(_decision(node, APART, edges[node], places))
        kept.add(node)
        begun.add(group_of[node])
    return found


def _decision(node: int, kind: str, edges: Sequence[Edge], places: Mapping[int, int]) -> Decision:
    best = max(edges, key=lambda edge: (edge.similarity, -places[edge.other]))
    return Decision(node, kind, best.other, best.similarity)


def both_ways(left: Sequence[int], right: Sequence[int], rest: Sequence[tuple[float, bool]]) -> dict[int, list[Edge]]:
    """Edges by node, each standing at both of its ends."""
    found: defaultdict[int, list[Edge]] = defaultdict(list)
    for one, other, (similarity, same_answer) in zip(left, right, rest, strict=True):
        found[one].append(Edge(other, similarity, same_answer))
        found[other].append(Edge(one, similarity, same_answer))
    return dict(found)
