"""Fingerprints of texts, few for each, chosen so that two texts with a run of words in common share one.

Winnowing (Schleimer, Wilkerson and Aiken 2003, "Winnowing: local algorithms for document fingerprinting"): of every
`window` n-grams in a row the one with the lowest hash is a fingerprint, so a common run of `window + n - 1` words
cannot be missed, and of `window + 1` n-grams two are kept on average.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from taskmill.udfs.near_duplicates.arrays import (
    Integers,
    Mask,
    Numbers,
    distinct_in_rows,
    drawn_odd,
    mixed,
    offsets_of,
    spans,
)
from taskmill.udfs.near_duplicates.documents import by_task
from taskmill.udfs.near_duplicates.shingles import Shingling, n_grams, slices
from taskmill.udfs.near_duplicates.tokens import Tokens, tokens

Batches = Iterable[pa.RecordBatch]

TEXT_DDL = "task string, doc long, side int, place int, text long, size int, prints array<long>"
# For comparing. A Thai word has four letters or more, and a third of all its 5-grams stands in any long text.
SHINGLING = Shingling(words=3, short_words=3, characters=10, fewest_words=4, fewest_characters=10)
_LAST = np.uint64(2**64 - 1)
_POSITION_SEED = 0x706F736974696F6E


@dataclass(frozen=True)
class Fingerprinting:
    """How fingerprints are chosen.

    Attributes:
        words, characters: n of the n-grams; characters in scripts without blanks.
        run, character_run: a common run as long as this is never missed.
        fewest: n-grams of `SHINGLING` that say something; a text with fewer is no evidence.
        boilerplate: for each task the n-grams of `SHINGLING` that many of its examples have, sorted; they tell nothing.
    """

    words: int = 5
    run: int = 8
    characters: int = 10
    character_run: int = 16
    fewest: int = 2
    boilerplate: Mapping[str, Numbers] = field(default_factory=dict)


@dataclass(frozen=True)
class Prints:
    """The fingerprints of texts.

    Attributes:
        offsets, hashes: those of one text behind the other's, distinct; the first is the id of the text.
        sizes: n-grams of `SHINGLING` of each text that say something.
    """

    offsets: Integers
    hashes: Numbers
    sizes: Integers


def fingerprinted(how: Fingerprinting) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that gives the texts of examples that say something, with their fingerprints, `TEXT_DDL`.

    It takes batches with task, doc (int64), side (int32) and texts (list<string>). `place` is that of a text among its
    example's, `text` the same number for texts that are equal in words and case-folded.
    """

    def find(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for task, part in by_task(batch):
                yield _fingerprinted(part, how, how.boilerplate.get(task, np.empty(0, np.uint64)))

    return find


def _fingerprinted(batch: pa.RecordBatch, how: Fingerprinting, boilerplate: Numbers) -> pa.RecordBatch:
    texts = batch.column("texts")
    found = fingerprints(texts.flatten(), how, boilerplate)
    lengths = texts.value_lengths().fill_null(0).to_numpy().astype(np.int64)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    places = np.arange(len(rows)) - offsets_of(lengths)[rows]
    kept = np.flatnonzero(found.sizes >= how.fewest)
    columns = [batch.column(name).take(pa.array(rows[kept])) for name in ("task", "doc", "side")]
    counts = np.diff(found.offsets)[kept]
    hashes = found.hashes[spans(found.offsets[kept], counts)].view(np.int64)
    ids = found.hashes[found.offsets[kept]].view(np.int64) if len(kept) else np.empty(0, np.int64)
    lists = pa.ListArray.from_arrays(pa.array(offsets_of(counts), pa.int32()), pa.array(hashes))
    arrays = [
        *columns,
        pa.array(places[kept], pa.int32()),
        pa.array(ids),
        pa.array(found.sizes[kept], pa.int32()),
        lists,
    ]
    return pa.RecordBatch.from_arrays(arrays, names=["task", "doc", "side", "place", "text", "size", "prints"])


def fingerprints(texts: pa.StringArray, how: Fingerprinting, boilerplate: Numbers) -> Prints:
    """The fingerprints of each text; null has its id alone, and size 0."""
    parts = [_fingerprints(texts[start:stop], how, boilerplate) for start, stop in slices(texts)]
    if not parts:
        return Prints(np.zeros(1, np.int64), np.empty(0, np.uint64), np.empty(0, np.int64))
    counts = np.concatenate([np.diff(part.offsets) for part in parts])
    return Prints(
        offsets_of(counts),
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.sizes for part in parts]),
    )


def _fingerprints(texts: pa.StringArray, how: Fingerprinting, boilerplate: Numbers) -> Prints:
    words = tokens(texts)
    says = ~_is_common(words, boilerplate)
    sizes = np.add.reduceat(np.r_[says, False].astype(np.int64), words.offsets[:-1])
    sizes[np.diff(words.offsets) == 0] = 0
    width = np.where(words.is_spaceless, how.characters, how.words)
    window = np.where(words.is_spaceless, how.character_run, how.run) - width + 1
    rows, hashes = _winnowed(words, says, width, window)
    ids = text_ids(words)
    # The id in front, then the distinct prints.
    rows, hashes = distinct_in_rows(rows, hashes)
    counts = np.bincount(rows, minlength=len(ids)) + 1
    offsets = offsets_of(counts)
    all_hashes = np.empty(offsets[-1], np.uint64)
    all_hashes[offsets[:-1]] = ids
    all_hashes[spans(offsets[:-1] + 1, counts - 1)] = hashes
    return Prints(offsets, all_hashes, sizes)


def text_ids(words: Tokens) -> Numbers:
    """A number for the whole sequence of tokens of each text: a polynomial modulo 2^64, mixed."""
    sizes = np.diff(words.offsets)
    places = np.arange(len(words.hashes)) - np.repeat(words.offsets[:-1], sizes)
    products = words.hashes * drawn_odd(int(sizes.max(initial=0)), _POSITION_SEED)[places]
    sums = np.zeros(len(products) + 1, np.uint64)
    np.cumsum(products, out=sums[1:])
    return mixed(sums[words.offsets[1:]] - sums[words.offsets[:-1]] + sizes.astype(np.uint64))


def compared_grams(words: Tokens) -> tuple[Numbers, Mask]:
    """The n-gram of `SHINGLING` that begins at each token, and whether one does: none begins at the last tokens."""
    sizes = np.diff(words.offsets)
    widths = np.where(words.is_spaceless, SHINGLING.characters, SHINGLING.words)
    ends = np.repeat(words.offsets[1:], sizes)
    has_one = np.arange(len(words.hashes)) + np.repeat(widths, sizes) <= ends
    places = np.flatnonzero(has_one)
    grams = np.zeros(len(words.hashes), np.uint64)
    grams[places] = n_grams(words.hashes, places, np.repeat(widths, sizes)[places])
    return grams, has_one


def is_in(values: Numbers, ordered: Numbers) -> Mask:
    """Whether each value is in a sorted array."""
    if not len(ordered):
        return np.zeros(len(values), dtype=bool)
    places = ordered.searchsorted(values)
    places[places == len(ordered)] = 0
    return np.asarray(ordered[places] == values)


def _is_common(words: Tokens, boilerplate: Numbers) -> Mask:
    """Whether no n-gram that says something begins at a token."""
    grams, has_one = compared_grams(words)
    return ~has_one | is_in(grams, boilerplate)


def _winnowed(words: Tokens, says: Mask, width: Integers, window: Integers) -> tuple[Integers, Numbers]:
    """The lowest hash of every window of each text, and the rows of the texts; n-grams without a word that says
    something are passed over."""
    sizes = np.diff(words.offsets)
    numbers = np.maximum(sizes - width + 1, 0)
    rows = np.repeat(np.arange(len(sizes)), numbers)
    places = spans(words.offsets[:-1], numbers)
    hashes = n_grams(words.hashes, places, width[rows])
    inner = width - np.where(words.is_spaceless, SHINGLING.characters, SHINGLING.words)
    told = np.r_[0, np.cumsum(says)]
    hashes[told[places + inner[rows] + 1] == told[places]] = _LAST
    ends = offsets_of(numbers)[1:][rows]
    lowest = hashes.copy()
    for ahead in range(1, int(window.max(initial=1))):
        reached = np.arange(len(hashes) - ahead)
        inside = (reached + ahead < ends[:-ahead]) & (ahead < window[rows[:-ahead]])
        at = reached[inside]
        lowest[at] = np.minimum(lowest[at], hashes[at + ahead])
    # A window must be whole, but for texts shorter than one.
    begins = np.arange(len(hashes)) - np.repeat(offsets_of(numbers)[:-1], numbers)
    whole = (begins == 0) | (begins + window[rows] <= numbers[rows])
    kept = whole & (lowest != _LAST)
    return rows[kept], lowest[kept]
