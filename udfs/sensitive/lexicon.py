"""The small classifier: words and phrases that speak of a theme, in the languages of a text.

It knows no context. *He was shot* and *a shot of the harbour* differ in what else is said, so a word that has other
meanings counts half: two different ones are needed, or one that leaves no doubt.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

# Scripts that put no blanks between words; a term in them may stand anywhere.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
WORD = re.compile(r"\w+")
STRONG, WEAK = 2, 1
MAX_CHARS = 50_000  # of one text


@dataclass(frozen=True)
class Lexicon:
    """The terms of one language. A trailing `*` stands for any ending.

    Attributes:
        strong: terms by theme that leave no doubt.
        weak: terms by theme that have other meanings too.
    """

    language: str
    strong: Mapping[str, tuple[str, ...]]
    weak: Mapping[str, tuple[str, ...]]

    @cached_property
    def any_term(self) -> str:
        """RE2 of what every text with a theme has, as it is or in JSON, where letters stand for line breaks."""
        terms = {term for found in (self.strong, self.weak) for listed in found.values() for term in listed}
        unspaced = [_pattern(term) for term in sorted(terms) if UNSPACED.search(term)]
        stems = [_pattern(term) for term in sorted(terms) if term.endswith("*")]
        words = [_pattern(term) for term in sorted(terms) if not term.endswith("*")]
        whole = rf"(?:{'|'.join(words)})(?:[^\pL\pN_]|$)"
        spaced = rf"(?:^|[^\pL\pN_]|\\[bfnrt])(?:{'|'.join([*stems, whole])})"
        return f"(?i){'|'.join([spaced, *unspaced])}"

    @cached_property
    def terms(self) -> Terms:
        found = [
            (term.lower(), theme, weight)
            for listed, weight in ((self.strong, STRONG), (self.weak, WEAK))
            for theme, terms in listed.items()
            for term in terms
        ]
        return Terms(found)

    def scores(self, text: str) -> dict[str, float]:
        """By theme 1 - 2^-(2 strong + weak), over the different terms that stand in the text; themes without any are
        left out. One strong term or two weak ones give 0.75."""
        weights = Counter[str]()
        for theme, weight in self.terms.among(text[:MAX_CHARS].lower()):
            weights[theme] += weight
        return {theme: 1 - 2.0**-weight for theme, weight in weights.items()}


class Terms:
    """Terms with their themes and weights, in the three forms in which they are looked up: whole words, beginnings of
    words, and phrases. A text is taken apart into words once, whatever the number of terms."""

    def __init__(self, terms: Sequence[tuple[str, str, int]]) -> None:
        self.words: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        self.stems: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        self.phrases: list[tuple[set[str], re.Pattern[str], str, int]] = []
        for term, theme, weight in terms:
            stem = term.removesuffix("*")
            if UNSPACED.search(term) or not WORD.fullmatch(stem):
                whole = set() if UNSPACED.search(term) else set(WORD.findall(term)[: -1 if stem != term else None])
                self.phrases.append((whole, _phrase(term), theme, weight))
            else:
                (self.words if stem == term else self.stems)[stem].append((theme, weight))
        self.shortest = min(map(len, self.stems), default=0)
        self.beginnings = {stem[: self.shortest] for stem in self.stems}

    def among(self, text: str) -> Iterator[tuple[str, int]]:
        """Theme and weight of each different term in a text in lower case."""
        words = set(WORD.findall(text))
        for word in words & self.words.keys():
            yield from self.words[word]
        begun = {stem for word in words if word[: self.shortest] in self.beginnings for stem in self._stems_of(word)}
        for stem in begun:
            yield from self.stems[stem]
        for whole, pattern, theme, weight in self.phrases:
            if whole <= words and pattern.search(text):
                yield theme, weight

    def _stems_of(self, word: str) -> Iterator[str]:
        yield from (word[:length] for length in range(1, len(word) + 1) if word[:length] in self.stems)


class LexiconClassifier:
    """A `themes.Classifier`. A text is looked at with the lexicons of its languages; where there is none for these, no
    theme is found in it."""

    def __init__(self, lexicons: Mapping[str, Lexicon]) -> None:
        self.lexicons = lexicons

    def __call__(self, texts: Sequence[str], languages: Sequence[Sequence[str]]) -> list[dict[str, float]]:
        return [self._scores(text, tags) for text, tags in zip(texts, languages, strict=True)]

    def may_have(self, texts: pa.StringArray, languages: Sequence[Sequence[str]]) -> list[bool]:
        """Which texts, plain or as JSON, are worth a look.

        Args:
            texts: string, shape (n,), without nulls.
        """
        found = [False] * len(texts)
        for language, lexicon in self.lexicons.items():
            rows = [row for row, tags in enumerate(languages) if any(_spoken(tag) == language for tag in tags)]
            if rows:
                hits = pc.match_substring_regex(texts.take(pa.array(rows)), lexicon.any_term).to_pylist()
                for row, hit in zip(rows, hits, strict=True):
                    found[row] |= hit
        return found

    def _scores(self, text: str, languages: Sequence[str]) -> dict[str, float]:
        found: dict[str, float] = {}
        for language in dict.fromkeys(map(_spoken, languages)):
            if language in self.lexicons:
                for theme, score in self.lexicons[language].scores(text).items():
                    found[theme] = max(score, found.get(theme, 0.0))
        return found


def _spoken(tag: str) -> str:
    return tag.partition("-")[0]


def _pattern(term: str) -> str:
    return "[ -]".join(re.escape(word) for word in re.split("[ -]", term.removesuffix("*")))


def _phrase(term: str) -> re.Pattern[str]:
    said = _pattern(term)
    if UNSPACED.search(term):
        return re.compile(said)
    return re.compile(rf"(?<!\w){said}" + ("" if term.endswith("*") else r"(?!\w)"))
