"""Clusters of tasks by average linkage, cut where similarity is no more than chance; constraints are kept.

Two groups are merged while their mean similarity (average linkage, Sokal and Michener 1958) is higher than that of
nearly all unrelated tasks: than the median of all pairs plus `DEVIATIONS` standard deviations, the usual bound for
outliers (Leys et al. 2013). These are estimated by the median absolute deviation of the pairs below the median: related
pairs are above it, and so have no effect. The number of clusters follows from the tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from taskmill.udfs.similarity.vectors import Matrix, Vectors

Integers = np.ndarray[tuple[int], np.dtype[np.int64]]
DEVIATIONS = 2.5
OF_NORMAL = 1.4826  # the standard deviation of a normal distribution in units of its median absolute deviation
LEAST, MOST = 0.2, 0.5  # similarity below which nothing is merged, and from which on everything
FEW = 10  # tasks; among fewer there is no telling what chance is
SIMILAR_TASKS = 3
FARTHER = 1.0  # is added to every distance, so that tasks that must be together, at 0, are merged before all others


@dataclass(frozen=True)
class Clustering:
    """Groups of tasks, and how sure each is.

    Attributes:
        numbers: of each task's cluster, 0, 1, 2..., shape (n,).
        confidences: half of one plus the silhouette (Rousseeuw 1987) by similarity, 0 to 1, shape (n,): 1 for a task
            that is like its cluster and unlike all others, below 0.5 for one that is more like another. A task alone
            has 0.5.
        means: mean similarity of each task to the other tasks of each cluster, shape (n, clusters).
        threshold: the mean similarity from which on groups were merged.
    """

    numbers: Integers
    confidences: Matrix
    means: Matrix
    threshold: float


def similarities(vectors: Vectors) -> Matrix:
    """The similarity of each two tasks, -1 to 1, float64 (n, n): 5,000 tasks take 200 MB."""
    found = np.asarray((vectors.rows @ vectors.rows.T).todense())
    return np.asarray(np.clip((found + found.T) / 2, -1.0, 1.0))


def clustered(
    similarity: Matrix, together: Sequence[Sequence[int]] = (), apart: Iterable[tuple[int, int]] = ()
) -> Clustering:
    """Clusters of the tasks that this matrix compares.

    Args:
        similarity: of each two tasks, symmetric, shape (n, n).
        together: tasks that must share a cluster, whatever their similarity.
        apart: pairs that must not.

    Raises:
        ValueError: if two tasks must be both together and apart.
    """
    count = len(similarity)
    if count == 0:
        return Clustering(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros((0, 0)), LEAST)
    distance = FARTHER + 1.0 - similarity
    joined = components(count, together)
    for members in joined:
        for one, other in combinations(members, 2):
            distance[one, other] = distance[other, one] = 0.0
    home = {member: place for place, members in enumerate(joined) for member in members}
    for one, other in apart:
        if one in home and home.get(one) == home.get(other):
            raise ValueError(f"tasks {one} and {other} must be both together and apart")
        distance[one, other] = distance[other, one] = float(count) ** 2  # however large the groups that hold them
    np.fill_diagonal(distance, 0.0)
    threshold = chance(similarity)
    if count == 1:
        numbers = np.zeros(1, dtype=np.int64)
    else:
        tree = linkage(squareform(distance, checks=False), method="average")
        numbers = in_order(fcluster(tree, FARTHER + 1.0 - threshold, criterion="distance"))
    means = cluster_means(similarity, numbers)
    return Clustering(numbers, confidences(means, numbers), means, threshold)


def chance(similarity: Matrix) -> float:
    """The similarity that hardly any two unrelated tasks exceed."""
    if len(similarity) < FEW:
        return MOST
    pairs = similarity[np.triu_indices(len(similarity), 1)]
    middle = float(np.median(pairs))
    below = pairs[pairs <= middle]
    return min(MOST, max(LEAST, middle + DEVIATIONS * OF_NORMAL * float(np.median(middle - below))))


def most_similar(similarity: Matrix, task: int, count: int = SIMILAR_TASKS) -> list[int]:
    """The other tasks that one is most similar to, most first; equal ones in their order."""
    order = np.argsort(-similarity[task], kind="stable")
    return [int(other) for other in order if other != task][:count]


def cluster_means(similarity: Matrix, numbers: Integers) -> Matrix:
    """The mean similarity of each task to the others of each cluster; 0 for a cluster that it is alone in."""
    members = np.eye(numbers.max() + 1)[numbers]
    sums = similarity @ members - members * np.diag(similarity)[:, None]
    counts = members.sum(axis=0)[None] - members
    return np.asarray(sums / np.maximum(counts, 1.0))


def confidences(means: Matrix, numbers: Integers) -> Matrix:
    """How sure each task's cluster is, as `Clustering` has it."""
    own = means[np.arange(len(numbers)), numbers]
    others = means.copy()
    others[np.arange(len(numbers)), numbers] = -np.inf
    nearest = others.max(axis=1)
    alone = np.bincount(numbers)[numbers] == 1
    inside, outside = 1.0 - own, 1.0 - np.where(np.isfinite(nearest), nearest, 0.0)
    silhouette = (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-9)
    return np.where(alone, 0.5, (1.0 + silhouette) / 2)


def components(count: int, together: Sequence[Sequence[int]]) -> list[list[int]]:
    """Groups that share a member are one."""
    home = list(range(count))

    def root(member: int) -> int:
        while home[member] != member:
            home[member] = home[home[member]]
            member = home[member]
        return member

    for members in together:
        for member in members:
            home[root(member)] = root(members[0])
    found: dict[int, list[int]] = {}
    for member in range(count):
        found.setdefault(root(member), []).append(member)
    return [members for members in found.values() if len(members) > 1]


def in_order(labels: np.ndarray[tuple[int], np.dtype[np.int32]]) -> Integers:
    """The labels as 0, 1, 2... in the order in which they come up."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]
