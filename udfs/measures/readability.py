"""How hard texts are to read, by lengths of words and sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from taskmill.udfs.measures.jackknife import GROUPS, Estimate, Integers, Values, from_replicates

LONG_LETTERS = 6  # a long word of LIX has more
MOST_CHARS = 5_000  # of a text
Measure = Callable[[float, float, float, float], float]  # of words, sentences, long words and syllables
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?。！？…]+(?=\s|[\"')\]]|$)|[:\n]+")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?:[^laeiouy]es|[^tdaeiouy]ed|[^laeiouy]e)$")


def counts_of(texts: Sequence[str]) -> Integers:
    """Words, sentences, long words and English syllables of each text; int64, shape (texts, 4).

    A sentence ends with its mark, a colon or a line (as for LIX: headings and items of lists are sentences).
    """
    return np.array([_counts(text[:MOST_CHARS]) for text in texts], np.int64).reshape(len(texts), 4)


def _counts(text: str) -> tuple[int, int, int, int]:
    words = _WORD.findall(text)
    sentences = sum(1 for part in _SENTENCE_END.split(text) if _WORD.search(part))
    long_words = sum(len(word) > LONG_LETTERS for word in words)
    return len(words), sentences, long_words, sum(map(syllables, words))


def syllables(word: str) -> int:
    """Syllables of an English word: its groups of vowels, less a silent ending; right for about nine of ten words."""
    lowered = word.lower()
    count = len(_VOWELS.findall(lowered))
    return max(1, count - (count > 1 and _SILENT.search(lowered) is not None))


def lix(counts: Integers, groups: Integers) -> Estimate | None:
    """Words a sentence, and long words in a hundred, of all texts together (Björnsson 1968, "Läsbarhet"): 30 is a
    children's book, 40 fiction, 50 a newspaper, 60 an official text. It is used for languages with blanks between
    words. None where there is no sentence.
    """

    def measure(words: float, sentences: float, long_words: float, _: float) -> float:
        return words / sentences + 100 * long_words / words

    return _of_sums(counts, groups, measure)


def reading_ease(counts: Integers, groups: Integers) -> Estimate | None:
    """206.835 - 1.015 words a sentence - 84.6 syllables a word (Flesch 1948, "A new readability yardstick"): 60 to 70
    is plain English, below 30 hard. English only. None where there is no sentence."""

    def measure(words: float, sentences: float, _: float, spoken: float) -> float:
        return 206.835 - 1.015 * words / sentences - 84.6 * spoken / words

    return _of_sums(counts, groups, measure)


def _of_sums(counts: Integers, groups: Integers, measure: Measure) -> Estimate | None:
    parts = np.zeros((GROUPS, 4))
    np.add.at(parts, groups, counts)
    total = parts.sum(axis=0)
    if not total[0] or not total[1]:
        return None
    replicates = [_measured(total - part, measure) for part in parts]
    return from_replicates(_measured(total, measure), replicates, int(total[0]))


def _measured(sums: Values, measure: Measure) -> float:
    return float(measure(*sums.tolist())) if sums[0] and sums[1] else float("nan")
