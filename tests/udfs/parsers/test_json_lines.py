"""Lines of JSON objects, against Python's encoder and the published files."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.parsers.json_lines import JsonLines
from taskmill.udfs.parsers.records import BadRecord, File, Found, Record

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=3)


def found_in(content: str | bytes) -> list[Found]:
    return list(JsonLines().records(File("a.jsonl.zst", content.encode() if isinstance(content, str) else content)))


@given(st.lists(st.tuples(OBJECTS, st.booleans(), st.sampled_from(["\n", "\r\n", "\n \t\n\n"])), max_size=4))
def test_objects_are_given_as_they_stand(rows: list[tuple[dict[str, Any], bool, str]]) -> None:
    texts = [json.dumps(row, ensure_ascii=is_ascii) for row, is_ascii, _ in rows]
    found = found_in("\ufeff" + "".join(text + end for text, (_, _, end) in zip(texts, rows, strict=True)))
    assert [one.values["row"] for one in found if isinstance(one, Record)] == texts
    lines = [1 + sum(end.count("\n") for _, _, end in rows[:before]) for before in range(len(rows))]
    assert [one.line for one in found] == lines


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ('{"a": 1,}', "column 9"),
        ('{"a": 1} {"b": 2}', "Extra data, column 10"),
        ('{"a": "x', "Unterminated string starting at, column 7"),
        ("[1]", "a JSON value that is no object"),
        ('"text"', "a JSON value that is no object"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice in an object"),
        ('{"a": [{"b": {"c": 1, "d": 2, "c": 1}}]}', "the key 'c' stands twice in an object"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": [-Infinity]}', "-Infinity is no JSON number"),
        (r'{"a": ["\ud83d"]}', "half of a surrogate pair, which no encoding can write"),
        (r'{"\ude00": 1}', "half of a surrogate pair, which no encoding can write"),
        ('\ufeff{"a": 1}', "a byte order mark within the file"),
        ('{"a": ' + "[" * 200_000, "lists and objects inside each other deeper than 100"),
        ('{"a": ' + "9" * 5_000 + "}", "integer string conversion"),
    ],
    ids=lambda text: text[:20],
)
def test_a_line_that_cannot_be_relied_on_is_a_bad_record(line: str, detail: str) -> None:
    good = r'{"a": "\ud83d\ude00"}'
    found = found_in(f"{good}\n{line}\n{good}")
    assert [one.line for one in found] == [1, 2, 3]
    bad = found[1]
    assert isinstance(bad, BadRecord) and bad.reason == "unreadable_line"
    assert detail in bad.detail
    assert bad.raw == line[:1_000]
    assert found[2] == Record({"row": good}, 3)


def test_lines_that_are_no_text_are_bad_records() -> None:
    assert [one.reason for one in found_in(b'{"a": "\xff"}\n') if isinstance(one, BadRecord)] == ["invalid_utf8"]


@needs_data
def test_every_published_object_is_given() -> None:
    count = 0
    for path in sorted(path for ending in ("*.jsonl", "*.jsonl.gz") for path in Path(DATA).rglob(ending)):
        stored = path.read_bytes()
        content = gzip.decompress(stored) if path.suffix == ".gz" else stored
        rows = [one.values["row"] for one in found_in(content) if isinstance(one, Record)]
        assert rows == content.decode().splitlines() or rows == content.decode().rstrip("\n").split("\n"), path
        count += len(rows)
    assert count == 20_134
