"""A measure of both sets side by side, and which of them it speaks for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from taskmill.udfs.measures.jackknife import CONFIDENCE, REACH, Difference, Estimate, difference

OURS, OTHER = "ours", "theirs"
MORE: Literal["more"] = "more"
LESS: Literal["less"] = "less"
LEAST_COUNT = 50  # pairs that a measure of either set rests on, below which none is said to be stronger
LEAST_SHARE = 0.01  # of a difference of shares that is worth telling
LEAST_RELATIVE = 0.05  # of any other, as a part of the larger
Look = Literal["number", "share", "money"]
Better = Literal["more", "less", ""]


@dataclass(frozen=True)
class Measure:
    """What is measured.

    Attributes:
        key: its name in JSON.
        name: its name on the screen.
        look: how its values are shown.
        better: whether a set is stronger that has more of it, or less; empty where that is a matter of taste.
        says: what a set does that is stronger in it, behind "Ours" or "Theirs".
    """

    key: str
    name: str
    look: Look = "number"
    better: Better = ""
    says: str = ""


@dataclass(frozen=True)
class Row:
    """A measure of both sets; None where a set has nothing to measure.

    Attributes:
        told: what to show of a side in place of a value that there is not.
    """

    measure: Measure
    ours: Estimate | None
    other: Estimate | None
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def difference(self) -> Difference | None:
        return None if self.ours is None or self.other is None else difference(self.ours, self.other)

    @property
    def count(self) -> int:
        """What the measure of the side that has less of it rests on."""
        return min((one.count for one in (self.ours, self.other) if one is not None), default=0)

    @property
    def stronger(self) -> str | None:
        """OURS or OTHER, where the measure has a better side, rests on enough, and the difference is both beyond noise
        and worth telling."""
        found = self.difference
        if not self.measure.better or found is None or self.count < LEAST_COUNT or not found.is_beyond_noise:
            return None
        if abs(found.value) < self._least:
            return None
        return OURS if (found.value > 0) == (self.measure.better == MORE) else OTHER

    @property
    def _least(self) -> float:
        assert self.ours is not None and self.other is not None
        if self.measure.look == "share":
            return LEAST_SHARE
        return LEAST_RELATIVE * max(abs(self.ours.value), abs(self.other.value))

    def shown(self, side: str, with_reach: bool = True) -> str:
        """The value of a side as text, and to how much it is sure."""
        estimate = self.ours if side == OURS else self.other
        if estimate is None:
            return self.told.get(side, "–")
        return shown(estimate, self.measure.look, with_reach)

    def record(self) -> dict[str, Any]:
        """The row as plain values."""
        found = self.difference
        return {
            "measure": self.measure.key,
            "name": self.measure.name,
            "ours": _plain(self.ours),
            "theirs": _plain(self.other),
            "difference": None if found is None else {"value": found.value, "low": found.lower, "high": found.upper},
            "better": self.measure.better or None,
            "stronger": self.stronger,
        }


@dataclass(frozen=True)
class Group:
    """Measures of one kind, with what was measured and how, in a sentence or two."""

    key: str
    title: str
    text: str
    rows: Sequence[Row]


def shown(estimate: Estimate, look: Look, with_reach: bool = True) -> str:
    """A value and, behind ±, half of its interval."""
    value, reach = estimate.value, REACH * estimate.error
    if look == "share":
        return f"{100 * value:.1f}{_reach(100 * reach, 1) if with_reach else ''} %"
    digits = _money_digits(value) if look == "money" else _digits(value)
    return f"{value:,.{digits}f}{_reach(reach, digits) if with_reach else ''}"


def _digits(value: float) -> int:
    if abs(value) < 10:
        return 2
    return 0 if abs(value) >= 100 or value == round(value) else 1


def _money_digits(value: float) -> int:
    """Two, or as many as show two figures of a small amount."""
    return 2 if value >= 0.1 or value <= 0 else 1 - math.floor(math.log10(value))


def _reach(reach: float, digits: int) -> str:
    """Half of the interval, unless it is too small to be seen."""
    told = f"{reach:,.{digits}f}"
    return f" ±{told}" if float(told.replace(",", "")) else ""


def percent(share: float) -> str:
    """A share in whole percent, for sentences; never 0 for what there is."""
    return "< 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def _plain(estimate: Estimate | None) -> dict[str, float | int] | None:
    if estimate is None:
        return None
    low, high = estimate.interval
    return {"value": estimate.value, "low": low, "high": high, "count": estimate.count}


def confidence_told() -> str:
    return f"{100 * CONFIDENCE:.0f} %"
