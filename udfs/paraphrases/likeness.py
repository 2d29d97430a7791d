"""How alike two wordings are."""

from __future__ import annotations

from collections.abc import Collection, Set

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from taskmill.udfs.paraphrases.words import words_of

GRAM = 4
STEM = 5  # letters that words of one root mostly share


def likeness(one: str, other: str) -> float:
    """Jaccard similarity of the runs of `GRAM` characters of two texts, 0 to 1; case and white space do not count."""
    return overlap(grams(one), grams(other))


def overlap(first: Set[str], second: Set[str]) -> float:
    """Jaccard similarity of two sets, 0 to 1; 1.0 for two empty ones."""
    both = len(first | second)
    return len(first & second) / both if both else 1.0


def grams(text: str) -> frozenset[str]:
    """The runs of `GRAM` characters of a text, those over its ends too; case and white space do not count."""
    plain = f" {' '.join(text.casefold().split())} "
    runs = range(max(1, len(plain) - GRAM + 1)) if plain.strip() else ()
    return frozenset(plain[at : at + GRAM] for at in runs)


def kept_content(original: str, candidate: str, known: Collection[str] = ()) -> float:
    """The share of the content words of the original that the candidate has too, by their first `STEM` letters, 0 to
    1; 1.0 where there are none.

    Args:
        known: words that say what the task is about, whichever of the texts has them: synonyms of each other here.
    """
    stems = {word[:STEM] for word in known}
    wanted = {word[:STEM] for word in words_of(original) if _is_content(word)}
    here = {word[:STEM] for word in words_of(candidate) if _is_content(word)}
    if here & stems:
        here |= wanted & stems
    return len(wanted & here) / len(wanted) if wanted else 1.0


def _is_content(word: str) -> bool:
    return len(word) > 2 and word not in ENGLISH_STOP_WORDS
