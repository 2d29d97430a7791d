"""Relations as text: there and back or refused, by rules said in other words, and over published triples of words."""

from __future__ import annotations

import gzip
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taskmill.udfs.structures.codec import Codec, NotRoundTripError, filter_of
from taskmill.udfs.structures.filters import STRUCTURE_FILTERS
from taskmill.udfs.structures.relations import RELATION_CODECS, project_relations

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
codecs = pytest.mark.parametrize("codec", RELATION_CODECS.values(), ids=RELATION_CODECS)

Relations = list[dict[str, str]]
RELATIONS = [
    {"head": "Amara Diallo", "type": "works for", "tail": "Siemens"},
    {"head": "Amara Diallo", "type": "born in", "tail": "Dakar (Sénégal)"},
    {"head": "Luís Prado", "type": "works for", "tail": "Siemens"},
]
HOSTILE = st.one_of(
    st.text(st.sampled_from("a|;:->() \n\t\x85\u2028\xa0"), max_size=6),
    st.text(max_size=3),
    st.sampled_from(["none", "a | b", "| a", "a |", "|", "a; b", ";a", "a: b", ":", "a -> b", "-> a", "a ->",
                     "->", "()"]),
)  # fmt: skip
TRIPLES = st.lists(st.fixed_dictionaries({"head": HOSTILE, "type": HOSTILE, "tail": HOSTILE}), max_size=4)
# What a part may not hold, for each codec, once a blank stands on either side of it; END is its end.
REFUSED = {
    "as_relation_lines": {"head": [" | "], "type": [" | "], "tail": [" | "]},
    "as_relation_triples": {"head": ["; "], "type": ["; "], "tail": ["; "]},
    "as_relations_by_type": {"head": [" -> ", "; ", ";END"], "type": [": "], "tail": [" -> ", "; "]},
}


def fits(text: str, marks: list[str]) -> bool:
    """Whether a part can be written: on one line, with nothing in it that is taken for a separator."""
    inside = [mark in (f" {text} " if mark[0] == " " else f"{text}END") for mark in marks]
    return len(text.splitlines()) == 1 and text == text.strip() and not text.endswith("\n") and not any(inside)


def by_type(relations: Relations) -> dict[str, list[list[str]]]:
    return {
        one["type"]: [[other["head"], other["tail"]] for other in relations if other["type"] == one["type"]]
        for one in relations
    }


def test_relations_as_text() -> None:
    written = {name: STRUCTURE_FILTERS[name](RELATIONS) for name in RELATION_CODECS}
    assert written == {
        "as_relation_lines": "Amara Diallo | works for | Siemens\nAmara Diallo | born in | Dakar (Sénégal)\n"
        "Luís Prado | works for | Siemens",
        "as_relation_triples": "(Amara Diallo; works for; Siemens)\n(Amara Diallo; born in; Dakar (Sénégal))\n"
        "(Luís Prado; works for; Siemens)",
        "as_relations_by_type": "works for: Amara Diallo -> Siemens; Luís Prado -> Siemens\n"
        "born in: Amara Diallo -> Dakar (Sénégal)",
    }


@codecs
def test_no_relation_is_a_word_of_its_own(codec: Codec) -> None:
    assert codec.encode([]) == "none"
    assert codec.decode(" none\n") == codec.project([])
    with pytest.raises(ValueError):
        codec.decode("")


@codecs
@given(relations=TRIPLES)
@example(relations=[{"head": "a |", "type": "b", "tail": "c"}])
@example(relations=[{"head": "a", "type": "b", "tail": "c"}] * 2)
@example(relations=[{"head": ";", "type": "b", "tail": "c;"}])
def test_relations_round_trip_or_are_refused(codec: Codec, relations: Relations) -> None:
    marks = REFUSED[codec.name]
    if not all(fits(relation[part], marks[part]) for relation in relations for part in marks):
        with pytest.raises(NotRoundTripError):
            codec.encode(relations)
        return
    text = codec.encode([{**relation, "confidence": 0.5} for relation in relations])
    assert codec.decode(text) == (by_type(relations) if codec.name == "as_relations_by_type" else relations)
    assert filter_of(codec)(relations) == text == text.strip()


@codecs
@given(data=st.data())
def test_no_text_is_read_that_is_not_written(codec: Codec, data: st.DataObject) -> None:
    written = codec.encode(RELATIONS)
    at = data.draw(st.integers(0, len(written)))
    cut = data.draw(st.integers(0, 3))
    for text in (written[:at] + data.draw(HOSTILE) + written[at + cut :], data.draw(HOSTILE)):
        try:
            found = codec.decode(text)
        except ValueError:
            continue
        if codec.name == "as_relations_by_type":
            found = [{"head": a, "type": type_, "tail": b} for type_, pairs in found.items() for a, b in pairs]
        assert codec.encode(found) == text.strip()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("as_relation_lines", "a | b"), ("as_relation_lines", "a | b | c | d"), ("as_relation_lines", "a|b|c"),
        ("as_relation_lines", "a | b | c\n\nd | e | f"), ("as_relation_lines", "none\na | b | c"),
        ("as_relation_lines", "a |  | c"), ("as_relation_triples", "a; b; c"), ("as_relation_triples", "(a; b; c"),
        ("as_relation_triples", "(a;b;c)"), ("as_relation_triples", "[a; b; c]"),
        ("as_relations_by_type", "b"), ("as_relations_by_type", "b: "), ("as_relations_by_type", "b: a -> "),
        ("as_relations_by_type", "b: a -> c -> d"), ("as_relations_by_type", "b: a -> c\nb: d -> e"),
        ("as_relations_by_type", "b: a -> c;d -> e"),
    ],
)  # fmt: skip
def test_other_text_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError):
        RELATION_CODECS[name].decode(text)


@codecs
@pytest.mark.parametrize(
    "value",
    [None, {}, "x", [None], ["a | b | c"], [{"head": "a", "type": "b"}], [{**RELATIONS[0], "tail": 1}]],
    ids=repr,
)
def test_what_are_no_relations_is_refused(codec: Codec, value: Any) -> None:
    for written in (codec.encode, filter_of(codec)):
        with pytest.raises(ValueError) as caught:
            written(value)
        assert type(caught.value) is ValueError


def test_project_relations_leaves_other_keys_out() -> None:
    assert project_relations([{**relation, "start": 3} for relation in RELATIONS]) == RELATIONS


@pytest.mark.timeout(10)
@codecs
@pytest.mark.parametrize(
    "unit", ["(", "; ", " | ", ": ", " -> ", "a -> b; ", "a | b | c\n", "(a; b; c)\n", "a: b -> c\n"]
)
def test_long_text_is_read_in_linear_time(codec: Codec, unit: str) -> None:
    for text in (unit * 20_000, "a: " + unit * 20_000):
        try:
            codec.decode(text)
        except ValueError as error:
            assert len(str(error)) < 1_000


@needs_data
def test_the_words_of_a_treebank_round_trip_as_relations() -> None:
    """Dependencies are triples of words too, with slashes, pipes, arrows and emoticons among the words."""
    counts: Counter[str] = Counter()
    for relations in dependency_triples():
        for name, codec in RELATION_CODECS.items():
            counts[name] += filter_of(codec)(relations) == codec.encode(relations)
    assert counts == dict.fromkeys(RELATION_CODECS, 2_001)


def dependency_triples() -> list[Relations]:
    """Head, relation and dependent of the words of each sentence, roots left out."""
    path = next((Path(DATA) / "ud").glob("en_ewt*.conllu*"))
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        blocks = file.read().strip().split("\n\n")
    found = []
    for block in blocks:
        rows = [line.split("\t") for line in block.split("\n") if not line.startswith("#")]
        words = {row[0]: row for row in rows if row[0].isdigit()}
        found.append(
            [{"head": words[row[6]][1], "type": row[7], "tail": row[1]} for row in words.values() if row[6] != "0"]
        )
    return found
