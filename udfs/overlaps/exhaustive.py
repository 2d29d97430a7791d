"""Overlaps found the slow way: every text against every sampled one, in plain Python, without hashes or fingerprints.

It shares no code with what finds overlaps but the rule itself, so that it can prove it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

import pyarrow as pa

from taskmill.udfs.overlaps.evidence import EQUAL, SHORT, required_share

LEAK_DDL = "example_id string, other_id string, fold int, share double, text string"
GRAM_DDL = "task string, gram string"
BETWEEN = " "  # no word has one
SHOWN = 200  # characters of a leaked text
SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
HAS_SPACELESS = re.compile(f"[{SPACELESS}]")
Gram = tuple[str, ...]


@dataclass(frozen=True)
class Sampled:
    """A held-out example: its fold (None for what every fold holds out) and its texts."""

    task: str
    example_id: str
    fold: int | None
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """A text of a sampled example, its n-grams without what is common in its task."""

    sampled: Sampled
    words: tuple[str, ...]
    grams: frozenset[Gram]


class Index:
    """The texts of sampled examples by their n-grams, and by all their words."""

    def __init__(self, sampled: Iterable[Sampled], common: Mapping[str, frozenset[Gram]]) -> None:
        self.texts: list[Text] = []
        self.by_gram: defaultdict[Gram, list[int]] = defaultdict(list)
        self.by_words: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for one in sampled:
            for text in one.texts:
                words = words_of(text)
                grams = frozenset(grams_of(words)) - common.get(one.task, frozenset())
                if len(words) < EQUAL or not grams:
                    continue
                self.by_words[words].append(len(self.texts))
                for gram in grams:
                    self.by_gram[gram].append(len(self.texts))
                self.texts.append(Text(one, words, grams))

    def overlapping(self, text: str, common: frozenset[Gram]) -> Iterator[tuple[Text, float]]:
        """The texts that this one is equal to or has much of, or that have much of it, and how much."""
        words = words_of(text)
        grams = set(grams_of(words)) - common
        if len(words) < EQUAL or not grams:
            return
        equal = set(self.by_words.get(words, ()))
        for place in equal:
            yield self.texts[place], 1.0
        for place, count in Counter(place for gram in grams for place in self.by_gram.get(gram, ())).items():
            sizes = [size for size in (len(grams), len(self.texts[place].grams)) if size >= SHORT]
            share = max((count / size for size in sizes if count / size >= required_share(size)), default=0.0)
            if share and place not in equal:
                yield self.texts[place], share


@cache
def patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A word: a run of letters, digits, low lines and marks; and, for texts with scripts without blanks, that or one of
    their characters with its marks."""
    marks = "".join(sign for sign in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(sign)[0] == "M")
    run = rf"[^\W{SPACELESS}](?:[^\W{SPACELESS}]|[{marks}])*"
    return re.compile(rf"\w[\w{marks}]*"), re.compile(rf"(?![{marks}])(?:[{SPACELESS}][{marks}]*|{run})")


def words_of(text: str) -> tuple[str, ...]:
    """The words in lower case; in scripts without blanks the characters."""
    text = unicodedata.normalize("NFKC", text).lower()
    return tuple(patterns()[HAS_SPACELESS.search(text) is not None].findall(text))


def grams_of(words: Sequence[str]) -> Iterator[Gram]:
    """The 3-grams of words, or 10-grams where many are single characters of a script without blanks."""
    width = 10 if 3 * sum(is_spaceless(word) for word in words) > len(words) else 3
    return (tuple(words[at : at + width]) for at in range(len(words) - width + 1))


def is_spaceless(word: str) -> bool:
    """Whether the word is a character of a script without blanks."""
    return HAS_SPACELESS.match(word) is not None


def told_grams(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Every distinct n-gram of every example, `GRAM_DDL`, to be counted by task; from batches with task and texts."""
    for batch in batches:
        tasks: list[str] = []
        told: list[str] = []
        for example in batch.to_pylist():
            grams = {gram for text in example["texts"] for gram in grams_of(words_of(text or ""))}
            tasks += [example["task"]] * len(grams)
            told += map(BETWEEN.join, grams)
        yield pa.RecordBatch.from_arrays([pa.array(tasks, pa.string()), pa.array(told, pa.string())], ["task", "gram"])


def common_grams(rows: Iterable[tuple[str, str]]) -> dict[str, frozenset[Gram]]:
    """For each task its n-grams, from tasks and what `told_grams` gives."""
    found: defaultdict[str, set[Gram]] = defaultdict(set)
    for task, gram in rows:
        found[task].add(tuple(gram.split(BETWEEN)))
    return {task: frozenset(grams) for task, grams in found.items()}


def leaks(
    sampled: Sequence[Sampled], common: Mapping[str, frozenset[Gram]], folds: Sequence[int]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that finds the sampled examples whose content examples to train on have, `LEAK_DDL`; `fold` is the
    first whose training set has it though the other is held out then.

    Args:
        sampled: what is held out.
        common: for each task the n-grams that tell nothing.
        folds: those to look at.

    It takes batches with example_id, task, fold (int), excluded_folds (list<int>) and texts (list<string>).
    """

    def find(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        index = Index(sampled, common)
        for batch in batches:
            rows = [row for example in batch.to_pylist() for row in _leaks_of(example, index, common, folds)]
            names = [part.split()[0] for part in LEAK_DDL.split(", ")]
            kinds = [pa.string(), pa.string(), pa.int32(), pa.float64(), pa.string()]
            columns = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds)]
            yield pa.RecordBatch.from_arrays(columns, names=names)

    return find


Leak = tuple[str, str, int, float, str]


class _Trained(TypedDict):
    example_id: str
    task: str
    fold: int
    excluded_folds: list[int]
    texts: list[str | None]


def _leaks_of(
    example: _Trained, index: Index, common: Mapping[str, frozenset[Gram]], folds: Sequence[int]
) -> Iterator[Leak]:
    excluded = {*example["excluded_folds"], example["fold"]}
    trained_in = [fold for fold in folds if fold not in excluded]
    if not trained_in:
        return
    seen: set[str] = set()
    for text in example["texts"]:
        for other, share in index.overlapping(text or "", common.get(example["task"], frozenset())):
            fold = trained_in[0] if other.sampled.fold is None else other.sampled.fold
            if fold in trained_in and other.sampled.example_id not in seen:
                seen.add(other.sampled.example_id)
                yield example["example_id"], other.sampled.example_id, fold, share, " ".join(other.words)[:SHOWN]
