"""Pairs of buckets against plain loops over sets."""

from __future__ import annotations

from itertools import combinations

import networkx
import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.near_duplicates.buckets import ALL_PAIRS, LARGE, candidates
from taskmill.udfs.near_duplicates.packing import packed

ROWS = st.lists(st.tuples(st.integers(-3, 6), st.integers(-9, 9)), max_size=80, unique=True)


def pairs_of(rows: list[tuple[int, int]], batches: int = 1) -> list[tuple[int, int, int]]:
    columns = {
        "keys": pa.array([[key] for key, _ in rows], pa.list_(pa.int64())),
        "doc": pa.array([doc for _, doc in rows], pa.int64()),
    }
    parts = packed("keys", ["doc"], slices=3)(pa.table(columns).to_batches(max_chunksize=max(1, len(rows) // batches)))
    found = [row for batch in candidates(parts) for row in batch.to_pylist()]
    return [(row["left"], row["right"], row["bucket"]) for row in found]


@settings(deadline=None)  # the first call loads what the others have
@given(ROWS, st.integers(1, 3))
def test_small_buckets_give_all_their_pairs(rows: list[tuple[int, int]], batches: int) -> None:
    expected = [
        pair
        for key in {key for key, _ in rows}
        for pair in combinations(sorted(doc for other, doc in rows if other == key), 2)
    ]
    assert sorted(pairs_of(rows, batches)) == sorted((*pair, 0) for pair in expected)


def test_large_buckets_give_two_pairs_for_each_document_and_hang_together() -> None:
    docs = np.random.default_rng(5).permutation(LARGE * 3)[: LARGE + 1].tolist()
    found = pairs_of([(7, doc) for doc in docs])
    assert (min(docs), min(docs), len(docs)) in found
    edges = [(left, right) for left, right, bucket in found if bucket == 0]
    assert len(edges) == 2 * len(docs) - 3
    assert networkx.is_connected(networkx.Graph(edges))
    assert {doc for edge in edges for doc in edge} == set(docs)


def test_a_bucket_of_a_medium_size_is_not_reported() -> None:
    found = pairs_of([(7, doc) for doc in range(ALL_PAIRS + 1)])
    assert all(left != right for left, right, _ in found)


def test_no_rows_give_no_pairs() -> None:
    assert list(candidates([])) == []
