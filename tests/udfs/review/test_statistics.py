from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from taskmill.udfs.review.statistics import cohens_kappa, sample_size, wilson_interval


@settings(deadline=None)  # the first calls of scipy and scikit-learn take long
@given(st.integers(1, 5_000), st.floats(0, 1), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_interval_is_that_of_scipy(count: int, share: float, confidence: float) -> None:
    errors = round(count * share)
    expected = binomtest(errors, count).proportion_ci(confidence, method="wilson")
    assert wilson_interval(errors, count, confidence) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_wilson_interval_of_nothing_is_everything() -> None:
    assert wilson_interval(0, 0, 0.95) == (0.0, 1.0)


def test_wilson_interval_ends_exactly_where_nothing_or_everything_is_wrong() -> None:
    assert wilson_interval(0, 10, 0.95)[0] == 0.0
    assert wilson_interval(10, 10, 0.95)[1] == 1.0


def test_sample_size_is_the_one_of_the_textbook() -> None:
    assert sample_size(10**9, 0.05, 0.95) == 385
    assert sample_size(1_000, 0.05, 0.95) == 278
    assert sample_size(3, 0.05, 0.95) == 3
    assert sample_size(0, 0.05, 0.95) == 0


@given(st.integers(1, 10**7), st.sampled_from([0.01, 0.05, 0.1]))
def test_sample_size_keeps_the_margin_at_the_worst_rate(population: int, margin: float) -> None:
    size = sample_size(population, margin, 0.95)
    unseen = (population - size) / max(1, population - 1)  # what is not looked at is all that is uncertain
    assert 1.959964 * math.sqrt(0.25 / size * unseen) <= margin + 1e-9


LABELS = st.sampled_from(["accept", "reject", "fix"])


@settings(deadline=None)
@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=60))
def test_cohens_kappa_is_that_of_scikit_learn(labels: list[tuple[str, str]]) -> None:
    found = cohens_kappa(labels)
    if found is None:
        assert len({label for pair in labels for label in pair}) == 1
    else:
        assert found == pytest.approx(cohen_kappa_score(*zip(*labels, strict=True)), abs=1e-12)


def test_cohens_kappa_of_nothing_is_none() -> None:
    assert cohens_kappa([]) is None
