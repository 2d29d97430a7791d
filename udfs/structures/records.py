"""Records and tables as text and back: key-value lines, Markdown, CSV, and the one-line form of table-to-text work.

A record is an object of scalars. A table has one of two shapes, which its text cannot show and the caller names:
`records`, a list of objects with the same keys (read back in the order of the first one), and `columns`,
`{"columns": [...], "rows": [[...]]}`, whose column names may repeat and be numbers. Types survive: a number, boolean or
null is bare (`18.4`, `null`), and text that would read as one is quoted (`"18.4"`), as is text with line breaks or
blanks at an end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.udfs.structures.codec import Codec, NotRoundTripError
from taskmill.udfs.structures.slots import (
    QUOTED,
    SCALAR_WORD,
    Scalar,
    if_written,
    is_plain,
    is_quoted,
    json_scalar,
)

RECORDS, COLUMNS = "records", "columns"
_WORD = re.compile(SCALAR_WORD)
_KEY = re.compile(rf"(?P<quoted>{QUOTED})|(?P<bare>[^:]+)")
_CSV_CELL = re.compile(r'"(?P<quoted>[^"]*(?:""[^"]*)*)"|(?P<bare>(?!")[^",\n]*)')
_HEADER, _ROW = "<H> ", " <R> "


@dataclass(frozen=True)
class Table:
    """Cells without a shape. `named`: the column names are text for certain, and need no quotes to be read as such."""

    columns: Sequence[Scalar]
    rows: Sequence[Sequence[Scalar]]
    named: bool

    @property
    def lines(self) -> Iterator[tuple[Sequence[Scalar], bool]]:
        """The header and the rows, each with whether its cells are text for certain."""
        yield self.columns, self.named
        for row in self.rows:
            yield row, False


def table_of(value: Any, shape: str = RECORDS) -> Table:
    """The cells of a table in the shape `records` or `columns`.

    Raises:
        ValueError: if `value` is not in this shape, has no column, or cells that are no scalars.
        NotRoundTripError: for an empty list of records, whose keys no text can give back.
    """
    if shape == RECORDS:
        return _of_records(value)
    if shape != COLUMNS:
        raise ValueError(f"{shape!r} is no shape of a table (known: {RECORDS}, {COLUMNS})")
    if not isinstance(value, dict) or value.keys() != {"columns", "rows"}:
        raise ValueError("a table in the shape 'columns' is an object with the keys columns and rows")
    columns, rows = value["columns"], value["rows"]
    if not isinstance(columns, list) or not columns or not isinstance(rows, list):
        raise ValueError("columns are a list of one or more names, rows a list")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != len(columns):
            raise ValueError(f"row {number} is no list of {len(columns)} cells")
    return Table(columns, rows, named=False)


def _of_records(value: Any) -> Table:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise ValueError("a table in the shape 'records' is a list of objects; for columns and rows name 'columns'")
    if not value:
        raise NotRoundTripError("a list without records has no column names to give it back by")
    columns = list(value[0])
    if not columns or not all(isinstance(name, str) for name in columns):
        raise ValueError("a table has one or more columns, each with a text as its name")
    for number, row in enumerate(value, 1):
        if row.keys() != value[0].keys():
            raise ValueError(f"record {number} has other keys than the first one")
    return Table(columns, [[row[name] for name in columns] for row in value], named=True)


def _shaped(table: Table, shape: str) -> Any:
    if shape == RECORDS:
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return {"columns": table.columns, "rows": table.rows}


def _is_bare(text: str, is_text: bool) -> bool:
    """Whether `text` needs no quotes; `is_text`: where it stands nothing but text can."""
    return is_plain(text) and (is_text or not _WORD.fullmatch(text))


def _write(value: Scalar, is_text: bool = False) -> str:
    if isinstance(value, str) and _is_bare(value, is_text):
        return value
    return json_scalar(value)


def _read(cell: str, is_text: bool = False) -> Scalar:
    if is_quoted(cell) or (not is_text and _WORD.fullmatch(cell)):
        value: Scalar = json.loads(cell)
        return value
    return cell


def _piped(text: str) -> str:
    """`text` with a backslash before each pipe: GitHub Flavored Markdown, section 4.10."""
    return text.replace("|", "\\|")


def _unpiped(text: str) -> list[str]:
    """The cells between ` | `: within a cell no pipe follows a blank, since it follows its backslash."""
    return [cell.replace("\\|", "|") for cell in text.split(" | ")]


def _markdown(table: Table) -> str:
    lines = ["| " + " | ".join(_piped(_write(cell, sure)) for cell in row) + " |" for row, sure in table.lines]
    lines.insert(1, "|" + " --- |" * len(table.columns))
    return "\n".join(lines)


def _of_markdown(text: str, named: bool) -> Table:
    header, *rest = [line[2:-2] for line in text.split("\n")]
    columns = [_read(cell, named) for cell in _unpiped(header)]
    return Table(columns, [[_read(cell) for cell in _unpiped(line)] for line in rest[1:]], named)


def _linearised(table: Table) -> str:
    lines = [" | ".join(_linear_cell(cell, sure) for cell in row) for row, sure in table.lines]
    return _HEADER + _ROW.join(lines)


def _linear_cell(value: Scalar, is_text: bool) -> str:
    """As in Markdown, but empty text is quoted (a blank at the end would be lost), and so is the mark of a row."""
    if value == "":
        return '""'
    if isinstance(value, str) and "<R>" in value:
        return _piped(json_scalar(value).replace("<R>", "\\u003cR>"))
    return _piped(_write(value, is_text))


def _of_linearised(text: str, named: bool) -> Table:
    header, *rest = text[len(_HEADER) :].split(_ROW)
    columns = [_read(cell, named) for cell in _unpiped(header)]
    return Table(columns, [[_read(cell) for cell in _unpiped(line)] for line in rest], named)


def _csv(table: Table) -> str:
    return "\n".join(_csv_line(row, sure) for row, sure in table.lines)


def _csv_line(row: Sequence[Scalar], is_text: bool) -> str:
    return ",".join(_csv_cell(value, is_text) for value in row) or '""'  # an empty line would be no row


def _csv_cell(value: Scalar, is_text: bool) -> str:
    if not isinstance(value, str):
        return json_scalar(value)
    if _is_bare(value, is_text) and not {",", '"'} & set(value):
        return value
    return '"' + value.replace('"', '""') + '"'


def _of_csv(text: str, named: bool) -> Table:
    rows: list[list[Scalar]] = [[]]
    at = 0
    while True:
        found = _CSV_CELL.match(text, at)
        if found is None:
            raise ValueError(f"the quoted cell at character {at} has no end")
        quoted = found["quoted"]
        cell = _read(found["bare"], named and len(rows) == 1) if quoted is None else quoted.replace('""', '"')
        rows[-1].append(cell)
        at = found.end() + 1
        if at > len(text):
            return Table(rows[0], rows[1:], named)
        if text[at - 1] == "\n":
            rows.append([])
        elif text[at - 1] != ",":
            raise ValueError(f"a comma or a line break is wanted at character {at - 1}")


def _table_codec(name: str, write: Callable[[Table], str], read: Callable[[str, bool], Table]) -> Codec:
    """The codec of a table as `write` and `read` have it; the argument of both ways is the shape."""

    def encode(value: Any, shape: str = RECORDS) -> str:
        return write(table_of(value, shape))

    def decode(text: str, shape: str = RECORDS) -> Any:
        found = read(text.strip(), shape == RECORDS)
        if any(len(row) != len(found.columns) for row in found.rows):
            raise ValueError(f"{name}: a row has more or fewer cells than the header")
        value = _shaped(found, shape)
        return if_written(value, encode(value, shape), text)

    return Codec(name, encode, decode)


def encode_key_values(record: Any) -> str:
    """An object of scalars as lines `key: value`, in its order.

    Raises:
        ValueError: if `record` is no object, has no keys, or a value that is no scalar.
    """
    if not isinstance(record, dict) or not record or not all(isinstance(key, str) for key in record):
        raise ValueError("a record is an object with one or more keys, which are text")
    return "\n".join(f"{_key(key)}: {_write(value) or json_scalar(value)}" for key, value in record.items())


def _key(key: str) -> str:
    return key if key and ":" not in key and key[0] != '"' and _is_bare(key, is_text=True) else json_scalar(key)


def decode_key_values(text: str) -> dict[str, Scalar]:
    """What `encode_key_values` wrote.

    Raises:
        ValueError: for any other text.
    """
    record: dict[str, Scalar] = {}
    for number, line in enumerate(text.strip().split("\n"), 1):
        key = _KEY.match(line)
        if key is None or not line.startswith(": ", key.end()):
            raise ValueError(f"line {number} is not 'key: value'")
        name = json.loads(key["quoted"]) if key["quoted"] else key["bare"]
        record[name] = _read(line[key.end() + 2 :])
    return if_written(record, encode_key_values(record), text)


RECORD_CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("as_key_values", encode_key_values, decode_key_values),
        _table_codec("as_markdown_table", _markdown, _of_markdown),
        _table_codec("as_csv_table", _csv, _of_csv),
        _table_codec("as_linearised", _linearised, _of_linearised),
    )
}
