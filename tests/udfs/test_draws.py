"""Draws over columns: even, independent of each other and of where a row stands."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chi2_contingency, chisquare

from taskmill.udfs.draws import chances, decided, keys_of, orders, picked

IDS = [f"example {number}" for number in range(20_000)]
KEYS = keys_of(20, "form", IDS)


def test_chances_are_even_and_below_one() -> None:
    found = chances(decided(KEYS, 20, "one"))
    assert found.min() >= 0
    assert found.max() < 1
    assert chisquare(np.histogram(found, bins=20, range=(0, 1))[0]).pvalue > 0.001
    assert chances(np.array([2**64 - 1], np.uint64))[0] < 1


@pytest.mark.parametrize("other", [("two",), ("one", "t2")], ids=["another-decision", "another-template"])
def test_what_one_decision_draws_tells_nothing_of_another(other: tuple[str, ...]) -> None:
    one, two = (picked(decided(KEYS, 20, *name), [1.0, 1.0, 1.0]) for name in (("one", "t1"), other))
    table = np.zeros((3, 3))
    np.add.at(table, (one, two), 1)
    assert chi2_contingency(table).pvalue > 0.001


def test_a_row_draws_the_same_wherever_it_stands() -> None:
    mine = keys_of(20, "form", IDS[7_000:7_003])
    assert decided(mine, 20, "one").tolist() == decided(KEYS, 20, "one")[7_000:7_003].tolist()
    sizes = np.array([2, 5, 3])
    alone = [orders(mine[row : row + 1], sizes[row : row + 1])[0].tolist() for row in range(3)]
    assert [row[:size] for row, size in zip(orders(mine, sizes).tolist(), sizes.tolist(), strict=True)] == alone


def test_what_has_no_weight_is_not_picked() -> None:
    found = Counter(picked(decided(KEYS, 20, "one"), [0.0, 3.0, 1.0, 0.0]).tolist())
    assert set(found) == {1, 2}
    assert chisquare([found[1], found[2]], [15_000, 5_000]).pvalue > 0.001


def test_orders_hold_every_place_once_and_those_behind_stay() -> None:
    sizes = np.arange(20_000) % 5
    found = orders(decided(KEYS, 20, "order"), sizes)
    assert (np.sort(found, axis=1) == np.arange(4)).all()
    for row, size in zip(found[:500].tolist(), sizes[:500].tolist(), strict=True):
        assert sorted(row[:size]) == list(range(size))
