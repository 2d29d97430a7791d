"""Several right answers to one question, as Spark SQL: which of them make examples, and which are kept beside."""

from __future__ import annotations

ONE_ANSWER = "one_answer"  # in the entry of a task that wants an example for each


def usable(answers: str) -> str:
    """The answers in an array that are not null or blank, each once, in their order; null for a null array."""
    return f"array_distinct(filter({answers}, answer -> trim(CAST(answer AS string)) <> ''))"


def first_of(answers: str) -> str:
    """The first of them; null where there is none, which the checks then find."""
    return f"get({answers}, 0)"


def for_each(answers: str, entry: str) -> str:
    """An array with `entry` for each answer, which it knows as `ONE_ANSWER`; a row without any has one with a null."""
    some = f"CASE WHEN size({answers}) > 0 THEN {answers} ELSE array({first_of(answers)}) END"
    return f"transform({some}, {ONE_ANSWER} -> {entry})"
