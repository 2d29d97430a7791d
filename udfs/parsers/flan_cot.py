"""Chain-of-thought tables of the FLAN Collection: question, answer and rationale, separated by tabs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from taskmill.udfs.parsers.records import UNREADABLE_LINE, BadRecord, File, Found, Line, Record, lines, shown

COLUMNS = ("input", "target", "rationale")
SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS])
LINE_BREAK = r"\n"  # two characters


@dataclass(frozen=True)
class FlanCot:
    """The tables of FLAN's `flan/v2/cot_data` (Longpre et al. 2023, https://arxiv.org/abs/2301.13688).

    One record a line, without a header. Quote marks mean nothing, and the two characters backslash and n are a line
    break wherever they stand, as the format has no way to write a backslash before an n.
    A line of fewer or more than three cells, an empty one too, is a bad record.
    """

    @property
    def schema(self) -> pa.Schema:
        return SCHEMA

    def records(self, file: File) -> Iterator[Found]:
        """Every line of a file; see `Parser.records`."""
        for line in lines(file.content):
            yield line if isinstance(line, BadRecord) else _record(line)


def _record(line: Line) -> Found:
    cells = line.text.split("\t")
    if len(cells) != len(COLUMNS):
        detail = f"{len(cells)} cells; expected {len(COLUMNS)}: {', '.join(COLUMNS)}"
        return BadRecord(UNREADABLE_LINE, detail, shown(line.text), line.number)
    texts = (cell.replace(LINE_BREAK, "\n") for cell in cells)
    return Record(dict(zip(COLUMNS, texts, strict=True)), line.number)
