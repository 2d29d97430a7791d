"""How sure a reviewed sample makes one: intervals of a rate, sizes of samples, agreement of two reviewers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist


def wilson_interval(errors: int, count: int, confidence: float) -> tuple[float, float]:
    """Lower and upper bound of the rate of which `errors` of `count` is a sample (Wilson 1927, "Probable inference").

    It holds for rates near 0 and for few items, where the normal interval does not. Nothing seen tells nothing: 0 to 1.
    """
    if count == 0:
        return 0.0, 1.0
    z = two_sided_z(confidence)
    rate, wide = errors / count, 1 + z * z / count
    middle = (rate + z * z / (2 * count)) / wide
    reach = z / wide * math.sqrt(rate * (1 - rate) / count + z * z / (4 * count * count))
    lower = 0.0 if errors == 0 else max(0.0, middle - reach)  # exact ends, which rounding would miss
    upper = 1.0 if errors == count else min(1.0, middle + reach)
    return lower, upper


def sample_size(population: int, margin: float, confidence: float) -> int:
    """Items to look at so that an error rate is known to within `margin`, whatever the rate (Cochran 1977, ch. 4).

    The worst case, a rate of one half, corrected for a finite population.
    """
    if population == 0:
        return 0
    unlimited = (two_sided_z(confidence) / (2 * margin)) ** 2
    return min(population, math.ceil(unlimited / (1 + (unlimited - 1) / population)))


def cohens_kappa(labels: Sequence[tuple[str, str]]) -> float | None:
    """Agreement of two reviewers beyond chance, 1.0 for full (Cohen 1960); None where chance alone would give full
    agreement, as when both said the same of everything.

    Args:
        labels: of each item what the one said and what the other said.
    """
    count = len(labels)
    first, second = Counter(one for one, _ in labels), Counter(other for _, other in labels)
    by_chance = sum(first[label] * second[label] for label in first)  # of count * count
    if by_chance == count * count:  # nothing to compare, too
        return None
    agreed = sum(one == other for one, other in labels)
    return (agreed * count - by_chance) / (count * count - by_chance)


def two_sided_z(confidence: float) -> float:
    """How many standard deviations to each side hold this share of a normal distribution."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
