"""How much of a set is wording used again and again: how far it compresses, and what beginnings and ends it shares."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np

from taskmill.udfs.measures.jackknife import GROUPS, Estimate, Integers, from_replicates, ratio
from taskmill.udfs.measures.kinds import Kinds
from taskmill.udfs.measures.words import Words
from taskmill.udfs.near_duplicates.arrays import Mask, Numbers, drawn_odd, mixed

GZIP = 31  # wbits of zlib for a gzip stream
GZIP_LEVEL = 6  # gzip's own
MOST_BYTES = 1_000_000  # that are compressed
OPENING = 6  # words
LEAST_OTHERS = 5  # prompts that share a beginning or end, before it is called wording
MOST_EDGE = 64  # words of a beginning or end that are looked at
_EDGE_SEED = 0x65646765


def compression_ratio(texts: Sequence[str], groups: Integers, budget: int = MOST_BYTES) -> Estimate | None:
    """Bytes over bytes after gzip of all texts, a line break behind each (Shaib et al. 2024, "Standardizing the
    Measurement of Text Diversity"): the higher, the more they repeat each other. None where there is no text.

    Args:
        budget: bytes; of more text only the first are looked at. Only equal amounts compare.
    """
    parts, left = [], budget
    for text in texts:
        part = (text + "\n").encode()[:left]
        left -= len(part)
        parts.append(part)
        if not left:
            break
    if not parts:
        return None
    replicates = [
        _ratio([part for part, group in zip(parts, groups, strict=False) if group != one]) for one in range(GROUPS)
    ]
    return from_replicates(_ratio(parts), replicates, len(parts))


def _ratio(parts: Sequence[bytes]) -> float:
    text = b"".join(parts)
    if not text:
        return math.nan
    packer = zlib.compressobj(GZIP_LEVEL, wbits=GZIP)
    return len(text) / len(packer.compress(text) + packer.flush())


def shared_openings(prompts: Words) -> Estimate | None:
    """The share of prompts whose first `OPENING` words are those of at least `LEAST_OTHERS` other prompts.

    Prompts with fewer words count with all of them. It grows with the number of prompts: only equal numbers compare.
    """
    lengths = np.minimum(prompts.sizes, OPENING)
    found = np.zeros(len(lengths), np.uint64)
    for place, multiplier in enumerate(drawn_odd(OPENING, _EDGE_SEED)):
        here = np.flatnonzero(lengths > place)
        found[here] += prompts.hashes[prompts.offsets[here] + place] * multiplier
    found = mixed(found + lengths.astype(np.uint64))
    return Kinds.of(found, np.arange(len(found)), prompts.groups).repeated(LEAST_OTHERS)


def fixed_wording(prompts: Words) -> Estimate | None:
    """The share of all words that stand in a beginning or an end which at least `LEAST_OTHERS` other prompts have too,
    word for word, up to `MOST_EDGE` words each: what of a set is template around what it asks about.

    Wording between two slots is not seen. Only equal numbers of prompts compare. The error takes what is shared as
    given: it does not ask again without each group.
    """
    return ratio(prompts.sizes - fresh_words(prompts), prompts.sizes, prompts.groups)


def fresh_words(prompts: Words) -> Integers:
    """How many words of each prompt stand outside of beginnings and ends that are shared; int64, shape (prompts,)."""
    found: Integers = np.maximum(prompts.sizes - _edge(prompts, forwards=True) - _edge(prompts, forwards=False), 0)
    return found


def _edge(prompts: Words, forwards: bool) -> Integers:
    """How many words of each prompt's beginning (or end) are shared, int64, shape (prompts,)."""
    sizes, found = prompts.sizes, np.zeros(len(prompts.groups), np.int64)
    alive, hashes = np.flatnonzero(sizes), np.zeros(len(sizes), np.uint64)
    for place in range(MOST_EDGE):
        alive = alive[sizes[alive] > place]
        if not len(alive):
            break
        at = prompts.offsets[alive] + place if forwards else prompts.offsets[alive + 1] - 1 - place
        hashes[alive] = mixed(hashes[alive] + prompts.hashes[at])
        alive = alive[_is_frequent(hashes[alive])]
        found[alive] = place + 1
    return found


def _is_frequent(hashes: Numbers) -> Mask:
    _, places, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    found: Mask = (counts > LEAST_OTHERS)[places]
    return found
