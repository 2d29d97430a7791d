"""What a gate says: pass, warn or block, with the value and the limit it was compared with, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

PASS, WARN, BLOCK = "pass", "warn", "block"
VERDICTS = (BLOCK, WARN, PASS)  # the worst first
TEXT_CHARS = 40  # of a text that evidence quotes
MOST_IDS = 5


@dataclass(frozen=True)
class Limits:
    """From which value on a gate warns and blocks; None: never."""

    warn: float | None = None
    block: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What one gate says of one task.

    Attributes:
        value: the statistic.
        limit: what it was compared with: the limit it broke, or the first it would break.
        evidence: in one line what was seen.
        example_ids: examples to look at.
    """

    gate: str
    verdict: str
    value: float
    limit: float | None
    evidence: str
    example_ids: tuple[str, ...] = ()


def judged(
    gate: str, value: float, limits: Limits, evidence: str, example_ids: Sequence[str] = (), *, low_is_bad: bool = False
) -> Verdict:
    """The verdict on a value. A high one breaks the limits it reaches; where a low one is bad, those it falls below."""

    def breaks(limit: float | None) -> bool:
        return limit is not None and (value < limit if low_is_bad else value >= limit)

    verdict = BLOCK if breaks(limits.block) else WARN if breaks(limits.warn) else PASS
    limit = limits.block if verdict == BLOCK or limits.warn is None else limits.warn
    return Verdict(gate, verdict, value, limit, evidence, tuple(example_ids)[:MOST_IDS])


def wilson_lower(hits: float, trials: int, z: float) -> float:
    """The lower bound of a share (Wilson 1927, "Probable inference, the law of succession, and statistical inference").

    Args:
        z: of the standard normal distribution, for the one-sided confidence wanted.
    """
    if not trials:
        return 0.0
    share, square = hits / trials, z * z
    centre = share + square / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return max(0.0, (centre - spread) / (1 + square / trials))


def above_chance(share: float, chance: float) -> float:
    """How much of the way from chance to certainty a share is: 0 at chance, 1 when always right (the form of Cohen
    1960, "A coefficient of agreement for nominal scales")."""
    return (share - chance) / (1 - chance) if chance < 1 else 0.0


def quoted(text: str) -> str:
    """A text as evidence shows it: in one line, cut, in quotes, without what would steer a terminal."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return f'"{line[: TEXT_CHARS - 1]}…"' if len(line) > TEXT_CHARS else f'"{line}"'
