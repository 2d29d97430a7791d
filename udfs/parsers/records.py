"""What every parser takes and gives: files as bytes, and records or the reasons why there is none.

A parser is a frozen dataclass. Its attributes are the options of its format, so a source's `read.options` are checked
against them; each is a text, a number or a boolean, and has a default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

BOM = "\ufeff"
SHOWN_CHARS = 1_000  # of text that cannot be read: the rest is still in the file
MAX_LINE_BYTES = 16 * 1024 * 1024

INVALID_UTF8, LINE_TOO_LONG = "invalid_utf8", "line_too_long"
UNREADABLE_LINE, UNREADABLE_RECORD, UNREADABLE_FILE = "unreadable_line", "unreadable_record", "unreadable_file"


@dataclass(frozen=True)
class File:
    """A file's name, with its folders as far as they are known, and its bytes, decompressed."""

    path: str
    content: bytes

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Record:
    """One record: a value for each column of the parser's schema (missing ones are null), and its first line, from 1.

    `line` is None where the format has no lines.
    """

    values: Mapping[str, Any]
    line: int | None = None


@dataclass(frozen=True)
class BadRecord:
    """What cannot be read: the reason in snake case, in words what is wrong, the text, and its first line, from 1."""

    reason: str
    detail: str
    raw: str = ""
    line: int | None = None


Found = Record | BadRecord


@dataclass(frozen=True)
class Line:
    """A line without its end, numbered from 1."""

    number: int
    text: str


class Parser(Protocol):
    """A format whose files stand for themselves."""

    @property
    def schema(self) -> pa.Schema:
        """The columns of its records."""

    def records(self, file: File) -> Iterator[Found]:
        """Every record of a file in its order, bad ones in their places; never raises for what a file holds."""


@runtime_checkable
class GroupParser(Protocol):
    """A format in which several files make one document."""

    @property
    def schema(self) -> pa.Schema:
        """The columns of its records."""

    def group_of(self, path: str) -> str:
        """What the files of one document share, such as the path without its ending."""

    def records_of(self, files: Sequence[File]) -> Iterator[Found]:
        """Every record of the files of one group, whatever their order; never raises for what they hold."""


@runtime_checkable
class BatchParser(GroupParser, Protocol):
    """A format that gives its records many at once."""

    def batches_of(self, files: Sequence[File]) -> Iterator[pa.RecordBatch | BadRecord]:
        """The records of one group as batches in the parser's schema, with a column `line`, and the bad records."""


@runtime_checkable
class TableParser(Parser, Protocol):
    """A format whose files give their records many at once."""

    def tables(self, file: File) -> Iterator[pa.RecordBatch | BadRecord]:
        """The records of a file as batches in the parser's schema, and the bad ones."""


@runtime_checkable
class OpenParser(Parser, Protocol):
    """A format whose columns stand in its files."""

    def schema_in(self, content: bytes) -> pa.Schema:
        """The schema of a file; ValueError if it has none."""

    def with_schema(self, schema: pa.Schema) -> Parser:
        """The parser of files like the one with this schema."""


def lines(content: bytes) -> Iterator[Line | BadRecord]:
    """The lines of a text in UTF-8: `\\n` and `\\r\\n` end one, a byte order mark in front is left out.

    A line that is no UTF-8 or longer than `MAX_LINE_BYTES` is a bad record, and the next one is read as usual.
    """
    start, number, end = 0, 0, len(content)
    while start < end:
        number += 1
        found = content.find(b"\n", start)
        stop = end if found < 0 else found
        last = stop - 1 if start < found and content[found - 1] == 0x0D else stop
        yield _line(content, start, last, number)
        start = stop + 1


def _line(content: bytes, start: int, stop: int, number: int) -> Line | BadRecord:
    if stop - start > MAX_LINE_BYTES:
        detail = f"{stop - start:,} bytes; the limit is {MAX_LINE_BYTES:,}"
        return BadRecord(LINE_TOO_LONG, detail, shown(content[start : min(stop, start + 4 * SHOWN_CHARS)]), number)
    raw = content[start:stop]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return BadRecord(INVALID_UTF8, f"byte {error.start + 1} of the line", shown(raw), number)
    return Line(number, text.removeprefix(BOM) if number == 1 else text)


def shown(raw: str | bytes) -> str:
    """The beginning of a text that cannot be used, with U+FFFD for what is no UTF-8."""
    if isinstance(raw, bytes):
        return raw[: 4 * SHOWN_CHARS].decode("utf-8", "replace")[:SHOWN_CHARS]
    return raw[:SHOWN_CHARS]
