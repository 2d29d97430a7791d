"""CoNLL-U: the examples of its specification, mistakes, sentences both ways, and published treebanks."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.parsers.conllu import SCHEMA, Conllu, conllu_lines, sentence_text
from taskmill.udfs.parsers.records import BadRecord, File, Found, Record

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")


def rows(text: str) -> str:
    """Lines with `|` where the file has a TAB."""
    return text.replace("|", "\t")


# The format's own examples of a range and of an empty node, in one sentence.
ROWS = rows("""\
# newpar
# sent_id = s1
# text = Sue va al mar, y Bill _.
# text_en = a = b
# newpar
1|Sue|Sue|PROPN|_|_|2|nsubj|2:nsubj|_
2|va|ir|VERB|_|Mood=Ind|0|root|0:root|_
3-4|al|_|_|_|_|_|_|_|_
3|a|a|ADP|_|_|5|case|5:case|SpaceAfter=No
4|el|el|DET|_|_|5|det|5:det|_
5|mar|mar|NOUN|_|_|2|obl|2:obl|SpaceAfter=No
6|,|,|PUNCT|_|_|7|punct|7:punct|_
7|y|y|CCONJ|_|_|8|cc|8.1:cc|_
8|Bill|Bill|PROPN|_|_|2|conj|8.1:nsubj|_
8.1|_|ir|_|_|_|_|_|2:conj|Note=a
9|_|_|SYM|_|_|8|dep|8:dep|Gloss=x
""").replace("Gloss=x", "Gloss=x|SpaceAfter=No")


def found_in(content: str | bytes, trees: bool = True) -> list[Found]:
    return list(Conllu(trees).records(File("a.conllu", content.encode() if isinstance(content, str) else content)))


def only(content: str, trees: bool = True) -> dict[str, Any]:
    (record,) = found_in(content, trees)
    assert isinstance(record, Record), record
    return dict(record.values)


def refused(content: str | bytes, trees: bool = True) -> tuple[str, str, int | None]:
    (bad,) = found_in(content, trees)
    assert isinstance(bad, BadRecord)
    return bad.reason, bad.detail, bad.line


def tree(*heads: int | str) -> str:
    """A sentence of words with these heads."""
    return "".join(f"{n}\tw\t_\tX\t_\t_\t{head}\tdep\t_\t_\n" for n, head in enumerate(heads, 1))


def test_a_sentence_has_words_ranges_and_empty_nodes() -> None:
    record = only(ROWS)
    word = dict.fromkeys(("xpos", "feats", "misc"))
    assert record["sent_id"] == "s1"
    assert record["text"] == "Sue va al mar, y Bill _."
    assert record["comments"] == ROWS.split("\n")[:5]
    assert dict(record["metadata"]) == {
        "newpar": "", "sent_id": "s1", "text": "Sue va al mar, y Bill _.", "text_en": "a = b",
    }  # fmt: skip
    assert [one["form"] for one in record["words"]] == ["Sue", "va", "a", "el", "mar", ",", "y", "Bill", "_"]
    assert record["words"][0] == {
        "id": 1, "form": "Sue", "lemma": "Sue", "upos": "PROPN", **word, "head": 2, "deprel": "nsubj",
        "deps": "2:nsubj",
    }  # fmt: skip
    assert record["words"][8]["lemma"] == "_"
    assert record["ranges"] == [{"first": 3, "last": 4, "form": "al", "feats": None, "misc": None}]
    assert record["empty_nodes"] == [
        {"after": 8, "number": 1, "form": None, "lemma": "ir", "upos": None, "xpos": None, "feats": None,
         "deps": "2:conj", "misc": "Note=a"},
    ]  # fmt: skip
    assert conllu_lines(record) == ROWS.splitlines()


def test_text_is_rebuilt_where_no_comment_gives_it() -> None:
    lines = [line for line in ROWS.splitlines() if not line.startswith(("# text =", "# sent_id"))]
    record = only("\n".join(lines))
    assert (record["sent_id"], record["text"]) == (None, "Sue va al mar, y Bill _")
    assert conllu_lines(record) == lines
    assert only("#sent_id=x\n#\ttext =  a =\tb\n" + tree(0))["text"] == "a =\tb"


def test_the_order_of_empty_nodes_and_ranges_is_the_formats() -> None:
    """`0.1` opens a sentence, `1.1` stands before the range that follows, and `2.1` may stand within one."""
    blank = "|_|_|_|_|_|_|_|1:dep|_"
    lines = rows(
        f"0.1{blank}\n0.2{blank}\n1|a|_|X|_|_|0|root|_|_\n1.1{blank}\n2-3|bc|_|_|_|Typo=Yes|_|_|_|_\n"
        f"2|b|_|X|_|_|1|dep|_|_\n2.1{blank}\n3|c|_|X|_|_|1|dep|_|_\n3.1{blank}\n3.2{blank}\n"
    )
    record = only(lines)
    places = [(node["after"], node["number"]) for node in record["empty_nodes"]]
    assert places == [(0, 1), (0, 2), (1, 1), (2, 1), (3, 1), (3, 2)]
    assert record["ranges"][0]["feats"] == "Typo=Yes"
    assert conllu_lines(record) == lines.splitlines()


def test_tagged_text_without_trees_is_read_if_trees_are_not_wanted() -> None:
    content = rows("1|a|a|DET|_|_|_|_|_|_\n2|b|b|NOUN|_|_|1|_|_|_\n")
    assert [word["head"] for word in only(content, trees=False)["words"]] == [None, 1]
    assert only(tree(2, 1), trees=False)
    assert refused(content) == ("unreadable_record", "line 1: word 1 has no head or no relation", 1)


A, B = "1|a|_|X|_|_|0|root|_|_\n", "2|b|_|X|_|_|1|dep|_|_\n"
RANGE, EMPTY = "|ab|_|_|_|_|_|_|_|_\n", "|_|_|_|_|_|_|_|1:dep|_\n"


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (A + "2|b|_|X\n", "line 2: 4 columns where 10 belong"),
        (A + B.replace("|X|", "||"), "line 2: the upos is empty"),
        ("|||||||||\n", "line 1: the id is empty"),
        ("a" + A, "line 1: 'a1' is no id"),
        ("01" + A[1:], "line 1: '01' is no id"),
        (A + A, "line 2: word 1 where 2 belongs"),
        (B, "line 1: word 2 where 1 belongs"),
        (A + B.replace("|1|", "|one|"), "line 2: the head 'one' is no number of a word"),
        (A + B.replace("|1|", "|3|"), "line 2: the head 3 is beyond the last word, 2"),
        (A + B.replace("|1|", "|0|"), "line 2: words 1 and 2 are both roots (head 0)"),
        (A.replace("|0|", "|2|") + B, "line 1: word 1 depends on itself"),
        (A + B.replace("|1|", "|2|"), "line 2: word 2 depends on itself"),
        ("1-3" + RANGE + A + B, "line 1: the range 1-3 goes beyond the last word, 2"),
        ("2-1" + RANGE + A + B, "line 1: the range 2-1 is empty, overlaps another or skips words"),
        ("1-2" + RANGE + A + "2-3" + RANGE + B,
         "line 3: the range 2-3 is empty, overlaps another or skips words"),
        ("1-2" + RANGE.replace("ab|_", "ab|a") + A + B, "line 1: 1-2 has a lemma, which only words have"),
        (A + "1.2" + EMPTY, "line 2: the empty node 1.2 where 1.1 would belong"),
        (A + "1.1" + EMPTY + "1.1" + EMPTY, "line 3: the empty node 1.1 where 1.2 would belong"),
        ("1-2" + RANGE + "0.1" + EMPTY + A + B, "line 2: the empty node 0.1 stands between a range and its first word"),
        (A + "1.1" + EMPTY.replace("_|1:dep", "dep|1:dep"), "line 2: 1.1 has a deprel, which only words have"),
        (A + "# c\n" + B, "line 2: a comment stands behind a word; a blank line may be missing before it"),
        ("# sent_id = 1\n# sent_id = 2\n" + A, "line 2: sent_id stands twice"),
        ("# alone\n", "line 1: there are no words"),
    ],
)  # fmt: skip
def test_a_fault_refuses_the_sentence_and_names_its_line(content: str, detail: str) -> None:
    assert refused(rows(content)) == ("unreadable_record", detail, 1)


def test_the_sentences_around_a_bad_one_are_read() -> None:
    good = tree(0).encode()
    found = found_in(good + b"\n# x\n# \xff\n" + good + b"\n\n# y\n" + good.replace(b"\n", b"\r\n"))
    assert [one.line for one in found] == [1, 3, 8]
    assert [type(one) for one in found] == [Record, BadRecord, Record]
    assert isinstance(found[1], BadRecord)
    assert (found[1].reason, found[1].detail) == ("invalid_utf8", "line 4: byte 3 of the line")
    assert found_in("") == found_in("\n  \n") == []


@given(st.lists(st.integers(0, 6), min_size=1, max_size=6))
def test_trees_are_what_networkx_calls_so(heads: list[int]) -> None:
    graph = nx.DiGraph((head, word) for word, head in enumerate(heads, 1))
    is_tree = nx.is_arborescence(graph) and heads.count(0) == 1 and set(graph) == set(range(len(heads) + 1))
    (found,) = found_in(tree(*heads))
    assert isinstance(found, Record) == is_tree


def test_deep_and_cyclic_sentences_take_linear_time() -> None:
    size = 30_000
    assert len(only(tree(*range(size)))["words"]) == size
    assert refused(tree(*range(2, size + 1), 1))[1] == "line 1: word 1 depends on itself"


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\t\r\n\ufeff"), min_size=1, max_size=4)
CELLS |= st.sampled_from(["_", "SpaceAfter=No", "a|SpaceAfter=No"])


@st.composite
def sentences(draw: st.DrawFn) -> str:
    """Sentences of the format, with ranges and empty nodes wherever they may stand, written without the parser."""
    count = draw(st.integers(1, 6))
    order = draw(st.permutations(range(1, count + 1)))
    heads = {word: draw(st.sampled_from(order[:place])) if place else 0 for place, word in enumerate(order)}
    comments = draw(st.lists(CELLS, max_size=3))
    lines = [f"# {comment}" for comment in comments]
    covered = 0

    def cells(size: int) -> list[str]:
        return draw(st.lists(CELLS, min_size=size, max_size=size))

    for word in range(count + 1):
        if word:
            if word > covered and draw(st.booleans()):
                covered = draw(st.integers(word, count))
                form, misc = cells(2)
                lines.append("\t".join([f"{word}-{covered}", form, *"_______", misc]))
            form, lemma, upos, xpos, feats, deps, misc = cells(7)
            lines.append("\t".join([str(word), form, lemma, upos, xpos, feats, str(heads[word]), "x", deps, misc]))
        for number in range(1, draw(st.integers(1, 3))):
            form, lemma, upos, xpos, feats, deps, misc = cells(7)
            lines.append("\t".join([f"{word}.{number}", form, lemma, upos, xpos, feats, "_", "_", deps, misc]))
    return "\n".join(lines) + "\n"


@settings(deadline=None)  # the first table imports more of pyarrow
@given(st.lists(sentences(), max_size=3))
def test_sentences_come_back_as_they_were_written(written: list[str]) -> None:
    found = found_in("\n".join(written))
    records = [dict(one.values) for one in found if isinstance(one, Record)]
    assert len(records) == len(found)
    stored = pa.Table.from_pylist(records, SCHEMA).to_pylist()
    assert stored == records
    assert ["\n".join(conllu_lines(record)) + "\n" for record in stored] == written


@given(st.binary(max_size=100), st.booleans())
def test_any_bytes_are_records_or_bad_records(content: bytes, trees: bool) -> None:
    lines = [one.line or 0 for one in found_in(content, trees)]
    assert lines == sorted(set(lines))


# Sentences, words, ranges and empty nodes, counted in the files by the shape of the ids.
PUBLISHED = {
    "ud/en_ewt-ud-dev.conllu.gz": (2_001, 25_147, 359, 4),
    "ud/ja_gsd-ud-dev.conllu.gz": (507, 12_287, 0, 0),
}


def published(name: str) -> bytes:
    return gzip.decompress((Path(DATA) / name).read_bytes())


@needs_data
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_treebanks_are_read_and_come_back_byte_for_byte(name: str) -> None:
    content = published(name)
    found = found_in(content)
    records = [dict(one.values) for one in found if isinstance(one, Record)]
    sizes = (sum(len(record[key]) for record in records) for key in ("words", "ranges", "empty_nodes"))
    assert (len(found), *sizes) == PUBLISHED[name]
    assert len(records) == len(found)
    assert "".join("\n".join(conllu_lines(record)) + "\n\n" for record in records).encode() == content
    lines = content.decode().split("\n")
    assert all(lines[(one.line or 0) - 1] == one.values["comments"][0] for one in found if isinstance(one, Record))


@needs_data
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_texts_are_rebuilt_from_words_and_ranges(name: str) -> None:
    for one in found_in(published(name)):
        assert isinstance(one, Record)
        assert sentence_text(one.values["words"], one.values["ranges"]) == one.values["text"]
        assert dict(one.values["metadata"])["text"] == one.values["text"]
