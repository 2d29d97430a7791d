"""Clusters over neighbours, against those over all pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from taskmill.udfs.similarity.clusters import cluster_means, clustered, most_similar, similarities
from taskmill.udfs.similarity.graphs import clustered_graph, means_by_vectors, neighbours
from taskmill.udfs.similarity.vectors import Vectors


def made(seed: int, count: int, kinds: int) -> Vectors:
    chance = np.random.default_rng(seed)
    rows = 6 * np.eye(kinds, 40)[np.arange(count) % kinds] + 0.5 * chance.normal(size=(count, 40))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Vectors(sparse.csr_matrix(rows), tuple(("instruction", f"word{place}") for place in range(40)))


def found_neighbours(vectors: Vectors, count: int) -> list[tuple[int, int, float]]:
    tasks = pa.array(range(vectors.rows.shape[0]), pa.int64())
    batches = neighbours(vectors.rows, count)([pa.RecordBatch.from_arrays([tasks], names=["task"])])
    return [(row["task"], row["other"], row["similarity"]) for batch in batches for row in batch.to_pylist()]


def same_groups(one: np.ndarray, other: np.ndarray) -> bool:  # type: ignore[type-arg]
    return all(
        (one[left] == one[right]) == (other[left] == other[right]) for left, right in combinations(range(len(one)), 2)
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.integers(12, 40), st.integers(2, 12), st.integers(0, 3), st.integers(0, 3))
def test_with_every_pair_it_is_average_linkage(seed: int, count: int, kinds: int, joined: int, parted: int) -> None:
    vectors = made(seed, count, kinds)
    chance = np.random.default_rng(seed)
    together = [chance.choice(count, 2, replace=False).tolist() for _ in range(joined)]
    apart = [(0, 1 + place) for place in range(parted)]
    try:
        whole = clustered(similarities(vectors), together, apart)
    except ValueError:
        with pytest.raises(ValueError, match="both together and apart"):
            clustered_graph(vectors, found_neighbours(vectors, count), together, apart)
        return
    found = clustered_graph(vectors, found_neighbours(vectors, count), together, apart)
    assert found.threshold == pytest.approx(whole.threshold)
    assert same_groups(found.numbers, whole.numbers)
    assert np.allclose(found.confidences, whole.confidences)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.integers(3, 6))
def test_a_few_neighbours_do_where_kinds_are_apart(seed: int, kinds: int) -> None:
    vectors = made(seed, 60, kinds)
    numbers = clustered_graph(vectors, found_neighbours(vectors, 20)).numbers
    assert same_groups(numbers, np.arange(60) % kinds)


def test_neighbours_are_the_most_similar() -> None:
    vectors = made(5, 700, 9)
    similarity = similarities(vectors)
    found = found_neighbours(vectors, 3)
    for task in (0, 511, 512, 699):
        assert [other for one, other, _ in found if one == task] == most_similar(similarity, task, 3)


def test_means_are_those_over_all_pairs() -> None:
    vectors = made(6, 30, 4)
    numbers = np.arange(30) % 5
    assert np.allclose(means_by_vectors(vectors.rows, numbers), cluster_means(similarities(vectors), numbers))
