"""How alike two wordings are."""

from __future__ import annotations

from collections.abc import Collection

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from taskmill.udfs.paraphrases.words import words_of

GRAM = 4
STEM = 5  # letters that words of one root mostly share


def likeness(one: str, other: str) -> float:
    """Jaccard similarity of the runs of `GRAM` characters of two texts, 0 to 1; case and white space do not count."""
    first, second = _grams(one), _grams(other)
    both = first | second
    return len(first & second) / len(both) if both else 1.0


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


def _grams(text: str) -> set[str]:
    plain = f" {' '.join(text.casefold().split())} "
    return {plain[at : at + GRAM] for at in range(max(1, len(plain) - GRAM + 1))} if plain.strip() else set()
