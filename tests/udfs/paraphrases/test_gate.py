"""The gate lets through what says the same, and says why it refuses the rest."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from taskmill.udfs.paraphrases.gate import Accepted, Original, Refusal, judged
from taskmill.udfs.paraphrases.likeness import kept_content, likeness
from taskmill.udfs.paraphrases.masks import masked
from taskmill.udfs.paraphrases.words import compared, negates, turned

LIBRARY = Path(__file__).resolve().parents[3] / "templates"
ORIGINAL = Original(
    masked('Is the review below "helpful"? Say at least 2 reasons, never more than 5.\n{{ review }}'), "en",
    ("positive", "negative"), ("review", "sentiment"),
)  # fmt: skip


def reason(candidate: str, original: Original = ORIGINAL, **values: object) -> str:
    found = judged(candidate, original, (), **values)  # type: ignore[arg-type]
    return found.reason if isinstance(found, Refusal) else ""


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        pytest.param('⟦1⟧\nGive at least 2 but never more than 5 reasons why this review is "helpful".', "", id="good"),
        pytest.param(
            '⟦1⟧ Is this review "useful"? At least 2 reasons, never more than 5.', "literal_changed", id="quote"
        ),
        pytest.param(
            '⟦1⟧ Is this review "helpful"? At least 3 reasons, never more than 5.', "literal_changed", id="number"
        ),
        pytest.param('⟦1⟧ Is this review "helpful"? At least 2 reasons, more than 5.', "negation_changed", id="never"),
        pytest.param(
            '⟦1⟧ Is this review "helpful"? Say 2 reasons, never more than 5.', "comparison_changed", id="least"
        ),
        pytest.param("", "empty", id="empty"),
        pytest.param(
            '⟦1⟧ Is this positive review "helpful"? At least 2, never more than 5.', "answer_leaked", id="leak"
        ),
    ],
)
def test_judged_says_why(candidate: str, expected: str) -> None:
    assert reason(candidate) == expected


def test_opposites_are_refused_and_both_words_are_not() -> None:
    original = Original(masked("Which statement is true? {{ a }} or {{ b }}"), "en")
    assert reason("Tell me which of these statements is false: ⟦1⟧ or ⟦2⟧", original) == "opposite"
    assert turned("is it true or false", "is it false or true", "en") is None
    assert turned("true", "true, not false", "en") is None


def test_an_embedder_judges_drift_in_place_of_shared_words() -> None:
    original = Original(masked("Sum up the article: {{ text }}"), "en")
    far = "Give the gist of this piece in your own words. ⟦1⟧"
    assert reason(far, original) == "drift"
    assert reason(far, original, closeness=lambda one, other: 0.9) == ""
    assert reason("Sum the article up for me please. ⟦1⟧", original, closeness=lambda one, other: 0.1) == "drift"


def test_accepted_wordings_carry_their_jinja_and_scores() -> None:
    found = judged('⟦1⟧\nGive at least 2 but never more than 5 reasons why this review is "helpful".', ORIGINAL, ())
    assert isinstance(found, Accepted)
    assert found.prompt.startswith("{{ review }}\n")
    assert 0 < found.likeness < 0.7
    assert 0 < found.kept <= 1


def test_likeness_is_one_for_the_same_and_symmetric() -> None:
    assert likeness("Say it  Again", "say it again") == 1.0
    assert likeness("abcdef", "uvwxyz") == 0.0
    assert likeness("read this text", "read that text") == likeness("read that text", "read this text")


def test_kept_content_counts_stems_and_takes_topic_words_for_each_other() -> None:
    assert kept_content("translate the sentence", "translation of a sentence") == 1.0
    assert kept_content("judge the review", "judge the sentiment", ["review", "sentiment"]) == 1.0
    assert kept_content("the of", "a") == 1.0


def test_words_of_unknown_languages_say_nothing() -> None:
    assert negates("ei ole", "fi") is None
    assert compared("paras", "fi") == frozenset()


def test_wordings_that_people_wrote_are_no_copies_of_each_other() -> None:
    """The library is written by hand to be various: a bound that refuses half of it would be too strict."""
    refused = seen = 0
    for path in sorted(LIBRARY.glob("*.yaml")):
        texts = [masked(one["prompt"]).literal for one in yaml.safe_load(path.read_text(encoding="utf-8"))["templates"]]
        for one, other in pairwise(text for text in texts if text.strip()):
            seen += 1
            refused += likeness(one, other) >= 0.7
    assert seen > 200
    assert refused <= 0.02 * seen
