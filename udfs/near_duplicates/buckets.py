"""Buckets of documents that share a band, and the pairs of them that are worth comparing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np
import pyarrow as pa

from taskmill.udfs.near_duplicates.arrays import Integers
from taskmill.udfs.near_duplicates.packing import unpacked

CANDIDATE_DDL = "left long, right long, bucket int"
ALL_PAIRS = 24  # documents of a bucket that are all compared with each other; a larger one has two edges for each
LARGE = 1_000  # documents of a bucket that is reported


def candidates(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The pairs of all buckets of one partition, `CANDIDATE_DDL`, left before right; a pair may come up several times.

    In a bucket of more than `ALL_PAIRS` documents each is paired with the first and with the one before it, in the
    order of their numbers: a bucket of a million gives two million pairs, not half a billion. `bucket` is 0, but for a
    row in which left and right are the same: it tells how many documents a bucket above `LARGE` has.

    Args:
        batches: key and doc, packed; all rows of a key are in the partition.
    """
    keys, docs = unpacked(batches, 2)
    if not len(keys):
        return
    order = np.argsort(keys)
    keys, docs = keys[order], docs[order]
    begins = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    sizes = np.diff(np.r_[begins, len(keys)])
    for size in np.unique(sizes[sizes > 1]).tolist():
        rows = np.sort(docs[begins[sizes == size, None] + np.arange(size)], axis=1)
        yield from _pairs(rows)


def _pairs(buckets: Integers) -> Iterator[pa.RecordBatch]:
    """The pairs in buckets of one size, shape (buckets, size), each in ascending order."""
    size = buckets.shape[1]
    if size <= ALL_PAIRS:
        left, right = np.array(list(combinations(range(size), 2))).T
    else:
        after = np.arange(1, size)
        left, right = np.r_[np.zeros(size - 1, np.int64), after[1:] - 1], np.r_[after, after[1:]]
    ends = buckets[:, left].ravel(), buckets[:, right].ravel()
    apart = ends[0] != ends[1]
    yield _batch(ends[0][apart], ends[1][apart], 0)
    if size > LARGE:
        yield _batch(buckets[:, 0], buckets[:, 0], size)


def _batch(left: Integers, right: Integers, bucket: int) -> pa.RecordBatch:
    sizes = pa.array(np.full(len(left), bucket, np.int32))
    return pa.RecordBatch.from_arrays([pa.array(left), pa.array(right), sizes], names=["left", "right", "bucket"])
