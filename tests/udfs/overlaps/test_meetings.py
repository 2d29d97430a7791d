"""Candidates of overlaps against all pairs."""

from __future__ import annotations

import random
from itertools import combinations

import pyarrow as pa
import pytest

from taskmill.udfs.near_duplicates.packing import packed
from taskmill.udfs.overlaps.meetings import ALL_PAIRS, HUBS, meetings

Rows = list[tuple[int, int, int]]


def met(rows: Rows) -> tuple[set[tuple[int, int]], list[int]]:
    prints, texts, sides = zip(*rows, strict=True)
    columns = {"prints": [[one] for one in prints], "side": list(sides), "text": list(texts)}
    repeated = pa.concat_tables([pa.table(columns)] * 2).combine_chunks()
    batches = packed("prints", ["side", "text"], slices=3)(repeated.to_batches())
    found = [row for batch in meetings(batches) for row in batch.to_pylist()]
    pairs = {(row["left"], row["right"]) for row in found if row["left"] is not None}
    return pairs, [row["bucket"] for row in found if row["bucket"]]


@pytest.mark.parametrize("seed", range(20))
def test_all_pairs_of_different_sides_meet_in_small_buckets(seed: int) -> None:
    draw = random.Random(seed)
    rows = sorted({(draw.randrange(40), draw.randrange(60), draw.randrange(3)) for _ in range(300)})
    draw.shuffle(rows)
    expected = {
        (min(one[1], other[1]), max(one[1], other[1]))
        for one, other in combinations(rows, 2)
        if one[0] == other[0] and one[2] != other[2]
    }
    assert met(rows) == (expected, [])


def test_a_text_on_two_sides_meets_itself() -> None:
    assert met([(1, 5, 0), (1, 5, 2), (2, 7, 2)]) == ({(5, 5)}, [])


def test_each_text_of_a_large_bucket_meets_every_other_side() -> None:
    rows = [(1, text, 2 + text % 2) for text in range(1_000)] + [(1, 5_000, 0)]
    pairs, told = met(rows)
    assert told == [1_001]
    assert {(text, 5_000) for text in range(1_000)} <= pairs
    assert len(pairs) < 1_000 * (2 * HUBS + 1)
    for text in range(1_000):
        other = (text + 1) % 2
        assert any(one % 2 == other for pair in pairs if text in pair for one in pair if one < 1_000)


def test_a_large_bucket_of_hubs_is_whole_and_not_told() -> None:
    sides = ALL_PAIRS // HUBS + 1
    pairs, told = met([(1, side * 100 + text, side) for side in range(sides) for text in range(HUBS)])
    assert len(pairs) == HUBS * HUBS * sides * (sides - 1) // 2 and not told


def test_no_rows_no_pairs() -> None:
    assert list(meetings(iter([]))) == []
