"""Choices that cover what there is: one typical example out of each of many small clusters.

Hacohen et al. 2022 ("Active Learning on a Budget: Opposite Strategies Suit High and Low Budgets", TypiClust): cluster
into as many clusters as examples are wanted, and from each that has no chosen one yet, largest first, take the most
typical example. Two levels of clusters make that fast for a million: coarse ones first, each of which gets its part of
the budget, then as many within each as its part asks for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from taskmill.udfs.selection.vectors import Vectors

Indices = npt.NDArray[np.int64]
Scores = np.ndarray[Any, np.dtype[np.float64]]

NEIGHBOURS = 20  # that say how typical an example is; as in the paper
COARSE = 4_000  # examples of a coarse cluster, about
MAX_PART = 200  # of the budget that goes to one coarse cluster, about
ROUNDS = 30  # of k-means


def diverse(
    vectors: Vectors,
    budget: int,
    seed: int,
    scores: Scores | None = None,
    chosen: Indices | None = None,
    scores_weight: float = 1.0,
) -> Indices:
    """Positions of the examples to take, in the order of taking, none twice and none of `chosen`.

    Args:
        vectors: float32, shape (n, dimensions), rows of length one.
        budget: how many are wanted; all are given when there are no more.
        scores: float64, shape (n,), 0 to 1: what else speaks for an example.
        chosen: positions taken in rounds before: what they cover is covered.
        scores_weight: how much `scores` count beside how typical an example is, both as ranks.
    """
    size, taken = len(vectors), np.zeros(len(vectors), np.bool_)
    if chosen is not None:
        taken[chosen] = True
    budget = min(budget, size - int(taken.sum()))
    if budget <= 0:
        return np.array([], np.int64)
    with threadpool_limits(1):  # sums of several threads depend on who is first
        groups = _coarse(vectors, budget, seed)
        parts = _parts([len(group) for group in groups], [int(taken[group].sum()) for group in groups], budget)
        found = [
            group[
                _of_group(
                    vectors[group],
                    part,
                    seed,
                    None if scores is None else scores_weight * ranked(scores[group]),
                    taken[group],
                )
            ]
            for group, part in zip(groups, parts, strict=True)
        ]
    return _dealt(found)


def _coarse(vectors: Vectors, budget: int, seed: int) -> list[Indices]:
    """Groups of examples that are chosen from one by one."""
    count = max(-(-len(vectors) // COARSE), -(-budget // MAX_PART))
    if count == 1:
        return [np.arange(len(vectors))]
    fitted = MiniBatchKMeans(count, random_state=seed, batch_size=8_192, n_init=1, max_iter=ROUNDS)
    labels = fitted.fit_predict(vectors)
    groups = [np.flatnonzero(labels == label) for label in range(count)]
    return [group for group in groups if len(group)]


def _parts(sizes: list[int], taken: list[int], budget: int) -> list[int]:
    """How many each group gives: by size, what was taken before counted in, as far as it has any left.

    Largest remainders, so that the parts add up.
    """
    free = np.array(sizes) - np.array(taken)
    found = np.zeros(len(sizes), np.int64)
    wanted = np.maximum((budget + sum(taken)) * np.array(sizes) / sum(sizes) - np.array(taken), 0.0)
    wanted *= budget / max(wanted.sum(), 1e-9)
    found = np.minimum(np.floor(wanted).astype(np.int64), free)
    order = np.argsort(-(wanted - found), kind="stable")
    while found.sum() < budget:
        for place in order:
            if found.sum() < budget and found[place] < free[place]:
                found[place] += 1
    return found.tolist()  # type: ignore[no-any-return]


def _of_group(vectors: Vectors, budget: int, seed: int, scores: Scores | None, taken: npt.NDArray[np.bool_]) -> Indices:
    """The choice within one group."""
    if budget == 0:
        return np.array([], np.int64)
    count = min(len(np.unique(vectors, axis=0)), budget + int(taken.sum()))
    labels = KMeans(count, random_state=seed, n_init=1, max_iter=ROUNDS).fit_predict(vectors)
    worth = _typical(vectors)
    if scores is not None:
        worth = ranked(worth) + scores
    covered = set(labels[taken].tolist())
    sizes = np.bincount(labels, minlength=count)
    found: list[int] = []
    for label in sorted(range(count), key=lambda label: (-sizes[label], label)):
        members = np.flatnonzero((labels == label) & ~taken)
        if label not in covered and len(members):
            found.append(int(members[np.argmax(worth[members])]))
    rest = np.flatnonzero(~taken)
    rest = rest[np.argsort(-worth[rest], kind="stable")]
    found = found[:budget]
    known = set(found)
    found += [int(place) for place in rest if int(place) not in known][: budget - len(found)]
    return np.array(found, np.int64)


def _typical(vectors: Vectors) -> Scores:
    """One over the mean distance to the nearest neighbours."""
    count = min(NEIGHBOURS, len(vectors) - 1)
    if count == 0:
        return np.ones(len(vectors))
    distances = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(vectors).kneighbors(vectors)[0]
    return np.asarray(1 / (distances[:, 1:].mean(axis=1) + 1e-3))


def ranked(values: Scores) -> Scores:
    """Ranks from 0 to 1; equal values share the mean of theirs."""
    return np.asarray((rankdata(values) - 1) / max(1, len(values) - 1))


def _dealt(groups: list[Indices]) -> Indices:
    """One of each group by turns, so that a shorter budget would be spread too."""
    longest = max((len(group) for group in groups), default=0)
    found = [int(group[place]) for place in range(longest) for group in groups if place < len(group)]
    return np.array(found, np.int64)
