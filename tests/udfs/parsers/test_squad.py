"""Questions of SQuAD files, against made-up documents and the published XQuAD."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.parsers.records import BadRecord, File, Found, Record
from taskmill.udfs.parsers.squad import SCHEMA, Squad

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
CONTEXT = "Zoë lives in 𝐏aris."
QUESTION = {"id": "q1", "question": "Where?", "answers": [{"text": "𝐏aris", "answer_start": 13}]}


def found_in(document: Any) -> list[Found]:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return list(Squad().records(File("dev.json", content)))


def document_of(*questions: Any, context: Any = CONTEXT) -> dict[str, Any]:
    return {"version": "v2.0", "data": [{"title": "T", "paragraphs": [{"context": context, "qas": list(questions)}]}]}


def only(found: list[Found]) -> dict[str, Any]:
    (record,) = found
    assert isinstance(record, Record)
    return dict(record.values)


def bad(found: list[Found]) -> tuple[str, str]:
    (record,) = found
    assert isinstance(record, BadRecord)
    return record.reason, record.detail


def test_records_of_version_1_have_defaults_for_the_keys_of_version_2() -> None:
    assert only(found_in(document_of(QUESTION))) == {
        "id": "q1", "title": "T", "context": CONTEXT, "question": "Where?",
        "answers": [{"text": "𝐏aris", "answer_start": 13}], "is_impossible": False, "plausible_answers": None,
        "offsets_fit": True,
    }  # fmt: skip


def test_records_of_version_2_keep_plausible_answers() -> None:
    plausible = [{"text": "Zoë", "answer_start": 0}]
    question = {**QUESTION, "answers": [], "is_impossible": True, "plausible_answers": plausible}
    record = only(found_in(document_of(question)))
    assert (record["answers"], record["is_impossible"], record["plausible_answers"]) == ([], True, plausible)
    assert record["offsets_fit"]


@pytest.mark.parametrize(
    ("start", "fits"),
    [(13, True), (14, False), (-6, False), (1_000_000, False)],
    ids=["there", "one_off", "from_the_end", "beyond"],
)
def test_offsets_fit_counts_code_points(start: int, fits: bool) -> None:
    answers = [{"text": "Zoë", "answer_start": 0}, {"text": "𝐏aris", "answer_start": start}]
    assert only(found_in(document_of({**QUESTION, "answers": answers})))["offsets_fit"] is fits
    assert only(found_in(document_of({**QUESTION, "plausible_answers": answers})))["offsets_fit"] is fits


@given(st.text(max_size=30), st.data())
def test_offsets_fit_wherever_an_answer_was_cut_from_the_context(context: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(context)))
    end = data.draw(st.integers(start, len(context)))
    answers = [{"text": context[start:end], "answer_start": start}]
    assert only(found_in(document_of({**QUESTION, "answers": answers}, context=context)))["offsets_fit"]


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"id": 7}, "data[0].paragraphs[0].qas[1].id: expected text, found a number"),
        ({"question": None}, "data[0].paragraphs[0].qas[1]: 'question' is null"),
        ({"answers": {}}, "data[0].paragraphs[0].qas[1].answers: expected a list, found an object"),
        ({"answers": ["Paris"]}, "data[0].paragraphs[0].qas[1].answers[0]: expected an object, found text"),
        (
            {"answers": [{"text": "a", "answer_start": True}]},
            "data[0].paragraphs[0].qas[1].answers[0].answer_start: expected a whole number, found true or false",
        ),
        (
            {"answers": [{"text": "a", "answer_start": 2**31}]},
            "data[0].paragraphs[0].qas[1].answers[0].answer_start: a number beyond 32 bits",
        ),
        ({"is_impossible": "no"}, "data[0].paragraphs[0].qas[1].is_impossible: expected true or false, found text"),
        (
            {"question": "\ud800"},
            "data[0].paragraphs[0].qas[1].question: half of a surrogate pair, which no encoding can write",
        ),
    ],
)
def test_a_bad_question_is_named_and_the_others_are_read(changed: dict[str, Any], detail: str) -> None:
    before, wrong, after = found_in(document_of(QUESTION, {**QUESTION, **changed}, {**QUESTION, "id": "q3"}))
    assert bad([wrong]) == ("unreadable_record", detail)
    assert (only([before])["id"], only([after])["id"]) == ("q1", "q3")
    assert isinstance(wrong, BadRecord)
    wrong.raw.encode()  # can be written


def test_a_repeated_key_costs_its_question_only() -> None:
    text = json.dumps(document_of(QUESTION, QUESTION)).replace('{"id": "q1"', '{"id": "q0", "id": "q1"', 1)
    wrong, good = found_in(text.encode())
    assert bad([wrong]) == ("unreadable_record", "data[0].paragraphs[0].qas[0]: the key 'id' stands twice")
    assert isinstance(wrong, BadRecord)
    assert "q0" in wrong.raw
    assert "q1" in wrong.raw
    assert only([good])["id"] == "q1"


def test_bad_paragraphs_and_articles_are_named_and_the_others_are_read() -> None:
    good = document_of(QUESTION)["data"][0]
    article = {"title": "T", "paragraphs": [{"qas": [QUESTION]}, *good["paragraphs"]]}
    details = [
        one.detail if isinstance(one, BadRecord) else one.values["id"]
        for one in found_in({"data": [{"paragraphs": None}, article, 3, good]})
    ]
    assert details == [
        "data[0]: 'paragraphs' is null",
        "data[1].paragraphs[0]: there is no 'context'",
        "q1",
        "data[2]: expected an object, found a number",
        "q1",
    ]


def test_a_title_may_be_missing() -> None:
    assert only(found_in({"data": [{"paragraphs": document_of(QUESTION)["data"][0]["paragraphs"]}]}))["title"] is None


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        (b"", "unreadable_file", 1),
        (b'{"data":\n [1,\n  }', "unreadable_file", 3),
        (b'\n{"data": "\xff"}', "invalid_utf8", 2),
        (b"[]", "unreadable_file", None),
        (b'{"data": {}}', "unreadable_file", None),
        (b'{"data": [], "data": []}', "unreadable_file", None),
        (b'{"data": [NaN]}', "unreadable_file", None),
        (b'{"data": [' + b"9" * 5_000 + b"]}", "unreadable_file", None),
        (b'{"data": ' + b"[" * 100_000, "unreadable_file", None),
        (b'{"data": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, "unreadable_file", None),
    ],
    ids=["empty", "syntax", "utf8", "list", "no_list", "repeated", "nan", "digits", "deep_unclosed", "deep"],
)
def test_an_unreadable_file_is_one_bad_record(content: bytes, reason: str, line: int | None) -> None:
    (found,) = found_in(content)
    assert isinstance(found, BadRecord)
    assert (found.reason, found.line) == (reason, line)


def test_brackets_in_strings_are_no_depth() -> None:
    question = {**QUESTION, "question": '[{"\\' * 1_000}
    assert only(found_in(document_of(question)))["question"] == question["question"]


def test_a_byte_order_mark_is_allowed() -> None:
    assert only(found_in(b"\xef\xbb\xbf" + json.dumps(document_of(QUESTION)).encode()))["id"] == "q1"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries({"id": st.text(), "question": st.text(), "answers": inner})
        | st.dictionaries(st.sampled_from(["id", "question", "answers", "text", "answer_start"]), inner)
    ),
)


@settings(deadline=None)
@given(JSON)
def test_whatever_stands_for_a_question_is_one_row(question: Any) -> None:
    (found,) = found_in(document_of(question))
    (row,) = [found.values] if isinstance(found, Record) else [{}]
    assert pa.RecordBatch.from_pylist([dict(row)], schema=SCHEMA).num_rows == 1


@needs_data
def test_every_question_of_xquad_is_read() -> None:
    for path in sorted(Path(DATA, "xquad").glob("*.json.gz")):
        content = gzip.decompress(path.read_bytes())
        expected = [
            (qa["id"], article["title"], paragraph["context"], qa["question"], qa["answers"])
            for article in json.loads(content)["data"]
            for paragraph in article["paragraphs"]
            for qa in paragraph["qas"]
        ]
        rows = [only([one]) for one in found_in(content)]
        assert [(r["id"], r["title"], r["context"], r["question"], r["answers"]) for r in rows] == expected
        assert len(rows) == 1_190
        assert all(row["offsets_fit"] for row in rows)
