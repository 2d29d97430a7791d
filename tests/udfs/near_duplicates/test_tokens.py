"""Words of whole columns against Python's strings and integers."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.near_duplicates import characters
from taskmill.udfs.near_duplicates import tokens as module
from taskmill.udfs.near_duplicates.arrays import drawn
from taskmill.udfs.near_duplicates.tokens import Tokens, tokens, words_of
from tests.udfs.near_duplicates.plain_shingles import letters, strings, words

# Letters of many scripts with what is awkward about them: wide and composed forms, marks that combine, reorder or
# stand alone, digits, ligatures, jamo that compose, planes beyond the first, blanks of all kinds, and separators.
AWKWARD = (
    "aAzZ09_ß.,'- \t\n\0éÉe\u0301\u0323Åﬁ½²™´¨…，ＡｂŒΣσςΩЖжїı"
    + "حرفَकि्षก็ำ한ᄒ\u1161\u11ab漢字かカガが゛ー々〆𝔄𐐀𠀀❤\ufe0f👍🏽\u200d\u200c\u00a0\u3000\ufeff\u00ad"
)
TEXTS = st.text(st.sampled_from(AWKWARD), max_size=40)
ROWS = st.lists(TEXTS | st.none(), max_size=8)


def split(found: Tokens) -> list[list[int]]:
    return [part.tolist() for part in np.split(found.hashes, found.offsets[1:-1])] if len(found.offsets) > 1 else []


def assert_same_tokens(found: Tokens, expected: list[list[str]]) -> None:
    """One number for each token, and one token for each number."""
    assert [len(row) for row in split(found)] == [len(row) for row in expected]
    tokens_of: dict[int, set[str]] = defaultdict(set)
    for numbers, texts in zip(split(found), expected, strict=True):
        for number, text in zip(numbers, texts, strict=True):
            tokens_of[number].add(text)
    assert all(len(texts) == 1 for texts in tokens_of.values()), tokens_of
    assert len(tokens_of) == len({text for row in expected for text in row})


@settings(deadline=None)  # the first text beyond ASCII makes the tables of characters
@given(ROWS)
def test_tokens_are_the_words(rows: list[str | None]) -> None:
    found = tokens(strings(*rows), pa.array([False] * len(rows), pa.bool_()))
    assert_same_tokens(found, [words(text or "") for text in rows])


@settings(deadline=None)  # the first text beyond ASCII makes the tables of characters
@given(ROWS)
def test_tokens_of_spaceless_texts_are_the_characters_of_words(rows: list[str | None]) -> None:
    found = tokens(strings(*rows), pa.array([True] * len(rows), pa.bool_()))
    assert_same_tokens(found, [letters(text or "") for text in rows])


@settings(deadline=None)
@given(ROWS, st.integers(1, 9), st.integers(0, 3))
def test_tokens_depend_on_neither_chunks_nor_slices_nor_type(rows: list[str | None], chunk: int, skipped: int) -> None:
    texts = strings(*rows)
    whole = tokens(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)
        patch.setattr(characters, "_CHUNK_BYTES", chunk)
        assert split(tokens(texts)) == split(whole)
    assert split(tokens(texts.slice(skipped))) == split(whole)[skipped:]
    assert split(tokens(texts.cast(pa.large_string()))) == split(whole)
    assert [numbers for text in texts for numbers in split(tokens(strings(text.as_py())))] == split(whole)


def test_token_hash_is_the_mixed_polynomial_of_its_bytes() -> None:
    """In Python's integers, for a token longer than a chunk too: stored shingles of all machines must agree."""
    numbers, mask = module._BYTES.tolist(), (1 << 64) - 1
    for text in ("a", "zürich", "漢", "x" * (module._CHUNK * 2 + 5)):
        value = sum(numbers[byte] * pow(module._BASE, place, 1 << 64) for place, byte in enumerate(text.encode()))
        value &= mask
        for shift, multiplier in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            value = (value ^ value >> shift) * multiplier & mask
        assert split(tokens(strings(text), pa.array([False]))) == [[value ^ value >> 31]]


def test_byte_numbers_are_those_of_splitmix64() -> None:
    """The generator's published first outputs for seed 1234567; and no byte of a word is 0."""
    assert drawn(3, 1234567).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert np.count_nonzero(module._BYTES == 0) == 1


@pytest.mark.parametrize(("before", "behind"), [("a", "b"), (" ", " "), ("e", "\u0301"), ("ᄀ", "\u11a8")])
def test_texts_left_uncomposed_have_the_tokens_of_the_composed(before: str, behind: str) -> None:
    """Every character of Unicode: where composition is left out for speed, it would have changed nothing."""
    points = (point for point in range(0x32000) if not 0xD800 <= point < 0xE000)
    texts = strings(*(f"{before}{chr(point)}{behind}" for point in points))
    composed = pc.utf8_normalize(pc.utf8_lower(pc.utf8_normalize(texts, form="NFKC")), form="NFKC")
    one, other = (tokens(part, pa.array([False] * len(part))) for part in (texts, composed))
    assert np.array_equal(one.offsets, other.offsets)
    assert np.array_equal(one.hashes, other.hashes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They have no blanks at all", False), ("これは日本語の文章です", True), ("ภาษาไทยไม่มีช่องว่าง", True),
        ("ພາສາລາວ", True), ("한국어는 띄어 씁니다", False), ("हिन्दी में", False), ("", False), ("12 + 34 = 46", False),
        ("iPhone を買った", True), ("the kanji 漢字", False), (None, False),
    ],
)  # fmt: skip
def test_is_spaceless_by_a_third_of_the_letters(text: str | None, expected: bool) -> None:
    texts = strings("plain", text, "漢字")
    assert tokens(texts).is_spaceless.tolist() == [False, expected, True]
    assert tokens(texts, pa.array([None] * 3, pa.bool_())).is_spaceless.tolist() == [False, expected, True]
    assert tokens(texts, pa.array([True, None, False])).is_spaceless.tolist() == [True, expected, False]


def test_no_texts_have_no_tokens() -> None:
    for texts in (strings(), strings(None), strings("", None, "")):
        found = tokens(texts)
        assert (len(found.hashes), found.offsets.tolist()) == (0, [0] * (len(texts) + 1))


def test_many_texts_of_marks_alone_are_read_in_linear_time() -> None:
    found = tokens(pa.array(["\u0301" * 10] * 15_000))
    assert not found.offsets.any()


def texts_of(*contents: bytes) -> pa.StringArray:
    """Texts with any bytes, as Spark may hand them over."""
    offsets = np.cumsum([0, *map(len, contents)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(contents), pa.py_buffer(offsets), pa.py_buffer(b"".join(contents)))


@pytest.mark.parametrize("content", [b"a\xff\x80", b"\xc3", b"\xe6\xbc", b"\xf0\x9f\x91", b"\x80"])
def test_bytes_that_are_no_utf8_are_refused(content: bytes) -> None:
    with pytest.raises(pa.ArrowInvalid, match="UTF8"):
        tokens(texts_of(b"fine", content))


PIECES = ["a", "é", "漢", "´", "\u0301", "👍"]
BYTES = st.binary(max_size=6) | st.sampled_from([b"\xed\xa0\x80", b"\xf7\xbf\xbf\xbf", b"\xc1\x81"])


@settings(deadline=None)
@given(st.lists(st.lists(BYTES | st.sampled_from(PIECES).map(str.encode), max_size=4).map(b"".join), max_size=4))
def test_any_bytes_are_read_or_refused(contents: list[bytes]) -> None:
    try:
        found = tokens(texts_of(*contents))
    except pa.ArrowInvalid:
        with pytest.raises(UnicodeDecodeError):
            [content.decode() for content in contents]
        return
    assert len(found.offsets) == len(contents) + 1


@pytest.mark.parametrize("text", ["\u0301" * 300_000, " \u0301" * 200_000, "´" * 200_000, "é\u0301\u0323" * 100_000])
def test_marks_in_any_number_are_read_in_linear_time(text: str) -> None:
    found = tokens(strings(text, "\u0301", "a"), pa.array([False] * 3))
    assert np.diff(found.offsets).tolist() == [len(words(text)), 0, 1]


@given(TEXTS)
def test_words_are_the_tokens(text: str) -> None:
    found = words_of(text)
    whole = tokens(pa.array([text], pa.string()))
    assert len(found) == len(whole.hashes)
    if not whole.is_spaceless.any():
        alone = tokens(pa.array(found, pa.string()), pa.array([False] * len(found), pa.bool_()))
        assert whole.hashes.tolist() == alone.hashes.tolist()
