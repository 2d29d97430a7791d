"""Shingles the slow way, with Python's own strings, sets and integers: the oracle of the vectorised ones."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pyarrow as pa

from taskmill.udfs.near_duplicates.arrays import offsets_of
from taskmill.udfs.near_duplicates.shingles import Shingles

Gram = tuple[str, ...]


def words(text: str) -> list[str]:
    """Runs of letters, marks, numbers and low lines that begin with no mark, in lower case and NFKC."""
    found, run = [], ""
    for character in [*_folded(text), " "]:
        kind = unicodedata.category(character)[0]
        if kind in "LN" or character == "_" or (kind == "M" and run):
            run += character
        elif run:
            found.append(run)
            run = ""
    return found


def letters(text: str) -> list[str]:
    return [letter for word in words(text) for letter in word]


def _folded(text: str) -> str:
    # Letter by letter: Python alone has another small sigma at the end of a word.
    lower = "".join(letter.lower() for letter in unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFKC", lower)


def grams(tokens: list[str], n: int) -> set[Gram]:
    return {tuple(tokens[start : start + n]) for start in range(len(tokens) - n + 1)}


def jaccard(one: set[Any], other: set[Any]) -> float:
    return len(one & other) / len(one | other)


def sets_of(shingles: Shingles) -> list[set[int]]:
    """The shingles of each document."""
    return [set(part.tolist()) for part in np.split(shingles.hashes, shingles.offsets[1:-1])]


def shingles_of(sets: list[set[int]]) -> Shingles:
    """Shingles made of numbers instead of text."""
    hashes = np.array([number for numbers in sets for number in sorted(numbers)], dtype=np.uint64)
    sizes = np.array([len(numbers) for numbers in sets], dtype=np.int64)
    return Shingles.of_sets(offsets_of(sizes), hashes)


def strings(*texts: str | None) -> pa.StringArray:
    return pa.array(texts, pa.string())
