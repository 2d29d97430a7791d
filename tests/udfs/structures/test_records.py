"""Records and tables: there and back with their types, against the csv module and a published set of tables."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.structures.codec import Codec, NotRoundTripError
from taskmill.udfs.structures.records import RECORD_CODECS, decode_key_values, encode_key_values

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
TABLE_CODECS = {name: codec for name, codec in RECORD_CODECS.items() if name != "as_key_values"}
tables = pytest.mark.parametrize("codec", TABLE_CODECS.values(), ids=TABLE_CODECS)

TEXTS = st.one_of(
    st.text(st.sampled_from('|\\"<>HR: ,\t\n\r\x0b\x1c\x85\u2028\xa0a1-.'), max_size=7),
    st.text(max_size=4),
    st.sampled_from(
        ["", " ", '"', '""', '"a"', "null", "true", "1.5", "-0", "007", "a: b", "<R>", " <R> ", "a <R> b", "\\<R>",
         "\\u003cR>", " | ", "a|", "|a", "\\|", "a\\", "---", "<H> ", "NaN", "1e5", "1_000", "١٢"]
    ),
)  # fmt: skip
SCALARS = st.one_of(
    TEXTS, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip


@st.composite
def grids(draw: st.DrawFn) -> dict[str, Any]:
    width = draw(st.integers(1, 4))
    row = st.lists(SCALARS, min_size=width, max_size=width)
    return {"columns": draw(row), "rows": draw(st.lists(row, max_size=4))}


@st.composite
def lists_of_records(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = draw(st.lists(TEXTS, min_size=1, max_size=4, unique=True))
    return draw(st.lists(st.fixed_dictionaries(dict.fromkeys(names, SCALARS)), min_size=1, max_size=4))


def is_same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1, 1.0 and True are told apart, the order of keys does not count."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def reads_only_what_it_writes(codec: Codec, text: str, *args: str) -> None:
    try:
        value = codec.decode(text, *args)
    except ValueError:
        return
    assert codec.encode(value, *args) == text.strip()


def test_a_table_as_text() -> None:
    table = [
        {"city": "Oslo", "2024": 0.7, "note": None},
        {"city": "Rome|Roma", "2024": "2.8", "note": ""},
        {"city": "a, b", "2024": True, "note": "two\nlines"},
    ]
    assert {name: codec.encode(table) for name, codec in TABLE_CODECS.items()} == {
        "as_markdown_table": (
            "| city | 2024 | note |\n| --- | --- | --- |\n| Oslo | 0.7 | null |\n"
            '| Rome\\|Roma | "2.8" |  |\n| a, b | true | "two\\nlines" |'
        ),
        "as_csv_table": 'city,2024,note\nOslo,0.7,null\nRome|Roma,"2.8",\n"a, b",true,"two\nlines"',
        "as_linearised": (
            '<H> city | 2024 | note <R> Oslo | 0.7 | null <R> Rome\\|Roma | "2.8" | "" '
            '<R> a, b | true | "two\\nlines"'
        ),
    }  # fmt: skip


def test_key_values_as_text() -> None:
    record = {"title": "Ages: a survey", "year": 2019, "code": "2019", "a:b": None, "empty": "", "end": "blank "}
    text = 'title: Ages: a survey\nyear: 2019\ncode: "2019"\n"a:b": null\nempty: ""\nend: "blank "'
    assert encode_key_values(record) == text
    assert is_same(decode_key_values(text), record)


@tables
@given(value=grids())
def test_columns_and_rows_round_trip(codec: Codec, value: dict[str, Any]) -> None:
    text = codec.encode(value, "columns")
    assert is_same(codec.decode(text, "columns"), value)
    assert text == text.strip()


@tables
@given(value=lists_of_records())
def test_records_round_trip(codec: Codec, value: list[dict[str, Any]]) -> None:
    text = codec.encode(value)
    assert is_same(codec.decode(text), value)
    assert text == text.strip()


@given(record=st.dictionaries(TEXTS, SCALARS, min_size=1, max_size=5))
def test_key_values_round_trip(record: dict[str, Any]) -> None:
    text = encode_key_values(record)
    assert is_same(decode_key_values(text), record)
    assert text == text.strip()


def shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@given(value=grids())
def test_csv_is_what_the_csv_module_reads(value: dict[str, Any]) -> None:
    text = RECORD_CODECS["as_csv_table"].encode(value, "columns")
    cells = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert cells == [[shown(cell) for cell in row] for row in [value["columns"], *value["rows"]]]


@given(value=grids())
def test_markdown_has_a_line_for_each_row_and_a_pipe_around_each_cell(value: dict[str, Any]) -> None:
    lines = RECORD_CODECS["as_markdown_table"].encode(value, "columns").split("\n")
    assert len(lines) == len(value["rows"]) + 2
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {len(value["columns"]) + 1}


@tables
@given(data=st.data())
def test_other_tables_are_refused(codec: Codec, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(["records", "columns"]))
    value = [{"a": "x", "b": 1}, {"a": None, "b": "y z"}]
    text = codec.encode(value)
    at = data.draw(st.integers(0, len(text)))
    reads_only_what_it_writes(codec, text[:at] + data.draw(TEXTS) + text[at + data.draw(st.integers(0, 3)) :], shape)
    reads_only_what_it_writes(codec, data.draw(TEXTS), shape)


@given(text=st.text(st.sampled_from('ab:" \n1\\'), max_size=20))
def test_other_key_values_are_refused(text: str) -> None:
    reads_only_what_it_writes(RECORD_CODECS["as_key_values"], text)


@tables
@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (None, "records"), ({}, "records"), ([None], "records"), ([{}], "records"), ([{"a": 1}, {"b": 1}], "records"),
        ([{"a": 1, "b": 2}, {"b": 1}], "records"), ([{"a": [1]}], "records"), ([{"a": math.nan}], "records"),
        ([{3: 1}], "records"), ({"columns": ["a"], "rows": []}, "records"), ([{"a": 1}], "columns"),
        ({"columns": [], "rows": []}, "columns"), ({"columns": ["a"], "rows": [[1, 2]]}, "columns"),
        ({"columns": ["a"], "rows": [None]}, "columns"), ({"columns": ["a"], "rows": [[math.inf]]}, "columns"),
        ({"columns": "a", "rows": []}, "columns"), ([{"a": 1}], "matrix"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(codec: Codec, value: Any, shape: str) -> None:
    with pytest.raises(ValueError):
        codec.encode(value, shape)


@tables
def test_no_records_have_no_text(codec: Codec) -> None:
    with pytest.raises(NotRoundTripError):
        codec.encode([])


@pytest.mark.parametrize("record", [None, {}, [], {"a": []}, {"a": math.nan}, {1: "a"}], ids=repr)
def test_what_is_no_record_is_refused(record: Any) -> None:
    with pytest.raises(ValueError):
        encode_key_values(record)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("codec", RECORD_CODECS.values(), ids=RECORD_CODECS)
@pytest.mark.parametrize(
    "unit", ["|", " | ", '"', '\\"', '""', ",", "\n", "1", ": ", "a: b\n", " <R> ", '"a",', "|\n| "]
)
def test_long_text_is_read_in_linear_time(codec: Codec, unit: str) -> None:
    for text in (unit * 20_000, 'a: "' + unit * 20_000, "<H> " + unit * 20_000, '"' + unit * 20_000):
        reads_only_what_it_writes(codec, text)


def published_tables() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(gzip.decompress((Path(DATA) / "tata/dev.json.gz").read_bytes()))
    return rows


@needs_data
@tables
def test_published_tables_round_trip(codec: Codec) -> None:
    lines = [json.loads(row["table_data"]) for row in published_tables()]
    assert len(lines) == 754
    for header, *rows in lines:
        value = {"columns": header, "rows": rows}
        assert is_same(codec.decode(codec.encode(value, "columns"), "columns"), value)


@needs_data
@tables
def test_published_tables_round_trip_as_records_where_columns_have_names_of_their_own(codec: Codec) -> None:
    accepted = repeating = 0
    for header, *rows in (json.loads(row["table_data"]) for row in published_tables()):
        names = [shown(name) for name in header]
        if len(set(names)) < len(names):
            repeating += 1  # no object can hold such a row
            continue
        value = [dict(zip(names, row, strict=True)) for row in rows]
        assert is_same(codec.decode(codec.encode(value)), value)
        accepted += 1
    assert (accepted, repeating) == (738, 16)


@needs_data
def test_published_records_round_trip() -> None:
    keys = ("example_id", "title", "unit_of_measure", "chart_type", "was_translated", "table_data", "linearized_input")
    records = [{key: row[key] for key in keys} for row in published_tables()]
    assert len(records) == 754
    for record in records:
        assert is_same(decode_key_values(encode_key_values(record)), record)
