"""The S-curve against published values, exact arithmetic and its own drawing."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.near_duplicates.curve import drawing, expected_recall, knee, probability


def test_probability_is_that_of_the_book() -> None:
    """Figure 3.8 of "Mining of Massive Datasets": 20 bands of 5 rows."""
    similarities = np.array([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
    expected = [0.006, 0.047, 0.186, 0.470, 0.802, 0.975, 0.9996]
    assert np.abs(probability(similarities, 20, 5) - expected).max() < 0.0006


@given(st.integers(0, 100), st.integers(1, 64), st.integers(1, 16))
def test_probability_is_exact(percent: int, bands: int, rows: int) -> None:
    exact = 1 - (1 - Fraction(percent, 100) ** rows) ** bands
    assert probability(percent / 100, bands, rows) == pytest.approx(float(exact), rel=1e-12, abs=0)


@given(st.floats(0, 1), st.integers(1, 40), st.integers(1, 10))
def test_expected_recall_is_the_integral(threshold: float, bands: int, rows: int) -> None:
    """Term by term of the binomial expansion, in fractions."""
    low = Fraction(round(threshold * 1_000), 1_000)
    if low == 1:
        assert expected_recall(1.0, bands, rows) == 1
        return
    missed = sum(
        Fraction((-1) ** k * comb(bands, k), rows * k + 1) * (1 - low ** (rows * k + 1)) for k in range(bands + 1)
    )
    assert expected_recall(float(low), bands, rows) == pytest.approx(float(1 - missed / (1 - low)), abs=1e-5)


@pytest.mark.parametrize(("bands", "rows", "expected"), [(32, 8, 0.65), (20, 6, 0.61), (1, 3, 1.0)])
def test_knee_is_where_the_curve_is_steep(bands: int, rows: int, expected: float) -> None:
    assert knee(bands, rows) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("width", [60, 72, 80])
@pytest.mark.parametrize(("bands", "rows", "threshold"), [(32, 8, 0.8), (20, 6, 0.5), (1, 1, 0.0), (256, 1, 1.0)])
def test_drawing_fits_and_rises(width: int, bands: int, rows: int, threshold: float) -> None:
    text = drawing(bands, rows, threshold, width)
    lines = text.splitlines()
    assert text.isascii()
    assert max(map(len, lines)) <= width
    plot = [line[7:].ljust(width - 7) for line in lines[:13]]
    tops = [next(level for level, line in enumerate(plot) if line[column] == "*") for column in range(width - 7)]
    assert tops == sorted(tops, reverse=True)
    assert (tops[0], tops[-1]) == (12, 0)
    assert f"{bands} bands of {rows} rows: {bands * rows} permutations" in lines[-3]
    assert f"at {threshold:.2f}: {probability(threshold, bands, rows):.2%}" in lines[-2]


@pytest.mark.parametrize(("threshold", "width"), [(0.8, 81), (0.8, 59), (1.1, 72)])
def test_drawing_refuses_what_does_not_fit(threshold: float, width: int) -> None:
    with pytest.raises(ValueError, match="is not in 60 to 80"):
        drawing(32, 8, threshold, width)
