"""Things that recur, counted by kind: words, runs of words, openings, labels. How many kinds, how evenly, how often."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taskmill.udfs.measures.jackknife import GROUPS, Estimate, Integers, Values, from_replicates


@dataclass(frozen=True)
class _Without:
    """What changes where a group of pairs is left out: the kinds it has, how often, and in how many pairs."""

    kinds: Integers
    counts: Integers
    pairs: Integers


@dataclass(frozen=True)
class Kinds:
    """Occurrences of kinds in pairs. Deleting a group costs as much as the group has kinds, whatever the rest has.

    Attributes:
        kinds: of each occurrence its kind, int64 from 0 without gaps, shape (n,).
        rows: of each occurrence its pair, shape (n,).
        groups: of each pair its group, shape (pairs,).
    """

    kinds: Integers
    rows: Integers
    groups: Integers

    @staticmethod
    def of(values: NDArray[Any], rows: Integers, groups: Integers) -> Kinds:
        """Of any values that numpy can sort."""
        kinds = np.unique(values, return_inverse=True)[1] if len(values) else np.zeros(0, np.int64)
        return Kinds(kinds.astype(np.int64), rows, groups)

    @staticmethod
    def of_pairs(values: Sequence[Hashable | None], groups: Integers) -> Kinds:
        """One value a pair; pairs whose value is None have none."""
        numbers: dict[Hashable, int] = {}
        rows = [row for row, value in enumerate(values) if value is not None]
        kinds = [numbers.setdefault(values[row], len(numbers)) for row in rows]
        return Kinds(np.array(kinds, np.int64), np.array(rows, np.int64), groups)

    def __len__(self) -> int:
        return len(self.kinds)

    @cached_property
    def counts(self) -> Integers:
        """How often each kind occurs."""
        return np.bincount(self.kinds).astype(np.int64)

    @cached_property
    def pair_counts(self) -> Integers:
        """In how many pairs each kind occurs."""
        return np.bincount(self._in_pairs[0], minlength=len(self.counts)).astype(np.int64)

    @cached_property
    def _in_pairs(self) -> tuple[Integers, Integers]:
        """Kind and row of each different pair of the two."""
        size = len(self.groups)
        both = np.unique(self.kinds * size + self.rows)
        return both // max(size, 1), both % max(size, 1)

    @cached_property
    def _without(self) -> list[_Without]:
        kinds, rows = self._in_pairs
        parts = []
        for group in range(GROUPS):
            here = self.kinds[self.groups[self.rows] == group]
            found, counts = np.unique(here, return_counts=True)
            of_pairs = np.unique(kinds[self.groups[rows] == group], return_counts=True)[1]
            parts.append(_Without(found, counts.astype(np.int64), of_pairs.astype(np.int64)))
        return parts

    def number(self) -> Estimate | None:
        """How many kinds there are; it grows with the number of occurrences, so only equal numbers compare."""
        found = float(len(self.counts))
        return self._estimate(found, [found - self._vanishing(part) for part in self._without])

    def distinct(self) -> Estimate | None:
        """Kinds over occurrences: distinct-n for runs of n words (Li et al. 2016, "A Diversity-Promoting Objective
        Function for Neural Conversation Models"). It falls with size, so only equal numbers of words compare."""
        replicates = [
            _over(len(self.counts) - self._vanishing(part), len(self) - int(part.counts.sum()))
            for part in self._without
        ]
        return self._estimate(_over(len(self.counts), len(self)), replicates)

    def bits(self) -> Estimate | None:
        """Shannon's entropy of the kinds, in bits."""
        return self._estimate(*self._bits())

    def effective(self) -> Estimate | None:
        """2 to the entropy: as many equally frequent kinds are as varied (Hill 1973, "Diversity and Evenness")."""
        value, replicates = self._bits()
        return self._estimate(2**value, [2**one for one in replicates])

    def evenness(self) -> Estimate | None:
        """Entropy over its maximum for so many kinds: 1 where all are equally frequent; None for fewer than two."""
        most = math.log2(len(self.counts)) if len(self.counts) > 1 else math.nan
        value, replicates = self._bits()
        return self._estimate(value / most, [one / most for one in replicates])

    def repeated(self, others: int = 1) -> Estimate | None:
        """The share of occurrences whose kind stands in at least so many other pairs."""
        enough = self.pair_counts > others
        total = int(self.counts[enough].sum())
        replicates = []
        for part in self._without:
            rest, pairs = self.counts[part.kinds] - part.counts, self.pair_counts[part.kinds] - part.pairs
            change = self.counts[part.kinds][enough[part.kinds]].sum() - rest[pairs > others].sum()
            replicates.append(_over(total - int(change), len(self) - int(part.counts.sum())))
        return self._estimate(_over(total, len(self)), replicates)

    def is_repeated(self, others: int = 1) -> NDArray[np.bool_]:
        """Of each occurrence, whether its kind stands in at least so many other pairs."""
        found: NDArray[np.bool_] = (self.pair_counts > others)[self.kinds]
        return found

    def _vanishing(self, part: _Without) -> int:
        return int((part.counts == self.counts[part.kinds]).sum())

    def _bits(self) -> tuple[float, list[float]]:
        total, size = float(_weighted_log(self.counts).sum()), len(self)
        replicates = []
        for part in self._without:
            before = self.counts[part.kinds]
            change = float((_weighted_log(before) - _weighted_log(before - part.counts)).sum())
            replicates.append(_entropy(total - change, size - int(part.counts.sum())))
        return _entropy(total, size), replicates

    def _estimate(self, value: float, replicates: Sequence[float]) -> Estimate | None:
        return from_replicates(value, replicates, len(self)) if len(self) else None


def _weighted_log(counts: Integers) -> Values:
    """n log n of each count, 0 for 0."""
    return np.where(counts > 0, counts * np.log2(np.maximum(counts, 1)), 0.0)


def _entropy(weighted_log: float, size: int) -> float:
    return max(0.0, math.log2(size) - weighted_log / size) if size > 0 else math.nan


def _over(top: int, bottom: int) -> float:
    return top / bottom if bottom > 0 else math.nan
