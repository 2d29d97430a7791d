"""Signatures and bands against the definition, and against the S-curve with binomial bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from taskmill.udfs.near_duplicates import minhash
from taskmill.udfs.near_duplicates.arrays import drawn_odd, offsets_of
from taskmill.udfs.near_duplicates.curve import probability
from taskmill.udfs.near_duplicates.minhash import band_numbers, bands, signatures
from taskmill.udfs.near_duplicates.shingles import Shingles
from tests.udfs.near_duplicates.plain_shingles import shingles_of

SETS = st.lists(st.sets(st.integers(0, 2**64 - 1), min_size=1, max_size=40), min_size=1, max_size=12)
PAIRS = 6_000


def planted(union: int, common: int, pairs: int = PAIRS) -> tuple[Shingles, Shingles]:
    """Pairs of sets of random numbers with this many in either and in both."""
    numbers = np.random.default_rng(union * 1_000 + common).integers(0, 2**64, (pairs, union), dtype=np.uint64)
    middle = common + (union - common) // 2
    one, other = numbers[:, :middle], np.concatenate([numbers[:, :common], numbers[:, middle:]], axis=1)
    return matrix_of(one), matrix_of(other)


def matrix_of(sets: NDArray[np.uint64]) -> Shingles:
    """Sets of one size, a row each."""
    return Shingles.of_sets(offsets_of(np.full(len(sets), sets.shape[1])), np.sort(sets, axis=1).ravel())


@given(SETS, st.integers(1, 20), st.integers(-(2**70), 2**70))
def test_signatures_are_the_least_products(sets: list[set[int]], permutations: int, seed: int) -> None:
    found = signatures(shingles_of(sets), permutations, seed)
    multipliers = drawn_odd(permutations, seed).tolist()
    expected = [[min((number >> 32) * one % 2**32 for number in part) for one in multipliers] for part in sets]
    assert found.dtype == np.uint32
    assert found.tolist() == expected


@given(SETS, st.integers(1, 200), st.integers(1, 50))
def test_signatures_do_not_depend_on_blocks_or_layout(sets: list[set[int]], block: int, long_row: int) -> None:
    whole = signatures(shingles_of(sets), 8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minhash, "_BLOCK_VALUES", block)
        patch.setattr(minhash, "_LONG_ROW", long_row)
        assert np.array_equal(signatures(shingles_of(sets), 8), whole)


def test_signatures_of_one_long_document_among_short_ones() -> None:
    rng = np.random.default_rng(1)
    sets = [set(rng.integers(0, 2**64, size, dtype=np.uint64).tolist()) for size in (3, 5_000, 40, 1, 700)]
    alone = np.concatenate([signatures(shingles_of([part])) for part in sets])
    assert np.array_equal(signatures(shingles_of(sets)), alone)


def test_signatures_refuse_documents_without_shingles() -> None:
    with pytest.raises(ValueError, match="1 documents have no shingles"):
        signatures(shingles_of([{1, 2}, set()]))
    assert signatures(shingles_of([])).shape == (0, 256)


@pytest.mark.parametrize(("union", "common"), [(4, 2), (10, 5), (10, 8), (40, 24), (40, 32), (400, 320)])
def test_candidates_follow_the_s_curve(union: int, common: int) -> None:
    """Sets from 3 shingles to hundreds; the rate lies within 4.5 standard deviations of the binomial distribution."""
    one, other = (signatures(side) for side in planted(union, common))
    agree = one == other
    similarity = common / union
    for count, rows in ((32, 8), (20, 6), (64, 4)):
        caught = agree[:, : count * rows].reshape(PAIRS, count, rows).all(axis=2).any(axis=1).mean()
        expected = probability(similarity, count, rows)
        assert abs(caught - expected) <= 4.5 * (expected * (1 - expected) / PAIRS) ** 0.5 + 1 / PAIRS


@pytest.mark.parametrize(("union", "common"), [(2, 1), (10, 5), (40, 32)])
def test_places_of_a_signature_agree_independently(union: int, common: int) -> None:
    """The number of places that agree varies as a binomial count: dependent places would vary more."""
    one, other = (signatures(side, seed=5) for side in planted(union, common))
    similarity = common / union
    agreed = (one == other).sum(axis=1)
    assert abs(agreed.mean() / 256 - similarity) < 4.5 * (similarity * (1 - similarity) / 256 / PAIRS) ** 0.5
    assert 0.9 < agreed.var() / (256 * similarity * (1 - similarity)) < 1.1


@given(st.lists(st.lists(st.integers(0, 2), min_size=6, max_size=6), max_size=8), st.integers(0, 9))
def test_band_keys_are_equal_where_all_rows_are(places: list[list[int]], seed: int) -> None:
    matrix = np.array(places, dtype=np.uint32).reshape(len(places), 6)
    keys = bands(matrix, 3, 2, seed)
    assert keys.shape == (len(places), 3)
    assert keys.dtype == np.uint64
    for one in range(len(places)):
        for other in range(len(places)):
            expected = [places[one][at : at + 2] == places[other][at : at + 2] for at in (0, 2, 4)]
            assert (keys[one] == keys[other]).tolist() == expected


@pytest.mark.parametrize(("count", "rows"), [(32, 8), (20, 6), (1, 4), (64, 4)])
def test_keys_of_different_bands_never_meet(count: int, rows: int) -> None:
    keys = bands(np.zeros((3, count * rows), dtype=np.uint32), count, rows)
    assert len(set(keys[0].tolist())) == count
    assert np.array_equal(band_numbers(keys, count), np.tile(np.arange(count), (3, 1)))
    assert np.array_equal(keys[0], keys[2])


def test_band_keys_of_different_places_are_distinct() -> None:
    matrix = np.random.default_rng(3).integers(0, 2**32, (20_000, 256), dtype=np.uint64).astype(np.uint32)
    keys = bands(matrix)
    assert len(np.unique(keys)) == keys.size
    assert not np.array_equal(keys, bands(matrix, seed=1))


def test_bands_refuse_signatures_of_another_length() -> None:
    with pytest.raises(ValueError, match="256 values do not make 20 bands of 6 rows"):
        bands(np.zeros((1, 256), dtype=np.uint32), 20, 6)


def test_keys_of_a_known_document_stay_what_they_are() -> None:
    """Stored keys are joined with later ones: a change here needs a new rule version."""
    found = signatures(shingles_of([{2**63 + 5, 2**40, 77 * 2**35}]), seed=1)
    assert found[0, :2].tolist() == [39633152, 1609095128]
    assert bands(found, seed=1)[0, :2].tolist() == [16704407649325727552, 5477716476744524897]
