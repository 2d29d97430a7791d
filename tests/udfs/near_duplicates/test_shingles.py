"""Shingles of whole columns against sets of n-grams."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.near_duplicates import shingles as module
from taskmill.udfs.near_duplicates.shingles import Shingles, Shingling, shingles
from tests.udfs.near_duplicates.plain_shingles import Gram, grams, jaccard, letters, sets_of, strings, words

WORDS = st.lists(st.sampled_from(["a", "B", "b", "cd", "É", "e\u0301", "x_1"]), max_size=30)
TEXTS = st.builds(" ".join, WORDS) | st.text("漢字かな。", max_size=40)
SHINGLINGS = st.builds(
    Shingling,
    words=st.integers(1, 6), short_words=st.integers(1, 4), short_below=st.integers(6, 20),
    characters=st.integers(1, 6), fewest_words=st.integers(4, 12), fewest_characters=st.integers(6, 20),
)  # fmt: skip


def plain(text: str | None, spaceless: bool, by: Shingling) -> set[Gram]:
    tokens = letters(text or "") if spaceless else words(text or "")
    if len(tokens) < (by.fewest_characters if spaceless else by.fewest_words):
        return set()
    short = len(tokens) < by.short_below
    return grams(tokens, by.characters if spaceless else by.short_words if short else by.words)


@settings(deadline=None)  # the first text beyond ASCII makes the tables of characters
@given(st.lists(TEXTS | st.none(), max_size=8), SHINGLINGS, st.booleans())
def test_shingles_meet_exactly_where_n_grams_do(rows: list[str | None], by: Shingling, spaceless: bool) -> None:
    found = shingles(strings(*rows), by, pa.array([spaceless] * len(rows), pa.bool_()))
    expected = [plain(text, spaceless, by) for text in rows]
    sets = sets_of(found) if rows else []
    assert found.sizes.tolist() == [len(part) for part in expected]
    for one, plain_one in zip(sets, expected, strict=True):
        for other, plain_other in zip(sets, expected, strict=True):
            assert len(one & other) == len(plain_one & plain_other)


@settings(deadline=None)
@given(st.lists(TEXTS | st.none(), max_size=8))
def test_shingles_are_sorted_and_distinct_and_counts_are_of_tokens(rows: list[str | None]) -> None:
    found = shingles(strings(*rows), Shingling(), pa.array([False] * len(rows), pa.bool_()))
    for start, stop in zip(found.offsets[:-1], found.offsets[1:], strict=True):
        own = found.hashes[start:stop]
        assert (own[1:] > own[:-1]).all()
    assert found.token_counts.tolist() == [len(words(text or "")) for text in rows]
    assert found.is_shingled.tolist() == [len(words(text or "")) >= 8 for text in rows]


@settings(deadline=None)
@given(st.lists(TEXTS | st.none(), max_size=12), st.integers(1, 200), st.integers(1, 5))
def test_shingles_do_not_depend_on_slices(rows: list[str | None], size: int, most: int) -> None:
    whole = shingles(strings(*rows), Shingling())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SLICE_BYTES", size)
        patch.setattr(module, "_SLICE_ROWS", most)
        parts = shingles(strings(*rows), Shingling())
    for name, values in vars(whole).items():
        assert np.array_equal(values, getattr(parts, name)), name


def test_shingles_of_a_known_text_stay_what_they_are() -> None:
    """Stored shingles and signatures are compared with later ones: a change here needs a new rule version."""
    found = shingles(strings("One two, three FOUR five six seven eight."), Shingling())
    assert found.sizes.tolist() == [6]
    assert found.hashes[:2].tolist() == [9377189181848890888, 9843896253233852316]


def test_short_below_separates_lengths() -> None:
    base = [f"w{number}" for number in range(20)]
    found = shingles(strings(" ".join(base[:19]), " ".join(base)), Shingling())
    assert found.sizes.tolist() == [17, 16]
    assert jaccard(*sets_of(found)) == 0
    same = shingles(strings(" ".join(base[:19]), " ".join(base)), Shingling(words=3))
    assert jaccard(*sets_of(same)) == 17 / 18


def test_a_million_shingles_are_distinct_and_spread_evenly() -> None:
    """Every 3-gram of 100 words. Upper, lower and middle bits are each tested against a uniform spread (chi-square)."""
    names = [f"word{number}" for number in range(100)]
    rows = [f"{one} {two} {three}" for one in names for two in names for three in names]
    by = Shingling(words=3, short_words=3, fewest_words=3)
    hashes = shingles(pa.array(rows), by).hashes
    assert len(hashes) == len(set(hashes.tolist())) == 1_000_000
    for shift in (0, 24, 48):
        cells = np.bincount((hashes >> np.uint64(shift) & np.uint64(0xFFFF)).astype(np.int64), minlength=1 << 16)
        chi_square = float(((cells - len(hashes) / 65_536) ** 2).sum() / (len(hashes) / 65_536))
        assert abs(chi_square - 65_535) < 5 * (2 * 65_535) ** 0.5  # its variance is twice its degrees of freedom


@pytest.mark.parametrize(
    "options",
    [
        {"words": 0}, {"characters": 0}, {"short_words": 9}, {"fewest_words": 2}, {"fewest_characters": 4},
        {"words": 9, "short_below": 5},
    ],
)  # fmt: skip
def test_shingling_refuses_what_gives_no_n_gram(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Shingling"):
        Shingling(**options)


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=6), st.lists(st.integers(0, 5), max_size=8))
def test_take_gives_documents_in_the_order_asked_for(rows: list[str], picks: list[int]) -> None:
    found = shingles(strings(*rows), Shingling())
    picked = [pick % len(rows) for pick in picks]
    taken = found.take(np.array(picked, dtype=np.int64))
    again = shingles(strings(*(rows[pick] for pick in picked)), Shingling())
    for name, values in vars(again).items():
        assert np.array_equal(values, getattr(taken, name)), name


def test_column_keeps_the_bits() -> None:
    found = shingles(strings(None, "one two three four five six seven eight nine"), Shingling())
    column = found.column()
    assert column.type == pa.list_(pa.int64())
    assert [{number % (1 << 64) for number in row} for row in column.to_pylist()] == sets_of(found)


def test_nothing_to_shingle() -> None:
    for found in (shingles(strings(), Shingling()), Shingles.concatenated([])):
        assert (len(found), len(found.hashes), found.column().to_pylist()) == (0, 0, [])


def test_identical_rows_are_alike() -> None:
    found = shingles(pa.array(["the same row of nine words again and again"] * 50_000), Shingling())
    assert np.array_equal(found.hashes, np.tile(found.hashes[:7], 50_000))
