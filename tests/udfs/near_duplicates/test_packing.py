"""Packed numbers: nothing is lost, and all rows of a key are in one slice."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.near_duplicates import packing
from taskmill.udfs.near_duplicates.packing import packed, unpacked

LONGS = st.integers(-(2**63), 2**63 - 1)
ROWS = st.lists(st.tuples(st.lists(LONGS, max_size=4), LONGS, LONGS), max_size=20)


def batches_of(rows: list[tuple[list[int], int, int]], size: int) -> list[pa.RecordBatch]:
    columns = {
        "keys": pa.array([keys for keys, _, _ in rows], pa.list_(pa.int64())),
        "one": pa.array([one for _, one, _ in rows], pa.int64()),
        "other": pa.array([other for _, _, other in rows], pa.int64()),
    }
    return pa.table(columns).to_batches(max_chunksize=size)


@settings(deadline=None)  # the first call loads what the others have
@given(ROWS, st.integers(1, 20), st.integers(1, 5))
def test_every_key_arrives_with_what_stands_beside_it(
    rows: list[tuple[list[int], int, int]], size: int, slices: int
) -> None:
    found = list(packed("keys", ["one", "other"], slices)(batches_of(rows, size)))
    arrived = Counter(zip(*unpacked(found, 3).tolist(), strict=True))
    assert arrived == Counter((key, one, other) for keys, one, other in rows for key in keys)
    slice_of: dict[int, int] = {}
    for batch in found:
        for row in batch.to_pylist():
            for key in np.frombuffer(row["numbers"], np.int64).reshape(3, -1)[0].tolist():
                assert slice_of.setdefault(key, row["slice"]) == row["slice"] < slices


def test_many_keys_are_packed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "HELD", 10)
    rows = [([number << 8, number], number, 0) for number in range(30)]
    found = list(packed("keys", ["one", "other"], 4)(batches_of(rows, 3)))
    assert len(found) == 5
    assert unpacked(found, 3).shape == (3, 60)


def test_slices_are_of_like_size_whatever_the_band() -> None:
    numbers = np.random.default_rng(5).integers(-(2**63), 2**63 - 1, 40_000) >> 8 << 8
    rows = [([int(key) | band for band, key in enumerate(numbers[at : at + 4])], at, 0) for at in range(0, 40_000, 4)]
    found = list(packed("keys", ["one", "other"], 16)(batches_of(rows, 1_000)))
    sizes = Counter({row["slice"]: len(row["numbers"]) // 24 for batch in found for row in batch.to_pylist()})
    assert max(sizes.values()) < 1.2 * min(sizes.values())
