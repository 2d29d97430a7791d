"""Exact similarities against Python's sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.near_duplicates import verify
from taskmill.udfs.near_duplicates.verify import shared, similarity
from tests.udfs.near_duplicates.plain_shingles import shingles_of

# Few numbers, so that sets meet, with the first and the last that 64 bits hold.
NUMBERS = st.integers(0, 30).map(lambda number: number * (2**64 - 1) // 30)
SETS = st.lists(st.sets(NUMBERS, max_size=25), min_size=1, max_size=8)
PAIRS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20)


def rows(numbers: list[int], count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([number % count for number in numbers], dtype=np.int64)


@given(SETS, SETS, PAIRS)
def test_similarity_is_that_of_the_sets(
    left: list[set[int]], right: list[set[int]], pairs: list[tuple[int, int]]
) -> None:
    i, j = rows([one for one, _ in pairs], len(left)), rows([other for _, other in pairs], len(right))
    found = similarity(shingles_of(left), i, shingles_of(right), j)
    sides = [(left[one], right[other]) for one, other in zip(i.tolist(), j.tolist(), strict=True)]
    assert found.jaccard.tolist() == [len(a & b) / len(a | b) if a | b else 0.0 for a, b in sides]
    assert found.containment.tolist() == [len(a & b) / min(len(a), len(b)) if a and b else 0.0 for a, b in sides]
    assert found.jaccard.dtype == found.containment.dtype == np.float64


@given(SETS, PAIRS, st.integers(1, 60), st.integers(1, 60))
def test_shared_does_not_depend_on_slices(
    sets: list[set[int]], pairs: list[tuple[int, int]], size: int, short: int
) -> None:
    documents = shingles_of(sets)
    i, j = rows([one for one, _ in pairs], len(sets)), rows([other for _, other in pairs], len(sets))
    whole = shared(documents, i, documents, j)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "_SLICE_SHINGLES", size)
        patch.setattr(verify, "_SHORT_ROW", short)
        assert np.array_equal(shared(documents, i, documents, j), whole)
    assert np.array_equal(shared(documents, j, documents, i), whole)


def test_shared_of_long_and_short_documents() -> None:
    rng = np.random.default_rng(2)
    sets = [set(rng.integers(0, 9_000, size).tolist()) for size in (20_000, 5_000, 3, 300, 0, 129)]
    i, j = (part.ravel() for part in np.indices((len(sets), len(sets))))
    found = shared(shingles_of(sets), i, shingles_of(sets), j)
    assert found.tolist() == [len(sets[one] & sets[other]) for one, other in zip(i, j, strict=True)]


def test_containment_is_one_for_an_excerpt() -> None:
    documents = shingles_of([set(range(100)), set(range(40, 60))])
    found = similarity(documents, np.array([0, 1]), documents, np.array([1, 0]))
    assert found.containment.tolist() == [1.0, 1.0]
    assert found.jaccard.tolist() == [0.2, 0.2]


def test_pairs_need_two_rows_that_exist() -> None:
    documents = shingles_of([{1}, {2}])
    with pytest.raises(ValueError, match="there are 2 and 1"):
        similarity(documents, np.array([0, 1]), documents, np.array([1]))
    for wrong in (-1, 2):
        with pytest.raises(IndexError, match="of 2 documents"):
            similarity(documents, np.array([0]), documents, np.array([wrong]))
