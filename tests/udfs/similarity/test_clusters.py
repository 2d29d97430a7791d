"""Clusters as invariants, against scikit-learn where it knows the same score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, silhouette_samples

from taskmill.udfs.similarity.clusters import (
    FEW,
    LEAST,
    MOST,
    Clustering,
    chance,
    cluster_means,
    clustered,
    most_similar,
)
from taskmill.udfs.similarity.vectors import Matrix


def made(seed: int, count: int, kinds: int, noise: float = 0.6) -> tuple[Matrix, list[int]]:
    """Similarities of so many tasks of so many kinds, and their kinds."""
    chance_ = np.random.default_rng(seed)
    middles = np.sqrt(40.0) * np.eye(kinds, 40) if kinds <= 40 else chance_.normal(size=(kinds, 40))
    own = [place % kinds for place in range(count)]
    rows = middles[own] + noise * chance_.normal(size=(count, 40))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return np.clip(rows @ rows.T, -1, 1), own


def groups(found: Clustering) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(found.numbers == number).tolist()) for number in set(found.numbers.tolist())}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), st.integers(20, 60), st.integers(3, 8))
def test_kinds_that_are_apart_are_found_without_telling_how_many(seed: int, count: int, kinds: int) -> None:
    similarity, own = made(seed, count, kinds, noise=0.4)
    assert adjusted_rand_score(own, clustered(similarity).numbers) == 1.0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.integers(1, 40), st.randoms())
def test_clusters_do_not_depend_on_the_order_of_tasks(seed: int, count: int, random: object) -> None:
    similarity, _ = made(seed, count, 5)
    order = list(range(count))
    random.shuffle(order)  # type: ignore[attr-defined]
    other = clustered(similarity[np.ix_(order, order)])
    assert {frozenset(order[place] for place in group) for group in groups(other)} == groups(clustered(similarity))


PAIRS = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)).filter(lambda pair: pair[0] != pair[1]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 99), PAIRS, PAIRS)
def test_constraints_hold_or_are_refused(
    seed: int, together: list[tuple[int, int]], apart: list[tuple[int, int]]
) -> None:
    similarity, _ = made(seed, 20, 4)
    networkx = pytest.importorskip("networkx")
    joined = networkx.Graph(together)
    joined.add_nodes_from(range(20))
    contradicts = any(networkx.has_path(joined, one, other) for one, other in apart)
    if contradicts:
        with pytest.raises(ValueError, match="must be both together and apart"):
            clustered(similarity, together, apart)
        return
    numbers = clustered(similarity, together, apart).numbers
    assert all(numbers[one] == numbers[other] for one, other in together)
    assert all(numbers[one] != numbers[other] for one, other in apart)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99))
def test_confidence_is_half_of_one_plus_the_silhouette(seed: int) -> None:
    """Against scikit-learn, on distances of one less the similarity."""
    similarity, _ = made(seed, 40, 5, noise=0.8)
    found = clustered(similarity)
    if not 1 < len(set(found.numbers.tolist())) < 40:
        return
    distance = 1.0 - similarity
    np.fill_diagonal(distance, 0.0)
    expected = silhouette_samples(np.maximum(distance, 0.0), found.numbers, metric="precomputed")
    assert np.allclose(found.confidences, (1 + expected) / 2)
    assert ((found.confidences >= 0) & (found.confidences <= 1)).all()


def test_means_leave_the_task_itself_out() -> None:
    similarity = np.array([[1.0, 0.5, 0.1], [0.5, 1.0, 0.3], [0.1, 0.3, 1.0]])
    means = cluster_means(similarity, np.array([0, 0, 1]))
    assert np.allclose(means, [[0.5, 0.1], [0.5, 0.3], [0.2, 0.0]])


def test_chance_is_what_unrelated_pairs_have() -> None:
    """A few related tasks do not move it."""
    similarity, _ = made(3, 60, 60)
    alone = chance(similarity)
    similarity[:6, :6] = 0.99
    assert alone == pytest.approx(chance(similarity), abs=0.02)
    pairs = similarity[np.triu_indices(60, 1)]
    assert (pairs[pairs < 0.99] > alone).mean() < 0.06


@pytest.mark.parametrize(
    ("count", "expected"), [pytest.param(FEW - 1, MOST, id="few"), pytest.param(FEW, LEAST, id="enough")]
)
def test_few_tasks_must_be_very_similar(count: int, expected: float) -> None:
    assert chance(np.eye(count)) == expected


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_tasks(count: int) -> None:
    found = clustered(np.eye(count))
    assert found.numbers.tolist() == list(range(count))
    assert found.confidences.tolist() == [0.5] * count


def test_most_similar_are_the_highest_others() -> None:
    similarity = np.array([[1.0, 0.2, 0.9], [0.2, 1.0, 0.2], [0.9, 0.2, 1.0]])
    assert [most_similar(similarity, task, 2) for task in range(3)] == [[2, 1], [0, 2], [0, 1]]
