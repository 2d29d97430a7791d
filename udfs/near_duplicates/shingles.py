"""Shingles of documents: the set of their word n-grams (Broder 1997, "On the resemblance and containment of
documents"), each as a 64-bit number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.near_duplicates.arrays import (
    Integers,
    Mask,
    Numbers,
    drawn_odd,
    mixed,
    offsets_of,
    rows_by_size,
    spans,
)
from taskmill.udfs.near_duplicates.tokens import Tokens, tokens

_SLICE_BYTES = 1 << 20  # of text at once: a word takes some 40 bytes of numbers on the way
_SLICE_ROWS = 1 << 14
_MULTIPLIER_SEED = 0x7368696E676C6573


@dataclass(frozen=True)
class Shingling:
    """How documents become shingles. Similarities are comparable only under one and the same shingling.

    Two documents on different sides of `short_below` share no shingles, however alike they are; a single n for all
    lengths (`words` equal to `short_words`) has no such edge.

    Attributes:
        words: n of the word n-grams.
        short_words: n for documents of fewer than `short_below` words.
        characters: n of the character n-grams for scripts written without blanks.
        fewest_words, fewest_characters: documents with fewer get no shingles and are only compared exactly: what few
            n-grams they have would say little. A word is about two characters in Chinese and Japanese.
    """

    words: int = 5
    short_words: int = 3
    short_below: int = 20
    characters: int = 5
    fewest_words: int = 8
    fewest_characters: int = 16

    def __post_init__(self) -> None:
        if min(self.words, self.short_words, self.characters) < 1:
            raise ValueError(f"an n-gram has 1 token or more; {self!r} asks for fewer")
        if self.fewest_words < self.short_words or self.fewest_characters < self.characters:
            raise ValueError(f"{self!r} gives shingles to documents too short to have one")
        if max(self.short_below, self.fewest_words) < self.words:
            raise ValueError(f"{self!r} gives {self.words}-grams to documents with fewer words")


@dataclass(frozen=True)
class Shingles:
    """The shingles of documents, one document behind the other, for each of them distinct and in ascending order.

    Attributes:
        offsets: where the shingles of each document begin, and the end of the last; shape (documents + 1,).
        hashes: one number for each shingle, shape (offsets[-1],).
        token_counts: words of each document, or characters where it is spaceless, shape (documents,).
        is_spaceless: shape (documents,).
    """

    offsets: Integers
    hashes: Numbers
    token_counts: Integers
    is_spaceless: Mask

    def __len__(self) -> int:
        return len(self.token_counts)

    @property
    def sizes(self) -> Integers:
        """Distinct shingles of each document."""
        return np.diff(self.offsets)

    @property
    def is_shingled(self) -> Mask:
        """Whether each document has shingles; one that has none is too short and is only compared exactly."""
        return self.sizes > 0

    def take(self, rows: Integers) -> Shingles:
        """These documents, in this order."""
        sizes = self.sizes[rows]
        hashes = self.hashes[spans(self.offsets[rows], sizes)]
        return Shingles(offsets_of(sizes), hashes, self.token_counts[rows], self.is_spaceless[rows])

    @staticmethod
    def of_sets(offsets: Integers, hashes: Numbers) -> Shingles:
        """Sets known by their numbers only: ascending and distinct between these offsets. There are no token counts."""
        none = np.zeros(len(offsets) - 1, dtype=np.int64)
        return Shingles(offsets, hashes, none, none.astype(bool))

    @staticmethod
    def concatenated(parts: Sequence[Shingles]) -> Shingles:
        """The documents of all parts, in their order."""
        if not parts:
            return Shingles.of_sets(np.zeros(1, np.int64), np.empty(0, np.uint64))
        return Shingles(
            offsets_of(np.concatenate([part.sizes for part in parts])),
            np.concatenate([part.hashes for part in parts]),
            np.concatenate([part.token_counts for part in parts]),
            np.concatenate([part.is_spaceless for part in parts]),
        )

    def column(self) -> pa.ListArray:
        """The shingles as lists of int64 with the same bits (Spark has no unsigned numbers), one for each document."""
        return pa.ListArray.from_arrays(pa.array(self.offsets, pa.int32()), pa.array(self.hashes.view(np.int64)))


def shingles(texts: pa.StringArray, shingling: Shingling, spaceless: pa.BooleanArray | None = None) -> Shingles:
    """The shingles of each text; none for null and for short ones.

    With 3-grams for every length, the Jaccard similarity of two texts is that of the sets of 3-grams of their words in
    lower case and NFKC, but for collisions of 64-bit hashes.

    Args:
        texts: string or large string.
        spaceless: whether each text is in a script without blanks; where null, it is found as in `tokens`.

    Raises:
        pa.ArrowInvalid: if the bytes of a text are no UTF-8.
    """
    parts = []
    for start, stop in slices(texts):
        declared = None if spaceless is None else spaceless[start:stop]
        parts.append(_of_tokens(tokens(texts[start:stop], declared), shingling))
    return Shingles.concatenated(parts)


def slices(texts: pa.StringArray) -> Iterator[tuple[int, int]]:
    """Ranges of documents with a bounded size of text, of one document at least."""
    ends = np.cumsum(pc.fill_null(pc.binary_length(texts), 0).to_numpy(), dtype=np.int64)
    start = 0
    while start < len(texts):
        before = ends[start - 1] if start else 0
        stop = int(np.searchsorted(ends, before + _SLICE_BYTES, side="right"))
        stop = min(max(stop, start + 1), start + _SLICE_ROWS)
        yield start, stop
        start = stop


def _of_tokens(words: Tokens, shingling: Shingling) -> Shingles:
    counts = np.diff(words.offsets)
    widths = np.where(counts < shingling.short_below, shingling.short_words, shingling.words)
    widths = np.where(words.is_spaceless, shingling.characters, widths)
    fewest = np.where(words.is_spaceless, shingling.fewest_characters, shingling.fewest_words)
    numbers = np.where(counts < fewest, 0, counts - widths + 1)
    hashes = n_grams(words.hashes, spans(words.offsets[:-1], numbers), np.repeat(widths, numbers))
    kept, distinct = _distinct(hashes, offsets_of(numbers))
    return Shingles(kept, distinct, counts, words.is_spaceless)


def n_grams(hashes: Numbers, places: Integers, widths: Integers) -> Numbers:
    """Hashes of the n-grams that begin at these tokens: sums of the tokens' hashes, each times a number of its own."""
    found = np.empty(len(places), dtype=np.uint64)
    sums = np.zeros_like(hashes)
    wanted = set(np.unique(widths).tolist())
    multipliers = drawn_odd(max(wanted, default=0), _MULTIPLIER_SEED)
    for behind, multiplier in enumerate(multipliers):
        sums[: len(sums) - behind] += hashes[behind:] * multiplier
        if behind + 1 in wanted:
            here = widths == behind + 1
            found[here] = sums[places[here]]
    return mixed(found)


def _distinct(hashes: Numbers, offsets: Integers) -> tuple[Integers, Numbers]:
    """Where the hashes of each document begin, and these without repeated ones.

    Sorts the hashes of each document and drops repeated ones.

    Documents with equally many are sorted together, as rows of one matrix: that is ten times faster than sorting all
    hashes at once, and needs no loop over documents.
    """
    for size, rows in rows_by_size(np.diff(offsets)):
        places = offsets[rows, None] + np.arange(size)
        hashes[places] = np.sort(hashes[places], axis=1)
    is_first = np.ones(len(hashes), dtype=bool)
    is_first[1:] = hashes[1:] != hashes[:-1]
    is_first[offsets[:-1][np.diff(offsets) > 0]] = True
    return offsets_of(is_first)[offsets], hashes[is_first]
