"""How sure a measure of a sample is: the delete-a-group jackknife.

Pairs are dealt into `GROUPS` groups, the measure is taken again without each of them, and its variance is
(G - 1) / G times the sum of squared deviations (Kott 2001, "The Delete-a-Group Jackknife"). The bootstrap, which draws
pairs with replacement, would not do: a text drawn twice repeats itself, so every measure of variety and of repetition
would change. What belongs together is dealt into one group: pairs of one conversation, and pairs of one prompt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

GROUPS = 20
CONFIDENCE = (
    0.99  # some thirty measures are compared: of thirty equal ones, about one in four times one seems to differ
)
REACH = float(stdtrit(GROUPS - 1, (1 + CONFIDENCE) / 2))  # standard errors to each side, Student's t

Integers = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A measure of a set.

    Attributes:
        error: its standard error.
        count: how many things it rests on: pairs, words.
    """

    value: float
    error: float
    count: int

    @property
    def interval(self) -> tuple[float, float]:
        """What the measure is between, as sure as `CONFIDENCE`."""
        return self.value - REACH * self.error, self.value + REACH * self.error


@dataclass(frozen=True)
class Difference:
    """By how much a measure of one set is above that of another, and what that is between."""

    value: float
    lower: float
    upper: float

    @property
    def is_beyond_noise(self) -> bool:
        return self.lower > 0 or self.upper < 0


def group_numbers(keys: Sequence[str]) -> Integers:
    """The group of each pair, from a key that is a hash in hexadecimal digits and equal for what belongs together."""
    return np.array([int(key[-8:], 16) % GROUPS for key in keys], np.int64)


def difference(one: Estimate, other: Estimate) -> Difference:
    """Of two sets that were drawn independently."""
    value = one.value - other.value
    reach = REACH * math.hypot(one.error, other.error)
    return Difference(value, value - reach, value + reach)


def from_replicates(value: float, replicates: Sequence[float], count: int) -> Estimate | None:
    """The estimate from a measure and what it is without each group; None where it is not defined.

    Args:
        replicates: shape (GROUPS,); those that are not defined (NaN) are left out.
    """
    found = np.asarray(replicates, np.float64)
    found = found[np.isfinite(found)]
    if not math.isfinite(value) or not len(found):
        return None
    variance = (GROUPS - 1) / len(found) * float(((found - found.mean()) ** 2).sum())
    return Estimate(float(value), math.sqrt(variance), count)


def from_groups(values: Sequence[float], count: int) -> Estimate | None:
    """The mean of a measure that was taken of each group by itself (random groups); None for fewer than two."""
    found = np.asarray(values, np.float64)
    found = found[np.isfinite(found)]
    if len(found) < 2:
        return None
    return Estimate(float(found.mean()), float(found.std(ddof=1)) / math.sqrt(len(found)), count)


def ratio(tops: NDArray[Any], bottoms: NDArray[Any], groups: Integers) -> Estimate | None:
    """The sum of `tops` over that of `bottoms`; None where that is 0.

    Args:
        tops, bottoms: of each pair, shape (n,).
        groups: shape (n,).
    """
    top, bottom = _sums(tops, groups), _sums(bottoms, groups)
    if not bottom.sum():
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        replicates = (top.sum() - top) / (bottom.sum() - bottom)
    return from_replicates(top.sum() / bottom.sum(), replicates.tolist(), int(np.count_nonzero(bottoms)))


def mean(values: NDArray[Any], groups: Integers) -> Estimate | None:
    """The mean of a value of each pair, or the share of those where it is true."""
    return ratio(values, np.ones(len(values)), groups)


def quantile(values: NDArray[Any], share: float, groups: Integers) -> Estimate | None:
    """The value that this share of the pairs do not exceed."""
    if not len(values):
        return None
    replicates = [
        float(np.quantile(kept, share)) if len(kept := values[groups != one]) else math.nan for one in range(GROUPS)
    ]
    return from_replicates(float(np.quantile(values, share)), replicates, len(values))


def _sums(values: NDArray[Any], groups: Integers) -> Values:
    return np.bincount(groups, weights=np.asarray(values, np.float64), minlength=GROUPS).astype(np.float64)
