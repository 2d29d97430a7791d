"""Exact similarity of pairs of documents, from their shingles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from taskmill.udfs.near_duplicates.arrays import Integers, Numbers, rows_by_size
from taskmill.udfs.near_duplicates.shingles import Shingles

_SLICE_SHINGLES = 1 << 20  # of both documents of all pairs compared at once
_SHORT_ROW = 256  # shorter rows are sorted by vector instructions


class Similarity(NamedTuple):
    """How alike the documents of each pair are, float64, shape (pairs,).

    Attributes:
        jaccard: shingles in both documents, divided by those in either.
        containment: shingles in both, divided by those of the document that has fewer. Near 1 where one is an excerpt.
    """

    jaccard: NDArray[np.float64]
    containment: NDArray[np.float64]


def similarity(left: Shingles, i: Integers, right: Shingles, j: Integers) -> Similarity:
    """The similarity of document `i` of `left` and document `j` of `right`, for each pair of row numbers.

    Both are 0 where a document has no shingles: those are compared exactly, by the caller.

    Raises:
        ValueError: if `i` and `j` differ in length.
        IndexError: if there is no such document.
    """
    in_both = shared(left, i, right, j)
    left_sizes, right_sizes = left.sizes[i], right.sizes[j]
    either = left_sizes + right_sizes - in_both
    fewer = np.minimum(left_sizes, right_sizes)
    return Similarity(in_both / np.maximum(either, 1), in_both / np.maximum(fewer, 1))


def shared(left: Shingles, i: Integers, right: Shingles, j: Integers) -> Integers:
    """How many shingles the documents of each pair have in common, int64; arguments and errors as in `similarity`."""
    _check_rows(left, i, right, j)
    hashes = left.hashes if left is right else np.concatenate([left.hashes, right.hashes])
    behind = 0 if left is right else len(left.hashes)
    begins, sizes = left.offsets[i], left.sizes[i]
    other_begins, other_sizes = right.offsets[j] + behind, right.sizes[j]
    found = np.zeros(len(i), dtype=np.int64)
    for pairs in _slices(sizes + other_sizes):
        part = found[pairs]
        for size, rows in rows_by_size((sizes + other_sizes)[pairs]):
            here = rows + pairs.start
            part[rows] = _repeated(hashes, size, begins[here], sizes[here], other_begins[here])
    return found


def _check_rows(left: Shingles, i: Integers, right: Shingles, j: Integers) -> None:
    if len(i) != len(j):
        raise ValueError(f"pairs need two rows each; there are {len(i):,} and {len(j):,}")
    for documents, rows in ((left, i), (right, j)):
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(documents):
            raise IndexError(f"rows {rows.min()} to {rows.max()} of {len(documents):,} documents")


def _slices(sizes: Integers) -> Iterator[slice]:
    """Ranges of pairs with a bounded number of shingles, of one pair at least."""
    ends = np.cumsum(sizes)
    start = 0
    while start < len(sizes):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _SLICE_SHINGLES, side="right")))
        yield slice(start, stop)
        start = stop


def _repeated(hashes: Numbers, size: int, begins: Integers, sizes: Integers, other_begins: Integers) -> Integers:
    """Shingles in both documents of pairs that have `size` of them together: those that stand twice when sorted."""
    columns = np.arange(size)
    starts = np.where(columns < sizes[:, None], begins[:, None], (other_begins - sizes)[:, None])
    both = hashes[starts + columns]
    # Long rows are two ascending runs, which a stable sort merges.
    both.sort(axis=1, kind=None if size <= _SHORT_ROW else "stable")
    return np.asarray(np.count_nonzero(both[:, 1:] == both[:, :-1], axis=1), dtype=np.int64)
