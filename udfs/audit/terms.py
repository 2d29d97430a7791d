"""Which groups of people a text mentions, and which trait words stand in a sentence with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

SENTENCE_END = re.compile(r"(?<=[.!?。])\s+|\n+|<br ?/?>")
SNIPPET_CHARS = 160
NEAR = 4  # words between a term and a trait word
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Lexicon:
    """The words of one language.

    Attributes:
        groups: `category.group` (gender.female) -> its terms.
        traits: kind of trait -> its words.
        swaps: category -> pairs of terms that take each other's place.
        hidden: phrases that are of no group, though words in them are terms: African American is no nationality.
    """

    language: str
    groups: Mapping[str, tuple[str, ...]]
    traits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    swaps: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    @cached_property
    def _terms(self) -> tuple[TermFinder, ...]:
        """One for each category: the longest term hides shorter ones, and `old man` is of an age and a gender."""
        categories: dict[str, dict[str, tuple[str, ...]]] = {}
        for group, terms in self.groups.items():
            categories.setdefault(group.split(".")[0], {})[group] = terms
        return tuple(TermFinder(terms, self.hidden) for terms in categories.values())

    @cached_property
    def _traits(self) -> TermFinder:
        return TermFinder(self.traits)

    def mentioned(self, text: str) -> set[str]:
        """The groups a text mentions."""
        return {group for finder in self._terms for _, group in finder.found(text)}

    def hints(self, text: str) -> Iterator[tuple[str, str, str]]:
        """Group, trait word and sentence, wherever the two are near each other in one sentence; each once a text."""
        if next(self._traits.found(text), None) is None:
            return
        seen: set[tuple[str, str]] = set()
        for sentence in SENTENCE_END.split(text):
            traits = [(place, word.lower()) for place, word, _ in self._traits.places(sentence)]
            terms = [(place, group) for finder in self._terms if traits for place, _, group in finder.places(sentence)]
            near = {(group, trait) for at, trait in traits for place, group in terms if _is_near(sentence, at, place)}
            for group, trait in sorted(near - seen):
                seen.add((group, trait))
                yield group, trait, _shortened(sentence)


class TermFinder:
    """Finds terms of several owners in a text.

    Terms are whole words, the longest first. One with a capital is found as written or in capitals throughout
    (`Polish` is no polish); any other in any case.
    """

    def __init__(self, terms: Mapping[str, Iterable[str]], hidden: Iterable[str] = ()) -> None:
        self._owners: dict[str, list[str]] = {}
        named = [(word, owner) for owner, words in terms.items() for word in words]
        for word, owner in [*named, *((word, "") for word in hidden)]:
            for form in {word, word.upper()} if has_capital(word) else {word.lower()}:
                self._owners.setdefault(form, []).extend([owner] if owner else [])
        self._pattern = whole_words(self._owners)

    def found(self, text: str) -> Iterator[tuple[str, str]]:
        """Every term as it stands in the text, with each owner."""
        for _, form, owner in self.places(text):
            yield form, owner

    def places(self, text: str) -> Iterator[tuple[tuple[int, int], str, str]]:
        """As `found`, with where the term begins and ends."""
        for match in self._pattern.finditer(text):
            form = match.group()
            for owner in self._owners.get(form, self._owners.get(form.lower(), ())):
                yield match.span(), form, owner


def has_capital(word: str) -> bool:
    return word != word.lower()


def whole_words(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words, the longest first, those with a capital as written and others in any case; not within a longer
    word. A hyphen joins words: `man` is not in `man-made`."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    parts = [re.escape(word) if has_capital(word) else f"(?i:{re.escape(word)})" for word in longest_first]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts) or '(?!)'})(?![\w-])")


def _is_near(text: str, one: tuple[int, int], other: tuple[int, int]) -> bool:
    first, last = sorted((one, other))
    return len(WORD.findall(text[first[1] : last[0]])) <= NEAR


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= SNIPPET_CHARS else plain[: SNIPPET_CHARS - 1] + "…"
