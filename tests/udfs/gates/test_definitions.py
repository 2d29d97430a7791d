"""What instructions name as outputs: wordings as published definitions have them, and quotes that mean other things."""

from __future__ import annotations

import pytest

from taskmill.udfs.gates.answers import Answer, AnswerCounts
from taskmill.udfs.gates.definitions import named_outputs, normal, outside_definition
from taskmill.udfs.gates.verdicts import PASS, WARN, Limits


def counts_of(**numbers: int) -> AnswerCounts:
    top = tuple(Answer(text.replace("_", " "), number, f"id-{text}") for text, number in numbers.items())
    return AnswerCounts(sum(numbers.values()), len(numbers), 0.0, top)


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ('Read the passage. Answer "Yes" or "No".', ("Yes", "No")),
        ("Indicate your answer as 'valid' if it is so, and 'invalid' otherwise.", ("valid", "invalid")),
        ("If it is rude, output \"1\". Otherwise output \"0\".", ("1", "0")),
        ("Classify the review as “positive”, “negative” or “neutral”.", ("positive", "negative", "neutral")),
        ("Is the claim right? Answer with yes or no.", ("yes", "no")),
        ("Generate True/False for each statement.", ("True", "False")),
        ("Pick the one that fits best. Indicate your answer by 'Option 1' if the first does, otherwise 'Option 2'.",
         ("Option 1", "Option 2")),
        ("Choose the middle that makes less sense by indicating 1 or 2 in the output.", ("1", "2")),
        ("Is the category right? Indicate with `Yes` if so. Indicate with `No`, otherwise.", ("Yes", "No")),
        ("Answer with A or B.", ("A", "B")),
        ("Choose one of these categories: 'film', 'book', 'tv'.", ("film", "book", "tv")),
    ],
)  # fmt: skip
def test_named_outputs_reads_closed_sets(definition: str, expected: tuple[str, ...]) -> None:
    assert named_outputs(definition) == expected


@pytest.mark.parametrize(
    "definition",
    [
        "Summarise the text in one sentence.",
        'Your answer must be one of the two objects, for example "trophy" and "suitcase".',
        'Keywords are "this national park", "this dog breed", and "this president".',
        'If the movie name is not found give output as "unknown".',
        "Write a story of 20 or 30 sentences, and give a title of 2.5 or 3 words.",
        'You get a sentence that contains "because" or "so".',
    ],
)
def test_named_outputs_leaves_other_quotes(definition: str) -> None:
    assert named_outputs(definition) == ()


def test_outside_definition_warns_of_other_labels() -> None:
    found = outside_definition('Answer "Yes" or "No".', counts_of(yes=50, no=45, maybe=5), Limits(0.01))
    assert found is not None
    assert (found.verdict, found.value, found.example_ids) == (WARN, 0.05, ("id-maybe",))
    assert found.evidence == 'the instruction names "Yes", "No"; 5 of 100 answers are others: "maybe" 5'


def test_outside_definition_warns_when_no_answer_is_named() -> None:
    found = outside_definition('Answer "Yes" or "No".', counts_of(**{"1": 50, "0": 50}), Limits(0.01))
    assert found is not None
    assert (found.verdict, found.value) == (WARN, 1.0)


def test_outside_definition_passes_answers_that_differ_in_spelling() -> None:
    found = outside_definition('Answer "Yes" or "No".', counts_of(**{"yes.": 50, " NO": 50}), Limits(0.01))
    assert found is not None
    assert (found.verdict, found.value) == (PASS, 0.0)


def test_outside_definition_keeps_silent_where_answers_are_open() -> None:
    texts = {f"a question {number}": 1 for number in range(50)}
    assert outside_definition("Write a question that has a yes/no answer.", counts_of(**texts), Limits(0.01)) is None
    assert outside_definition("Say what it is.", counts_of(yes=50, no=50), Limits(0.01)) is None


def test_normal_keeps_what_is_nothing_but_signs() -> None:
    assert (normal(" Not-Sure. "), normal("+")) == ("not sure", "+")


@pytest.mark.parametrize(
    ("named", "outside"),
    [
        pytest.param('"Yes" or "No"', 0.05, id="all named ones are among the most frequent"),
        pytest.param('"Yes", "No", "Maybe", or "Never"', None, id="one of them is not"),
    ],
)
def test_outside_definition_counts_only_what_it_knows(named: str, outside: float | None) -> None:
    """Of a task with more than a hundred answers the three most frequent are known."""
    top = (Answer("yes", 500, "id-1"), Answer("no", 450, "id-2"), Answer("maybe", 10, "id-3"))
    found = outside_definition(f"Answer {named}.", AnswerCounts(1_000, 140, 0.0, top), Limits(0.01))
    assert (found.value if found else None) == outside
