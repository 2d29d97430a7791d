"""Tables of cells between separators (CSV, TSV), with line breaks in quoted cells and with exact line numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from taskmill.udfs.parsers.records import (
    INVALID_UTF8,
    LINE_TOO_LONG,
    MAX_LINE_BYTES,
    SHOWN_CHARS,
    UNREADABLE_FILE,
    UNREADABLE_LINE,
    BadRecord,
    File,
    Found,
    Record,
    shown,
)

SCHEMA = pa.schema([("row", pa.map_(pa.string(), pa.string()))])
BOM = b"\xef\xbb\xbf"
CARRIAGE_RETURN = 0x0D
NAME_CHARS = 60  # of a column in a message
DOUBLED = '"'  # as `escape`: two quotes are one


@dataclass(frozen=True)
class Delimited:
    """Cells between separators, as in RFC 4180, in UTF-8.

    One record a row: `row` maps the name of each column to its cell, a text that may be empty and is never null, so
    that SQL says `row['text']`. `\\n` and `\\r\\n` end a row; inside quotes they, and everything else, belong to the
    cell. A quote mark inside a cell that does not begin with one is part of the text. Empty lines are left out.

    Attributes:
        separator: one or more characters; `\\t` may be written as the two characters.
        quote: the character around cells, or empty where quote marks mean nothing.
        escape: the character that takes its meaning from the next one, inside quotes. The default, as well as the
            quote itself, stands for two quotes that are one.
        header: whether the first row names the columns.
        columns: their names, separated by blanks or commas, if there is no header.

    A row of fewer or more cells than columns is a bad record. So is one with a quote that is never closed, or after
    which more text follows: the next row is then looked for in the next line. A file whose header cannot be read, or
    names a column twice, is one bad record.

    Raises:
        ValueError: if an option cannot be used; the message names it.
    """

    separator: str = ","
    quote: str = '"'
    escape: str = DOUBLED
    header: bool = True
    columns: str = ""

    def __post_init__(self) -> None:
        separator, names = self._separator, self._names
        if not separator or set(separator) & {"\n", "\r"}:
            raise ValueError(f"separator: {self.separator!r} cannot separate cells")
        if self.quote and (len(self.quote) > 1 or self.quote in {*separator, "\n", "\r"}):
            raise ValueError(f"quote: {self.quote!r} is no single character that is free for it")
        if len(self.escape) != 1 or self.escape in {*separator, "\n", "\r"}:
            raise ValueError(f"escape: {self.escape!r} is no single character that is free for it")
        if self.header == bool(names):
            raise ValueError(
                "columns: the header names them; leave this out or set header to false"
                if names
                else "columns: without a header, write the names of the columns here"
            )
        if len(set(names)) < len(names):
            raise ValueError(f"columns: a name stands twice in {self.columns!r}")

    @property
    def schema(self) -> pa.Schema:
        return SCHEMA

    @property
    def _separator(self) -> str:
        return self.separator.replace(r"\t", "\t")

    @property
    def _names(self) -> list[str]:
        return self.columns.replace(",", " ").split()

    def records(self, file: File) -> Iterator[Found]:
        """Every row of a file; see `Parser.records`."""
        names = self._names
        escape = "" if self.escape in (self.quote, DOUBLED) else self.escape
        rows = _Rows(file.content, self._separator.encode(), self.quote.encode(), escape.encode()).rows()
        if self.header:
            first = next(rows, None)
            if first is None:
                return
            if (fault := _header_fault(first)) is not None:
                yield fault
                return
            names = [] if isinstance(first, BadRecord) else first.cells
        expected = shown(f"expected {len(names)}: {', '.join(names)}")
        for row in rows:
            yield row if isinstance(row, BadRecord) else _record(row, names, expected)


@dataclass(frozen=True)
class _Row:
    cells: list[str]
    raw: bytes
    line: int


def _record(row: _Row, names: Sequence[str], expected: str) -> Found:
    if len(row.cells) != len(names):
        return BadRecord(UNREADABLE_LINE, f"{len(row.cells)} cells; {expected}", shown(row.raw), row.line)
    return Record({"row": list(zip(names, row.cells, strict=True))}, row.line)


def _header_fault(row: _Row | BadRecord) -> BadRecord | None:
    if isinstance(row, BadRecord):
        return BadRecord(UNREADABLE_FILE, f"the header: {row.reason}, {row.detail}", row.raw, row.line)
    name, count = Counter(row.cells).most_common(1)[0]
    if count > 1:
        detail = f"the header: {name[:NAME_CHARS]!r} stands in it {count} times"
    elif any("\r" in name for name in row.cells):  # the rows would pass for more names, and nobody would miss them
        detail = "the header: a carriage return alone does not end a line"
    else:
        return None
    return BadRecord(UNREADABLE_FILE, detail, shown(row.raw), row.line)


class _QuoteError(ValueError):
    """A quote that is none, or a closing one that is missing."""


class _Rows:
    """Splits a content into rows, in linear time however many quotes are not closed.

    A row goes on in the next line only within quotes, so what follows a line break does not depend on where the row
    began. After a fault every line break inside quotes up to there is therefore known to lead to it: `doomed`.
    """

    def __init__(self, content: bytes, separator: bytes, quote: bytes, escape: bytes) -> None:
        self.content, self.separator, self.quote, self.escape = content, separator, quote, escape
        self.marks = re.compile(b"|".join(re.escape(mark) for mark in (quote, escape) if mark))
        self.escaped = re.compile(re.escape(escape) + b"(.)", re.DOTALL)
        self.doomed, self.fault = 0, ""
        self.line_end = self.text_end = 0  # of the current line: where `\n` stands, and where `\r\n` begins

    def rows(self) -> Iterator[_Row | BadRecord]:
        start = len(BOM) if self.content.startswith(BOM) else 0
        line = 1
        while start < len(self.content):
            self._enter_line(start)
            first_end, first_text_end = self.line_end, self.text_end
            try:
                cells = self._cells(start)
            except _QuoteError as error:
                yield BadRecord(UNREADABLE_LINE, str(error), shown(self.content[start:first_text_end]), line)
                start, line = first_end + 1, line + 1
                continue
            if self.text_end > start:
                yield self._row(cells, start, line)
            line += 1 + self.content.count(b"\n", start, self.line_end)
            start = self.line_end + 1

    def _row(self, cells: list[bytes], start: int, line: int) -> _Row | BadRecord:
        size = self.text_end - start
        raw = self.content[start : start + min(size, 4 * SHOWN_CHARS)]
        if size > MAX_LINE_BYTES:
            return BadRecord(LINE_TOO_LONG, f"{size:,} bytes; the limit is {MAX_LINE_BYTES:,}", shown(raw), line)
        try:
            return _Row([cell.decode("utf-8") for cell in cells], raw, line)
        except UnicodeDecodeError as error:
            return BadRecord(INVALID_UTF8, f"byte {error.start + 1} of a cell", shown(raw), line)

    def _cells(self, start: int) -> list[bytes]:
        """The cells of the row that begins in the current line, which becomes the last one of the row."""
        line = self.content[start : self.text_end]
        if not self.quote or self.quote not in line:
            return line.split(self.separator)
        cells: list[bytes] = []
        position = start
        while True:
            is_quoted = self.content.startswith(self.quote, position)
            cell, position = self._quoted(position) if is_quoted else self._bare(position)
            cells.append(cell)
            if position == self.text_end:
                return cells
            position += len(self.separator)

    def _bare(self, start: int) -> tuple[bytes, int]:
        found = self.content.find(self.separator, start, self.text_end)
        end = self.text_end if found < 0 else found
        return self.content[start:end], end

    def _quoted(self, start: int) -> tuple[bytes, int]:
        """The text of a quoted cell, and where the separator or the end of the row follows."""
        start += len(self.quote)
        close = self._close(start)
        end = close + len(self.quote)
        if end != self.text_end and not self.content.startswith(self.separator, end):
            raise self._error(end, "text behind a quote that closes a cell")
        text = self.content[start:close]
        if self.escape:
            return self.escaped.sub(rb"\1", text), end
        return text.replace(self.quote * 2, self.quote), end

    def _close(self, position: int) -> int:
        """The place of the quote that closes a cell, whose line becomes the current one."""
        while True:
            found = self.marks.search(self.content, position, self.line_end)
            if found is None:
                position = max(position, self._next_line())
                continue
            follows = self.content.startswith(self.quote, found.end())
            if found.group() == self.quote and (self.escape or not follows):
                return found.start()
            position = found.end() + (len(self.quote) if follows else 1)

    def _next_line(self) -> int:
        if self.line_end < self.doomed:
            raise _QuoteError(self.fault)
        if self.line_end == len(self.content):
            raise self._error(self.line_end, "a quote that is never closed")
        start = self.line_end + 1
        self._enter_line(start)
        return start

    def _enter_line(self, start: int) -> None:
        found = self.content.find(b"\n", start)
        self.line_end = self.text_end = len(self.content) if found < 0 else found
        if start < found and self.content[found - 1] == CARRIAGE_RETURN:
            self.text_end = found - 1

    def _error(self, position: int, fault: str) -> _QuoteError:
        self.doomed, self.fault = position, fault
        return _QuoteError(fault)
