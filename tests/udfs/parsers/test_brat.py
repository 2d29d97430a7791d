"""brat documents: the examples of its manual, mistakes, and documents written and read back."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.parsers.brat import SCHEMA, Brat
from taskmill.udfs.parsers.records import BadRecord, File, Found, Record

TEXT = "Zoë of 𝐍𝐘 and\nLA Labs said Acme bought it."
ANN = """\
T1\tPerson 0 3\tZoë
T2\tOrganization 7 9;17 21\t𝐍𝐘 Labs
T3\tOrganization 7 21\t𝐍𝐘 and LA Labs
T4\tOrganization 27 31\tAcme
T5\tBuy 32 38\tbought
R1\tWorksFor Arg1:T1 Arg2:T3
*\tAlias T2 T3 T4
E1\tBuy:T5 Buyer:T4 Cause:E2
E2\tBuy:T5\x20
A1\tNegation E1
A2\tConfidence E1 L1
M1\tSpeculation E2
N1\tReference T4 Wikipedia:534366\tAcme Corp.
#1\tAnnotatorNotes T9\tgone,\tyet kept

"""


def found_in(text: str | bytes | None, ann: str | bytes | None, stem: str = "a/doc-1") -> list[Found]:
    given_files = [(f"{stem}.ann", ann), (f"{stem}.txt", text)]
    files = [
        File(path, content.encode() if isinstance(content, str) else content)
        for path, content in given_files
        if content is not None
    ]
    return list(Brat().records_of(files))


def only(found: list[Found]) -> dict[str, Any]:
    (record,) = found
    assert isinstance(record, Record), record
    return dict(record.values)


def refused(found: list[Found]) -> tuple[str, str, int | None]:
    (record,) = found
    assert isinstance(record, BadRecord)
    return record.reason, record.detail, record.line


def spans(*pairs: tuple[int, int]) -> list[dict[str, int]]:
    return [{"start": start, "end": end} for start, end in pairs]


def test_a_document_has_annotations_of_every_kind() -> None:
    record = only(found_in(TEXT, ANN))
    assert record == {
        "document": "doc-1", "text": TEXT,
        "entities": [
            {"id": "T1", "type": "Person", "spans": spans((0, 3)), "text": "Zoë"},
            {"id": "T2", "type": "Organization", "spans": spans((7, 9), (17, 21)), "text": "𝐍𝐘 Labs"},
            {"id": "T3", "type": "Organization", "spans": spans((7, 21)), "text": "𝐍𝐘 and LA Labs"},
            {"id": "T4", "type": "Organization", "spans": spans((27, 31)), "text": "Acme"},
            {"id": "T5", "type": "Buy", "spans": spans((32, 38)), "text": "bought"},
        ],
        "relations": [
            {"id": "R1", "type": "WorksFor",
             "roles": [{"role": "Arg1", "argument": "T1"}, {"role": "Arg2", "argument": "T3"}]},
        ],
        "events": [
            {"id": "E1", "type": "Buy", "trigger": "T5",
             "roles": [{"role": "Buyer", "argument": "T4"}, {"role": "Cause", "argument": "E2"}]},
            {"id": "E2", "type": "Buy", "trigger": "T5", "roles": []},
        ],
        "attributes": [
            {"id": "A1", "type": "Negation", "target": "E1", "value": None},
            {"id": "A2", "type": "Confidence", "target": "E1", "value": "L1"},
            {"id": "M1", "type": "Speculation", "target": "E2", "value": None},
        ],
        "normalizations": [
            {"id": "N1", "type": "Reference", "target": "T4", "reference": "Wikipedia:534366", "text": "Acme Corp."},
        ],
        "notes": [{"id": "#1", "type": "AnnotatorNotes", "target": "T9", "text": "gone,\tyet kept"}],
        "equivalences": [["T2", "T3", "T4"]],
    }  # fmt: skip
    assert pa.RecordBatch.from_pylist([record], schema=SCHEMA).to_pylist() == [record]


def test_a_document_without_annotations_is_a_document() -> None:
    record = only(found_in("", ""))
    assert (record["text"], record["entities"], record["equivalences"]) == ("", [], [])


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("T1\tPerson 0 2\tZoë", "the text is not as long as the offsets say"),
        ("T1\tPerson 1 4\tZoë", "the text at the offsets is 'oë '"),
        ("T1\tPerson 0 3", "an entity is written: id, tab, type, start, end, tab, text"),
        ("T1\tPerson 3 0\tZoë", "offsets 3 to 0 in a text of 42 characters"),
        ("T1\tPerson 41 44\tx..", "offsets 41 to 44 in a text of 42 characters"),
        ("T1\tPerson 0 x\tZoë", "'0 x' is no start and end"),
        ("T1\tPerson 0 ³\tZoë", "'0 ³' is no start and end"),
        ("T1\tPerson 0 -1\tZoë", "'0 -1' is no start and end"),
        (f"T1\tPerson 0 {'9' * 5_000}\tZoë", f"'0 {'9' * 38}' is no start and end"),
        ("T1\tPerson 0 3;\tZoë", "'' is no start and end"),
        ("T1 Person 0 3 Zoë", "no tab behind the id"),
        ("X1\tPerson 0 3\tZoë", "no kind of annotation has an id with this first letter"),
        ("\tPerson 0 3\tZoë", "no kind of annotation has an id with this first letter"),
        ("T0\tPerson 0 3\tZoë", "the id 'T0' stands twice"),
        ("R1\tKnows Arg1:T0 Arg2:T7", "there is no 'T7'"),
        ("R1\tKnows Arg1:T0 T0", "'T0' is not role:id"),
        ("R1\tKnows", "1 words where 2 or more belong"),
        ("E1\tBuy:T7", "there is no 'T7'"),
        ("E1\tBuy:E1", "the trigger of an event is an entity, whose id begins with T"),
        ("E1\t", "0 words where 1 or more belong"),
        ("A1\tNegation E7", "there is no 'E7'"),
        ("A1\tNegation T0 a b", "4 words where 2 to 3 belong"),
        ("A1\tNegation T0\tlost", "text behind a second tab"),
        ("N1\tReference T0", "2 words where 3 to 3 belong"),
        ("*\tEquiv T0", "2 words where 3 or more belong"),
        ("*\tEquiv T0 T7", "there is no 'T7'"),
    ],
)
def test_a_line_that_cannot_be_read_refuses_the_document(line: str, detail: str) -> None:
    ann = f"T0\tPerson 0 3\tZoë\n\n{line}\nT8\tPerson 0 3\tZoë\n"
    assert refused(found_in(TEXT, ann)) == ("unreadable_record", f"doc-1.ann: {detail}", 3)


@pytest.mark.parametrize(
    ("text", "ann", "expected"),
    [
        (None, ANN, ("unpaired_file", "0 .txt files where one belongs; there is doc-1.ann", None)),
        (TEXT, None, ("unpaired_file", "0 .ann files where one belongs; there is doc-1.txt", None)),
        (b"a\n\xff", "", ("invalid_utf8", "doc-1.txt: byte 3 of the file", 2)),
        (b"a", b"\n\xff", ("invalid_utf8", "doc-1.ann: byte 1 of the line", 2)),
    ],
    ids=["no_text", "no_annotations", "text", "annotations"],
)
def test_files_that_cannot_be_read_are_bad_records(
    text: str | bytes | None, ann: str | bytes | None, expected: tuple[str, str, int | None]
) -> None:
    assert refused(found_in(text, ann)) == expected


def test_a_file_of_another_kind_is_a_bad_record() -> None:
    assert refused(list(Brat().records_of([File("a/notes.md", b"# Notes")])))[0] == "unreadable_file"


def test_two_texts_for_one_document_are_a_bad_record() -> None:
    files = [File("a/d.txt", b"x"), File("a/d.txt.gz", b"y"), File("a/d.ann", b"")]
    assert refused(list(Brat().records_of(files)))[0] == "unpaired_file"


def test_group_of_is_the_path_without_the_ending() -> None:
    group_of = Brat().group_of
    assert group_of("a/doc.txt") == group_of("a/doc.ann") == group_of("a/doc.ann.gz") == "a/doc"
    assert group_of("b/doc.txt") != group_of("a/doc.txt")
    assert group_of("a/doc.json.gz") == "a/doc.json.gz"


def test_line_ends_and_byte_order_marks_count_in_the_text() -> None:
    record = only(found_in("\ufeffa\r\nbc", "T1\tX 4 6\tbc\r\n"))
    assert record["entities"][0]["text"] == "bc"


@st.composite
def annotated(draw: st.DrawFn) -> tuple[str, list[tuple[str, list[tuple[int, int]]]]]:
    """A text, and entities by their type and spans."""
    text = draw(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), min_size=1, max_size=40))
    offsets = st.integers(0, len(text))
    span = st.tuples(offsets, offsets).map(lambda pair: (min(pair), max(pair)))
    entity = st.tuples(st.sampled_from(["Person", "Protein-1"]), st.lists(span, min_size=1, max_size=3))
    return text, draw(st.lists(entity, max_size=5))


@given(annotated())
def test_written_entities_are_read_back(written: tuple[str, list[tuple[str, list[tuple[int, int]]]]]) -> None:
    text, entities = written
    ann = "".join(
        f"T{number}\t{kind} {';'.join(f'{start} {end}' for start, end in pairs)}\t"
        + " ".join(text[start:end] for start, end in pairs).replace("\n", " ") + "\n"
        for number, (kind, pairs) in enumerate(entities, 1)
    )  # fmt: skip
    record = only(found_in(text, ann))
    assert record["text"] == text
    assert [(one["type"], one["spans"]) for one in record["entities"]] == [
        (kind, spans(*pairs)) for kind, pairs in entities
    ]


@given(st.text(max_size=20), st.lists(st.text(st.sampled_from("TREAN#*M12 :;\t\nab"), max_size=30), max_size=4))
def test_whatever_the_files_hold_is_one_document_or_one_bad_record(text: str, ann: list[str]) -> None:
    content = "\n".join(ann)
    (found,) = found_in(text, content)
    if isinstance(found, Record):
        pa.RecordBatch.from_pylist([dict(found.values)], schema=SCHEMA)
        kinds = ("entities", "relations", "events", "attributes", "normalizations", "notes", "equivalences")
        written = [line for line in content.split("\n") if line.strip()]
        assert sum(len(found.values[kind]) for kind in kinds) == len(written)
