"""MinHash signatures of documents, and the keys of their bands (Broder 1997; Leskovec, Rajaraman and Ullman, "Mining of
Massive Datasets", chapter 3)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from taskmill.udfs.near_duplicates.arrays import Integers, Numbers, drawn, drawn_odd, mixed
from taskmill.udfs.near_duplicates.shingles import Shingles

Values = NDArray[np.uint32]

_BAND_SEED = 0x62616E6473  # so that the hash of bands shares no numbers with the permutations of the same seed
_BLOCK_VALUES = 1 << 16  # a block and its product stay in the second-level cache; four times more or fewer is slower
_LONG_ROW = 256  # from here on numpy takes the minimum of a row faster than that of as many rows


def signatures(shingles: Shingles, permutations: int = 256, seed: int = 0) -> Values:
    """The MinHash signatures of documents; two agree in a place with the probability of their Jaccard similarity.

    A permutation of the shingles is their order after multiplying the upper 32 bits of their hashes by an odd number,
    modulo 2^32. Adding a random number, as is usual, would change nothing here: the hashes are random already.

    One permutation for all places, with empty places filled from others (Shrivastava 2017, "Optimal densification for
    fast and accurate minwise hashing"), is faster for long documents only; and in sets of ten shingles the number of
    places that agree varied 1.5 times as much as for independent places when measured. Here it varies as for those.

    Args:
        shingles: of documents that all have some.
        seed: decides the permutations; only signatures of one seed are comparable, place by place. Fewer permutations
            give the first places of more.

    Returns:
        uint32, shape (documents, permutations).

    Raises:
        ValueError: if a document has no shingles; the caller compares those exactly.
    """
    if not shingles.is_shingled.all():
        raise ValueError(f"{int((~shingles.is_shingled).sum()):,} documents have no shingles: take those that have")
    multipliers = (drawn_odd(permutations, seed) & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    values = (shingles.hashes >> np.uint64(32)).astype(np.uint32)
    found = np.empty((len(shingles), permutations), dtype=np.uint32)
    sizes = shingles.sizes
    for rows, width in _blocks(sizes):
        last = sizes[rows, None] - 1
        places = shingles.offsets[rows, None] + np.minimum(np.arange(width), last)  # repeating one changes no minimum
        found[rows] = _minima(values[places], multipliers).T
    return found


def _blocks(sizes: Integers) -> Iterator[tuple[Integers, int]]:
    """Documents of similar size with the largest of their sizes, from the largest down."""
    order = np.argsort(-sizes, kind="stable")
    ascending = -sizes[order]
    start = 0
    while start < len(order):
        width = -int(ascending[start])
        half = int(np.searchsorted(ascending, -(width // 2)))  # those of half the size would be mostly padding
        stop = max(start + 1, min(start + _BLOCK_VALUES // width, half))
        yield order[start:stop], width
        start = stop


def _minima(block: Values, multipliers: Values) -> Values:
    """The least product in each row, for each multiplier: from (documents, width) to (multipliers, documents)."""
    axis = 1 if block.shape[1] >= _LONG_ROW else 0
    laid_out = block if axis else np.ascontiguousarray(block.T)
    product = np.empty_like(laid_out)
    found = np.empty((len(multipliers), len(block)), dtype=np.uint32)
    for least, multiplier in zip(found, multipliers, strict=True):
        np.multiply(laid_out, multiplier, out=product)
        np.minimum.reduce(product, axis=axis, out=least)
    return found


def bands(signatures: Values, bands: int = 32, rows: int = 8, seed: int = 0) -> Numbers:
    """One key for each band of each signature: equal where all the band's places are.

    The lowest bits of a key are the number of its band, from 0, so keys of different bands are never equal and
    `band_numbers` can tell which bands a pair met in. The others are a hash of the places.

    Args:
        signatures: uint32, shape (documents, bands * rows).
        seed: decides the hash.

    Returns:
        uint64, shape (documents, bands).

    Raises:
        ValueError: if the signatures have another length than bands * rows.
    """
    if signatures.shape[1] != bands * rows or bands < 1:
        raise ValueError(f"signatures of {signatures.shape[1]} values do not make {bands} bands of {rows} rows")
    multipliers = drawn_odd(bands * rows, seed ^ _BAND_SEED).reshape(bands, rows)
    places = signatures.reshape(len(signatures), bands, rows)
    keys = np.repeat(drawn(bands, seed ^ _BAND_SEED)[None, :], len(signatures), axis=0)
    for row in range(rows):
        keys += places[:, :, row] * multipliers[:, row]
    shift = np.uint64(_band_bits(bands))
    keys = mixed(keys)
    keys >>= shift
    keys <<= shift
    keys |= np.arange(bands, dtype=np.uint64)
    return keys


def band_numbers(keys: Numbers, bands: int) -> NDArray[np.int64]:
    """The band of each key, from 0."""
    numbers: NDArray[np.int64] = (keys & np.uint64((1 << _band_bits(bands)) - 1)).astype(np.int64)
    return numbers


def _band_bits(bands: int) -> int:
    return (bands - 1).bit_length()
