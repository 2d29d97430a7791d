"""Groups exchanged: the grammar of pronouns, capitals kept, nothing else touched, and back again."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.jobs.audit.lexicon_files import load_lexicons
from taskmill.udfs.audit.swaps import swapped, swapped_value

ENGLISH = load_lexicons()["en"]
PLAIN = [pair for pairs in ENGLISH.swaps.values() for pair in pairs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He lost his keys.", "She lost her keys."),
        ("She lost her keys.", "He lost his keys."),
        ("I saw her.", "I saw him."),
        ("I saw her yesterday at noon", "I saw him yesterday at noon"),
        ("I gave her the book", "I gave him the book"),
        ("HER BOOK IS HERS", "HIS BOOK IS HIS"),
        ("The book is his.", "The book is hers."),
        ("his and hers", "hers and his"),
        ("Her Majesty; him, HIM", "His Majesty; her, HER"),
        ("himself", "herself"),
        ("from her 'dead' husband, apart from her", "from his 'dead' wife, apart from him"),
        ("interested in her apart", "interested in him apart"),
        ("A woman and two MEN", "A man and two WOMEN"),
        ("Mr Smith met John", "Ms Smith met Mary"),
        ("a man-made theme, mankind, Shell, hero", "a man-made theme, mankind, Shell, hero"),
        ("mark my words, john", "mark my words, john"),
    ],
)
def test_gender(text: str, expected: str) -> None:
    assert swapped(text, ENGLISH, "gender") == expected


def test_hidden_phrases_stay() -> None:
    assert swapped("An African American and an American", ENGLISH, "nationality") == "An African American and an Indian"
    assert swapped("King Kong, the king", ENGLISH, "gender") == "King Kong, the queen"


def test_polish_is_no_polish() -> None:
    assert swapped("Polish the POLISH table, polish it", ENGLISH, "nationality") == (
        "Syrian the SYRIAN table, polish it"
    )


@given(st.lists(st.sampled_from([word for pair in PLAIN for word in pair] + ["the", "saw", "—", "7", "ß", "İ", "\n"])))
def test_swapping_twice_gives_the_text_again(words: list[str]) -> None:
    """For all pairs of the lexicon; only the pronouns are ambiguous."""
    for text in (" ".join(words), " ".join(words).upper().replace("SS", "ß")):
        for category in ENGLISH.swaps:
            once = swapped(text, ENGLISH, category)
            assert swapped(once, ENGLISH, category) == text


@given(st.text())
def test_what_is_no_term_stays_byte_for_byte(text: str) -> None:
    words = {word.lower() for pair in ENGLISH.swaps["gender"] for word in pair} | {"her", "his", "him", "hers"}
    marked = re.split(r"\w+", text)
    found = re.split(r"\w+", swapped(text, ENGLISH, "gender"))
    assert found == marked
    if not words & {word.lower() for word in re.findall(r"[^\W_]+", text)}:
        assert swapped(text, ENGLISH, "gender") == text


def test_no_word_is_in_two_pairs_and_articles_need_no_change() -> None:
    for pairs in ENGLISH.swaps.values():
        words = [word for pair in pairs for word in pair]
        assert len(words) == len(set(words))
    for one, other in [*ENGLISH.swaps["nationality"], *ENGLISH.swaps["religion"]]:
        if one not in {"Christianity", "Judaism"}:  # nobody says "an Islam"
            assert (one[0] in "AEIOU") == (other[0] in "AEIOU"), (one, other)


def test_values_keep_their_shape_and_names() -> None:
    value = {"he": ["He", 1, None, {"deep": "his dog"}], "n": 2.5, "t": True}
    assert swapped_value(value, ENGLISH, "gender") == {"he": ["She", 1, None, {"deep": "her dog"}], "n": 2.5, "t": True}
