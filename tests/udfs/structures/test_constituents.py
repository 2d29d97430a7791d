"""Constituent trees in Penn brackets: there and back, against JSON as another notation of the same lists."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.structures.codec import difference
from taskmill.udfs.structures.constituents import (
    CONSTITUENT_CODECS,
    decode_constituents,
    encode_constituents,
    tree_of,
)

CAT = ["S", ["NP", ["DT", "The"], ["NN", "cat"]], ["VP", ["VBD", "sat"]]]
HOSTILE = st.one_of(
    st.text(st.sampled_from("()-LRB\\u0 \t\n\x85\u2028\xa0\"'/|"), min_size=1, max_size=8),
    st.lists(st.sampled_from(["-LRB-", "-RRB-", "-", "LRB", "(", ")", "\\", "RB-"]), min_size=1, max_size=5).map(
        "".join
    ),
    st.text(min_size=1, max_size=4),
)
LABELS = st.sampled_from(["S", "NP-SBJ-1", "-LRB-", "-NONE-", "", "``", "PRP$", "\\", "NP|<DT-NN>", '"'])


def trees(words: st.SearchStrategy[str], labels: st.SearchStrategy[str] = LABELS) -> st.SearchStrategy[list[Any]]:
    def tree(children: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
        return st.tuples(labels, st.lists(children, max_size=4)).map(lambda node: [node[0], *node[1]])

    return tree(st.recursive(words, tree, max_leaves=12))


def test_constituents_as_text() -> None:
    assert encode_constituents(CAT) == "(S (NP (DT The) (NN cat)) (VP (VBD sat)))"
    assert encode_constituents(["", ["S", "go"]]) == "( (S go))"


def test_brackets_of_words_are_told_apart_from_their_names() -> None:
    tree = ["X", ["-LRB-", "("], ["-RRB-", "-RRB-"], ["NN", "a b"], ["NN", "1\\/2"], ["X"], ["NN", ":-)"]]
    text = "(X (-LRB- -LRB-) (-RRB- \\-RRB-) (NN a\\u0020b) (NN 1\\\\/2) (X) (NN :--RRB-))"
    assert encode_constituents(tree) == text
    assert decode_constituents(text) == tree


@given(tree=trees(HOSTILE))
def test_constituents_round_trip(tree: list[Any]) -> None:
    text = encode_constituents(tree)
    assert decode_constituents(text) == tree
    assert text == text.strip()
    assert "\n" not in text


def test_no_two_words_of_brackets_hyphens_and_their_names_are_written_alike() -> None:
    parts = ("-LRB-", "-RRB-", "-", "LRB", "RRB", "(", ")", "\\", " ")
    for count in range(1, 5):
        for word in map("".join, product(parts, repeat=count)):
            assert decode_constituents(encode_constituents(["X", word])) == ["X", word]


def lists_of(text: str) -> Any:
    """Brackets as JSON lists, by substitution: an oracle for labels and words of letters."""
    opened = re.sub(r"\((\w+)", r'["\1"', text)
    return json.loads(re.sub(r" (\w+)", r', "\1"', opened).replace(" [", ", [").replace(")", "]"))


@given(tree=trees(st.text("abc", min_size=1, max_size=3), st.sampled_from(["S", "NP"])))
def test_constituents_are_lists_in_another_notation(tree: list[Any]) -> None:
    assert lists_of(encode_constituents(tree)) == tree


def test_trees_are_read_over_several_lines() -> None:
    assert tree_of("\n(S\n  (NP (DT The) (NN cat) )\n\t(VP (VBD sat)))\n") == CAT
    with pytest.raises(ValueError, match="at character 2 "):
        decode_constituents("(S\n  (NP cat))")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no tree"),
        ("  ", "there is no tree"),
        ("cat", "'cat' at character 0 stands outside"),
        ("(S (NP cat)", "bracket at character 0 is not closed"),
        ("(S (NP cat", "bracket at character 3 is not closed"),
        ("(S cat))", r"'\)' at character 7 stands outside"),
        (") (S cat)", r"'\)' at character 0 stands outside"),
        ("(S cat) (S", "at character 8 stands outside"),
        ("(S cat) dog", "'dog' at character 8 stands outside"),
        ("(S a\\b)", "backslash"),
        ("(S a\\)", "backslash"),
        ("(S \\u0041)", "not as this codec writes it"),
        ("(S  cat)", "at character 3 "),
        ("(S cat )", "at character 6 "),
    ],
)
def test_other_text_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decode_constituents(text)


@given(text=st.text(st.sampled_from("()-LRB\\u0 \na"), max_size=30))
def test_other_text_never_reads_as_a_tree(text: str) -> None:
    try:
        tree = decode_constituents(text)
    except ValueError:
        return
    assert encode_constituents(tree) == text.strip()


@pytest.mark.parametrize(
    "tree",
    [None, "cat", [], [None], ["S", None], ["S", 3], ["S", []], ["S", [["NP"]]], ["S", ""], ["N P", "a"], ["(", "a"]],
    ids=repr,
)
def test_what_is_no_tree_is_refused(tree: Any) -> None:
    with pytest.raises(ValueError):
        encode_constituents(tree)


@pytest.mark.parametrize("left", [True, False], ids=["to the left", "to the right"])
def test_deep_trees_round_trip(left: bool) -> None:
    tree: list[Any] = ["X", "end"]
    for number in range(5_000):
        tree = [f"X{number}", tree, "word"] if left else [f"X{number}", "word", tree]
    assert difference(tree, decode_constituents(encode_constituents(tree))) is None  # `==` would recurse


@pytest.mark.timeout(10)
@pytest.mark.parametrize("unit", ["(", ")", "(a ", " ", "-LRB", "\\", "\\u", "a", "(S)"])
def test_long_text_is_read_in_linear_time(unit: str) -> None:
    for text in (unit * 30_000, "(S" + unit * 30_000, "(S " + unit * 30_000):
        with pytest.raises(ValueError):
            decode_constituents(text)


def test_the_registry_names_the_codec() -> None:
    codec = CONSTITUENT_CODECS["as_constituents"]
    assert codec.decode(codec.encode(CAT)) == CAT
