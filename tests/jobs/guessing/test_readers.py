"""Readers guessed from content, against what wrote it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import ipc

from taskmill.jobs.guessing.cells import has_header, made_up_names
from taskmill.jobs.guessing.heads import Head
from taskmill.jobs.guessing.json_rows import mended
from taskmill.jobs.guessing.layouts import MAX_ROWS, Layout, spread
from taskmill.jobs.guessing.readers import is_table, layout_of, table_layout

QUOTED = {"multiLine": True, "quote": '"', "escape": '"'}
CELL = st.text(alphabet="ab ü,;\t\"'\n", max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(alphabet='a"\\{}[], \n', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)


def seen(content: str | bytes, name: str = "data", is_whole: bool = True) -> Layout:
    found = layout_of(Head(name, content.encode() if isinstance(content, str) else content, is_whole))
    assert found is not None
    return found


@given(
    rows=st.lists(st.tuples(CELL, CELL, st.sampled_from(["yes", "no"])), min_size=12, max_size=20),
    separator=st.sampled_from([",", ";", "\t", "|"]),
)
@settings(max_examples=25, deadline=None)
def test_tables_in_quotes_are_read_as_they_were_written(rows: list[tuple[str, str, str]], separator: str) -> None:
    """The oracle is the module `csv`, which writes every cell in quotes."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["text", "note", "label"])
    writer.writerows(rows)
    found = seen(out.getvalue())
    wanted = {"header": True, **({} if separator == "," else {"sep": separator}), **QUOTED}
    assert (found.format, dict(found.options), found.faults) == ("csv", wanted, 0)
    assert [tuple(row.values()) for row in found.rows] == rows
    assert found.names == ("text", "note", "label")


@given(st.lists(st.tuples(st.text(alphabet="ab \"'", min_size=1, max_size=30), st.integers(0, 99)), min_size=12))
@settings(max_examples=25, deadline=None)
def test_unquoted_tables_keep_every_mark_where_quoting_does_not_fit(rows: list[tuple[str, int]]) -> None:
    """One cell opens with a quote mark and goes on behind the next: no reading with quotes has that."""
    rows = [('"So" he said', 1), ("It's", 2), *rows]
    found = seen("text\tnumber\n" + "".join(f"{text}\t{number}\n" for text, number in rows))
    if found.options["quote"] == "":
        assert [tuple(row.values()) for row in found.rows] == [(text, str(number)) for text, number in rows]
    else:
        assert found.faults > 0  # so few that it may be damage


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([["text", "label"], ["It rains.", "a"], ["It snows.", "a"]], True, id="names"),
        pytest.param([["question", "number"], ["How many?", "3"], ["Which?", "4"]], True, id="numbers-below"),
        pytest.param([["Roger has 5 balls. How many?", "11"], ["Ann has 2.", "3"]], False, id="data"),
        pytest.param([["cat", "noun"], ["dog", "noun"], ["eat", "verb"]], False, id="value-repeated"),
        pytest.param([["a", "a"], ["x", "1"], ["y", "2"]], False, id="same-name-twice"),
        pytest.param([["", "text"], ["0", "It rains."], ["1", "It snows."]], True, id="index-without-a-name"),
        pytest.param([["text", "label"]], False, id="one-row"),
    ],
)
def test_has_header_goes_by_what_stands_below(rows: list[list[str]], expected: bool) -> None:
    assert has_header(rows) is expected


def test_tables_without_a_header_get_names_by_their_content() -> None:
    sums = "".join(f"What is {number} and {number} and one more than {number}?\t{number * 3}\n" for number in range(30))
    found = seen(sums)
    assert (found.columns, found.options["header"]) == (("column1", "column2"), False)
    assert made_up_names([list(row.values()) for row in found.rows]) == ["question", "answer"]
    labels = "".join(f"This is sentence {number} of many.\t{'good' if number % 2 else 'bad'}\n" for number in range(30))
    assert made_up_names([list(row.values()) for row in seen(labels).rows]) == ["text", "label"]


def test_chains_of_thought_are_told_from_other_tables() -> None:
    line = "How many legs have {0} dogs?\\nThink it over.\t{1}\tA dog has four legs, so {0} dogs have {1}.\n"
    found = seen("".join(line.format(number, 4 * number) for number in range(1, 20)))
    assert found.format == "flan_cot"
    assert found.rows[0]["input"] == "How many legs have 1 dogs?\nThink it over."


@given(rows=st.lists(st.dictionaries(st.text("ab", max_size=2), VALUES, max_size=3), min_size=2, max_size=8))
@settings(max_examples=40, deadline=None)
def test_json_is_read_alike_as_lines_and_as_a_document(rows: list[dict[str, Any]]) -> None:
    as_lines = seen("".join(json.dumps(row) + "\n" for row in rows), "x.json")
    assert (as_lines.format, dict(as_lines.options), list(as_lines.rows)) == ("json", {}, rows)
    for indent in (None, 2):
        document = seen(json.dumps(rows, indent=indent), "x.jsonl")
        assert (document.format, dict(document.options)) == ("json", {"multiLine": True})
        assert list(document.rows) == rows


@given(rows=st.lists(VALUES, min_size=2, max_size=8), share=st.floats(0, 1))
@settings(max_examples=80, deadline=None)
def test_mended_gives_a_whole_document_with_the_items_before_the_cut(rows: list[Any], share: float) -> None:
    for text, unpack in ((json.dumps(rows), list), (json.dumps({"v": 1, "rows": rows}), lambda top: top["rows"])):
        cut = text[: int(len(text) * share)]
        found = mended(cut)
        if found == cut:  # no item of the list was whole
            continue
        items = unpack(json.loads(found))
        assert items == rows[: len(items)] or len(items) == 1  # the only item may itself be cut


def test_mended_is_linear_in_marks_that_are_never_closed() -> None:
    assert mended('["' + '\\"' * 400_000) == '["' + '\\"' * 400_000
    assert mended("[" * 400_000) == "[" * 400_000
    assert seen("[" * 100_000).format == "text_lines"


def test_rows_inside_one_object_are_found() -> None:
    top = {"canary": "c", "examples": [{"input": str(number), "target": "a"} for number in range(5)]}
    found = seen(json.dumps(top))
    assert (found.explode, len(found.rows), found.documents) == ("examples", 5, (top,))


def test_a_list_of_texts_is_a_list_of_labels() -> None:
    assert seen('["card arrival", "exchange rate"]').format == "label_list"


SQUAD = {
    "data": [
        {"title": "t", "paragraphs": [{"context": f"It is {number}.", "qas": [
            {"id": str(number), "question": "What?", "answers": [{"text": str(number), "answer_start": 6}]}]}]}
        for number in range(50)
    ]
}  # fmt: skip


def test_squad_is_known_also_when_it_is_cut_off() -> None:
    text = json.dumps(SQUAD)
    assert (seen(text).format, len(seen(text).rows)) == ("squad", 50)
    cut = seen(text[: len(text) // 2], is_whole=False)
    assert cut.format == "squad"
    assert 10 < len(cut.rows) < 50
    assert cut.faults == 0


def test_task_files_of_natural_instructions_are_known() -> None:
    task = {"Definition": ["Do."], "Instances": [{"input": "a", "output": ["b"]}], "URL": float("nan")}
    assert seen(json.dumps(task)).format == "super_natural_instructions"


@pytest.mark.parametrize(
    ("content", "options"),
    [
        pytest.param("It\tO\nis\tO\nBonn\tB-LOC\n\nHi\tO\nAnn\tB-PER\n\n", {"separator": "tab"}, id="bio"),
        pytest.param("Is O\nBonn I-LOC\nit O\n\nYes O\n- O\n\n", {"separator": "blank", "scheme": "iob1"}, id="iob1"),
        pytest.param(
            "-DOCSTART- -X- O\n\nIs VBZ O\nBonn NNP S-LOC\n\nYes UH O\nwe PRP O\n",
            {"separator": "blank", "columns": "token column2 tag", "scheme": "bioes"},
            id="bioes-and-another-column",
        ),
        pytest.param(
            "It PRON\nrains VERB\n\nIt PRON\nsnows VERB\n",
            {"separator": "blank", "columns": "token upos", "tags": ""},
            id="parts-of-speech",
        ),
    ],
)
def test_conll_is_known_by_its_columns(content: str, options: dict[str, str]) -> None:
    found = seen(content)
    assert (found.format, dict(found.options), len(found.rows), found.faults) == ("conll", options, 2, 0)


def test_conllu_is_known_by_its_ten_columns() -> None:
    found = seen("# text = Go\n1\tGo\tgo\tVERB\t_\t_\t0\troot\t_\t_\n\n1\tOn\ton\tADV\t_\t_\t0\troot\t_\t_\n\n")
    assert (found.format, [row["text"] for row in found.rows]) == ("conllu", ["Go", "On"])


def test_text_is_none_of_the_formats() -> None:
    found = seen("A first line, of prose.\nA second one, which has, by chance, more commas.\nThe third.\n")
    assert (found.format, found.options["lines"]) == ("text_lines", "3")
    assert layout_of(Head("a", b"")) is None
    assert layout_of(Head("a", b"\x00\x01\x02\xff\xfe" * 9)) is None


HUGGING_FACE = json.dumps({"info": {"features": {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}}})


@pytest.mark.parametrize("kind", ["stream", "file", "parquet"])
@pytest.mark.parametrize("has_names", [True, False])
def test_tables_are_read_with_the_names_of_their_labels(kind: str, has_names: bool) -> None:
    table = pa.table({"text": ["a", "b", "c"], "label": [1, 0, -1]})
    if has_names:
        table = table.replace_schema_metadata({"huggingface": HUGGING_FACE})
    out = io.BytesIO()
    if kind == "parquet":
        pq.write_table(table, out)
    else:
        with (ipc.new_stream if kind == "stream" else ipc.new_file)(out, table.schema) as writer:
            writer.write_table(table)
    assert is_table(out.getvalue())
    found = table_layout(pa.BufferReader(out.getvalue()))
    assert found.format == ("parquet" if kind == "parquet" and not has_names else "hugging_face")
    assert [row["label"] for row in found.rows] == (["yes", "no", None] if has_names else [1, 0, -1])
    with pytest.raises(ValueError, match="no table"):
        table_layout(pa.BufferReader(out.getvalue()[: len(out.getvalue()) // 2][:60]))


def test_spread_takes_rows_from_everywhere() -> None:
    rows = [{"n": number} for number in range(10 * MAX_ROWS)]
    found = [row["n"] for row in spread(rows)]
    assert len(found) == MAX_ROWS == len(set(found))
    assert found[-1] >= 10 * MAX_ROWS - 10
    assert spread(rows[:5]) == tuple(rows[:5])
