"""Choices are what was asked for, cover what there is, repeat nothing, and do not depend on chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.selection.diverse import diverse
from taskmill.udfs.selection.vectors import Vectors, fitted

TOPICS = {
    "boats": "the boat sails from the harbour over the sea with a captain and a crew",
    "bread": "the baker kneads the dough and bakes bread in the oven for breakfast",
    "stars": "the telescope shows distant stars and planets in the night sky",
    "money": "the bank transfers the money to an account and charges a small fee",
}


def texts(counts: dict[str, int], seed: int = 3) -> tuple[list[str], list[str]]:
    """Made-up texts of some topics, and the topic of each."""
    chance = np.random.default_rng(seed)
    topics = [name for name, count in counts.items() for _ in range(count)]
    return [" ".join(chance.choice(TOPICS[name].split(), 7)) + f" {place}" for place, name in enumerate(topics)], topics


def made(size: int, seed: int = 1) -> Vectors:
    found = np.random.default_rng(seed).normal(size=(size, 8)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def test_few_choices_cover_rare_topics_as_well() -> None:
    rows, topics = texts({"boats": 300, "bread": 20, "stars": 15, "money": 15})
    vectors = fitted(rows, 7).vectors(rows)
    found = diverse(vectors, 8, seed=7)
    assert {topics[place] for place in found} == set(TOPICS)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 60), st.integers(0, 70), st.integers(0, 10), st.integers(0, 3))
def test_choices_are_as_many_as_there_can_be_and_never_repeat(size: int, budget: int, before: int, seed: int) -> None:
    vectors = made(size)
    chosen = np.arange(min(before, size))
    found = diverse(vectors, budget, seed, chosen=chosen)
    assert len(found) == min(budget, size - len(chosen))
    assert len(set(found.tolist()) | set(chosen.tolist())) == len(found) + len(chosen)
    assert found.tolist() == diverse(vectors, budget, seed, chosen=chosen).tolist()


def test_a_later_round_goes_where_the_first_has_not_been() -> None:
    rows, topics = texts({"boats": 40, "bread": 40, "stars": 40, "money": 40})
    vectors = fitted(rows, 7).vectors(rows)
    boats_and_bread = np.flatnonzero([topic in {"boats", "bread"} for topic in topics])[::4]
    found = diverse(vectors, 8, seed=7, chosen=boats_and_bread)
    assert sum(topics[place] in {"stars", "money"} for place in found) >= 6


def test_scores_decide_among_like_examples() -> None:
    vectors = np.repeat(np.eye(4, dtype=np.float32), 10, axis=0)
    scores = np.zeros(40)
    scores[[3, 17, 29, 31]] = 1.0
    assert sorted(diverse(vectors, 4, 0, scores).tolist()) == [3, 17, 29, 31]


def test_groups_share_the_budget_of_large_data() -> None:
    vectors = made(9_000, seed=5)
    found = diverse(vectors, 500, seed=1)
    assert len(set(found.tolist())) == 500


def test_vectors_of_like_texts_are_near_and_have_length_one() -> None:
    rows, topics = texts({"boats": 30, "bread": 30})
    vectors = fitted(rows, 1).vectors(rows)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    near = vectors @ vectors.T
    same = np.equal.outer(topics, topics)
    assert near[same].mean() > near[~same].mean() + 0.2


@pytest.mark.parametrize("rows", [["one"], ["", ""], ["a", "a", "a"]], ids=["single", "empty", "equal"])
def test_texts_that_do_not_differ_have_vectors_too(rows: list[str]) -> None:
    vectors = fitted(rows, 1).vectors(rows)
    assert vectors.shape[0] == len(rows)
    assert np.isfinite(vectors).all()
    assert len(diverse(vectors, 2, 0)) == min(2, len(rows))
