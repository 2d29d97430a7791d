"""Several scores at once: ranks that can be compared, unknown ones in the middle, labels covered evenly."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.selection.choices import HIGH, LOW, MIDDLE, Wish, chosen, preferred

NAN = float("nan")
NOBODY = np.zeros(6, np.bool_)


@pytest.mark.parametrize(
    ("values", "prefer", "expected"),
    [
        pytest.param([3.0, 1.0, 2.0], HIGH, [1, 0, 0.5], id="high"),
        pytest.param([3.0, 1.0, 2.0], LOW, [0, 1, 0.5], id="low"),
        pytest.param([9.0, 1.0, 2.0, 0.0, 3.0], MIDDLE, [0.125, 0.625, 1, 0.125, 0.625], id="middle"),
        pytest.param([3.0, NAN, 2.0], HIGH, [1, 0.5, 0], id="unknown"),
        pytest.param([NAN, NAN], HIGH, [0.5, 0.5], id="all-unknown"),
        pytest.param([5.0, NAN], HIGH, [0.5, 0.5], id="one-known"),
        pytest.param([2.0, 2.0, 2.0], LOW, [0.5, 0.5, 0.5], id="equal"),
        pytest.param([], HIGH, [], id="none"),
    ],
)
def test_preferred_ranks_what_is_known(values: list[float], prefer: str, expected: list[float]) -> None:
    assert preferred(np.array(values), prefer).tolist() == expected


def test_scores_are_averaged_as_ranks_by_their_weights() -> None:
    """Ranks of loss 0, .5, 1 and of age, where low is better, 1, 0, .5: with weights 3 and 1 .25, .375, .875."""
    wish = Wish({"loss": 3.0, "age": 1.0}, {"age": LOW}, diversity=0.0)
    scores = {"loss": np.array([0.1, 0.2, 900.0]), "age": np.array([1.0, 9.0, 5.0])}
    found = chosen(scores, [("t", "")] * 3, None, np.zeros(3, np.bool_), 2, wish, seed=1)
    assert found.score.tolist() == [0.25, 0.375, 0.875]
    assert found.taken.tolist() == [2, 1]
    assert found.ranks["age"].tolist() == [1, 0, 0.5]


def test_earlier_rounds_are_not_repeated() -> None:
    wish = Wish({"loss": 1.0}, {}, diversity=0.0)
    earlier = np.array([False, False, True, False, False, True])
    scores = {"loss": np.arange(6.0)}
    assert chosen(scores, [("t", "")] * 6, None, earlier, 3, wish, 1).taken.tolist() == [4, 3, 1]
    assert len(chosen(scores, [("t", "")] * 6, None, earlier, 9, wish, 1).taken) == 4


def test_labels_share_a_budget_with_what_was_taken_before() -> None:
    labels = [("t", "a")] * 40 + [("t", "b")] * 40 + [("t", "c")] * 3
    wish = Wish({}, {}, diversity=0.0, label_coverage=True)
    earlier = np.zeros(83, np.bool_)
    earlier[:6] = True  # all of a
    found = chosen({}, labels, None, earlier, 15, wish, 1).taken
    assert Counter(labels[place][1] for place in found) == {"a": 3, "b": 9, "c": 3}


def test_diversity_takes_like_examples_once_and_scores_decide_which() -> None:
    vectors = np.repeat(np.eye(3, dtype=np.float32), 2, axis=0)
    scores = {"loss": np.array([0.0, 1.0, 5.0, 0.0, 0.0, 1.0])}
    found = chosen(scores, [("t", "")] * 6, vectors, NOBODY, 3, Wish({"loss": 1.0}, {}), 1)
    assert sorted(found.taken.tolist()) == [1, 2, 5]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([("t", "a"), ("t", "b"), ("u", "")]), max_size=30), st.integers(0, 35), st.booleans(),
    st.integers(0, 9),
)  # fmt: skip
def test_a_choice_has_as_many_as_there_can_be_none_twice(
    labels: list[tuple[str, str]], budget: int, by_label: bool, before: int
) -> None:
    earlier = np.arange(len(labels)) < before
    found = chosen({}, labels, None, earlier, budget, Wish({}, {}, 0.0, by_label), 1).taken.tolist()
    assert len(set(found)) == len(found) == min(budget, int((~earlier).sum()))
    assert not any(earlier[place] for place in found)
