"""Texts that are nearly the same, within one set and between two: MinHash candidates, every one of them verified."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from taskmill.udfs.measures.jackknife import Integers
from taskmill.udfs.near_duplicates.arrays import Mask, Numbers
from taskmill.udfs.near_duplicates.buckets import candidates
from taskmill.udfs.near_duplicates.groups import connected_components
from taskmill.udfs.near_duplicates.minhash import bands, signatures
from taskmill.udfs.near_duplicates.shingles import Shingles, Shingling, shingles
from taskmill.udfs.near_duplicates.verify import similarity
from taskmill.udfs.overlaps.meetings import meetings

ALIKE = 0.8  # Jaccard of runs of five words, of three in texts of fewer than twenty; as `near_duplicates.threshold`
BANDS, ROWS = 32, 8  # meet 997 of 1,000 pairs that are so alike (`near_duplicates.curve`)
SHINGLING = Shingling()
Joining = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Texts:
    """Texts to compare.

    Attributes:
        keys_of: the different normal forms (case, blanks) by their keys.
        codes: of each text its place among them, shape (texts,).
        shingles, rows: of one text of each normal form that is long enough to have them, and which text that is.
        bands: of these, uint64, shape (rows, BANDS).
    """

    keys_of: tuple[str, ...]
    codes: Integers
    shingles: Shingles
    rows: Integers
    bands: Numbers


def texts_of(texts: pa.StringArray, keys: pa.StringArray) -> Texts:
    """What is compared of texts.

    Args:
        keys: of their normal forms, as `udfs.text.keys` gives them.
    """
    encoded = keys.dictionary_encode()
    codes = encoded.indices.to_numpy().astype(np.int64)
    firsts = np.unique(codes, return_index=True)[1]
    found = shingles(texts.take(pa.array(firsts)), SHINGLING)
    long_ones = np.flatnonzero(found.is_shingled)
    found = found.take(long_ones)
    banded = bands(signatures(found, BANDS * ROWS), BANDS, ROWS) if len(found) else np.zeros((0, BANDS), np.uint64)
    return Texts(tuple(encoded.dictionary.to_pylist()), codes, found, firsts[long_ones], banded)


def alike_groups(found: Texts) -> Integers:
    """Of each text the number of its group, equal for texts that are alike, or joined by texts that are."""
    count = len(found.rows)
    numbers = np.stack([found.bands.view(np.int64).ravel(), np.repeat(np.arange(count), BANDS)])
    left, right = _verified(candidates, numbers, found.shingles)
    parents = np.arange(len(found.keys_of))
    if len(left):
        nodes, roots = connected_components(left, right)
        parents[found.codes[found.rows[nodes]]] = found.codes[found.rows[roots]]
    groups: Integers = parents[found.codes]
    return groups


def in_other(one: Texts, other: Texts) -> tuple[Mask, Mask]:
    """Which texts of each set are equal to, or so alike as, a text of the other."""
    equal_one, equal_other = equal_in_other(one, other)
    both = Shingles.concatenated([one.shingles, other.shingles])
    count, size = len(one.rows), len(both)
    keys = np.concatenate([one.bands, other.bands]).view(np.int64).ravel()
    docs = np.repeat(np.arange(size), BANDS)
    left, right = _verified(meetings, np.stack([keys, (docs >= count).astype(np.int64), docs]), both)
    return (
        equal_one | _with_code(one, np.unique(left)),
        equal_other | _with_code(other, np.unique(right) - count),
    )


def equal_in_other(one: Texts, other: Texts) -> tuple[Mask, Mask]:
    """Which texts of each set have the normal form of a text of the other."""
    shared = set(one.keys_of) & set(other.keys_of)
    of_one = np.array([key in shared for key in one.keys_of], bool)
    of_other = np.array([key in shared for key in other.keys_of], bool)
    return of_one[one.codes], of_other[other.codes]


def _verified(join: Joining, numbers: Integers, found: Shingles) -> tuple[Integers, Integers]:
    """The pairs of documents that a join of band keys gives and that are alike, each once."""
    ends = [np.zeros((2, 0), np.int64)]
    batch = pa.RecordBatch.from_arrays([pa.array([numbers.tobytes()], pa.binary())], names=["numbers"])
    for pairs in join([batch]):
        left, right = (pairs.column(name).fill_null(0).to_numpy() for name in ("left", "right"))
        ends.append(np.unique(np.stack([left, right])[:, left != right], axis=1))
    left, right = np.unique(np.concatenate(ends, axis=1), axis=1)
    if not len(left):
        return left, right
    is_alike = similarity(found, left, found, right).jaccard >= ALIKE
    return left[is_alike], right[is_alike]


def _with_code(texts: Texts, rows: Integers) -> Mask:
    """All texts with the normal form of one of these rows of the shingled ones."""
    found = np.zeros(len(texts.keys_of), bool)
    found[texts.codes[texts.rows[rows]]] = True
    return found[texts.codes]
