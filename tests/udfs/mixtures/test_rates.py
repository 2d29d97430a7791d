"""Rates are those of the published rules; counts add up and follow the shares as far as there are pairs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.mixtures.rates import Part, TaskSize, counts, rates, shares


def task(name: str, examples: int, wordings: int = 1) -> TaskSize:
    return TaskSize(name, examples, {f"w{number}": examples for number in range(wordings)})


@pytest.mark.parametrize(
    ("examples", "expected"), [(250, 250), (3_000, 3_000), (30_000, 3_000)], ids=["small", "at-the-cap", "large"]
)
def test_flan_takes_examples_up_to_three_thousand(examples: int, expected: float) -> None:
    assert sum(rates(task("a", examples, 10), Part("flan", maximum=3_000)).values()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("examples", "wordings", "expected"),
    [
        pytest.param(8_551, 5, 8_551, id="below"),
        pytest.param(500_000, 9, 500_000, id="at-the-threshold"),
        pytest.param(3_600_000, 9, 55_555, id="amazon_polarity"),
        pytest.param(650_000, 7, 71_428, id="yelp_review_full"),
    ],
)
def test_t0_gives_every_wording_its_rate(examples: int, wordings: int, expected: float) -> None:
    found = rates(task("a", examples, wordings), Part("t0", rule="t0", maximum=500_000))
    assert set(found.values()) == {expected}
    assert len(found) == wordings


def test_temperature_lies_between_proportional_and_equal() -> None:
    tasks = [task("small", 100), task("large", 10_000)]

    def ratio(**rule: object) -> float:
        found = shares(tasks, [Part("p", **rule)])  # type: ignore[arg-type]
        return found["large", "w0"] / found["small", "w0"]

    assert ratio(rule="temperature", temperature=1.0) == pytest.approx(100)
    assert ratio(rule="temperature", temperature=2.0) == pytest.approx(10)
    assert ratio(rule="equal") == pytest.approx(1)


def test_parts_have_the_shares_of_the_flan_collection() -> None:
    """Weights 0.40, 0.32, 0.20, 0.05 and 0.03; caps 30,000, 20,000, 5,000, 100,000 and 200,000."""
    submixes = {"flan": (0.40, 30_000), "t0": (0.32, 20_000), "niv2": (0.20, 5_000), "cot": (0.05, 100_000),
                "dialog": (0.03, 200_000)}  # fmt: skip
    parts = [Part(name, (f"{name}_*",), maximum=cap, share=share) for name, (share, cap) in submixes.items()]
    tasks = [task(f"{name}_{size}", size) for name in submixes for size in (1_000, 400_000)]
    found = shares(tasks, parts)
    for name, (share, cap) in submixes.items():
        own = {key: value for key, value in found.items() if key[0].startswith(name)}
        assert sum(own.values()) == pytest.approx(share)
        assert own[f"{name}_400000", "w0"] / own[f"{name}_1000", "w0"] == pytest.approx(cap / 1_000)


def test_a_part_without_tasks_leaves_its_share_to_the_others() -> None:
    parts = [Part("none", ("x.*",), share=0.5), Part("fixed", ("a",), share=0.1), Part("rest")]
    found = shares([task("a", 10), task("b", 30), task("c", 10)], parts)
    assert found["a", "w0"] == pytest.approx(0.1)
    assert found["b", "w0"] == pytest.approx(0.675)
    assert shares([], parts) == {}
    assert shares([task("a", 0)], [Part("only", ("a",))]) == {}


def test_a_task_in_no_part_is_left_out() -> None:
    assert ("b", "w0") not in shares([task("a", 1), task("b", 1)], [Part("only", ("a",))])


KEYS = [(name, "w") for name in "abcdef"]


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 50), min_size=6, max_size=6), st.lists(st.integers(0, 40), min_size=6, max_size=6),
    st.integers(0, 200), st.sampled_from([1.0, 2.0, 3.0]),
)  # fmt: skip
def test_counts_add_up_and_stay_within_what_there_is(
    weights: list[int], sizes: list[int], budget: int, epochs: float
) -> None:
    shared = {key: weight / max(1, sum(weights)) for key, weight in zip(KEYS, weights, strict=True)}
    available = dict(zip(KEYS, sizes, strict=True))
    found = counts(shared, available, budget, epochs)
    most = {key: int(available[key] * epochs) for key in KEYS if shared[key] > 0}
    assert all(0 <= count <= most[key] for key, count in found.items())
    assert sum(found.values()) == min(budget, sum(most.values()))
    free = [key for key in found if found[key] < most[key]]
    for one in free:  # what is not used up keeps the ratios
        for other in free:
            assert abs(found[one] - found[other] * shared[one] / shared[other]) <= 1 + shared[one] / shared[other]
