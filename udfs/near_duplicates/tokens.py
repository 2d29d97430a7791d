"""Words of texts as 64-bit numbers, all texts of a column at once.

Text is compared in lower case and compatibility composition (NFKC, UAX #15). A word is a run of letters, marks, digits
and low lines that does not begin with a mark; in scripts without blanks each of these characters is a token by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.near_duplicates.arrays import Integers, Mask, Numbers, drawn, mixed
from taskmill.udfs.near_duplicates.characters import (
    LETTER,
    SPACELESS,
    UNSTABLE,
    WORD,
    Bytes,
    byte_kinds,
    drop_loose_marks,
    runs,
)

_CHUNK = 1 << 15  # bytes hashed at once: the numbers made from them stay in the processor's cache
_MODULUS = 1 << 64
# Odd, and 3 modulo 8, so that differences of its powers are divisible by few twos.
_BASE = 0x9E6C63D0876A9A6B
_INVERSE = pow(_BASE, -1, _MODULUS)


@dataclass(frozen=True)
class Tokens:
    """The tokens of documents, one document behind the other.

    Attributes:
        offsets: where the tokens of each document begin, and the end of the last; shape (documents + 1,).
        hashes: one number for each token; equal tokens have equal numbers.
        is_spaceless: shape (documents,); whether the tokens are characters instead of words.
    """

    offsets: Integers
    hashes: Numbers
    is_spaceless: Mask


def tokens(texts: pa.StringArray, spaceless: pa.BooleanArray | None = None) -> Tokens:
    """The tokens of each text; null has none.

    A token's hash is the polynomial of its UTF-8 bytes modulo 2^64, each byte replaced by a random number, and then
    mixed. Chance collisions are as rare as 64 bits allow; words of over a thousand letters can be made to collide on
    purpose (the Thue-Morse sequence), which is harmless here.

    Args:
        texts: string or large string.
        spaceless: whether each text is in a script without blanks; where null, it is when more than a third of its
            letters are: a Latin name in a Japanese text takes more letters than the words around it.

    Raises:
        pa.ArrowInvalid: if the bytes of a text are no UTF-8; encoded surrogates pass, and are in no token.
    """
    data, offsets, kinds = _folded(pc.fill_null(texts, ""))
    is_spaceless = _is_spaceless(kinds, offsets, spaceless)
    begins = _begins(kinds, offsets, is_spaceless)
    hashes = mixed(_polynomials(data * (kinds & WORD), begins))
    return Tokens(np.searchsorted(begins, offsets), hashes, is_spaceless)


def words_of(text: str) -> list[str]:
    """The tokens of one text as they are compared, in lower case."""
    data, offsets, kinds = _folded(pa.array([text], pa.string()))
    is_spaceless = _is_spaceless(kinds, offsets, None)
    words = np.where(kinds & WORD, data, ord(" ")).astype(np.uint8)
    if not is_spaceless.any():
        return words.tobytes().decode().lower().split()
    begins = _begins(kinds, offsets, is_spaceless).tolist()
    pairs = zip(begins, [*begins[1:], len(words)], strict=True)
    return [words[start:stop].tobytes().decode().strip().lower() for start, stop in pairs]


def _folded(texts: pa.StringArray) -> tuple[Bytes, Integers, Bytes]:
    """The bytes of the texts in lower case and NFKC, their offsets, and their kinds.

    ASCII keeps its case here, as `_BYTES` does not tell the two apart. Composition is slow, so it is left out for texts
    whose words cannot change by it.
    """
    data, offsets = _bytes(texts)
    if not len(data) or data.max() < 0x80:
        return data, offsets, byte_kinds(data)
    lowered = pc.utf8_lower(texts)
    data, offsets = _bytes(lowered)
    kinds = byte_kinds(data)
    unstable = np.flatnonzero(kinds & UNSTABLE)
    if not len(unstable):
        return data, offsets, kinds
    changing = np.zeros(len(texts), dtype=bool)
    changing[np.searchsorted(offsets, unstable, side="right") - 1] = True
    mask = pa.array(changing)
    data, offsets = _bytes(pc.replace_with_mask(lowered, mask, _composed(texts.filter(mask))))
    kinds = byte_kinds(data)
    drop_loose_marks(kinds, offsets)
    return data, offsets, kinds


def _composed(texts: pa.StringArray) -> pa.StringArray:
    # Twice: composition makes capitals of other letters, and lower case makes letters that compose with their marks.
    return pc.utf8_normalize(pc.utf8_lower(pc.utf8_normalize(texts, form="NFKC")), form="NFKC")


def _bytes(texts: pa.StringArray) -> tuple[Bytes, Integers]:
    """The bytes of texts without nulls, and where each text begins in them."""
    width: Any = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    _, positions, content = texts.buffers()
    if not len(texts) or content is None:
        return np.empty(0, np.uint8), np.zeros(len(texts) + 1, np.int64)
    offsets = np.frombuffer(positions, width)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    return np.frombuffer(content, np.uint8)[offsets[0] : offsets[-1]], offsets - offsets[0]


def _is_spaceless(kinds: Bytes, offsets: Integers, spaceless: pa.BooleanArray | None) -> Mask:
    declared = np.zeros(len(offsets) - 1, dtype=bool)
    unknown = ~declared
    if spaceless is not None:
        declared = pc.fill_null(spaceless, False).to_numpy(zero_copy_only=False)
        unknown = pc.is_null(spaceless).to_numpy(zero_copy_only=False)
    found = np.flatnonzero(kinds & SPACELESS)
    if not len(found) or not unknown.any():
        return declared
    letters = np.flatnonzero(kinds & LETTER)
    is_found = np.diff(np.searchsorted(found, offsets)) * 3 > np.diff(np.searchsorted(letters, offsets))
    return np.asarray(np.where(unknown, is_found, declared))


def _begins(kinds: Bytes, offsets: Integers, is_spaceless: Mask) -> Integers:
    """Where the tokens of all documents begin."""
    begins = runs(kinds, offsets)
    if not is_spaceless.any():
        return begins
    by_letter = np.repeat(is_spaceless, np.diff(offsets))
    letters = np.flatnonzero((kinds & LETTER).astype(bool) & by_letter)
    return np.sort(np.concatenate([begins[~by_letter[begins]], letters]), kind="stable")


def _polynomials(data: Bytes, begins: Integers) -> Numbers:
    """For each token the sum of its bytes' numbers times the powers of `_BASE` by their places in it.

    Sums are taken over whole chunks of text, at powers of the place in the chunk, and divided by the power at which
    the token begins. A token may go on through any number of chunks.

    Args:
        data: 0 for the bytes that are in no token.
    """
    hashes = np.empty(len(begins), dtype=np.uint64)
    done = 0
    for start in range(0, len(data), _CHUNK):
        chunk = data[start : start + _CHUNK]
        upto = int(np.searchsorted(begins, start + _CHUNK))
        inside = begins[done:upto] - start
        values = _BYTES[chunk]
        values *= _POWERS[: len(chunk)]
        if done and (upto == done or inside[0] > 0):
            before = int(values[: inside[0] if upto > done else None].sum())
            distance = start - int(begins[done - 1])
            hashes[done - 1] = (int(hashes[done - 1]) + before * pow(_BASE, distance, _MODULUS)) % _MODULUS
        if upto > done:
            hashes[done:upto] = np.add.reduceat(values, inside) * _INVERSE_POWERS[inside]
        done = upto
    return hashes


def _powers(base: int) -> Numbers:
    powers = np.full(_CHUNK, base, dtype=np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def _byte_numbers() -> Numbers:
    """A random number for each byte, the same for both cases of a letter in ASCII, and 0 for what is in no token."""
    numbers = drawn(256, seed=0x7461736B6D696C6C)
    numbers[ord("A") : ord("Z") + 1] = numbers[ord("a") : ord("z") + 1]
    numbers[0] = 0
    return numbers


_BYTES, _POWERS, _INVERSE_POWERS = _byte_numbers(), _powers(_BASE), _powers(_INVERSE)
