"""How many items each stratum gives to a sample, and who looks at which."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from taskmill.udfs.ids import draw

Stratum = TypeVar("Stratum")
DRAWS = 2**64
SURE = 8  # standard deviations: what is cut off falls short once in 10^15 strata


def allotted(sizes: Mapping[Stratum, int], wanted: int, start: float) -> dict[Stratum, int]:
    """How many of `wanted` items each stratum gives; strata in the order given.

    Systematic sampling through the strata (Cochran 1977, "Sampling Techniques", ch. 8): shares are proportional to
    within one item, and every item has the same chance, also in strata that are too small for a whole item. Rounding
    each share by itself would leave all of these out.

    Args:
        start: 0 <= start < 1, drawn once.
    """
    total = sum(sizes.values())
    wanted = min(wanted, total)
    found, before, done = {}, 0, 0
    for stratum, size in sizes.items():
        before += size
        end = math.floor(before * wanted / total + start) if before < total else wanted
        found[stratum], done = end - done, end
    return found


def share_surely_enough(wanted: int, size: int) -> float:
    """A share of a stratum, 0 to 1, that holds `wanted` of its items but for once in 10^15 times, when each is in it by
    a draw of its own."""
    return min(1.0, (wanted + SURE * math.sqrt(wanted) + SURE * SURE) / size) if size else 1.0


def unit_draw(seed: int, decision: str) -> float:
    """A number from 0 to below 1."""
    return draw(seed, decision) / DRAWS


def assigned(ids: Sequence[str], reviewers: int, overlap: float, seed: int) -> list[tuple[int, ...]]:
    """Which reviewers (1, 2...) get each item: two of them a share `overlap` of all, one the others, evenly."""
    order = sorted(range(len(ids)), key=lambda place: draw(seed, "reviewer", ids[place]))
    found: list[tuple[int, ...]] = [(1,)] * len(ids)
    if reviewers == 1:
        return found
    double = math.ceil(len(ids) * overlap)
    for turn, place in enumerate(order):
        first = turn % reviewers
        both = (first, (first + 1) % reviewers) if turn < double else (first,)
        found[place] = tuple(sorted(reviewer + 1 for reviewer in both))
    return found
