"""Dependency trees and parts of speech: there and back, over hostile forms and whole treebanks."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.structures.codec import Codec, NotRoundTripError
from taskmill.udfs.structures.dependencies import DEPENDENCY_CODECS, POS_CODECS, encode_brackets

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
trees = pytest.mark.parametrize("codec", DEPENDENCY_CODECS.values(), ids=DEPENDENCY_CODECS)
tags = pytest.mark.parametrize("codec", POS_CODECS.values(), ids=POS_CODECS)

Words = list[dict[str, Any]]
SAW: Words = [
    {"id": 1, "form": "I", "head": 2, "deprel": "nsubj"},
    {"id": 2, "form": "saw", "head": 0, "deprel": "root", "upos": "VERB"},
    {"id": 3, "form": "the", "head": 4, "deprel": "det"},
    {"id": 4, "form": "New York", "head": 2, "deprel": "obj"},
]
SPECIAL = [
    "", '"', '""', '"a"', "10:30", "1:", ":", "and/or", "/", "(", ")", " -> ", "a_b_", "_", "New York", "70 000", " ",
    "a\n", "a\tb", "\\", "\\n", "\xa0", "a\u2028b", "\x85",
]  # fmt: skip
HOSTILE = st.one_of(
    st.text(st.sampled_from('()/\\"_:|->#\t\n\r\x0b\x1c\x85\u2028\xa0 a1'), max_size=6),
    st.text(max_size=4),
    st.sampled_from(SPECIAL),
)


@st.composite
def dependency_trees(draw: st.DrawFn) -> Words:
    """Any trees over up to eight words, projective or not, with one or more roots."""
    order = draw(st.permutations(range(1, draw(st.integers(1, 8)) + 1)))
    heads = {word: draw(st.sampled_from([0, *order[:place]])) for place, word in enumerate(order)}
    words: Words = []
    for word in sorted(order):
        words.append({"id": word, "form": draw(HOSTILE), "head": heads[word], "deprel": draw(HOSTILE)})
        if draw(st.booleans()):
            words[-1]["upos"] = draw(HOSTILE)
    return words


def tree_of_heads(heads: list[int]) -> Words:
    return [{"id": n, "form": f"w{n}", "head": head, "deprel": "dep"} for n, head in enumerate(heads, 1)]


def is_projective(words: Words) -> bool:
    """By definition: whatever stands between a word and its head depends on that head, directly or not."""
    graph = nx.DiGraph((word["head"], word["id"]) for word in words)
    below = {node: nx.descendants(graph, node) for node in graph}
    arcs = [(word["head"], word["id"]) for word in words]
    return all(set(range(min(arc) + 1, max(arc))) <= below[arc[0]] for arc in arcs)


def round_trips(codec: Codec, value: Words) -> str:
    text = codec.encode(value)
    assert codec.decode(text) == value
    assert text == text.strip()
    return text


def reads_only_what_it_writes(codec: Codec, text: str) -> None:
    try:
        value = codec.decode(text)
    except ValueError:
        return
    assert codec.encode(value) == text.strip()


def test_trees_as_text() -> None:
    assert {name: codec.encode(SAW) for name, codec in DEPENDENCY_CODECS.items()} == {
        "as_brackets": '(root (nsubj I) saw/VERB (obj (det the) "New York"))',
        "as_dependency_table": "1\tI\t2\tnsubj\n2\tsaw\t0\troot\tVERB\n3\tthe\t4\tdet\n4\tNew York\t2\tobj",
        "as_head_lines": '1 I -> 2 nsubj\n2 saw/VERB -> 0 root\n3 the -> 4 det\n4 "New York" -> 2 obj',
    }


def test_tags_as_text() -> None:
    words = [{"form": "my_cat", "upos": "NOUN"}, {"form": "New York", "upos": "PROPN"}, {"form": '"', "upos": "PUNCT"}]
    assert {name: codec.encode(words) for name, codec in POS_CODECS.items()} == {
        "as_pos_lines": 'my_cat\tNOUN\nNew York\tPROPN\n"\tPUNCT',
        "as_pos_inline": 'my_cat_NOUN "New York"_PROPN "\\""_PUNCT',
    }


def test_brackets_of_crossing_arcs_carry_ids() -> None:
    words = tree_of_heads([3, 0, 2, 1])
    assert encode_brackets(words) == "(dep 2:w2 (dep (dep 1:w1 (dep 4:w4)) 3:w3))"


@trees
@given(words=dependency_trees())
def test_trees_round_trip(codec: Codec, words: Words) -> None:
    round_trips(codec, words)


@pytest.mark.parametrize("special", SPECIAL, ids=repr)
def test_special_texts_round_trip_wherever_they_stand(special: str) -> None:
    crossing = [{**word, "upos": "X"} for word in tree_of_heads([3, 0, 2, 1])]
    for codec in DEPENDENCY_CODECS.values():
        for words in (SAW, crossing):
            for key in ("form", "deprel", "upos"):
                round_trips(codec, [word | {key: special} for word in words])
    for codec in POS_CODECS.values():
        round_trips(codec, [{"form": special, "upos": "X"}, {"form": "a", "upos": "X"}, {"form": special, "upos": "X"}])


@given(words=dependency_trees())
def test_brackets_have_ids_exactly_where_the_tree_is_not_projective(words: Words) -> None:
    plain = tree_of_heads([word["head"] for word in words])
    assert (":" not in encode_brackets(plain)) == is_projective(plain)


@trees
@given(heads=st.lists(st.integers(0, 6), min_size=1, max_size=6))
def test_only_trees_are_accepted(codec: Codec, heads: list[int]) -> None:
    words = tree_of_heads(heads)
    graph = nx.DiGraph((word["head"], word["id"]) for word in words)
    is_tree = max(heads) <= len(heads) and 0 in graph and nx.is_arborescence(graph)
    if is_tree:
        round_trips(codec, words)
    else:
        with pytest.raises(ValueError, match=r"depends on itself|no word"):
            codec.encode(words)


@tags
@given(words=st.lists(st.fixed_dictionaries({"form": HOSTILE, "upos": HOSTILE | st.just("NOUN")}), min_size=1))
def test_tags_round_trip(codec: Codec, words: Words) -> None:
    if codec.name == "as_pos_inline" and not all(can_stand_inline(word["upos"]) for word in words):
        with pytest.raises(NotRoundTripError):
            codec.encode(words)
    else:
        round_trips(codec, words)


def can_stand_inline(upos: str) -> bool:
    return bool(upos) and not any(char == "_" or char.isspace() for char in upos)


@pytest.mark.parametrize("codec", [*DEPENDENCY_CODECS.values(), *POS_CODECS.values()], ids=lambda codec: codec.name)
@given(data=st.data())
def test_other_text_is_refused(codec: Codec, data: st.DataObject) -> None:
    value = SAW if codec.name in DEPENDENCY_CODECS else [{"form": w["form"], "upos": "X"} for w in SAW]
    text = codec.encode(value)
    at = data.draw(st.integers(0, len(text)))
    reads_only_what_it_writes(codec, text[:at] + data.draw(HOSTILE) + text[at + data.draw(st.integers(0, 3)) :])
    reads_only_what_it_writes(codec, data.draw(HOSTILE))


@trees
@pytest.mark.parametrize(
    "words",
    [
        None, [], "text", [None], [[]], [{**SAW[1], "id": 1, "lemma": "see"}], [{**SAW[1], "id": True}],
        [{**SAW[1], "id": 1, "form": None}], [{**SAW[1], "id": 1, "upos": 3}], [{**SAW[1], "id": 1, "head": False}],
        [SAW[1]], [{**SAW[1], "id": 1, "head": -1}],
    ],
)  # fmt: skip
def test_what_is_no_tree_is_refused(codec: Codec, words: Any) -> None:
    with pytest.raises(ValueError):
        codec.encode(words)


@tags
@pytest.mark.parametrize("words", [None, [], [None], [{"form": "a"}], [{"form": None, "upos": "X"}], SAW])
def test_what_are_no_tags_is_refused(codec: Codec, words: Any) -> None:
    with pytest.raises(ValueError):
        codec.encode(words)


@trees
@pytest.mark.parametrize("heads", [range(5_000), [*range(2, 5_001), 0]], ids=["to the right", "to the left"])
def test_deep_trees_round_trip(codec: Codec, heads: Any) -> None:
    round_trips(codec, tree_of_heads(list(heads)))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("codec", [*DEPENDENCY_CODECS.values(), *POS_CODECS.values()], ids=lambda codec: codec.name)
@pytest.mark.parametrize("unit", ["(a ", ")", '"', '\\"', "1", "1:", "a_", "_", "/", "a\t", "1 a -> ", "\n", "(a b)"])
def test_long_text_is_read_in_linear_time(codec: Codec, unit: str) -> None:
    for text in (unit * 20_000, '(a "' + unit * 20_000, "1 " + unit * 20_000):
        reads_only_what_it_writes(codec, text)


def sentences(name: str) -> list[Words]:
    """The words of a CoNLL-U file; lines whose id is no number are ranges and empty nodes."""
    text = gzip.decompress((Path(DATA) / "ud" / name).read_bytes()).decode("utf-8")
    rows = [[line.split("\t") for line in block.split("\n") if line[:1].isdigit()] for block in text.split("\n\n")]
    words = [[row for row in block if row[0].isdigit()] for block in rows if block]
    return [
        [{"id": int(w[0]), "form": w[1], "upos": w[3], "head": int(w[6]), "deprel": w[7]} for w in sentence]
        for sentence in words
    ]


@needs_data
@pytest.mark.parametrize(
    ("name", "count", "word_count", "crossing_count"),
    [("en_ewt-ud-dev.conllu.gz", 2_001, 25_147, 31), ("ja_gsd-ud-dev.conllu.gz", 507, 12_287, 4)],
    ids=["en", "ja"],
)
def test_treebanks_round_trip(name: str, count: int, word_count: int, crossing_count: int) -> None:
    treebank = sentences(name)
    assert (len(treebank), sum(map(len, treebank))) == (count, word_count)
    for codec in DEPENDENCY_CODECS.values():
        assert [codec.decode(codec.encode(words)) for words in treebank] == treebank
    crossing = [words for words in treebank if not is_projective(words)]
    assert len(crossing) == crossing_count
    assert [words for words in treebank if " 1:" in encode_brackets(words)] == crossing
    tagged = [[{"form": word["form"], "upos": word["upos"]} for word in words] for words in treebank]
    for codec in POS_CODECS.values():
        assert [codec.decode(codec.encode(words)) for words in tagged] == tagged
