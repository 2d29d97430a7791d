"""Rows of FLAN's chain-of-thought tables, against made-up lines and the published tables."""

from __future__ import annotations

import csv
import gzip
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.parsers.flan_cot import FlanCot
from taskmill.udfs.parsers.records import BadRecord, File, Found, Record

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
ROWS = {"aqua": 2_728, "gsm8k": 7_473, "qasc": 1_084, "strategyqa": 2_061}
CELLS = st.text(st.characters(exclude_characters="\t\r\\", exclude_categories=["Cs"]))


def found_in(content: bytes) -> list[Found]:
    return list(FlanCot().records(File("train.tsv", content)))


def test_records_have_line_breaks_and_bare_quote_marks() -> None:
    content = b'"Pick one.\\n(A) 1\\n(B) 2\t(A)\tOne is "one\r\nq\t\t\n'
    assert found_in(content) == [
        Record({"input": '"Pick one.\n(A) 1\n(B) 2', "target": "(A)", "rationale": 'One is "one'}, 1),
        Record({"input": "q", "target": "", "rationale": ""}, 2),
    ]


def test_a_line_with_the_wrong_number_of_cells_is_a_bad_record_in_its_place() -> None:
    found = found_in(b"a\tb\n1\t2\t3\n\n1\t2\t3\t4\n\xff\t2\t3\n5\t6\t7")
    assert [(one.line, one.reason if isinstance(one, BadRecord) else one.values["input"]) for one in found] == [
        (1, "unreadable_line"), (2, "1"), (3, "unreadable_line"), (4, "unreadable_line"), (5, "invalid_utf8"), (6, "5"),
    ]  # fmt: skip
    assert found[0] == BadRecord("unreadable_line", "2 cells; expected 3: input, target, rationale", "a\tb", 1)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS)))
def test_written_rows_are_read_back(rows: list[tuple[str, str, str]]) -> None:
    text = "".join("\t".join(cells).replace("\n", "\\n") + "\n" for cells in rows)
    if text.startswith("\ufeff"):  # means nothing in front of a file
        text = "\ufeff" + text
    found = found_in(text.encode())
    assert [tuple(one.values.values()) for one in found if isinstance(one, Record)] == rows
    assert [one.line for one in found] == list(range(1, len(rows) + 1))


@needs_data
@pytest.mark.parametrize("name", ROWS)
def test_every_published_row_is_read(name: str) -> None:
    content = gzip.decompress(Path(DATA, f"flan_cot/{name}_train.tsv.gz").read_bytes())
    reader = csv.reader(io.StringIO(content.decode(), newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    expected = [[cell.replace("\\n", "\n") for cell in cells] for cells in reader]
    found = [one for one in found_in(content) if isinstance(one, Record)]
    assert [list(one.values.values()) for one in found] == expected
    assert len(found) == ROWS[name]
