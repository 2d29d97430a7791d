"""What is seen of a wording in its own text."""

from __future__ import annotations

import pytest

from taskmill.udfs.paraphrases.likeness import overlap
from taskmill.udfs.ranking.texts import Contract, seen_in
from taskmill.udfs.rendering.plans import PublishedTemplate, Template

QA = Contract(needed=("question",), telling=("answer", "rationale"))


def seen(prompt: str, response: str = "{{ answer }}", language: str = "en", inverts: bool = False):  # type: ignore[no-untyped-def]
    return seen_in(Template("one", prompt, response, language, inverts), QA)


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        pytest.param("{{ question }} {{ answer }}", ("answer",), id="printed"),
        pytest.param("{{ question }} {{ answer | upper }}", ("answer",), id="changed"),
        pytest.param("{{ question }} {{ rationale.split('.')[0] }}", ("rationale",), id="a part of it"),
        pytest.param("{{ question }} {{ answer if long else '' }}", ("answer",), id="in a branch"),
        pytest.param("{{ question }} In {{ answer | wordcount }} words.", (), id="how long it is"),
        pytest.param("{{ question }} {% if answer %}Say it.{% endif %}", (), id="decides only"),
        pytest.param("{{ question }} {{ 'a' if answer == 'b' else 'c' }}", (), id="compared only"),
        pytest.param("{{ question }}", (), id="not read"),
    ],
)
def test_told_is_what_stands_in_the_prompt(prompt: str, told: tuple[str, ...]) -> None:
    assert seen(prompt).told == told


def test_an_inversion_may_tell_the_answer() -> None:
    assert seen("Which question has the answer {{ answer }}?", "{{ question }}", inverts=True).told == ()


def test_reads_are_those_of_the_prompt() -> None:
    assert seen("{{ question }}", "{{ answer }} {{ rationale }}").reads == {"question"}


@pytest.mark.parametrize(
    ("prompt", "response", "language", "faults"),
    [
        pytest.param("What is it? {{ question }}", "||| {{ answer }} |||", "en",
                     ("leftover_separator in its own text",), id="separator"),
        pytest.param("What is it? {{ question }}", "Caf\ufffd: {{ answer }}", "en",
                     ("replacement_character in its own text",), id="replacement character"),
        pytest.param("Put it in <b>tags</b>: {{ question }}", "{{ answer }}", "en", (), id="markup is meant"),
        pytest.param("Beantworte bitte die folgende Frage so kurz wie möglich: {{ question }}", "{{ answer }}", "en",
                     ("seems to be de, not en",), id="other language"),
        pytest.param("Beantworte bitte die folgende Frage so kurz wie möglich: {{ question }}", "{{ answer }}", "de",
                     (), id="its language"),
        pytest.param("Input: {{ question }} Output: Input: Output:", "{{ answer }}", "en", (),
                     id="labels, no language"),
        pytest.param("ANSWER THIS QUESTION RIGHT AWAY AND IN FULL {{ question }}", "{{ answer }}", "en",
                     ("mostly capitals",), id="shouting"),
        pytest.param("Q: {{ question }} A:", "{{ answer }}", "en", (), id="a few capitals"),
        pytest.param("Answer the the question. {{ question }}", "{{ answer }}", "en", ('has "the the"',), id="doubled"),
        pytest.param("Note that that is a question. {{ question }}", "{{ answer }}", "en", (), id="may be doubled"),
        pytest.param("Sag, was die die Antwort ist: {{ question }}", "{{ answer }}", "de", (), id="German doubles"),
        pytest.param("A {{ question }} a {{ answer | length }}", "{{ answer }}", "en", (), id="a slot between"),
    ],
)  # fmt: skip
def test_faults(prompt: str, response: str, language: str, faults: tuple[str, ...]) -> None:
    found = seen(prompt, response, language)
    assert found.faults == faults
    assert (found.kept < 1) == bool(faults)


def test_likeness_counts_slots_as_one_character_each() -> None:
    """However long its expression is: else every two short wordings with the same slots were alike."""
    plain, listed = seen("{{ question }}"), seen("{{ question }} {{ answers_that_are_on_offer | lettered }}")
    assert overlap(plain.shape, listed.shape) < 0.5
    assert overlap(seen("Say: {{ question }}").shape, seen("Say: {{question}}").shape) == 1.0


@pytest.mark.parametrize(
    ("prompt", "chars", "has_words"),
    [
        pytest.param("{{ question }}", 0, False, id="slots alone"),
        pytest.param("{{ question }} -> ", 2, False, id="no letter"),
        pytest.param("Q:\n\n{{ question }}\nA:", 5, True, id="words"),
        pytest.param("{% set long = 'not counted' %}说 {{ question }}", 1, True, id="statements do not count"),
    ],
)
def test_own_words(prompt: str, chars: int, has_words: bool) -> None:
    found = seen(prompt)
    assert (found.chars, found.has_words) == (chars, has_words)


def test_a_published_template_is_seen_up_to_its_separator() -> None:
    """Where the separator stands inside a block, the prompt alone does not parse."""
    one = PublishedTemplate("p", "{% if a %}Say {{ a }} ||| so be it{% endif %}", uses=("a",))
    found = seen_in(one, Contract())
    assert (found.chars, found.reads, found.faults) == (3, frozenset({"a"}), ())


def test_a_template_that_does_not_parse_is_seen_as_nothing() -> None:
    assert seen_in(PublishedTemplate("p", "{% if a %}never ends"), Contract()).chars == 0
