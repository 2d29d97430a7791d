"""Gates on tasks whose examples bring their own options: does the place or the length of an option give it away?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from scipy.stats import chi2

from taskmill.udfs.gates.verdicts import Limits, Verdict, above_chance, judged, wilson_lower

MIN_TRIALS = 20
MIN_EXPECTED = 5.0  # of a cell, for the chi-square distribution to hold (Cochran 1954)
SIGNIFICANT = 0.001
Z = 2.576  # one-sided 99.5 %
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")


def position_bias(counts: Mapping[tuple[int, int], int], limits: Limits) -> Verdict | None:
    """How far the places of right options are from equally frequent: Cohen's w, 0 for no bias at all.

    w is the root of chi-square over the examples (Cohen 1988, "Statistical Power Analysis", chapter 7: 0.1 small, 0.3
    medium, 0.5 large). A bias that Pearson's chi-square test does not find at p < 0.001 counts as none, and of a
    large task a small one is no reason to warn although the test finds it. None for fewer than 20 examples.

    Args:
        counts: (options, place of the right one, from 0) -> examples.
    """
    observed: defaultdict[int, float] = defaultdict(float)
    expected: defaultdict[int, float] = defaultdict(float)
    for (options, place), examples in counts.items():
        observed[place] += examples
        for one in range(options):
            expected[one] += examples / options
    total = sum(counts.values())
    cells = _pooled(observed, expected)
    if total < MIN_TRIALS or len(cells) < 2:
        return None
    statistic = sum((seen - wanted) ** 2 / wanted for seen, wanted in cells)
    is_found = float(chi2.sf(statistic, len(cells) - 1)) < SIGNIFICANT
    most = max(expected, key=lambda place: observed[place] - expected[place])
    name = PLACES[most] if most < len(PLACES) else f"{most + 1}th"
    told = (
        f"the right option is the {name} in {observed[most] / total:.0%} of {total:,} examples, by chance "
        f"{expected[most] / total:.0%} (chi-square {statistic:.1f}, {len(cells) - 1} df)"
    )
    return judged("position_bias", sqrt(statistic / total) if is_found else 0.0, limits, told)


def _pooled(observed: Mapping[int, float], expected: Mapping[int, float]) -> list[tuple[float, float]]:
    """Seen and expected examples of each place; neighbours of which too few are expected taken together, the last
    places first."""
    cells: list[tuple[float, float]] = []
    seen = wanted = 0.0
    for place in sorted(expected, reverse=True):
        seen, wanted = seen + observed.get(place, 0.0), wanted + expected[place]
        if wanted >= MIN_EXPECTED:
            cells.append((seen, wanted))
            seen = wanted = 0.0
    if wanted and cells:  # the first places: left out, they would not be tested at all
        last_seen, last_wanted = cells.pop()
        cells.append((last_seen + seen, last_wanted + wanted))
    return cells


@dataclass(frozen=True)
class LengthCounts:
    """How often a guess by length is right.

    Attributes:
        trials: examples in which one option is longer (or shorter) than all others.
        hits: those in which it is the right one.
        chance: the sum of 1 / options over the trials.
    """

    trials: int
    hits: int
    chance: float


def length_bias(longest: LengthCounts, shortest: LengthCounts, limits: Limits) -> Verdict | None:
    """How much better than chance it is to choose the longest option always, or the shortest: 0 at chance, 1 if always
    right.

    A baseline that sees nothing of the question (Gururangan et al. 2018, "Annotation Artifacts in Natural Language
    Inference Data", find the same in lengths of hypotheses). The share of hits counts with its lower bound (Wilson
    1927, one-sided 99.5 %). None for fewer than 20 examples.
    """
    found = [
        (above_chance(wilson_lower(one.hits, one.trials, Z), one.chance / one.trials), word, one)
        for word, one in (("longest", longest), ("shortest", shortest))
        if one.trials >= MIN_TRIALS
    ]
    if not found:
        return None
    value, word, one = max(found, key=lambda each: each[0])
    told = (
        f"the {word} option is right in {one.hits / one.trials:.0%} of {one.trials:,} examples, by chance "
        f"{one.chance / one.trials:.0%}"
    )
    return judged("length_bias", max(0.0, value), limits, told)
