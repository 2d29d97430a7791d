"""Variety of words: how many there are, in how many combinations, and how soon they come again.

Words are the tokens of near-duplicates: runs of letters and digits in lower case, single characters in scripts without
blanks. Measures of variety fall or grow with the amount of text, so `cut` makes two texts equally long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from taskmill.udfs.measures.jackknife import GROUPS, Estimate, Integers, from_groups
from taskmill.udfs.measures.kinds import Kinds
from taskmill.udfs.near_duplicates.arrays import Numbers, offsets_of, spans
from taskmill.udfs.near_duplicates.shingles import n_grams, slices
from taskmill.udfs.near_duplicates.tokens import tokens

MTLD_RATIO = 0.72  # of different words to words, at which a stretch ends; as in the paper
MTLD_FEWEST = 100  # words of a group; the paper's texts have that many
MTLD_MOST = 10_000  # words of a group that are looked at


@dataclass(frozen=True)
class Words:
    """The words of texts, one text behind the other.

    Attributes:
        offsets: where those of each text begin, and the end of the last; shape (texts + 1,).
        hashes: a number for each word; equal words have equal ones.
        groups: of each text, shape (texts,).
    """

    offsets: Integers
    hashes: Numbers
    groups: Integers

    @property
    def sizes(self) -> Integers:
        """Words of each text."""
        return np.diff(self.offsets)

    @property
    def rows(self) -> Integers:
        """Of each word its text."""
        return np.repeat(np.arange(len(self.groups)), self.sizes)

    def cut(self, budget: int) -> Words:
        """The first texts, as many as have no more words than that; the last of them is cut."""
        if self.offsets[-1] <= budget:
            return self
        offsets = np.minimum(self.offsets, budget)
        count = int(np.searchsorted(self.offsets, budget, side="left"))
        return replace(self, offsets=offsets[: count + 1], hashes=self.hashes[:budget], groups=self.groups[:count])


def words(texts: pa.StringArray, groups: Integers) -> Words:
    """The words of each text; null has none."""
    sizes, hashes = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)]
    for start, stop in slices(texts):
        found = tokens(texts[start:stop])
        sizes.append(np.diff(found.offsets))
        hashes.append(found.hashes)
    return Words(offsets_of(np.concatenate(sizes)), np.concatenate(hashes), groups)


def runs_of_words(found: Words, length: int) -> Kinds:
    """The runs of so many words (n-grams) within each text."""
    numbers = np.maximum(found.sizes - length + 1, 0)
    if length == 1:
        return Kinds.of(found.hashes, found.rows, found.groups)
    places = spans(found.offsets[:-1], numbers)
    hashes = n_grams(found.hashes, places, np.full(len(places), length, np.int64))
    return Kinds.of(hashes, np.repeat(np.arange(len(numbers)), numbers), found.groups)


def mtld(found: Words) -> Estimate | None:
    """The mean number of words after which they begin to repeat themselves (McCarthy and Jarvis 2010, "MTLD, vocd-D,
    and HD-D: A validation study of sophisticated approaches to lexical diversity assessment").

    Of each group's texts one after the other, forwards and backwards; it does not depend on the amount of text. None
    where fewer than two groups have `MTLD_FEWEST` words.
    """
    rows, values, count = found.groups[found.rows], [], 0
    for group in range(GROUPS):
        here = found.hashes[rows == group][:MTLD_MOST].tolist()
        if len(here) >= MTLD_FEWEST:
            values.append((_mean_stretch(here) + _mean_stretch(here[::-1])) / 2)
            count += len(here)
    return from_groups(values, count)


def _mean_stretch(sequence: list[int]) -> float:
    """Words over stretches; a stretch ends where the share of different words has fallen to `MTLD_RATIO`, and what is
    left at the end counts as the part of one that its share has fallen by."""
    stretches, seen, length = 0.0, set[int](), 0
    for word in sequence:
        seen.add(word)
        length += 1
        if len(seen) <= MTLD_RATIO * length:
            stretches, seen, length = stretches + 1, set(), 0
    if length:
        stretches += (1 - len(seen) / length) / (1 - MTLD_RATIO)
    return len(sequence) / stretches if stretches else math.nan
