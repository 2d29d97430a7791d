"""What the near-duplicate kernels share: mixing of 64-bit numbers, and rows of unequal length as matrices.

Everything here is integer arithmetic modulo 2^64, so results are the same on every machine and version of Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_GOLDEN = 0x9E3779B97F4A7C15  # the step of SplitMix64: 2^64 divided by the golden ratio, made odd
_WORD = (1 << 64) - 1
# The shifts and multipliers of Stafford's variant 13, whose output bits each depend on every input bit.
_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_LAST_SHIFT = 31


def mixed(values: Numbers) -> Numbers:
    """The finaliser of SplitMix64, one to one (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
    generators"). Works in place: `values` is overwritten and returned."""
    for shift, multiplier in _STEPS:
        values ^= values >> np.uint64(shift)
        values *= np.uint64(multiplier)
    values ^= values >> np.uint64(_LAST_SHIFT)
    return values


def drawn(count: int, seed: int) -> Numbers:
    """The first `count` numbers of SplitMix64 from a seed of any size; the same in every version of numpy."""
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
    return mixed(steps + np.uint64(seed & _WORD))


def drawn_odd(count: int, seed: int) -> Numbers:
    """Numbers as `drawn`, made odd: multiplying by one is one to one modulo 2^64, and modulo 2^32."""
    numbers = drawn(count, seed)
    numbers |= np.uint64(1)
    return numbers


def offsets_of(sizes: NDArray[Any]) -> Integers:
    """Where each row begins when rows of these sizes follow one another, and the end of the last; shape (n + 1,)."""
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return offsets


def spans(begins: Integers, sizes: Integers) -> Integers:
    """The positions of all rows that begin at these places, one row behind the other."""
    offsets = offsets_of(sizes)
    return np.repeat(begins - offsets[:-1], sizes) + np.arange(offsets[-1])


def rows_by_size(sizes: Integers) -> Iterator[tuple[int, Integers]]:
    """Each size above 0 that occurs, with the rows of that size: these make a matrix without padding."""
    order = np.argsort(sizes, kind="stable")
    found, begins = np.unique(sizes[order], return_index=True)
    for size, rows in zip(found.tolist(), np.split(order, begins[1:]), strict=False):  # no sizes, yet one empty part
        if size > 0:
            yield size, rows


def distinct_in_rows(rows: Integers, values: Numbers) -> tuple[Integers, Numbers]:
    """The values of each row in ascending order, each once, and their rows, which ascend too."""
    order = np.lexsort((values, rows))
    rows, values = rows[order], values[order]
    is_first = np.ones(len(values), dtype=bool)
    is_first[1:] = (rows[1:] != rows[:-1]) | (values[1:] != values[:-1])
    return rows[is_first], values[is_first]
