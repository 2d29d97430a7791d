"""Every check finds what it is for, and leaves what only looks like it."""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.pair_checks import checks
from taskmill.udfs.pair_checks.checks import GRAM, REPEATED_SHARE, Pairs, is_repetitive
from taskmill.udfs.pair_checks.registry import CHECKS, ERROR, WARN, CheckPlan, checked_pairs
from taskmill.udfs.pair_checks.texts import Texts
from taskmill.udfs.pair_checks.wordings import own_marks, reshaped_fields
from taskmill.udfs.rendering.columns import Constant, Values
from taskmill.udfs.rendering.plans import PublishedTemplate, Template

LONG = (
    "The committee met on Monday and again on Thursday to hear what the harbour master had to say about the new pier. "
)
LOOP = "and then he said that it was so "


def pairs_of(prompt: str, response: str, **facts: Any) -> Pairs:
    """The pair between two that nothing is wrong with, so that places matter."""
    prompts, responses = ["What is this?", prompt, "Is it so?"], ["A ship.", response, "It is."]
    return Pairs(Texts(pa.array(prompts)), Texts(pa.array(responses)), **facts)


def column(value: Any) -> Values:
    return Values([None, value, None])


WRONG = [
    ("blank_side", "Say it.", "\u200b\ufeff", {}),
    ("blank_side", "\u2800 \u3164", "yes", {}),
    ("response_is_prompt", "Repeat after me.", "Repeat after me.", {}),
    ("unresolved_braces", "Translate {{ sentence }} now.", "x", {}),
    ("unresolved_braces", "Go", "{% if label == 1 %}yes", {}),
    ("unresolved_braces", "Choose {{choices[label]}}.", "x", {}),
    ("leftover_separator", "Is it good?", "Yes ||| No", {}),
    ("markup", "A fine film.<br /><br />I liked it.", "good", {}),
    ("markup", "Say", "Tom &amp; Jerry", {}),
    ("markup", "Read <a href='x'>this</a>", "ok", {}),
    ("replacement_character", "caf\ufffd au lait", "x", {}),
    ("mojibake", "Câ€™est la vie", "oui", {}),
    ("mojibake", "Say", "cafÃ© au lait", {}),
    ("truncated_response", "Sum it up.", "He went to the harbour and...", {}),
    ("truncated_response", "Sum it up.", "He went to the harbour …", {}),
    ("too_many_tokens", "x" * 41, "y", {"max_tokens": 10}),
    ("long_response", "Go.", "y" * 31, {"max_ratio": 10.0}),
    ("answer_in_prompt", "Is Paris the capital of France?", "Paris", {"hidden": column("Paris")}),
    ("answer_in_prompt", "who wrote HAMLET, shakespeare?", "It was Shakespeare.", {"hidden": column("Shakespeare.")}),
    ("not_a_choice", "Good or bad?", "Fine", {"choices": Constant(["Good", "Bad", "ship", "It"])}),
    ("not_a_choice", "Which?", "Rome", {"choices": column(["Oslo", "Bern"])}),
    ("not_a_choice", "Which?", "It is number 3.", {"choices": column(["Oslo", "Bern"])}),
    ("not_a_choice", "Which?", "The answer a man gave.", {"choices": column(["Oslo", "Bern"])}),
    ("repetitive_response", "Tell it.", LOOP * 20, {}),
    ("unbalanced_brackets", "Parse.", "(S (NP I) (VP go)", {"is_structured": True}),
    ("unbalanced_brackets", "As JSON.", '{"a": [1, 2}', {"is_structured": True}),
    (
        "lost_number",
        "The pier is long.",
        "yes",
        {"reshaped": ("text",), "fields": {"text": column("It is 1,250 m long.")}},
    ),
    ("refusal", "Name a city.", "I'm sorry, but I cannot help with that.", {}),
    ("refusal", "Name a city.", "As an AI language model, I have no favourite.", {}),
    ("refusal", "Name a city.", "Well, as an AI language model I cannot travel.", {}),
]
FINE = [
    ("blank_side", "Say it.", "\u200b.", {}),
    ("response_is_prompt", "Repeat after me.", "Repeat after me!", {}),
    ("unresolved_braces", "What does f(x) = {x | x > 2} and {{1, 2}, {3}} mean?", "sets", {}),
    ("unresolved_braces", r"\frac{1}{2} of 100 {%}", "x", {}),
    ("leftover_separator", "a || b", "c | d", {}),
    ("markup", "Is 3 < 4 and 5 > 2?", "yes", {}),
    ("markup", "AT&T and R&D; <3", "vector<int> and List<String>", {}),
    ("replacement_character", "café ？ ｆｕｌｌ ﾊ", "x", {}),  # neighbours of U+FFFD begin with the same byte
    ("mojibake", "NÃO, São Paulo; Ça va; Âge; Ðorð; Ñandú", "Ünïcödé", {}),
    ("truncated_response", "He said... nothing.", "It ends. ... And goes on.", {}),
    ("too_many_tokens", "x" * 39, "y", {"max_tokens": 10}),
    ("long_response", "Go.", "y" * 30, {"max_ratio": 10.0}),
    ("answer_in_prompt", "Is Parisian bread good?", "Paris", {"hidden": column("Paris")}),
    ("answer_in_prompt", "Is it no or yes?", "no", {"hidden": column("no")}),
    ("answer_in_prompt", "Paris?", "Paris", {}),
    ("not_a_choice", "Good or bad?", "It is good.", {"choices": Constant(["Good", "Bad", "ship", "It"])}),
    ("not_a_choice", "Which?", "(b)", {"choices": column(["Oslo", "Bern"])}),
    ("not_a_choice", "Which?", "Idea number 2 makes sense.", {"choices": column(["Oslo", "Bern"])}),
    ("not_a_choice", "Which?", "It has to be option (B).", {"choices": column(["Oslo", "Bern"])}),
    ("not_a_choice", "Which?", "The answer is A", {"choices": column(["Oslo", "Bern"])}),
    ("not_a_choice", "Which?", "The answer is Bern.", {"choices": column(["Oslo", "Bern"])}),
    ("repetitive_response", "Tell it.", f"{LONG}He said: {LONG[:40]} no more.", {}),
    ("repetitive_response", "List it.", ", ".join(f"the part {n} of it" for n in range(40)), {}),
    ("unbalanced_brackets", "Parse.", '{"a": "un)closed ]"}', {"is_structured": True}),
    ("unbalanced_brackets", "Parse.", "(a", {}),
    ("lost_number", "It is 1,250 m.", "yes", {"reshaped": ("text",), "fields": {"text": column("1,250 m long.")}}),
    ("lost_number", "How long?", "1250 m, 7", {"reshaped": ("text",), "fields": {"text": column("7 and 1250")}}),
    ("refusal", "Name a city.", "I'm sorry for your loss.", {}),
    ("refusal", "What is it?", "AI is a language model's field.", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "prompt", "response", "facts"), WRONG, ids=lambda value: str(value)[:24])
def test_check_finds_what_is_wrong(name: str, prompt: str, response: str, facts: dict[str, Any]) -> None:
    assert CHECKS[name].find(pairs_of(prompt, response, **facts)).tolist() == [False, True, False]


@pytest.mark.parametrize(("name", "prompt", "response", "facts"), FINE, ids=lambda value: str(value)[:24])
def test_check_leaves_what_only_looks_like_it(name: str, prompt: str, response: str, facts: dict[str, Any]) -> None:
    assert CHECKS[name].find(pairs_of(prompt, response, **facts)).tolist() == [False, False, False]


def test_every_check_has_both_cases() -> None:
    assert set(CHECKS) == {case[0] for case in WRONG} == {case[0] for case in FINE}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_checks_take_columns_without_rows(check: Any) -> None:
    empty = Texts(pa.array([], pa.string()))
    assert len(check.find(Pairs(empty, empty))) == 0
    assert check.meaning


@given(
    st.lists(st.text(alphabet="ab{|é\ufffd", max_size=6), max_size=8), st.sampled_from(["{", "{{", "a|", "\ufffd", "é"])
)
def test_marks_are_found_as_python_finds_them(rows: list[str], mark: str) -> None:
    array = pa.array(["{a|", *rows, "|é{"], pa.string())
    for part in (array, array.slice(1), array.slice(0, len(rows))):
        for rarest in range(len(mark.encode())):
            assert Texts(part).having(mark, rarest).tolist() == [mark in text for text in part.to_pylist()]


@given(st.lists(st.sampled_from("abcdefgh"), max_size=80))
def test_repetition_is_what_its_definition_says(words: list[str]) -> None:
    grams = [tuple(words[at : at + GRAM]) for at in range(len(words) - GRAM + 1)]
    expected = len(grams) >= GRAM and len(set(grams)) < (1 - REPEATED_SHARE) * len(grams)
    assert is_repetitive(" ".join(words)) == expected


def test_checked_pairs_tells_errors_from_warnings() -> None:
    pairs = Pairs(
        Texts(pa.array(["Same", "Say &amp; go", "Say", "{{ x }} &lt;"])),
        Texts(pa.array(["Same", "a...", "b", "c"])),
    )
    plan = CheckPlan(
        {"response_is_prompt": ERROR, "markup": WARN, "truncated_response": WARN, "unresolved_braces": ERROR}
    )
    found = checked_pairs(pairs, plan)
    assert found.errors == {0: "response_is_prompt", 3: "unresolved_braces"}
    assert found.warnings.to_pylist() == [None, "markup truncated_response", None, "markup"]
    assert np.allclose(found.quality, [1, 0.8 * 0.7, 1, 0.8])
    quiet = checked_pairs(pairs, plan, own_marks=frozenset({"markup"}))
    assert quiet.warnings.to_pylist() == [None, "truncated_response", None, None]
    assert checked_pairs(pairs, CheckPlan()).errors == {}


def test_what_a_wording_says_itself_is_no_finding() -> None:
    template = Template("t", "Put it in <b>tags</b>: {{ text }} {{ '{{ x }}' }}", "{{ answer }}")
    assert own_marks(template) == {"markup"}
    assert own_marks(PublishedTemplate("p", "Say {{ a }} ||| {{ b }}")) == set()
    assert own_marks(PublishedTemplate("p", "Say {{ a }} ||| {{ b }} ||| c")) == {"leftover_separator"}


def test_reshaped_fields_are_those_printed_in_no_other_way() -> None:
    texts = ["a", "b", "c", "d", "e"]
    template = Template(
        "t", "{% if c %}{{ a | upper }}{% endif %}{{ d }}", "{{ b }}{{ b | lower }}{{ 'x' if e else d }}"
    )
    assert reshaped_fields(template, texts) == ("a",)
    assert reshaped_fields(template, ["b"]) == ()
    assert reshaped_fields(Template("t", "{{ a", "b"), texts) == ()


def test_balance_is_what_taking_pairs_out_says() -> None:
    chance = random.Random(5)
    for _ in range(500):
        text = "".join(chance.choices("()[]{}a", k=chance.randrange(9)))
        rest, before = text.replace("a", ""), None
        while rest != before:
            rest, before = re.sub(r"\(\)|\[\]|\{\}", "", rest), rest
        assert checks.is_balanced(text) == (rest == "")
