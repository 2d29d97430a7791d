"""Tables of text (CSV, TSV and the like): the separator, the quoting, whether there is a header, and the rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from taskmill.jobs.guessing.heads import Head
from taskmill.jobs.guessing.kinds import TEXT, kind_of_cells
from taskmill.jobs.guessing.layouts import Layout, spread
from taskmill.udfs.parsers.delimited import Delimited
from taskmill.udfs.parsers.flan_cot import COLUMNS, LINE_BREAK
from taskmill.udfs.parsers.records import File, Record

SEPARATORS = ("\t", ",", ";", "|")
MAX_COLUMNS = 300
MAX_FAULTY = 0.1  # of the rows: of more, the file is no such table
HEADER_CHARS = 40
MAX_NUMBERS = 10
NAMELESS = "_c0"  # what Spark calls the first column if its header is empty, as tables written with their index have it
_HEADER_NAME = re.compile(r"[^\W\d][\w .:/()#-]*")
# The rationale of FLAN's tables is longer than the answer, and the question too.
LEAST_TEXT = 25


@dataclass(frozen=True)
class _Reading:
    """A table under one dialect: the cells of its rows, and how many rows have another number of them."""

    separator: str
    quote: str
    rows: list[list[str]]
    faults: int

    @property
    def rank(self) -> tuple[float, int, int, bool]:
        """Better readings come first: fewer faults, more columns, and then that with quotes."""
        width = len(self.rows[0]) if self.rows else 0
        share = self.faults / max(1, len(self.rows) + self.faults)
        return round(share, 2), -width, self.faults, not self.quote


def delimited_layout(head: Head) -> Layout | None:
    """How a table of text is to be read, or None if its lines do not hold the same number of cells, two or more."""
    content = head.lines
    if not content or b"\0" in content[:4096]:
        return None
    readings = [found for separator in SEPARATORS for found in _readings(content, separator, head.is_whole)]
    if not readings:
        return None
    best = min(readings, key=lambda one: one.rank)
    if has_header(best.rows):
        names, rows = [best.rows[0][0] or NAMELESS, *best.rows[0][1:]], best.rows[1:]
    elif _is_flan_cot(best):
        cells = [[cell.replace(LINE_BREAK, "\n") for cell in row] for row in best.rows]
        return Layout("flan_cot", spread([dict(zip(COLUMNS, row, strict=True)) for row in cells]), faults=best.faults)
    else:
        names, rows = [f"column{place + 1}" for place in range(len(best.rows[0]))], best.rows
    found = spread([dict(zip(names, row, strict=True)) for row in rows])
    columns = () if rows is not best.rows else tuple(names)
    return Layout("csv", found, _options(best, not columns), columns, faults=best.faults)


def _options(reading: _Reading, header: bool) -> dict[str, str | bool]:
    options: dict[str, str | bool] = {"header": header}
    if reading.separator != ",":
        options["sep"] = reading.separator
    if not reading.quote:
        return {**options, "quote": ""}
    return {**options, "multiLine": True, "quote": '"', "escape": '"'}


def _readings(content: bytes, separator: str, is_whole: bool) -> Iterator[_Reading]:
    """The table with and without quoting, if it is one."""
    for quote in _quotes(content, separator):
        width = _width(content, separator, quote)
        if not 2 <= width <= MAX_COLUMNS:
            continue
        names = " ".join(f"c{number}" for number in range(width))
        parser = Delimited(separator=separator, quote=quote, header=False, columns=names)
        rows, faults = _rows(parser, content, is_whole)
        if rows and faults <= MAX_FAULTY * len(rows):
            yield _Reading(separator, quote, rows, faults)


def _quotes(content: bytes, separator: str) -> tuple[str, ...]:
    """The ways of quoting that the content may have: as CSV is quoted and TSV is not where it does not tell."""
    if separator == "\t":
        return ('"', "") if re.search(rb'(?:^|[\t\n])"', content) else ("",)
    return ('"', "") if b'"' in content else ('"',)


def _rows(parser: Delimited, content: bytes, is_whole: bool) -> tuple[list[list[str]], int]:
    """The cells of each row, and the number of faults; behind the last good row of a cut-off file none counts."""
    rows: list[list[str]] = []
    faults = behind = 0
    for found in parser.records(File("", content)):
        if isinstance(found, Record):
            rows.append([cell for _, cell in found.values["row"]])
            faults, behind = faults + behind, 0
        else:
            behind += 1
    return rows, faults + (behind if is_whole else 0)


def _width(content: bytes, separator: str, quote: str) -> int:
    """The number of cells in the first row; 0 if it cannot be told."""
    text = io.StringIO(content.decode("utf-8", "replace").removeprefix("\ufeff"), newline="")
    try:
        if not quote:
            return len(next(csv.reader(text, delimiter=separator, quoting=csv.QUOTE_NONE), []))
        return len(next(csv.reader(text, delimiter=separator, quotechar=quote), []))
    except csv.Error:  # a cell longer than the module reads
        return 0


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: short, different names, of which none stands below itself.

    A row of numbers and long texts is data. Names alone do not make a header: the cells under them must be of another
    kind, or not look like names themselves.
    """
    if len(rows) < 2:
        return False
    first, body = rows[0], rows[1:200]
    if len(set(first)) < len(first) or not all(_is_name(cell) for cell in first[not first[0] :]):
        return False
    columns = [[row[place] for row in body] for place in range(len(first))]
    if any(name in column for name, column in zip(first, columns, strict=True)):
        return False
    return any(
        kind_of_cells(column) != TEXT or mean(map(len, column)) > 2 * len(name) or len(set(column)) * 2 <= len(column)
        for name, column in zip(first, columns, strict=True)
    )


def _is_name(cell: str) -> bool:
    return len(cell) <= HEADER_CHARS and _HEADER_NAME.fullmatch(cell.strip()) is not None


def _is_flan_cot(reading: _Reading) -> bool:
    """Three cells between tabs, unquoted: a question, a short answer, and the way from one to the other."""
    if reading.separator != "\t" or len(reading.rows[0]) != len(COLUMNS):
        return False
    question, answer, rationale = (mean(len(row[place]) for row in reading.rows) for place in range(len(COLUMNS)))
    return min(question, rationale) > LEAST_TEXT and 2 * answer < min(question, rationale)


def made_up_names(rows: Sequence[Sequence[str]]) -> list[str]:
    """Names for the columns of a table without a header, by what is in them.

    The longest text is `text`, or `question` beside numbers or other short answers that hardly repeat; a column of few
    values is `label`. The others are `column3` and so on.
    """
    width = len(rows[0]) if rows else 0
    if not width:
        return []
    columns = [[row[place] for row in rows] for place in range(width)]
    lengths = [mean(map(len, column)) for column in columns]
    names = [f"column{place}" for place in range(1, width + 1)]
    main = max(range(width), key=lambda place: lengths[place])
    others = [place for place in range(width) if place != main]
    few = [place for place in others if 2 <= len(set(columns[place])) <= _most_labels(columns[place])]
    names[main] = "text"
    if few:
        names[min(few, key=lambda place: len(set(columns[place])))] = "label"
    elif width == 2 and lengths[others[0]] * 3 < lengths[main]:
        names[main], names[others[0]] = "question", "answer"
    return names


def _most_labels(cells: Sequence[str]) -> int:
    """How many different cells a column of labels may have; numbers of many values are answers, not labels."""
    numbers = sum(kind_of_cells([cell]) != TEXT for cell in cells)  # not all: some are written 1,080
    return max(2, min(len(cells) // 4, MAX_NUMBERS if 2 * numbers > len(cells) else len(cells)))
