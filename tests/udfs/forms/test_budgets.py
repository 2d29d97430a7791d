"""Budgets: what is too long is shortened where it may be, or refused; nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.forms.budgets import LEAST_BYTES, level, shortened
from taskmill.udfs.forms.plans import FormPlan, SystemForms
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.plans import Template
from tests.udfs.forms.pairs import pairs_of, plan_of, refused_of

WORDS = st.sampled_from(["river", "Brücke.", "a", "橋。", "long-winded", "fog!", "'quoted'", "\n", "x" * 60, "{{ y }}"])
TEXTS = st.lists(WORDS, min_size=1, max_size=150).map(" ".join)
FIELDS = {"passage": "text", "note": "text?", "question": "text", "answer": "text"}
READ = Template("read", "{{ passage }}\n\n{{ question }}", "{{ answer }}")
TWICE = Template("twice", "{{ passage }}\n{{ note or '' }}\n{{ question }}\n{{ passage | tojson }}", "{{ answer }}")
WRITE = Template("write", "Write on {{ question }}, {{ answer }}", "{{ passage }}", inverts=True)
SMALL = FormPlan(seed=1, max_tokens=150, shrinks=("passage", "note"), answers=("answer",))
SENTENCES = "The ferry leaves at six. " * 30


@given(text=TEXTS, most=st.integers(0, 1_500), kept=st.tuples(st.integers(0, 400), st.integers(0, 40)))
def test_a_shortened_text_is_a_part_that_has_room_and_holds_what_it_must(
    text: str, most: int, kept: tuple[int, int]
) -> None:
    wanted = text[kept[0] : kept[0] + kept[1]]
    part = shortened(text, most, [wanted])
    if len(text.encode()) <= most:
        assert part == text
    elif part is not None:
        assert part in text
        assert wanted in part
        assert 0 < len(part.encode()) <= most
        assert not text.isascii() or len(part) >= most // 2 - 1 or part.endswith(wanted.rstrip())
    else:
        assert most < LEAST_BYTES or len(wanted.encode()) > most - 4


@pytest.mark.parametrize(
    ("text", "kept", "part"),
    [
        pytest.param(SENTENCES, "", SENTENCES[:250].rsplit(" ", 1)[0][:249], id="whole-sentences-from-the-start"),
        pytest.param("word " * 200, "", ("word " * 50).strip(), id="whole-words"),
        pytest.param("x" * 400, "", "x" * 250, id="characters"),
        pytest.param("橋" * 200, "", "橋" * 83, id="never-half-a-character"),
        pytest.param(SENTENCES + "Agnes Muir kept the light. " + SENTENCES, "Agnes Muir", None, id="around-the-answer"),
        pytest.param(SENTENCES + "Light.", "Light", (SENTENCES + "Light.")[-231:], id="up-to-the-end"),
    ],
)
def test_where_texts_are_cut(text: str, kept: str, part: str | None) -> None:
    found = shortened(text, 250, [kept])
    assert found is not None
    if part is not None:
        assert found == part
    else:
        assert found.startswith("The ferry leaves")
        assert found.endswith(".")
        assert "six. Agnes Muir kept the light. The" in found


@pytest.mark.parametrize(
    ("sizes", "over", "expected"),
    [
        pytest.param([5_000], 1_000, 4_000, id="one"),
        pytest.param([5_000, 3_000], 1_000, 4_000, id="the-longest-alone"),
        pytest.param([3_000, 5_000, 400], 3_000, 2_500, id="the-two-longest-alike"),
        pytest.param([900, 900], 5_000, LEAST_BYTES, id="never-below-the-least"),
        pytest.param([], 10, LEAST_BYTES, id="nothing"),
    ],
)
def test_the_longest_loses_first(sizes: list[int], over: int, expected: int) -> None:
    assert level(sizes, over) == expected


@settings(max_examples=60, deadline=None)
@given(passage=TEXTS, note=st.none() | TEXTS, question=WORDS, answer=st.integers(0, 300))
def test_pairs_keep_to_the_budget_or_are_refused_and_only_passages_change(
    passage: str, note: str | None, question: str, answer: int
) -> None:
    span = passage[answer : answer + 12].strip() or "fog"
    row = {"passage": passage, "note": note, "question": question.strip() or "?", "answer": span}
    plan = plan_of((READ, TWICE, WRITE), SMALL, None, None, FIELDS)
    plain = {
        pair["template"]: pair for pair in pairs_of(plan_of((READ, TWICE, WRITE), None, None, None, FIELDS), {"e": row})
    }
    pairs = {pair["template"]: pair for pair in pairs_of(plan, {"e": row})}
    refused = {one["template"]: one["reason"] for one in refused_of(plan, {"e": row})}
    impossible = {one["template"]: one["reason"] for one in refused_of(replace(plan, forms=None), {"e": row})}
    assert pairs.keys() | refused.keys() == {"read", "twice", "write"}
    for name, pair in pairs.items():
        whole = plain[name]
        size = len(pair["prompt"].encode()) + len(pair["response"].encode())
        assert size <= 4 * 150
        assert pair["response"] == whole["response"]
        was_long = len(whole["prompt"].encode()) + len(whole["response"].encode()) > 4 * 150
        assert bool(pair["form"] and pair["form"][-1].startswith("shrunk:")) == was_long
        if not was_long:
            assert pair["prompt"] == whole["prompt"]
        if name == "read":
            head, _, tail = pair["prompt"].rpartition("\n\n")
            assert tail == whole["prompt"].rpartition("\n\n")[2]
            assert head in passage
            assert span not in passage or span in head
    for name, reason in refused.items():
        assert reason == impossible.get(name, "too_many_tokens")


def test_the_longest_passage_is_shortened_first_and_never_what_the_response_needs() -> None:
    row = {"passage": SENTENCES, "note": SENTENCES[:400], "question": "When?", "answer": "at six"}
    both = Template("both", "{{ passage }}\n--\n{{ note }}\n--\n{{ question }}", "{{ answer }}")
    (pair,) = pairs_of(plan_of((both, WRITE), SMALL, None, None, FIELDS), {"e": row})
    passage, note, question = pair["prompt"].split("\n--\n")
    assert (len(passage), len(note), question) == (274, 274, "When?")
    assert pair["form"] == ["shrunk:note", "shrunk:passage"]
    (refused,) = refused_of(plan_of((both, WRITE), SMALL, None, None, FIELDS), {"e": row})
    assert (refused["template"], refused["reason"]) == ("write", "too_many_tokens")
    assert refused["detail"] == "about 193 tokens; the budget is 150"


@pytest.mark.parametrize("choices", [None, ("Ada", "Agnes Muir")], ids=["text", "choice"])
def test_the_answer_stays_in_the_passage(choices: tuple[str, ...] | None) -> None:
    fields = {**FIELDS, "answer": "text" if choices is None else "choice"}
    row = {"passage": f"{SENTENCES}Agnes Muir kept the light. {SENTENCES}", "note": None, "question": "Who?"}
    row["answer"] = "Agnes Muir" if choices is None else 1  # type: ignore[assignment]
    wording = READ if choices is None else replace(READ, response="{{ choices[answer] }}")
    plan = plan_of((wording,), SMALL, choices, None if choices is None else "answer", fields)
    (pair,) = pairs_of(plan, {"e": row})
    assert "shrunk:passage" in pair["form"]
    assert "Agnes Muir" in pair["prompt"]
    assert pair["response"] == "Agnes Muir"


def test_what_the_response_is_made_of_is_not_shortened() -> None:
    row = {"passage": SENTENCES, "note": None, "question": "When?", "answer": "at six"}
    copied = Template("copy", "Copy: {{ passage }}", "{{ passage }}")
    (refused,) = refused_of(plan_of((copied,), SMALL, None, None, FIELDS), {"e": row})
    assert refused["reason"] == "too_many_tokens"


def test_a_system_message_counts() -> None:
    row = {"passage": SENTENCES, "note": None, "question": "When?", "answer": "at six"}
    forms = FormPlan(
        1, max_tokens=150, shrinks=("passage",), answers=("answer",),
        system=SystemForms(1.0, (("", ("Be brief. " * 20,)),)),
    )  # fmt: skip
    (pair,) = pairs_of(plan_of((READ,), forms, None, None, FIELDS), {"e": row})
    assert len(pair["prompt"]) + len(pair["response"]) + len(pair["system"]) <= 600
    assert pair["form"] == ["system", "shrunk:passage"]


def test_a_prompt_above_the_limit_of_characters_is_shortened_too() -> None:
    row: dict[str, Any] = {"passage": SENTENCES * 50, "note": None, "question": "When?", "answer": "at six"}
    plan = plan_of((READ,), SMALL, None, None, FIELDS, limits=Limits(max_prompt_chars=5_000))
    (pair,) = pairs_of(plan, {"e": row})
    assert pair["form"] == ["shrunk:passage"]
    assert refused_of(plan_of((READ,), None, None, None, FIELDS, limits=plan.limits), {"e": row})


def test_an_answer_that_is_longer_than_its_room_refuses_the_pair() -> None:
    row = {"passage": SENTENCES, "note": None, "question": "When?", "answer": SENTENCES[:700]}
    (refused,) = refused_of(plan_of((READ,), SMALL, None, None, FIELDS), {"e": row})
    assert refused["reason"] == "too_many_tokens"
