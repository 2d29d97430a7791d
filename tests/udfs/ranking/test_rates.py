"""Rates as far as a wording is to blame."""

from __future__ import annotations

import random

import pytest

from taskmill.udfs.ranking.rates import WEIGHT, Trials, attributed_rates


def test_a_rate_is_that_of_its_own_pairs_and_some_of_its_siblings() -> None:
    """Worked out by hand: 15 of 30 and five more that do as the siblings do, none of whose pairs is refused."""
    found = attributed_rates(["bad", "good"], [Trials("bad", "t", 30, 15), Trials("good", "t", 30, 0)], weight=5)
    assert found["bad"] == pytest.approx(15 / 35)
    expected = (15 + 5 * 15 / 35) / 35  # of the good one, by its sibling and five imagined pairs like that one's
    assert found["good"] == pytest.approx(expected - 30 * expected / 35)


def test_what_happens_to_all_on_a_task_is_the_tasks_doing() -> None:
    """`rare` is used for the bad task alone, as wordings that need a field are; `common` for both, and as bad there."""
    trials = [
        Trials("rare", "bad task", 100, 30), Trials("common", "bad task", 100, 30), Trials("common", "fine", 100, 0),
        Trials("other", "bad task", 100, 30), Trials("other", "fine", 100, 0),
    ]  # fmt: skip
    found = attributed_rates(["rare", "common", "other"], trials)
    assert found["rare"] == pytest.approx(found["common"], abs=0.02)
    worse = attributed_rates(["rare", "common"], [Trials("rare", "bad task", 100, 90), *trials[1:]])
    assert worse["rare"] > worse["common"] + 0.5


def test_few_pairs_neither_shine_nor_condemn() -> None:
    trials = [Trials("many", "t", 1000, 100), Trials("one bad", "t", 1, 1), Trials("one good", "t", 1, 0)]
    found = attributed_rates(["many", "one bad", "one good", "none"], trials)
    assert found["one good"] < found["many"] + 0.02
    assert found["one good"] > 0.05
    assert found["one good"] < found["none"] < found["one bad"] < 0.3
    assert found["none"] == pytest.approx(0.1, abs=0.01)  # that of its siblings


@pytest.mark.parametrize(
    ("trials", "expected"),
    [
        pytest.param([], 0.0, id="nothing known"),
        pytest.param([Trials("one", "t", 10, 10)], 10 / (10 + WEIGHT), id="no sibling to compare with"),
        pytest.param([Trials("one", "t", 10, 0)], 0.0, id="nothing happened"),
    ],
)
def test_rates_at_the_ends(trials: list[Trials], expected: float) -> None:
    assert attributed_rates(["one"], trials)["one"] == pytest.approx(expected)


def test_one_bad_wording_known_alone_is_below_those_nobody_knows() -> None:
    names = [f"w{number}" for number in range(4)]
    found = attributed_rates(names, [Trials("w0", "t", 4, 3)], weight=2)
    assert found["w0"] == pytest.approx(3 / 6)
    assert all(found[name] < found["w0"] for name in names[1:])


@pytest.mark.parametrize("seed", range(20))
def test_rates_are_between_nothing_and_all(seed: int) -> None:
    draws = random.Random(seed)
    names = [f"w{number}" for number in range(5)]
    trials = [
        Trials(name, f"t{task}", count, draws.uniform(0, count))
        for name in names
        for task in range(3)
        for count in [draws.choice([1, 5, 500])]
        if draws.random() < 0.7
    ]
    assert all(0.0 <= rate <= 1.0 for rate in attributed_rates(names, trials).values())


def test_rates_do_not_depend_on_the_order_of_trials() -> None:
    trials = [Trials(f"w{number % 4}", f"t{number // 4}", 10 + number, number % 5) for number in range(16)]
    names = [f"w{number}" for number in range(4)]
    assert attributed_rates(names, trials) == pytest.approx(attributed_rates(names, trials[::-1]))
