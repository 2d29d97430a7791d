"""Clusters of more tasks than can all be compared: average linkage over each task's nearest neighbours.

Pairs that are not among the neighbours count with what unrelated tasks have, the median. With every pair given it is
the average linkage of `clusters.py`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np
import pyarrow as pa
from scipy import sparse

from taskmill.udfs.similarity.clusters import Clustering, Integers, chance, components, confidences, in_order
from taskmill.udfs.similarity.vectors import Matrix, Vectors

NEIGHBOUR_DDL = "task int, other int, similarity double"
BLOCK = 512  # tasks that are compared with all others at once
SAMPLE = 2_000  # tasks whose pairs tell what chance is
JOINED, PARTED = 1e6, -1e12  # similarities of tasks that must be together, or apart


def neighbours(rows: sparse.csr_matrix, count: int) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that gives, for batches of tasks (column task, int64), the `count` most similar others of each, as
    `NEIGHBOUR_DDL`; equal ones in their order.

    Args:
        rows: vectors of length one of all tasks, (n, features).
    """

    def find(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        turned = rows.T.tocsr()
        for batch in batches:
            wanted = batch.column("task").to_numpy()
            for begin in range(0, len(wanted), BLOCK):
                tasks = wanted[begin : begin + BLOCK]
                found = np.asarray((rows[tasks] @ turned).todense())
                found[np.arange(len(tasks)), tasks] = -np.inf
                nearest = np.argsort(-found, axis=1, kind="stable")[:, : min(count, len(found[0]) - 1)]
                values = np.take_along_axis(found, nearest, axis=1)
                yield pa.RecordBatch.from_arrays(
                    [
                        pa.array(np.repeat(tasks, nearest.shape[1]), pa.int32()),
                        pa.array(nearest.ravel(), pa.int32()),
                        pa.array(values.ravel(), pa.float64()),
                    ],
                    names=["task", "other", "similarity"],
                )

    return find


def clustered_graph(
    vectors: Vectors,
    edges: Iterable[tuple[int, int, float]],
    together: Sequence[Sequence[int]] = (),
    apart: Iterable[tuple[int, int]] = (),
) -> Clustering:
    """Clusters of tasks of which only some pairs are compared.

    Args:
        edges: pairs of tasks and their similarity; a pair may come twice.

    Raises:
        ValueError: if two tasks must be both together and apart.
    """
    count = vectors.rows.shape[0]
    sample = vectors.rows[np.linspace(0, count - 1, min(count, SAMPLE)).astype(int)]
    compared = np.asarray((sample @ sample.T).todense())
    threshold, usual = chance(compared), float(np.median(compared[np.triu_indices(len(compared), 1)]))
    known = {(min(one, other), max(one, other)): value for one, other, value in edges}
    for members in components(count, together):
        known.update(dict.fromkeys(combinations(sorted(members), 2), JOINED))
    for one, other in apart:
        pair = (min(one, other), max(one, other))
        if known.get(pair) == JOINED:
            raise ValueError(f"tasks {one} and {other} must be both together and apart")
        known[pair] = PARTED
    numbers = in_order(np.array(_linked(count, known, usual, threshold)))
    means = means_by_vectors(vectors.rows, numbers)
    return Clustering(numbers, confidences(means, numbers), means, threshold)


def means_by_vectors(rows: sparse.csr_matrix, numbers: Integers) -> Matrix:
    """As `cluster_means`, without comparing each two tasks: the sum of similarities is the similarity to the sum."""
    count = len(numbers)
    members = sparse.csr_matrix((np.ones(count), (np.arange(count), numbers)), (count, int(numbers.max()) + 1))
    own = np.asarray(members.todense())
    squares = np.asarray(rows.multiply(rows).sum(axis=1)).ravel()
    sums = np.asarray((rows @ (members.T @ rows).T).todense()) - own * squares[:, None]
    return np.asarray(sums / np.maximum(own.sum(axis=0)[None] - own, 1.0))


def _linked(count: int, known: dict[tuple[int, int], float], usual: float, threshold: float) -> list[int]:
    """The root of each task's group, after merging the two nearest groups until none are near enough.

    Of two groups are kept the sum of what is known beyond the usual similarity, so that their mean similarity is the
    usual one plus that sum over all of their pairs.
    """
    excess: list[dict[int, float]] = [{} for _ in range(count)]
    for (one, other), value in known.items():
        excess[one][other] = excess[other][one] = value - usual
    size, version, root = [1] * count, [0] * count, list(range(count))

    def entry(one: int, other: int) -> tuple[float, int, int, int, int]:
        mean = usual + excess[one][other] / (size[one] * size[other])
        return (-mean, one, other, version[one], version[other])

    heap = [entry(one, other) for one, other in known]
    heapq.heapify(heap)
    while heap and -heap[0][0] >= threshold:
        _, one, other, *versions = heapq.heappop(heap)
        if versions != [version[one], version[other]]:
            continue
        kept, gone = (one, other) if len(excess[one]) >= len(excess[other]) else (other, one)
        del excess[kept][gone], excess[gone][kept]
        for third, value in excess[gone].items():
            excess[kept][third] = excess[third][kept] = excess[kept].get(third, 0.0) + value
            del excess[third][gone]
        excess[gone] = {}
        size[kept] += size[gone]
        version[kept] += 1
        version[gone] = -1
        root[gone] = kept
        for third in excess[kept]:
            heapq.heappush(heap, entry(min(kept, third), max(kept, third)))
    return [_root(root, task) for task in range(count)]


def _root(root: list[int], task: int) -> int:
    while root[task] != task:
        root[task] = root[root[task]]
        task = root[task]
    return task
