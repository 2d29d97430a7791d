"""Errors of measures: against theory, and what is beyond noise."""

from __future__ import annotations

import math
from statistics import mean as plain_mean

import numpy as np
import pytest

from taskmill.udfs.ids import hashed
from taskmill.udfs.measures.jackknife import (
    GROUPS,
    Estimate,
    difference,
    from_groups,
    from_replicates,
    group_numbers,
    mean,
    quantile,
    ratio,
)

GENERATOR = np.random.default_rng(7)


def dealt(count: int) -> np.ndarray:
    return group_numbers([hashed(str(number)) for number in range(count)])


def test_group_numbers_put_equal_keys_together_and_use_every_group() -> None:
    keys = [hashed(str(number % 500)) for number in range(5_000)]
    found = group_numbers(keys)
    assert {(key, group) for key, group in zip(keys, found.tolist(), strict=True)} == {
        (key, group) for key, group in zip(keys[:500], found[:500].tolist(), strict=True)
    }
    assert set(found.tolist()) == set(range(GROUPS))


def test_error_of_a_mean_is_about_that_of_theory() -> None:
    """Over many samples the mean squared error is the variance over the number of values."""
    errors = []
    for _ in range(60):
        values = GENERATOR.normal(3.0, 2.0, 4_000)
        found = mean(values, dealt(4_000))
        assert found is not None and found.value == pytest.approx(plain_mean(values.tolist()))
        errors.append(found.error**2)
    assert math.sqrt(plain_mean(errors)) == pytest.approx(2.0 / math.sqrt(4_000), rel=0.1)


def test_interval_of_a_ratio_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for _ in range(300):
        sizes = GENERATOR.integers(1, 30, 1_000)
        parts = GENERATOR.binomial(sizes, 0.3)
        found = ratio(parts, sizes, dealt(1_000))
        assert found is not None
        low, high = found.interval
        covered += low <= 0.3 <= high
    assert covered >= 288  # of 297 expected at 99 %


def test_copies_of_one_text_in_one_group_are_not_more_certain() -> None:
    """Each value four times: pairs of one prompt say no more than one of them."""
    values, groups = GENERATOR.normal(0.0, 1.0, 2_000), dealt(2_000)
    once, often = mean(values, groups), mean(np.tile(values, 4), np.tile(groups, 4))
    assert once is not None and often is not None
    assert often.error == pytest.approx(once.error)


def test_quantile_and_its_error() -> None:
    values = GENERATOR.uniform(0, 1, 5_000)
    found = quantile(values, 0.5, dealt(5_000))
    assert found is not None and found.value == pytest.approx(float(np.median(values)))
    assert 0.003 < found.error < 0.014  # of theory 0.5 / sqrt(5,000) = 0.0071


def test_nothing_to_measure_gives_none() -> None:
    none = np.zeros(0, np.int64)
    assert mean(none, none) is None
    assert quantile(none, 0.5, none) is None
    assert ratio(np.ones(3), np.zeros(3), np.arange(3)) is None
    assert from_replicates(float("nan"), [1.0], 1) is None
    assert from_groups([2.0], 1) is None


@pytest.mark.parametrize(
    ("one", "other", "is_beyond"),
    [
        (Estimate(0.5, 0.01, 100), Estimate(0.4, 0.01, 100), True),
        (Estimate(0.5, 0.05, 100), Estimate(0.4, 0.05, 100), False),
        (Estimate(0.4, 0.0, 100), Estimate(0.4, 0.0, 100), False),
        (Estimate(0.4, 0.0, 100), Estimate(0.5, 0.0, 100), True),
    ],
    ids=["far apart", "within noise", "equal", "exact"],
)
def test_difference_is_beyond_noise(one: Estimate, other: Estimate, is_beyond: bool) -> None:
    assert difference(one, other).is_beyond_noise is is_beyond
    assert difference(other, one).is_beyond_noise is is_beyond
