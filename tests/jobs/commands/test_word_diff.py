"""Texts compared word by word; what both have, taken together, must give the texts again."""

from __future__ import annotations

import random
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.jobs.commands.word_diff import MOST_CHARS, MOST_WORDS, Comparison, compared, matched


def marked(found: Comparison) -> tuple[str, str]:
    left = "".join(f"[-{piece.text}-]" if piece.only_here else piece.text for piece in found.left)
    return left, "".join(f"{{+{piece.text}+}}" if piece.only_here else piece.text for piece in found.right)


@pytest.mark.parametrize(
    ("left", "right", "expected", "note"),
    [
        pytest.param("a b c", "a x c", ("a [-b-] c", "a {+x+} c"), None, id="replaced"),
        pytest.param("a b", "a b c d", ("a b", "a b {+c d+}"), None, id="added"),
        pytest.param("a b c", "b", ("[-a-] b [-c-]", "b"), None, id="taken-out"),
        pytest.param("a\n\nb  c", "a b c", ("a\nb c", "a b c"), "equal but for white space", id="white-space"),
        pytest.param("A b", "a b", ("[-A-] b", "{+a+} b"), "equal but for upper and lower case", id="case"),
        pytest.param("é b", unicodedata.normalize("NFD", "é b"), ("[-é-] b", "{+e\u0301+} b"),
                     "equal but for Unicode composition", id="composition"),
        pytest.param("大きな雲", "大きな雨", ("大きな[-雲-]", "大きな{+雨+}"), None, id="no-blanks"),
        pytest.param("good" + " very" * 300, "bad" + " very" * 300,
                     ("[-good-]" + " very" * 300, "{+bad+}" + " very" * 300), None, id="one-word-all-over"),
        pytest.param("", "a b", ("", "{+a b+}"), None, id="nothing"),
        pytest.param("", "", ("", ""), None, id="both-nothing"),
        pytest.param("a", "a", ("a", "a"), None, id="the-same"),
    ],
)  # fmt: skip
def test_compared_marks_what_differs(left: str, right: str, expected: tuple[str, str], note: str | None) -> None:
    found = compared(left, right)
    assert marked(found) == expected
    assert found.note == note


WORDS = st.lists(st.sampled_from("abcd"), max_size=30).map(" ".join)


@given(WORDS, WORDS)
def test_compared_loses_no_word_and_shares_the_same_ones(left: str, right: str) -> None:
    found = compared(left, right)
    for text, pieces in ((left, found.left), (right, found.right)):
        assert "".join(piece.text for piece in pieces) == text
    shared = [[word for piece in side if not piece.only_here for word in piece.text.split()]
              for side in (found.left, found.right)]  # fmt: skip
    assert shared[0] == shared[1]


def test_compared_cuts_long_texts_and_says_so() -> None:
    long = "word " * (MOST_WORDS + 10)
    found = compared(long, "word")
    assert sum(len(piece.text.split()) for piece in found.left) == MOST_WORDS
    assert found.note == "only the beginnings are compared: 49 and 0 characters are left out"
    assert compared("x" * (MOST_CHARS + 1), "x" * MOST_CHARS).note == (
        "only the beginnings are compared: 1 and 0 characters are left out"
    )


@pytest.mark.parametrize("vocabulary", [1, 2, 3, 50, 5_000])
def test_compared_is_bounded_in_time(vocabulary: int) -> None:
    """Texts of few words are the hard ones: every word of one stands everywhere in the other."""
    drawn = random.Random(7)
    left, right = (" ".join(str(drawn.randrange(vocabulary)) for _ in range(MOST_WORDS)) for _ in range(2))
    begun = time.process_time()
    compared("left " + left + " end", "right " + right + " stop")
    assert time.process_time() - begun < 5


def test_matched_by_name_keeps_every_field() -> None:
    assert matched({"a": "x", "b": "y"}, {"b": "y", "c": "z"}, by_name=True) == [("a", None), ("b", "b"), (None, "c")]


def test_matched_by_words_takes_the_most_alike_first() -> None:
    left = {"question": "which bird swims", "context": "a long text about which birds", "label": "no"}
    right = {"document": "a long text about birds", "title": "which bird", "label": "yes"}
    assert matched(left, right, by_name=False) == [("question", "title"), ("context", "document"), ("label", "label")]
    assert matched({"a": "x"}, {"b": "y"}, by_name=False) == [("a", None), (None, "b")]
    assert matched({}, {}, by_name=False) == []
