"""Rows of delimited files, against Python's csv module, a slower reading of the same, and the published tables."""

from __future__ import annotations

import csv
import gzip
import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.parsers import delimited
from taskmill.udfs.parsers.delimited import Delimited
from taskmill.udfs.parsers.records import BadRecord, File, Found, Record

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
CELLS = st.text(
    st.one_of(st.sampled_from("\"',;\\\n\r\t \0\ufeff"), st.characters(exclude_categories=["Cs"])), max_size=6
)
TABLES = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1))
MESSES = st.text(st.sampled_from('",\na\\'), max_size=40)


def found_in(content: str | bytes, parser: Delimited | None = None) -> list[Found]:
    content = content.encode() if isinstance(content, str) else content
    return list((parser or Delimited()).records(File("train.csv", content)))


def cells_in(found: list[Found]) -> list[list[str]]:
    return [[cell for _, cell in one.values["row"]] for one in found if isinstance(one, Record)]


def unnamed(width: int, **options: str) -> Delimited:
    return Delimited(header=False, columns=" ".join(f"c{number}" for number in range(width)), **options)


def by_line_feed(text: str) -> Iterator[str]:
    yield from io.StringIO(text, newline="\n")


def test_rows_have_line_breaks_quotes_and_lines() -> None:
    content = 'text,label\r\n"two\r\nlines, one cell",0\r\n\r\nhe said "no","He said ""no"""\r\n"",\r\n'
    assert found_in("\ufeff" + content) == [
        Record({"row": [("text", "two\r\nlines, one cell"), ("label", "0")]}, 2),
        Record({"row": [("text", 'he said "no"'), ("label", 'He said "no"')]}, 5),
        Record({"row": [("text", ""), ("label", "")]}, 6),
    ]


def test_rows_are_maps_in_arrow() -> None:
    rows = [one.values["row"] for one in found_in("a,b\n1,\n") if isinstance(one, Record)]
    assert pa.array(rows, Delimited().schema.field("row").type).to_pylist() == [[("a", "1"), ("b", "")]]


@given(TABLES, st.sampled_from([",", "\t", ";", "::"]), st.booleans())
def test_written_tables_are_read_back(table: list[list[str]], separator: str, has_bom: bool) -> None:
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in table]
    text = "".join(separator.join(row) + "\n" for row in quoted)
    found = found_in("\ufeff" * has_bom + text, unnamed(len(table[0]), separator=separator))
    assert cells_in(found) == table
    lines = [1 + sum("".join(row).count("\n") + 1 for row in table[:before]) for before in range(len(table))]
    assert [one.line for one in found] == lines


@given(TABLES, st.sampled_from(['"', "'"]), st.sampled_from([None, "\\"]), st.booleans())
def test_tables_of_the_csv_module_are_read_as_it_reads_them(
    table: list[list[str]], quote: str, escape: str | None, is_all_quoted: bool
) -> None:
    written = io.StringIO(newline="")
    style: Literal[0, 1] = csv.QUOTE_ALL if is_all_quoted or escape else csv.QUOTE_MINIMAL
    csv.writer(written, quotechar=quote, doublequote=not escape, escapechar=escape, quoting=style).writerows(table)
    text = "\ufeff" + written.getvalue()  # or a table that begins with one would lose it
    reader = csv.reader(by_line_feed(text[1:]), quotechar=quote, doublequote=not escape, escapechar=escape, strict=True)
    starts, rows = [], []
    ended = 0
    for row in reader:
        rows.append(row)
        starts.append(ended + 1)
        ended = reader.line_num
    found = found_in(text, unnamed(len(table[0]), quote=quote, escape=escape or '"'))
    assert cells_in(found) == rows == table
    assert [one.line for one in found] == starts


@given(MESSES)
def test_what_the_csv_module_refuses_is_a_bad_record_and_nothing_else_is(text: str) -> None:
    found = found_in(text, unnamed(2))
    faults = [one for one in found if isinstance(one, BadRecord) and "quote" in one.detail]
    try:
        rows = [row for row in csv.reader(by_line_feed(text), strict=True) if row]
    except csv.Error:
        assert faults
        return
    assert not faults
    assert cells_in(found) == [row for row in rows if len(row) == 2]
    assert len(found) == len(rows)


@given(MESSES, st.sampled_from(['"', "\\"]))
def test_remembered_faults_change_nothing(text: str, escape: str) -> None:
    class Forgetful(delimited._Rows):
        def _error(self, position: int, fault: str) -> delimited._QuoteError:
            return delimited._QuoteError(fault)

    escaped = b"" if escape == '"' else escape.encode()
    arguments = (text.encode(), b",", b'"', escaped)
    assert list(delimited._Rows(*arguments).rows()) == list(Forgetful(*arguments).rows())


def test_a_quote_that_is_never_closed_costs_one_line() -> None:
    found = found_in('a,b\n1,x\n2,"y\n3,z\n"4\n4",w\n')
    assert cells_in(found) == [["1", "x"], ["3", "z"], ["4\n4", "w"]]
    assert [one for one in found if isinstance(one, BadRecord)] == [
        BadRecord("unreadable_line", "text behind a quote that closes a cell", '2,"y', 3)
    ]
    assert found_in('a,b\n2,"y\n3,z') == [
        BadRecord("unreadable_line", "a quote that is never closed", '2,"y', 2),
        Record({"row": [("a", "3"), ("b", "z")]}, 3),
    ]


@pytest.mark.parametrize("line", ['"a\n', 'b","c\n', ',"\n', '"a""\n', 'x,"",""","\n'], ids=repr)
def test_quotes_that_are_never_closed_take_linear_time(line: str) -> None:
    began = time.perf_counter()
    assert found_in(line * 100_000 + '"', unnamed(2))
    assert time.perf_counter() - began < 10  # each of the lines read to the end would take an hour


def test_one_line_of_many_cells_takes_linear_time() -> None:
    began = time.perf_counter()
    assert len(cells_in(found_in('"",x,' * 100_000 + "\n", unnamed(200_001)))[0]) == 200_001
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        (r'"a\\",b', ["a\\", "b"]),
        (r'"a\"",b', ['a"', "b"]),
        (r'"a\\\",b",c', ['a\\",b', "c"]),
        ('"a\\\nb",c', ["a\nb", "c"]),
        (r"a\,b", ["a\\", "b"]),
        (r'"\é\x",', ["éx", ""]),
    ],
    ids=["itself", "a quote", "both", "a line end", "outside quotes", "others"],
)
def test_an_escape_takes_the_meaning_of_the_next_character_inside_quotes(text: str, cells: list[str]) -> None:
    assert cells_in(found_in(text + "\n1,2\n", unnamed(2, escape="\\"))) == [cells, ["1", "2"]]


def test_ragged_rows_are_bad_records_with_their_line() -> None:
    found = found_in('a,b\n1\n"2\n2",2,2\n3,3\n')
    assert [(one.reason, one.detail, one.raw, one.line) for one in found if isinstance(one, BadRecord)] == [
        ("unreadable_line", "1 cells; expected 2: a, b", "1", 2),
        ("unreadable_line", "3 cells; expected 2: a, b", '"2\n2",2,2', 3),
    ]
    assert cells_in(found) == [["3", "3"]]


def test_bytes_that_are_no_text_cost_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_LINE_BYTES", 10)
    found = found_in(b'a,b\n1,\xff\n"\xe9\n",2\n3,\0\n4,"345678\n"\n5,5')
    assert [(one.reason, one.line) for one in found if isinstance(one, BadRecord)] == [
        ("invalid_utf8", 2), ("invalid_utf8", 3), ("line_too_long", 6)
    ]  # fmt: skip
    assert cells_in(found) == [["3", "\0"], ["5", "5"]]


def test_without_quotes_a_quote_mark_is_text_and_returns_stay() -> None:
    parser = Delimited(separator=r"\t", quote="")
    assert cells_in(found_in('a\tb\n"x\r\r\ty\r\n', parser)) == [['"x\r\r', "y"]]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ("a,b,a\n1,2,3\n", "the header: 'a' stands in it 2 times"),
        ('a,"b\n1,2\n', "the header: unreadable_line, a quote that is never closed"),
        ("a,b\r1,2\r", "the header: a carriage return alone does not end a line"),
        (b"\xff\n1\n", "the header: invalid_utf8, byte 1 of a cell"),
    ],
    ids=["repeated name", "open quote", "old line ends", "no text"],
)
def test_a_header_that_cannot_be_read_is_one_bad_record(content: str | bytes, detail: str) -> None:
    found = found_in(content)
    assert [(one.reason, one.detail) for one in found if isinstance(one, BadRecord)] == [("unreadable_file", detail)]
    assert len(found) == 1


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n", "a,b\n", "a,b"])
def test_files_without_rows_give_nothing(content: str) -> None:
    assert found_in(content) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"separator": ""}, "separator: ''"),
        ({"separator": "\n"}, "separator: "),
        ({"quote": ","}, "quote: ','"),
        ({"quote": "''"}, "quote: \"''\""),
        ({"escape": ""}, "escape: ''"),
        ({"columns": "a b"}, "columns: the header names them"),
        ({"header": False}, "columns: without a header"),
        ({"header": False, "columns": "a, b a"}, "columns: a name stands twice"),
    ],
    ids=str,
)
def test_options_that_cannot_be_used_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match="^" + said.replace("(", r"\(")):
        Delimited(**options)  # type: ignore[arg-type]


@needs_data
@pytest.mark.parametrize(
    ("pattern", "parser", "count"),
    [
        ("banking77/*.csv*", Delimited(), 10_003),
        ("nusax/mt/*.csv*", Delimited(), 600),
        ("cad_sentiment/**/*.tsv*", Delimited(separator="\t"), 3_904),
        ("gap/*.tsv*", Delimited(separator="\t", quote=""), 2_454),
        ("mgsm/*.tsv*", unnamed(2, separator="\t", quote=""), 1_750),
    ],
    ids=["banking77", "nusax", "cad_sentiment", "gap", "mgsm"],
)
def test_every_published_row_is_read(pattern: str, parser: Delimited, count: int) -> None:
    total = 0
    for path in sorted(Path(DATA).glob(pattern)):
        raw = path.read_bytes()
        content = gzip.decompress(raw) if path.suffix == ".gz" else raw
        style: Literal[0, 3] = csv.QUOTE_MINIMAL if parser.quote else csv.QUOTE_NONE
        reader = csv.reader(by_line_feed(content.decode("utf-8-sig")), delimiter=parser.separator, quoting=style)
        rows = [row for row in reader if row][1 if parser.header else 0 :]
        found = found_in(content, parser)
        assert not [one for one in found if isinstance(one, BadRecord)], path
        assert cells_in(found) == rows, path
        total += len(rows)
    assert total == count
