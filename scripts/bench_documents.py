"""Made-up documents whose near-duplicates are known: words drawn as in a language, and edited copies whose Jaccard
similarity is counted with Python sets.

Nothing here depends on the code that is measured. The same arguments give the same documents.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SEED = 20
WORDS = 30_000
RANK_SHIFT = 2.7  # of the Zipf-Mandelbrot law; with it the commonest word is one in thirty
ALIKE = 0.8  # from which Jaccard similarity on a copy repeats its original
LIKENESS, UNLIKENESS = (ALIKE, 1.0), (0.5, 0.75)  # of planted copies: those to be found, and those to be left alone

Words = list[str]
Grams = set[str]
Measure = Callable[[str], Grams]  # the set of n-grams that two texts are compared by


@dataclass(frozen=True)
class Pair:
    """A document, an edited copy of it, and the Jaccard similarity of their n-grams."""

    original: int
    copy: int
    jaccard: float

    @property
    def is_alike(self) -> bool:
        return self.jaccard >= ALIKE


@dataclass(frozen=True)
class Corpus:
    """Texts in the order in which tools read them, and the edited copies among them, each of another original."""

    texts: list[str]
    pairs: list[Pair]
    measure: Measure

    @property
    def alike(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.is_alike]

    def write(self, folder: Path, files: int) -> None:
        """JSON Lines with id, text and label, dealt over so many files of like size."""
        folder.mkdir(parents=True, exist_ok=True)
        for file in range(files):
            with (folder / f"documents_{file}.jsonl").open("w", encoding="utf-8") as lines:
                for number in range(file, len(self.texts), files):
                    row = {"id": str(number), "text": self.texts[number], "label": "same"}
                    lines.write(json.dumps(row) + "\n")


def grams(text: str, n: int) -> Grams:
    """The n-grams of the words of a text in lower case."""
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[place : place + n]) for place in range(len(words) - n + 1)}


def jaccard(left: Grams, right: Grams) -> float:
    return len(left & right) / len(left | right)


def distinct_documents(count: int, lengths: tuple[int, int], n: int = 3, share: float = 0.02) -> Corpus:
    """Documents of so many words, compared by their n-grams; `share` of them are copies to be found, and as many are
    copies that are not alike enough."""
    copies = math.ceil(count * share)
    writer = Writer(SEED)
    originals = writer.texts(count - 2 * copies, lengths)
    return _with_copies(originals, copies, writer, n, extra_grams=1 - n, measure=lambda text: grams(text, n))


def templated_documents(count: int, template_words: int, lengths: tuple[int, int], n: int = 5) -> Corpus:
    """Short instances under one long template, which stands before each; they are compared by the n-grams that the
    template does not have. Beside `count` that are all distinct there are copies and their originals."""
    copies = math.ceil(count * 0.02)
    writer = Writer(SEED + 1)
    template = writer.texts(1, (template_words, template_words))[0]
    common = grams(template, n)
    originals = writer.texts(count + 2 * copies, lengths)
    # Those n-grams that begin in the template and end in the instance count: as many as the instance has words.
    return _with_copies(
        originals, copies, writer, n, extra_grams=0, prefix=f"{template} ", measure=lambda text: grams(text, n) - common
    )


class Writer:
    """Draws texts, and edits them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.vocabulary = vocabulary(WORDS)
        weights = 1 / (np.arange(WORDS) + 1 + RANK_SHIFT)
        self.ends = np.cumsum(weights / weights.sum())

    def texts(self, count: int, lengths: tuple[int, int]) -> list[str]:
        sizes = self.numbers.integers(lengths[0], lengths[1] + 1, count)
        return [self._text(int(size)) for size in sizes]

    def _text(self, size: int) -> str:
        drawn: NDArray[np.int64] = np.searchsorted(self.ends, self.numbers.random(size))
        return " ".join([self.vocabulary[min(number, WORDS - 1)] for number in drawn.tolist()])

    def other_than(self, word: str) -> str:
        """Another word, rare or not."""
        while (drawn := self.chance.choice(self.vocabulary)) == word:
            pass
        return drawn

    def edited(self, text: str, n: int, total: int, likeness: tuple[float, float]) -> str:
        """A copy with some of its `total` n-grams replaced, or with words added behind, so that the Jaccard
        similarity is in that range or little above; one with equal n-grams begins with a capital."""
        words = text.split()
        wanted = self.chance.uniform(*likeness)
        rounded = math.floor if likeness[0] >= ALIKE else math.ceil
        if self.chance.random() < 0.5:
            added = rounded(total / wanted - total)
            edited = words + [self.other_than("") for _ in range(added)]
        else:
            edited = self._replaced(words, n, rounded(total * (1 - wanted) / (1 + wanted)))
        return " ".join(edited) if edited != words else text.capitalize()

    def _replaced(self, words: Words, n: int, count: int) -> Words:
        """The words with `count` n-grams changed: n by a word within, as many as are left by the last words."""
        tail = count % n
        places = list(range(len(words) - tail, len(words)))
        places += self.chance.sample(range(n - 1, len(words) - n - tail + 1, n), count // n) if count >= n else []
        edited = list(words)
        for place in places:
            edited[place] = self.other_than(words[place])
        return edited


def vocabulary(count: int) -> Words:
    """Different made-up words of one to four syllables, short ones first."""
    chance = random.Random(SEED)
    found: dict[str, None] = {}
    while len(found) < count:
        syllables = chance.choices((1, 2, 3, 4), weights=(1, 6, 8, 5))[0]
        found["".join(_syllable(chance) for _ in range(syllables))] = None
    return sorted(found, key=len)


def _syllable(chance: random.Random) -> str:
    return chance.choice("bdfghklmnprstvz") + chance.choice("aeiou") + chance.choice(("", "", "", "n", "r", "s", "l"))


def _with_copies(
    originals: Sequence[str], copies: int, writer: Writer, n: int, extra_grams: int, measure: Measure, prefix: str = ""
) -> Corpus:
    """The originals in a random order, with copies of the first ones, each prefixed."""
    edited = []
    for number, original in enumerate(originals[: 2 * copies]):
        total = len(original.split()) + extra_grams
        edited.append(writer.edited(original, n, total, LIKENESS if number < copies else UNLIKENESS))
    texts = [prefix + text for text in (*originals, *edited)]
    order = list(range(len(texts)))
    writer.chance.shuffle(order)
    place = {number: at for at, number in enumerate(order)}
    pairs = [
        Pair(place[number], place[len(originals) + number], jaccard(measure(texts[number]), measure(prefix + copy)))
        for number, copy in enumerate(edited)
    ]
    return Corpus([texts[number] for number in order], pairs, measure)
