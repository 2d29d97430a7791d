"""Texts that share a fingerprint and stand on different sides: the candidates of an overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from taskmill.udfs.near_duplicates.arrays import Integers, offsets_of, rows_by_size
from taskmill.udfs.near_duplicates.packing import unpacked

MEETING_DDL = "left long, right long, bucket int"
ALL_PAIRS = 256  # texts of a bucket that are all compared with those of other sides
HUBS = 8  # of each side, that in a larger bucket all texts of other sides are compared with


def meetings(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The pairs of texts of different sides in all buckets of one partition, `MEETING_DDL`, the lower number left; a
    pair may come up several times. Left and right are the same for a text that stands on two sides.

    In a bucket of more than `ALL_PAIRS` rows, texts are paired with the first `HUBS` of each other side alone.
    `bucket` is 0, but for one row of such a bucket, with nulls for the texts: it tells how many rows there were.

    Args:
        batches: print, side and text, packed; all rows of a print are in the partition.
    """
    found = unpacked(batches, 3)
    if not found.size:
        return
    found = found[:, np.lexsort(found[::-1])]
    prints, sides, texts = found[:, np.r_[True, (found[:, 1:] != found[:, :-1]).any(axis=0)]]
    begins = np.flatnonzero(np.r_[True, prints[1:] != prints[:-1]])
    ends = np.r_[begins[1:], len(prints)]
    # Sorted by side, a bucket has several where its first and last differ.
    mixed = sides[begins] != sides[ends - 1]
    begins, sizes = begins[mixed], (ends - begins)[mixed]
    for size, rows in rows_by_size(sizes):
        if size <= ALL_PAIRS:
            places = begins[rows, None] + np.arange(size)
            yield _all_pairs(texts[places], sides[places])
            continue
        for begin in begins[rows].tolist():
            yield _with_hubs(texts[begin : begin + size], sides[begin : begin + size])


def _all_pairs(texts: Integers, sides: Integers) -> pa.RecordBatch:
    left, right = np.triu_indices(texts.shape[1], k=1)
    apart = sides[:, left] != sides[:, right]
    return _batch(texts[:, left][apart], texts[:, right][apart])


def _with_hubs(texts: Integers, sides: Integers) -> pa.RecordBatch:
    """The pairs of one bucket, sorted by side."""
    begins = np.flatnonzero(np.r_[True, sides[1:] != sides[:-1]])
    ranks = np.arange(len(sides)) - np.repeat(begins, np.diff(np.r_[begins, len(sides)]))
    hubs = np.flatnonzero(ranks < HUBS)
    left, right = np.repeat(hubs, len(texts)), np.tile(np.arange(len(texts)), len(hubs))
    apart = sides[left] != sides[right]
    is_capped = offsets_of(np.bincount(ranks < HUBS, minlength=2))[1] > 0  # some text is no hub
    return _batch(texts[left[apart]], texts[right[apart]], len(texts) if is_capped else 0)


def _batch(one: Integers, other: Integers, bucket: int = 0) -> pa.RecordBatch:
    left, right = pa.array(np.minimum(one, other)), pa.array(np.maximum(one, other))
    sizes = pa.array(np.zeros(len(one), np.int32))
    if bucket:
        left, right = (pa.concat_arrays([side, pa.nulls(1, pa.int64())]) for side in (left, right))
        sizes = pa.concat_arrays([sizes, pa.array([bucket], pa.int32())])
    return pa.RecordBatch.from_arrays([left, right, sizes], names=["left", "right", "bucket"])
