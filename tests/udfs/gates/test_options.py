"""Gates on options: a planted bias is found, and what chance makes is none."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from scipy.stats import chisquare

from taskmill.udfs.gates.options import LengthCounts, length_bias, position_bias
from taskmill.udfs.gates.verdicts import PASS, WARN, Limits

LIMITS = Limits(0.3)


def test_position_bias_finds_the_preferred_place() -> None:
    found = position_bias({(4, 0): 70, (4, 1): 10, (4, 2): 10, (4, 3): 10}, LIMITS)
    assert found is not None
    assert found.verdict == WARN
    assert "the first in 70% of 100 examples, by chance 25%" in found.evidence
    assert found.value == pytest.approx((chisquare([70, 10, 10, 10]).statistic / 100) ** 0.5)


def test_position_bias_that_is_found_but_small_passes() -> None:
    found = position_bias({(2, 0): 5_300, (2, 1): 4_700}, LIMITS)
    assert found is not None
    assert found.verdict == PASS
    assert found.value == pytest.approx(0.06)


def test_position_bias_that_chance_may_have_made_is_none() -> None:
    found = position_bias({(2, 0): 14, (2, 1): 7}, LIMITS)  # w is 0.33, p 0.13
    assert found is not None
    assert (found.verdict, found.value) == (PASS, 0.0)
    assert position_bias({(2, 0): 19}, LIMITS) is None


def test_position_bias_expects_less_of_places_that_few_examples_have() -> None:
    drawn = random.Random(5)
    counts = Counter((options, drawn.randrange(options)) for options in [2] * 600 + [3] * 300 + [9] * 4)
    found = position_bias(counts, LIMITS)
    assert found is not None
    assert (found.verdict, found.value) == (PASS, 0.0)
    assert "2 df" in found.evidence  # the places behind the third are taken together with it


@pytest.mark.parametrize("place", range(5))
def test_position_bias_leaves_no_place_out(place: int) -> None:
    """Of 23 examples with five options fewer than five are expected at each place, so neighbours go together."""
    counts = {(5, one): 19 if one == place else 1 for one in range(5)}
    found = position_bias(counts, LIMITS)
    assert found is not None
    last, first = (counts[5, 4] + counts[5, 3], 9.2), (sum(counts[5, one] for one in range(3)), 13.8)
    assert f"(chi-square {chisquare(*zip(last, first, strict=True)).statistic:.1f}, 1 df)" in found.evidence


def test_length_bias_finds_the_longest_and_the_shortest() -> None:
    fair = LengthCounts(100, 27, 25.0)
    for longest, shortest, word in ((LengthCounts(100, 60, 25.0), fair, "longest"), (
        fair, LengthCounts(100, 60, 25.0), "shortest",
    )):  # fmt: skip
        found = length_bias(longest, shortest, Limits(0.2))
        assert found is not None
        assert found.verdict == WARN
        assert found.evidence == f"the {word} option is right in 60% of 100 examples, by chance 25%"


def test_length_bias_counts_by_its_lower_bound() -> None:
    fair = LengthCounts(22, 6, 5.5)
    few = length_bias(LengthCounts(22, 11, 5.5), fair, Limits(0.2))
    many = length_bias(LengthCounts(2_200, 1_100, 550.0), fair, Limits(0.2))
    assert few is not None
    assert many is not None
    assert (few.verdict, many.verdict) == (PASS, WARN)
    assert length_bias(LengthCounts(19, 19, 5.0), LengthCounts(0, 0, 0.0), Limits(0.2)) is None
