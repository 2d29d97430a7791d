"""Random numbers for whole columns: hashes of a seed, the name of a decision and ids, and of nothing else.

What one decision draws tells nothing of what another one does, and neither depends on where a row is processed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from taskmill.udfs.ids import draw

Numbers = npt.NDArray[np.uint64]
STRIDE = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio, as in SplitMix64


def mixed(numbers: Numbers) -> Numbers:
    """Numbers that look random though their arguments are alike (the finaliser of SplitMix64, Steele et al. 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(numbers ^ (numbers >> np.uint64(31)), np.uint64)


def keys_of(seed: int, decision: str, ids: Sequence[str]) -> Numbers:
    """A number for each id, uint64, shape (n,)."""
    return np.array([draw(seed, decision, name) for name in ids], np.uint64)


def decided(keys: Numbers, seed: int, *decision: str) -> Numbers:
    """The numbers that a decision draws for rows with these keys, uint64, shape (n,)."""
    return mixed(keys ^ np.uint64(draw(seed, "decision", *decision)))


def chances(numbers: Numbers) -> npt.NDArray[np.float64]:
    """The numbers as fractions of their range: float64, 0 <= x < 1."""
    return np.asarray((numbers >> np.uint64(11)) * 2.0**-53, np.float64)


def picked(numbers: Numbers, weights: Sequence[float]) -> npt.NDArray[np.int64]:
    """For each number a place in `weights`, as often as its weight says: int64, shape (n,)."""
    ends = np.cumsum(np.asarray(weights, np.float64))
    places = np.searchsorted(ends / ends[-1], chances(numbers), side="right")
    return np.asarray(np.minimum(places, len(ends) - 1), np.int64)


def orders(numbers: Numbers, sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each row an order of its first `sizes` places, all orders as likely; what lies behind stays behind.

    Returns:
        int64, shape (n, largest size): which place comes first, second...
    """
    places = np.arange(int(sizes.max(initial=0)), dtype=np.uint64)
    keys = mixed(numbers[:, None] + (places[None, :] + np.uint64(1)) * STRIDE)
    keys[places[None, :] >= sizes[:, None].astype(np.uint64)] = np.iinfo(np.uint64).max
    return np.argsort(keys, axis=1, kind="stable")
