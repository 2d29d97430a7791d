"""Numbers on their way to the worker that sorts them: packed, a row for each slice of many keys, not for each key.

Spark moves a row at a time; of millions of 16 bytes each, moving costs more than all that is done with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from taskmill.udfs.near_duplicates.arrays import Integers, offsets_of

Batches = Iterable[pa.RecordBatch]

PACKED_DDL = "slice int, numbers binary"
HELD = 2_000_000  # keys that are held until they are packed: the more, the fewer rows
_BAND_BITS = 8  # of a key, the lowest, are no hash


def packed(
    keys: str, others: Sequence[str], slices: int
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that gives every key with what stands beside it, `PACKED_DDL`. All rows of a key have one slice.

    It takes batches with `keys` (list<int64>, no nulls) and the columns `others` (int64).

    Args:
        slices: how many there are; a few times the partitions make these of like size.
    """

    def pack(batches: Batches) -> Iterator[pa.RecordBatch]:
        held: list[Integers] = []
        for batch in batches:
            if batch.num_rows:
                held.append(_exploded(batch, keys, others))
            if sum(numbers.shape[1] for numbers in held) >= HELD:
                yield _packed(np.concatenate(held, axis=1), slices)
                held = []
        if held:
            yield _packed(np.concatenate(held, axis=1), slices)

    return pack


def unpacked(batches: Batches, width: int) -> Integers:
    """What was packed, keys first; int64, shape (width, rows)."""
    found = [
        np.frombuffer(numbers.as_buffer(), np.int64).reshape(width, -1)
        for batch in batches
        for numbers in batch.column("numbers")
    ]
    return np.concatenate(found, axis=1) if found else np.empty((width, 0), np.int64)


def _exploded(batch: pa.RecordBatch, keys: str, others: Sequence[str]) -> Integers:
    lists = batch.column(keys)
    sizes = lists.value_lengths().to_numpy()
    columns = [np.repeat(batch.column(name).to_numpy(), sizes) for name in others]
    return np.stack([lists.flatten().to_numpy(), *columns])


def _packed(numbers: Integers, slices: int) -> pa.RecordBatch:
    places = (numbers[0].view(np.uint64) >> np.uint64(_BAND_BITS)) % np.uint64(slices)
    places = places.astype(np.min_scalar_type(slices))  # numpy sorts 16 bits in one pass
    order = np.argsort(places, kind="stable")
    offsets = offsets_of(np.bincount(places, minlength=slices))
    filled = np.flatnonzero(np.diff(offsets))
    parts = [numbers[:, order[offsets[one] : offsets[one + 1]]].tobytes() for one in filled]
    columns = [pa.array(filled, pa.int32()), pa.array(parts, pa.binary())]
    return pa.RecordBatch.from_arrays(columns, names=["slice", "numbers"])
