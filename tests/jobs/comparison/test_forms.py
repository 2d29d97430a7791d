"""Published forms of instruction sets, and what cannot be read of them."""

from __future__ import annotations

from typing import Any

import pytest

from taskmill.jobs.comparison.forms import NAMES, Conversation, read

READ: list[tuple[dict[str, Any], str, list[tuple[str, str]], bool]] = [
    ({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]},
     "messages", [("Hi", "Hello")], False),
    ({"messages": [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "A"},
                   {"role": "assistant", "content": "B"}, {"role": "user", "content": "C"},
                   {"role": "assistant", "content": "D"}]},
     "messages", [("A", "B"), ("C", "D")], True),
    ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}], "system": "Be kind"},
     "conversations", [("Hi", "Hello")], True),
    ({"conversation": [{"role": "prompter", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]},
     "conversations", [("Hi", "Hello")], False),
    ({"messages": [{"role": "assistant", "content": "Welcome"}, {"role": "user", "content": "A"},
                   {"role": "user", "content": "B"}, {"role": "assistant", "content": None},
                   {"role": "tool", "content": "42"}, {"role": "assistant", "content": "C"},
                   {"role": "assistant", "content": "D"}, {"role": "user", "content": "unanswered"}]},
     "messages", [("A\n\nB\n\n42", "C\n\nD")], False),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "you"}]},
                   {"role": "assistant", "content": "Hello"}]}, "messages", [("Hi\n\nyou", "Hello")], False),
    ({"instruction": "Add", "input": "1 2", "output": "3"}, "alpaca", [("Add\n\n1 2", "3")], False),
    ({"instruction": "Add", "input": "", "output": 3}, "alpaca", [("Add", "3")], False),
    ({"instruction": "Add", "output": "3"}, "alpaca", [("Add", "3")], False),
    ({"instruction": "Add", "context": "1 2", "response": "3", "category": "qa"},
     "dolly", [("Add\n\n1 2", "3")], False),
    ({"prompt": "P", "completion": "C"}, "prompt_completion", [("P", "C")], False),
    ({"prompt": [{"role": "user", "content": "P"}], "completion": [{"role": "assistant", "content": "C"}]},
     "prompt_completion", [("P", "C")], False),
    ({"prompt": "P", "response": "R", "system_prompt": "S"}, "prompt_response", [("P", "R")], True),
    ({"inputs": "I", "targets": "T", "task": "x"}, "inputs_targets", [("I", "T")], False),
    ({"question": "Q", "answer": "A"}, "question_answer", [("Q", "A")], False),
    ({"context": "X", "question": "Q", "answer": ["A", "B"]}, "question_answer", [("X\n\nQ", "A")], False),
    ({"query": "Q", "response": "R"}, "query_response", [("Q", "R")], False),
    ({"problem": "P", "solution": "S"}, "problem_solution", [("P", "S")], False),
    ({"input": "שאלה 🙂", "output": True}, "input_output", [("שאלה 🙂", "true")], False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "form", "exchanges", "has_system"), READ, ids=[f"{n} {r[1]}" for n, r in enumerate(READ)]
)
def test_read_knows_a_form_by_its_keys(
    row: dict[str, Any], form: str, exchanges: list[tuple[str, str]], has_system: bool
) -> None:
    found = read(row)
    assert isinstance(found, Conversation), found
    assert (found.form, [tuple(one) for one in found.exchanges], found.has_system) == (form, exchanges, has_system)


def test_every_form_is_read_once_in_these_tests() -> None:
    assert {form for _, form, _, _ in READ} == set(NAMES)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("text", "no object"), ({}, "keys of no known form"), ({"text": "x"}, "keys of no known form"),
        ({"instruction": "A", "output": ""}, "an empty response"),
        ({"instruction": " ", "output": "x"}, "an empty prompt"),
        ({"instruction": "A", "output": None}, "an empty response"),
        ({"instruction": {"a": 1}, "output": "x"}, "a prompt or response that is no text"),
        ({"prompt": "\ud800", "completion": "x"}, "half of a surrogate pair, which no encoding can write"),
        ({"messages": []}, "no turn of a user that is answered"),
        ({"messages": [{"role": "user", "content": "A"}]}, "no turn of a user that is answered"),
        ({"messages": [{"role": "narrator", "content": "A"}]}, "a turn of an unknown role 'narrator'"),
        ({"messages": ["A"]}, "a turn that is no object"), ({"messages": [{"content": "A"}]}, "a turn without a role"),
        ({"messages": [{"role": "user", "content": [1]}]}, "a turn that is no text"),
    ],
)  # fmt: skip
def test_read_says_why_not(row: object, reason: str) -> None:
    assert read(row) == reason


def test_a_form_overrides_what_the_keys_tell() -> None:
    row = {"instruction": "I", "output": "O", "prompt": "P", "response": "R"}
    assert read(row).form == "alpaca"  # type: ignore[union-attr]
    found = read(row, "prompt_response")
    assert isinstance(found, Conversation) and tuple(found.exchanges[0]) == ("P", "R")
    assert read(row, "dolly") == Conversation(((("I", "R")),), False, "dolly")  # type: ignore[arg-type]
    assert read(row, "question_answer") == "no 'question'"
    assert read(row, "messages") == "no list 'messages'"
