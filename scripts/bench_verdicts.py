"""Whether removed documents were right to go, decided by exact Jaccard similarities and no hashing of sets."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bench_documents import ALIKE, Corpus, Grams, Pair, jaccard


@dataclass(frozen=True)
class Verdict:
    """Shares: of planted pairs of which one document left; of documents that left, those that one that stays repeats
    (1 where none left); of all documents, those that stay."""

    recall: float
    precision: float
    kept: float


def verdict(corpus: Corpus, removed: set[int]) -> Verdict:
    count = len(corpus.texts)
    precision = len(rightly_removed(corpus, removed)) / len(removed) if removed else 1.0
    return Verdict(caught(corpus.alike, removed), precision, (count - len(removed)) / count)


def caught(pairs: Iterable[Pair], removed: set[int]) -> float:
    """Share of pairs of which not both documents stay."""
    found = [bool({pair.original, pair.copy} & removed) for pair in pairs]
    return sum(found) / len(found) if found else math.nan


def rightly_removed(corpus: Corpus, removed: set[int]) -> set[int]:
    """The removed documents that are alike to one that stays: to the planted other first, else to any."""
    others = {one: other for pair in corpus.alike for one, other in _both_ways(pair)}
    right = {number for number in removed if number in others and others[number] not in removed}
    return right | _repeating_any(corpus, removed - right, removed)


def _both_ways(pair: Pair) -> tuple[tuple[int, int], tuple[int, int]]:
    return (pair.original, pair.copy), (pair.copy, pair.original)


def _repeating_any(corpus: Corpus, unsure: set[int], removed: set[int]) -> set[int]:
    """Those of the documents that any that stays is alike to.

    In an order common to all sets, two that are alike share an n-gram within the first few of each (Chaudhuri, Ganti
    and Kaushik 2006, "A primitive operator for similarity joins"), so no pair is missed.
    """
    if not unsure:
        return set()
    sets = {number: corpus.measure(corpus.texts[number]) for number in unsure}
    by_gram: defaultdict[str, set[int]] = defaultdict(set)
    for number, found in sets.items():
        for gram in _prefix(found):
            by_gram[gram].add(number)
    right: set[int] = set()
    for number, text in enumerate(corpus.texts):
        if number in removed:
            continue
        found = corpus.measure(text)
        met = {one for gram in _prefix(found) for one in by_gram.get(gram, ())} - right
        right |= {one for one in met if jaccard(sets[one], found) >= ALIKE}
    return right


def _prefix(found: Grams) -> list[str]:
    """So many n-grams that a set alike to this one cannot lack all of them."""
    size = len(found) - math.ceil(ALIKE * len(found)) + 1
    return sorted(found, key=lambda gram: (hash(gram), gram))[:size]
