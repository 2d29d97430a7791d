"""Types, label sets and derived columns."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.jobs.guessing.columns import Column, agreed, columns_of, with_languages
from taskmill.jobs.guessing.derived import derived
from taskmill.jobs.guessing.kinds import identifier, kind_of, kind_of_cells, schema_of

SCALARS = st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=5)
ARROW_NAMES = {"string": "string", "bigint": "int64", "double": "double", "boolean": "bool"}


def by_name(rows: list[dict[str, Any]], **options: Any) -> dict[str, Column]:
    return {column.name: column for column in columns_of(rows, **options)}


def arrow_name(ddl: str) -> str:
    """Spark's name of a type as Arrow's; only scalars and lists of them."""
    inner = ddl.removeprefix("array<").removesuffix(">")
    return f"list<item: {ARROW_NAMES[inner]}>" if ddl.startswith("array<") else ARROW_NAMES[inner]


@settings(max_examples=30, deadline=None)
@given(st.one_of(*(st.lists(one, min_size=1) for one in (st.booleans(), st.integers(-9, 9), st.text()))))
def test_kind_of_agrees_with_arrow_on_values_of_one_type(values: list[Any]) -> None:
    assert arrow_name(kind_of(values).ddl) == str(pa.infer_type(values))
    assert arrow_name(kind_of([values, None]).ddl) == str(pa.infer_type([values])).replace("list<element", "list<item")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.recursive(st.none() | SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))))
def test_kind_of_gives_every_value_a_type(values: list[Any]) -> None:
    assert kind_of(values).ddl


@pytest.mark.parametrize(
    ("values", "ddl"),
    [
        pytest.param([1, 2.5, None], "double", id="numbers"),
        pytest.param([1, "a"], "string", id="mixed"),
        pytest.param([True, 1], "string", id="boolean-is-no-number"),
        pytest.param([2**63], "string", id="beyond-64-bits"),
        pytest.param([None, None], "string", id="nothing"),
        pytest.param([[], [None]], "array<string>", id="empty-lists"),
        pytest.param(
            [{"a": 1}, {"b c": [{"d": None}]}], "struct<a: bigint, `b c`: array<struct<d: string>>>", id="struct"
        ),
        pytest.param([{str(number): 1 for number in range(500)}], "string", id="too-many-members"),
    ],
)
def test_kind_of_finds_what_holds_all(values: list[Any], ddl: str) -> None:
    assert kind_of(values).ddl == ddl


def test_kind_of_ends_in_text_where_lists_are_too_deep() -> None:
    deep: Any = "x"
    for _ in range(5_000):
        deep = [deep]
    assert kind_of([deep]).ddl.count("array<") < 20


def test_cells_are_numbers_only_if_each_is_one() -> None:
    assert [kind_of_cells(cells) for cells in (["1", "-20", ""], ["1.5", "2e3"], ["007"], ["1,080", "2"], [])] == [
        "integer", "number", "number", "text", "text",
    ]  # fmt: skip


def test_schema_of_quotes_what_sql_would_not_take() -> None:
    assert [identifier(name) for name in ("a_1", "A-coref", "select", "é", "x`y")] == [
        "a_1", "`A-coref`", "`select`", "`é`", "`x``y`",
    ]  # fmt: skip
    assert schema_of({"a": kind_of([1]), "from": kind_of(["x"])}) == "a bigint, `from` string"


ROWS = [
    {
        "id": f"r{number}", "text": f"Sentence number {number} is here.", "label": ["no", "yes"][number % 2],
        "level": number % 3, "flag": number % 2 == 0, "maybe": None if number % 4 else "rarely",
        "answers": [{"text": f"a{number}", "start": number}], "inner": {"real-label": number / 7},
        "tags": ["x", "y"][: number % 3],
    }
    for number in range(40)
]  # fmt: skip


def test_columns_of_tells_types_nulls_distinct_values_and_labels() -> None:
    found = by_name(ROWS)
    assert {name: str(column.kind) for name, column in found.items()} == {
        "id": "text", "text": "text", "label": "text", "level": "integer", "flag": "boolean", "maybe": "text",
        "answers": "list<struct<text, start>>", "answers.text": "list<text>", "inner": "struct<real-label>",
        "inner.real-label": "number", "tags": "list<text>",
    }  # fmt: skip
    assert {name: column.labels for name, column in found.items() if column.labels} == {
        "label": ("no", "yes"), "level": ("0", "1", "2"), "flag": ("false", "true"), "tags": ("x", "y"),
    }  # fmt: skip
    assert found["maybe"].null_share == 0.75
    assert found["text"].distinct_count == 40
    assert [name for name, column in found.items() if column.is_text] == ["text", "maybe"]
    assert found["inner.real-label"].sql == "`inner`.`real-label`"
    assert found["answers.text"].sql == "transform(answers, one -> one.text)"


def test_columns_of_takes_declared_labels_as_they_are() -> None:
    assert by_name(ROWS, known={"label": ["yes", "no", "never"]})["label"].labels == ("yes", "no", "never")


def test_what_stands_for_no_label_is_none() -> None:
    found = by_name([{"gold": ["yes", "no", "-"][n % 3], "code": [0, 1, -1][n % 3]} for n in range(30)])
    assert (found["gold"].labels, found["code"].labels) == (("no", "yes"), ("0", "1"))


def test_texts_that_differ_are_no_labels() -> None:
    assert not by_name([{"name": f"word {number // 2}"} for number in range(20)])["name"].labels
    assert not by_name([{"name": "always"}] * 20)["name"].labels


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(["en", "en", None], "en", id="one"),
        pytest.param(["zh", "yue", "zh", "wuu"], "zh", id="a-macrolanguage"),
        pytest.param(["en", "de"], None, id="two"),
        pytest.param([None], None, id="none"),
        pytest.param([], None, id="nothing"),
    ],
)
def test_agreed_needs_nearly_all(tags: list[str | None], expected: str | None) -> None:
    assert agreed(tags) == expected


def test_with_languages_asks_for_texts_alone() -> None:
    asked: list[list[str]] = []
    found = with_languages(columns_of(ROWS), lambda texts: asked.append(list(texts)) or "en")  # type: ignore[func-returns-value]
    assert [column.name for column in found if column.language] == ["text"]
    assert len(asked) == 1


def test_derived_takes_options_out_of_questions() -> None:
    rows = [
        {"input": f"Which, {n}?\nOptions:\n(A) one\n(B) two {n}", "target": "(B)" if n % 2 else "(A)"} for n in range(9)
    ]
    found = {column.name: column for column in derived(columns_of(rows))}
    assert list(found) == ["question", "options", "target"]
    assert (found["question"].values[3], found["options"].values[3]) == ("Which, 3?", ["one", "two 3"])
    assert (found["target"].values[3], found["target"].labels) == ("B", ("A", "B"))


def test_derived_parts_worked_answers() -> None:
    rows = [{"question": f"{n} + 1?", "answer": f"Count on from {n}.\n#### {n + 1:,}"} for n in range(990, 1_010)]
    found = {column.name: column for column in derived(columns_of(rows))}
    assert found["answer"].values[-1] == "1,010"
    assert found["rationale"].values[0] == "Count on from 990."


def test_derived_makes_a_list_of_numbered_options() -> None:
    rows = [{"ending0": "a", "ending1": json.dumps(n), "label2": "x", "label3": "y", "label4": "z"} for n in range(5)]
    (found,) = (column for column in derived(columns_of(rows)) if column.origin)
    assert (found.name, found.sql, found.values[2]) == ("endings", "array(ending0, ending1)", ["a", "2"])
