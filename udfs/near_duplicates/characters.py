"""What the characters of a text are to shingles, byte by byte of its UTF-8.

A word is a run of letters, marks, digits and low lines that does not begin with a mark.
The tables come from the Unicode data inside Arrow, so they change with the version of pyarrow and with nothing else.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from taskmill.udfs.near_duplicates.arrays import Integers, Mask, spans

Bytes = NDArray[np.uint8]

WORD = np.uint8(1)  # a byte of a letter, digit, mark or low line
LETTER = np.uint8(2)  # the first byte of one
SPACELESS = np.uint8(4)  # the first byte of one of a script written without blanks
UNSTABLE = np.uint8(8)  # the first byte of a character that compatibility composition may change for our purpose
MARK = np.uint8(16)  # a byte of a mark; all marks are unstable

# Marks are part of a word: without them each vowel sign of Hindi would end one.
_WORD_PATTERN = r"[\pL\pM\pN_]"
# The scripts of `taskmill.udfs.languages.WITHOUT_SPACES`, by their names in Unicode.
_SPACELESS_PATTERN = (
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Khitan_Small_Script}\p{Nushu}\p{Tangut}\p{Ahom}\p{Balinese}"
    r"\p{Javanese}\p{Khmer}\p{Tai_Tham}\p{Lao}\p{Myanmar}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Viet}\p{Thai}\p{Tibetan}]"
)
_END = 0x40000  # behind it lie a few selectors and private characters, no words
_SURROGATES = np.arange(0xD800, 0xE000)
_CHUNK_BYTES = 1 << 20  # bounds the memory for the positions of characters beyond ASCII
_ASCII_KINDS = np.array(
    [WORD | LETTER if chr(code).isalnum() or chr(code) == "_" else 0 for code in range(0x80)] + [0] * 0x80, np.uint8
)


def byte_kinds(data: Bytes) -> Bytes:
    """For each byte the sum of the kinds it has (`WORD`, `LETTER`, `SPACELESS`, `UNSTABLE`, `MARK`).

    Args:
        data: valid UTF-8 in lower case.
    """
    kinds = _ASCII_KINDS[data]
    if len(data) and data.max() >= 0x80:
        for start in range(0, len(data), _CHUNK_BYTES):
            _set_beyond_ascii(kinds, data, start, start + _CHUNK_BYTES)
    return kinds


def runs(kinds: Bytes, offsets: Integers) -> Integers:
    """Where each run of word characters begins, in texts that begin at these offsets; a run ends with its text."""
    is_word = (kinds & WORD).astype(bool)
    begins = is_word.copy()
    begins[1:] &= ~is_word[:-1]
    first = offsets[:-1][offsets[:-1] < len(kinds)]
    begins[first] = is_word[first]
    return np.flatnonzero(begins)


def drop_loose_marks(kinds: Bytes, offsets: Integers) -> None:
    """Takes marks that stand behind no letter out of the words: an accent in place of an apostrophe is decomposed into
    a blank and a mark, and a heart is followed by one that asks for colour."""
    begins = runs(kinds, offsets)
    loose = begins[(kinds[begins] & MARK) > 0]
    if not len(loose):
        return
    is_mark = np.concatenate([[False], (kinds & MARK).astype(bool), [False]])
    ends = np.flatnonzero(is_mark[:-1] & ~is_mark[1:])
    behind = np.append(loose[1:], len(kinds))  # marks at the begin of the next text are loose for themselves
    stops = np.minimum(ends[np.searchsorted(ends, loose, side="right")], behind)
    kinds[spans(loose, stops - loose)] = 0


def _set_beyond_ascii(kinds: Bytes, data: Bytes, start: int, stop: int) -> None:
    """Sets the kinds of characters beyond ASCII whose first byte lies in this range."""
    first = np.flatnonzero(data[start:stop] >= 0xC0) + start
    points = (data[first] & 0x1F).astype(np.int64) << 6 | (data[first + 1] & 0x3F)
    longer = np.flatnonzero(data[first] >= 0xE0)  # three bytes: four more bits in the first, six in the third
    third = first[longer] + 2
    points[longer] = (points[longer] & 0x3FF) << 6 | (data[third] & 0x3F)
    longest = np.flatnonzero(data[first] >= 0xF0)
    fourth = first[longest] + 3
    points[longest] = points[longest] << 6 | (data[fourth] & 0x3F)
    found = _character_kinds()[np.minimum(points, _END)]
    later = found & (WORD | MARK)
    kinds[first], kinds[first + 1], kinds[third], kinds[fourth] = found, later, later[longer], later[longest]


@cache
def _character_kinds() -> Bytes:
    """The kinds of the first byte of each character below `_END`; `_END` stands for all that follow."""
    points = np.setdiff1d(np.arange(_END), _SURROGATES)
    characters = pa.array([chr(point) for point in points.tolist()], pa.string())
    is_word = _matches(characters, _WORD_PATTERN)
    kinds = np.zeros(_END + 1, dtype=np.uint8)
    kinds[points] += is_word * (WORD | LETTER)
    kinds[points] += (is_word & _matches(characters, _SPACELESS_PATTERN)) * SPACELESS
    kinds[points] += _is_unstable(characters, is_word) * UNSTABLE
    kinds[points] += _matches(characters, r"\pM") * MARK
    return kinds


def _is_unstable(characters: pa.StringArray, is_word: Mask) -> Mask:
    """Characters that composition changes, unless it touches no word (the wide comma), or that may act on others."""
    composed = pc.utf8_normalize(characters, form="NFKC")
    changes = _mask(pc.not_equal(composed, characters))
    touches = is_word | _matches(composed, _WORD_PATTERN)
    return np.asarray((changes & touches) | _matches(characters, r"\pM") | _composes(characters))


def _composes(characters: pa.StringArray) -> Mask:
    """Characters that stand behind another one in a canonical decomposition: only these compose with what precedes."""
    parts = pc.utf8_normalize(characters, form="NFD")
    behind = pc.utf8_slice_codeunits(parts.filter(pc.greater(pc.utf8_length(parts), 1)), 1)
    return _mask(pc.is_in(characters, value_set=pa.array(set("".join(behind.to_pylist())), pa.string())))


def _matches(texts: pa.StringArray, pattern: str) -> Mask:
    return _mask(pc.match_substring_regex(texts, pattern))


def _mask(values: pa.BooleanArray) -> Mask:
    return np.asarray(values.to_numpy(zero_copy_only=False))
