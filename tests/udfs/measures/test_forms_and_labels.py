"""Structure, readability, labels and faults: examples worked by hand, and near misses."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from taskmill.udfs.measures.faults import faults
from taskmill.udfs.measures.labels import closed_share, in_conflict, label_evenness
from taskmill.udfs.measures.readability import counts_of, lix, reading_ease, syllables
from taskmill.udfs.measures.structure import forms, having, is_json, is_offered, options_of


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Yes", "a few words"), ("42", "number"), ("-3.5 %", "number"), ("$1,200", "number"), ("12 apples", "number"),
        ("It rained all day in the old town.", "a sentence"), ("It rained. We stayed in.", "sentences"),
        ("One.\n\nTwo.", "paragraphs"), ('{"a": [1]}', "json"), ("[1, 2]", "json"), ("{not json}", "a few words"),
        ("- one\n- two", "list"), ("1. one\n2. two\n3. three", "list"), ("- only one", "a few words"),
        ("```python\nx = 1\n```", "code"), ("def f(x):\n    return x", "code"),
        ("SELECT name FROM users WHERE id = 1;", "code"), ("Please select one from the list", "a sentence"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "table"), ("a\tb\n1\t2", "table"),
        ("今日は雨です。家にいました。", "sentences"), ("שלום לכולם", "a few words"),
    ],
)  # fmt: skip
def test_forms_of_responses(text: str, form: str) -> None:
    assert forms(pa.array([text], pa.string())) == [form]


def test_having_takes_a_column_of_any_length() -> None:
    assert having("list", pa.array([], pa.string())).tolist() == []
    assert having("list", pa.array(["a\n- b", "- a\n\n- b"], pa.string())).tolist() == [False, True]


def test_is_json_refuses_what_only_looks_so() -> None:
    assert is_json(' {"a": 1}\n') and is_json("[]")
    assert not is_json("{a: 1}") and not is_json("12") and not is_json("[" * 100_000 + "]" * 100_000)


OPTIONS = [
    ("Which?\nA) a dog\nB) a cat\nC) a cow", ["A) a dog", "B) a cat", "C) a cow"]),
    ("Which?\n(a) a dog\n(b) a cat", ["a) a dog", "b) a cat"]),
    ("Pick. (A) red (B) green (C) blue", ["A) red", "B) green", "C) blue"]),
    ("Which one?\n1. red\n2. green", ["1) red", "2) green"]),
    ("Choose from these:\n- yes\n- no\n", ["yes", "no"]),
    ("Things to buy:\n- milk\n- eggs\n", []),
    ("It is A) not a list", []),
    ("B) starts late\nC) and goes on", []),
    ("Is it yes or no?", []),
]


@pytest.mark.parametrize(("prompt", "options"), OPTIONS, ids=[prompt[:20] for prompt, _ in OPTIONS])
def test_options_of_finds_lists_of_answers(prompt: str, options: list[str]) -> None:
    assert options_of(prompt) == options


@pytest.mark.parametrize(
    ("response", "is_one"),
    [("B", True), ("(b)", True), ("b.", True), ("a cat", True), ("A Cat.", True),
     ("B) a cat", True), ("(B) a cat", True), ("D", False), ("a cat and more", False), ("", False)],
)  # fmt: skip
def test_is_offered(response: str, is_one: bool) -> None:
    assert is_offered(response, ["A) a dog", "B) a cat", "C) a cow"]) is is_one


def test_is_offered_takes_unlabelled_options_and_their_numbers() -> None:
    assert is_offered("No", ["yes", "no"]) and is_offered("2", ["yes", "no"]) and not is_offered("maybe", ["yes", "no"])


def test_counts_and_lix_by_hand() -> None:
    """Two sentences, eight words, two of them of more than six letters: 8 / 2 + 100 * 2 / 8 = 29."""
    counts = counts_of(["The cat sat down. Yesterday grandfather fed it."])
    assert counts.tolist() == [[8, 2, 2, 12]]
    found = lix(counts, np.zeros(1, np.int64))
    assert found is None or found.value == pytest.approx(29.0)
    both = lix(np.vstack([counts, counts]), np.array([0, 1]))
    assert both is not None and both.value == pytest.approx(29.0)
    ease = reading_ease(np.vstack([counts, counts]), np.array([0, 1]))
    assert ease is not None and ease.value == pytest.approx(206.835 - 1.015 * 4 - 84.6 * 12 / 8)


def test_readability_of_nothing_is_none() -> None:
    assert lix(counts_of([]), np.zeros(0, np.int64)) is None
    assert lix(counts_of(["", "42 !"]), np.array([0, 1])) is None


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1),
        ("table", 2),
        ("make", 1),
        ("walked", 1),
        ("wanted", 2),
        ("banana", 3),
        ("the", 1),
        ("readability", 5),
    ],
)
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


def test_closed_share_counts_short_answers_that_five_pairs_have() -> None:
    responses = ["yes"] * 5 + ["no"] * 5 + ["maybe"] * 4 + ["a whole sentence that stands here more than once, yes"] * 6
    groups = np.arange(20)
    found = closed_share(responses, responses, groups)
    assert found is not None and found.value == pytest.approx(10 / 20)
    even = label_evenness(responses, responses, groups)
    assert even is not None and even.value == pytest.approx(1.0)
    none = closed_share(["a long answer, longer than any label would be"] * 3, ["k"] * 3, np.arange(3))
    assert none is not None and none.value == 0.0


def test_in_conflict_is_one_prompt_with_several_short_answers() -> None:
    prompts = ["p", "p", "q", "q", "r", "s", "s"]
    keys = ["yes", "no", "yes", "yes", "no", "x", "y"]
    responses = [
        "Yes",
        "No",
        "Yes",
        "yes",
        "No",
        "A long explanation of what it might be.",
        "Another long explanation!",
    ]
    assert in_conflict(prompts, keys, responses).tolist() == [True, True] + [False] * 5


def test_faults_find_what_needs_no_template_and_score_as_documented() -> None:
    prompts = pa.array(["What is it?", "Say <b>it</b>", "Tell me", "Say it"], pa.string())
    responses = pa.array(["A dog", "it", "As an AI language model I cannot.", "  "], pa.string())
    found = faults(prompts, responses)
    assert found.quality.tolist() == pytest.approx([1.0, 0.8, 0.4, 0.0])
    assert found.warnings == {"markup": 1, "refusal": 1, "blank_side": 1}
