"""JSON Lines, one object a line, checked and given as they stand: for files that Spark cannot open by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from taskmill.udfs.parsers.json_documents import KEY_CHARS, RepeatedKey, document, is_unicode
from taskmill.udfs.parsers.records import BOM, UNREADABLE_LINE, BadRecord, File, Found, Line, Record, lines, shown

SCHEMA = pa.schema([("row", pa.string())])
JSON_BLANKS = " \t\r"


@dataclass(frozen=True)
class JsonLines:
    """One JSON object a line (https://jsonlines.org, RFC 8259), in UTF-8; blank lines are left out.

    `row` is the line as published, for SQL such as `from_json(row, 'question string')`. A line that is no JSON or no
    object is a bad record, and so is one whose meaning is left to the reader: a key that stands twice in an object,
    at any depth, NaN and infinity, and half of a surrogate pair, which no encoding can write.
    """

    @property
    def schema(self) -> pa.Schema:
        return SCHEMA

    def records(self, file: File) -> Iterator[Found]:
        """Every line of a file that is not blank; see `Parser.records`."""
        for line in lines(file.content):
            if isinstance(line, BadRecord):
                yield line
            elif line.text.strip(JSON_BLANKS):
                yield _record(line)


def _record(line: Line) -> Found:
    fault = _fault(line)
    if fault:
        return BadRecord(UNREADABLE_LINE, fault, shown(line.text), line.number)
    return Record({"row": line.text}, line.number)


def _fault(line: Line) -> str:
    """What is wrong with a line, empty if nothing is."""
    if line.text.startswith(BOM):  # in front of the file it is gone already
        return "a byte order mark within the file"
    value = document(line.text.encode("utf-8"))
    if isinstance(value, BadRecord):
        return value.detail
    if not isinstance(value, dict | RepeatedKey):
        return "a JSON value that is no object"
    return _inner_fault(value)


def _inner_fault(value: Any) -> str:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, RepeatedKey):
            return f"the key {one.key[:KEY_CHARS]!r} stands twice in an object"
        elif isinstance(one, str) and not is_unicode(one):
            return "half of a surrogate pair, which no encoding can write"
    return ""
