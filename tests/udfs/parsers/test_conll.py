"""CoNLL files: written-out examples, mistakes, sentences written and read back, and published files."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.parsers.conll import ENTITIES, Conll
from taskmill.udfs.parsers.formats import AnyParser
from taskmill.udfs.parsers.records import BadRecord, File, Found, Record
from taskmill.udfs.structures.spans import SCHEMES, Span, tags_of_spans

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")


def found_in(content: str | bytes, **options: Any) -> list[Found]:
    return list(Conll(**options).records(File("a.conll", content.encode() if isinstance(content, str) else content)))


def values(content: str, **options: Any) -> list[dict[str, Any]]:
    found = found_in(content, **options)
    assert all(isinstance(one, Record) for one in found), found
    return [dict(one.values) for one in found if isinstance(one, Record)]


def refused(content: str | bytes, **options: Any) -> tuple[str, str, int | None]:
    (bad,) = (one for one in found_in(content, **options) if isinstance(one, BadRecord))
    return bad.reason, bad.detail, bad.line


def spans(record: dict[str, Any]) -> list[Span]:
    return [Span(entity["first"], entity["last"] + 1, entity["type"]) for entity in record["entities"]]


def test_a_sentence_has_tokens_text_and_entities() -> None:
    assert found_in("Zoë\tB-PER\n𝐍𝐘\tB-LOC\nCity\tI-LOC\n \n\n.\tO") == [
        Record(
            {
                "tokens": ["Zoë", "𝐍𝐘", "City"], "tag": ["B-PER", "B-LOC", "I-LOC"], "text": "Zoë 𝐍𝐘 City",
                "entities": [
                    {"text": "Zoë", "type": "PER", "start": 0, "end": 3, "first": 0, "last": 0},
                    {"text": "𝐍𝐘 City", "type": "LOC", "start": 4, "end": 11, "first": 1, "last": 2},
                ],
                "document": None,
            },
            1,
        ),
        Record({"tokens": ["."], "tag": ["O"], "text": ".", "entities": [], "document": None}, 6),
    ]  # fmt: skip


def test_columns_are_named_left_out_and_in_any_order() -> None:
    options = {"columns": "_ pos token _ ner", "tags": "ner", "scheme": "iob1"}
    assert values("1 NNP U.N. I-NP I-ORG\n2 NN official I-NP O\n", **options) == [
        {
            "tokens": ["U.N.", "official"], "pos": ["NNP", "NN"], "ner": ["I-ORG", "O"], "text": "U.N. official",
            "entities": [{"text": "U.N.", "type": "ORG", "start": 0, "end": 4, "first": 0, "last": 0}],
            "document": None,
        }
    ]  # fmt: skip
    assert Conll(**options).schema.names == ["tokens", "pos", "ner", "text", "entities", "document"]


def test_files_without_entity_tags_have_no_column_for_them() -> None:
    assert values("New NNP\n", columns="token pos", tags="") == [
        {"tokens": ["New"], "pos": ["NNP"], "text": "New", "document": None}
    ]
    assert "entities" not in Conll(columns="token", tags="").schema.names
    assert Conll().schema.field("entities").type == ENTITIES


def test_documents_are_counted_and_are_no_sentences() -> None:
    content = "a O\n\n-DOCSTART- -X- O O\n\nb O\n\nc O\n-DOCSTART-\nd O\n\n-DOCSTARTS- O\n"
    assert [(record["document"], record["tokens"]) for record in values(content)] == [
        (None, ["a"]), (1, ["b"]), (1, ["c"]), (2, ["d"]), (2, ["-DOCSTARTS-"]),
    ]  # fmt: skip


def test_comments_stand_at_the_head_of_a_sentence_only() -> None:
    content = "# id 7\n# B-X\n\n# id 8\nno O\n# O\n1 O\n\n# O\n"
    assert [(one.line, one.values["tokens"]) for one in found_in(content, comment="#") if isinstance(one, Record)] == [
        (5, ["no", "#", "1"])
    ]
    assert [record["tokens"] for record in values("# O\n1 O\n")] == [["#", "1"]]


@pytest.mark.parametrize(
    ("separator", "line", "token"),
    [
        ("whitespace", " a \t\t O ", "a"),
        ("whitespace", "\u3000 O", "\u3000"),
        ("tab", "a b \tO", "a b "),
        ("blank", "a\tb O", "a\tb"),
    ],
)
def test_separators_cut_lines(separator: str, line: str, token: str) -> None:
    assert values(f"{line}\r\n", separator=separator)[0]["tokens"] == [token]


def test_the_joiner_stands_between_tokens_and_offsets_follow_it() -> None:
    lines = "東京\tB-LOC\n都\tI-LOC\nへ\tO\n"
    texts = {joiner: values(lines, joiner=joiner)[0] for joiner in ("", " ", "--")}
    assert {joiner: record["text"] for joiner, record in texts.items()} == {
        "": "東京都へ", " ": "東京 都 へ", "--": "東京--都--へ",
    }  # fmt: skip
    assert [texts[joiner]["entities"][0]["text"] for joiner in texts] == ["東京都", "東京 都", "東京--都"]


@pytest.mark.parametrize(
    ("content", "options", "detail"),
    [
        ("a O\nb\n", {}, "line 2: 1 columns where 2 belong"),
        ("a O\nb O O\nc\n", {}, "line 2: 3 columns where 2 belong"),
        ("a  O\n", {"separator": "blank"}, "line 1: 3 columns where 2 belong"),
        ("a\tO\n\tO\n", {"separator": "tab"}, "line 2: column 1 is blank"),
        ("a O\nb O\nc I-X\nd I-X\n", {}, "line 3: tag 2, 'I-X', continues no entity of its type (bio)"),
        ("a B-X\nb I-Y\n", {}, "line 2: tag 1, 'I-Y', continues no entity of its type (bio)"),
        ("a B-X\n", {"scheme": "iob1"}, "line 1: tag 0, 'B-X', opens an entity where I- would do (iob1)"),
        ("a B-X\nb O\nc O\n", {"scheme": "bioes"}, "line 2: tag 1, 'O', leaves an entity 'X' without its end (bioes)"),
        (
            "a O\nb B-X\n", {"scheme": "bioes"},
            "line 2: the end, after tag 1, leaves an entity 'X' without its end (bioes)",
        ),
        ("a X\nb I-X\n", {}, "line 1: tag 0, 'X', is none of bio"),
    ],
)  # fmt: skip
def test_a_fault_refuses_the_sentence_and_names_its_line(content: str, options: dict[str, Any], detail: str) -> None:
    assert refused(content, **options) == ("unreadable_record", detail, 1)


def test_the_sentences_around_a_bad_one_are_read() -> None:
    found = found_in(b"a\tO\n\nb\tO\n\xffc\tO\nd\n\ne\tO\n")
    assert [one.line for one in found] == [1, 3, 7]
    assert found[1] == BadRecord("invalid_utf8", "line 4: byte 1 of the line", "b\tO\n\ufffdc\tO\nd", 3)


def test_bilou_tags_are_read_as_bioes() -> None:
    tags = [["B-X", "L-X", "U-Y", "O"], ["B-X", "E-X", "S-Y", "O"]]
    read = [values("".join(f"t {tag}\n" for tag in spelling), scheme="bioes")[0] for spelling in tags]
    assert read[0]["entities"] == read[1]["entities"]
    assert spans(read[0]) == [Span(0, 2, "X"), Span(2, 3, "Y")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": "tag"}, "columns: one must be 'token', not only tag"),
        ({"columns": "token tag Tag"}, "columns: 'token tag Tag' repeats a name"),
        ({"columns": "token text", "tags": ""}, "columns: 'text' is the name of a column that every record has"),
        ({"columns": "token _tag"}, "columns: '_tag'; a name is letters, digits and underscores, with a letter first"),
        ({"columns": "token pos"}, "tags: no column 'tag' beside the tokens (there is pos); '' if none has tags"),
        ({"tags": "token"}, "tags: no column 'token' beside the tokens (there is tag); '' if none has tags"),
        ({"separator": ","}, "separator: ',' is none of whitespace, tab, blank"),
        ({"scheme": "bilou"}, "scheme: 'bilou' is none of bio, iob1, bioes"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match="^") as error:
        Conll(**options)
    assert str(error.value) == message


def test_an_empty_file_has_no_sentences() -> None:
    assert found_in("") == found_in("\n \n\t\n") == []


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\t\r\n\ufeff"), min_size=1).filter(
    lambda word: bool(word.strip(" ")) and not word.startswith("-DOCSTART-")
)


@st.composite
def sentences(draw: st.DrawFn) -> tuple[list[str], list[Span]]:
    tokens = draw(st.lists(WORDS, min_size=1, max_size=8))
    cuts = draw(st.lists(st.integers(0, len(tokens)), unique=True, max_size=6).map(sorted))
    chosen = draw(st.lists(st.sampled_from(["", "A", "B-c"]), min_size=len(cuts), max_size=len(cuts)))
    ends = zip(cuts, cuts[1:], chosen, strict=False)
    return tokens, [Span(start, end, kind) for start, end, kind in ends if kind]


@settings(deadline=None)  # the first table imports more of pyarrow
@given(st.lists(sentences(), max_size=4), st.sampled_from(SCHEMES), st.sampled_from(["", " ", "/"]))
def test_written_sentences_are_read_back(written: list[tuple[list[str], list[Span]]], scheme: str, joiner: str) -> None:
    tagged = [(tokens, tags_of_spans(marked, len(tokens), scheme)) for tokens, marked in written]
    content = "".join(
        "".join(f"{token}\t{tag}\n" for token, tag in zip(*one, strict=True)) + "\n" for one in tagged
    )  # fmt: skip
    options = {"separator": "tab", "scheme": scheme, "joiner": joiner}
    read = values(content, **options)
    assert [(record["tokens"], record["tag"]) for record in read] == tagged
    assert [spans(record) for record in read] == [marked for _, marked in written]
    for record in read:
        assert record["text"] == joiner.join(record["tokens"])
        for entity in record["entities"]:
            covered = joiner.join(record["tokens"][entity["first"] : entity["last"] + 1])
            assert record["text"][entity["start"] : entity["end"]] == entity["text"] == covered
    table = pa.Table.from_pylist(read, Conll(**options).schema)
    assert table.to_pylist() == read


@given(st.binary(max_size=80), st.sampled_from(["whitespace", "tab", "blank"]), st.sampled_from(SCHEMES))
def test_any_bytes_are_records_or_bad_records(content: bytes, separator: str, scheme: str) -> None:
    found = found_in(content, separator=separator, scheme=scheme)
    numbers = [one.line or 0 for one in found]
    assert numbers == sorted(set(numbers))


def test_long_sentences_take_linear_time() -> None:
    tags = ["B-X"] + ["I-X"] * 29_998 + ["I-Y"]
    bad = refused("".join(f"t {tag}\n" for tag in tags))
    assert bad[1].startswith("line 30000: tag 29999, 'I-Y', continues no entity")


# Sentences; entities, counted by the tags that open one, without those of bad sentences; where bad sentences begin.
PUBLISHED: dict[str, tuple[int, int, list[int]]] = {
    "wnut17/wnut17train.conll.gz": (3_394, 1_975, []),
    "wnut17/emerging.dev.conll": (1_009, 836, []),
    "wnut17/emerging.test.conll": (1_287, 1_079, []),
    "btc/a.conll": (1_000, 521, []),
    "btc/b.conll.gz": (2_000, 1_610, []),
    "btc/e.conll": (200, 325, []),
    "btc/f.conll.gz": (2_000, 4_376 - 3, [16_269]),
    "btc/g.conll.gz": (2_138, 4_685, []),
    "btc/h.conll.gz": (2_001, 3_368, [22_881, 30_879, 30_881]),
    "wikigold/wikigold.conll.txt.gz": (1_841 - 145, 3_558, []),
}


def published(name: str) -> str:
    content = (Path(DATA) / name).read_bytes()
    return (gzip.decompress(content) if name.endswith(".gz") else content).decode()


@needs_data
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_files_are_read_whole(name: str) -> None:
    wikigold = name.startswith("wikigold")
    scheme = "iob1" if wikigold else "bio"
    content = published(name)
    found = found_in(content, scheme=scheme, separator="blank" if wikigold else "tab")
    records = [dict(one.values) for one in found if isinstance(one, Record)]
    bad = [one for one in found if isinstance(one, BadRecord)]
    sentences_count, entities_count, bad_lines = PUBLISHED[name]
    assert len(found) == sentences_count
    assert [one.line for one in bad] == bad_lines
    assert all(one.detail.endswith("column 1 is blank") for one in bad)
    assert sum(len(record["entities"]) for record in records) == entities_count
    for record in records:
        assert record["tag"] == tags_of_spans(spans(record), len(record["tokens"]), scheme)
        for entity in record["entities"]:
            covered = " ".join(record["tokens"][entity["first"] : entity["last"] + 1])
            assert record["text"][entity["start"] : entity["end"]] == entity["text"] == covered
    # The last of the 145 lines -DOCSTART- ends the file.
    assert [record["document"] for record in records[-1:]] == [144 if wikigold else None]


@needs_data
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_lines_are_all_in_records(name: str) -> None:
    """No line is lost, and each record says where it begins."""
    separator = " " if name.startswith("wikigold") else "\t"
    content = published(name)
    expected = content.split("\n")
    scheme = "iob1" if name.startswith("wikigold") else "bio"
    seen = 0
    for one in found_in(content, scheme=scheme, separator="blank" if separator == " " else "tab"):
        assert one.line is not None
        if isinstance(one, Record):
            pairs = zip(one.values["tokens"], one.values["tag"], strict=True)
            rows = [separator.join(pair) for pair in pairs]
        else:
            rows = one.raw.split("\n")
        assert expected[one.line - 1 : one.line - 1 + len(rows)] == rows
        seen += len(rows)
    assert seen == sum(bool(line.strip(" \t")) and "-DOCSTART-" not in line for line in expected)


@needs_data
def test_runs_of_white_space_give_the_same_sentences() -> None:
    """Broad Twitter Corpus: some tokens end in a blank before the TAB, and some hold one."""
    name = "btc/h.conll.gz"
    by_tab, by_runs = (found_in(published(name), separator=separator) for separator in ("tab", "whitespace"))
    assert [one.line for one in by_tab] == [one.line for one in by_runs]
    assert [type(one) for one in by_tab] == [type(one) for one in by_runs]


def test_it_is_a_parser() -> None:
    parser: AnyParser = Conll()
    assert parser.schema.field("tokens").type == pa.list_(pa.string())
