"""Texts with one group's words in the place of another's (counterfactual data augmentation, Zhao et al. 2018, "Gender
Bias in Coreference Resolution", section 4).

The pairs of a lexicon go both ways, so swapping twice gives the text again. The English pronouns do not pair up: `her`
is `him` or `his`, and `his` is `her` or `hers`. The following word decides; where it decides wrongly, or where `him`
was followed by a noun ("gave him time"), the way back gives another text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from taskmill.udfs.audit.terms import Lexicon, has_capital, whole_words

GENDER, ENGLISH = "gender", "en"
PRONOUNS = ("her", "his", "him", "hers")
NEXT_WORD = re.compile(r"[ \t\n]+[\"'“‘]?([^\W\d_][\w'’-]*)")
# Words that begin something else after an object: what follows a possessive is a noun or what describes one.
NOT_POSSESSED = frozenset({
    "a", "about", "across", "after", "again", "against", "all", "alone", "already", "also", "although", "always",
    "am", "an", "and", "any", "anyway", "apart", "are", "as", "at", "away", "back", "be", "because", "been", "before",
    "behind", "being", "beside", "between", "both", "but", "by", "can", "could", "did", "do", "does", "down",
    "during", "each", "even", "every", "for", "from", "had", "has", "have", "he", "her", "here", "him", "his",
    "how", "i", "if", "in", "instead", "into", "is", "it", "its", "just", "later", "may", "me", "might", "must",
    "my", "never", "no", "nor", "not", "now", "of", "off", "often", "on", "once", "only", "onto", "or", "our",
    "out", "over", "shall", "she", "should", "since", "so", "some", "soon", "still", "than", "that", "the", "their",
    "them", "then", "there", "these", "they", "this", "those", "though", "through", "to", "today", "tomorrow",
    "too", "twice", "under", "unless", "until", "up", "us", "very", "was", "we", "were", "what", "when", "where",
    "which", "while", "who", "whom", "why", "will", "with", "without", "would", "yesterday", "yet", "you", "your",
})  # fmt: skip


def swapped(text: str, lexicon: Lexicon, category: str) -> str:
    """The text with the words of a category exchanged. Capitals follow the word they replace; all else stays, byte for
    byte."""
    with_pronouns = lexicon.language == ENGLISH and category == GENDER
    pattern, pairs = _compiled(lexicon.swaps.get(category, ()), lexicon.hidden, with_pronouns)

    def other(match: re.Match[str]) -> str:
        word = match.group()
        if word in pairs:
            return pairs[word]
        lower = word.lower()
        if lower in PRONOUNS:
            following = NEXT_WORD.match(text, match.end())
            return _as_written(_pronoun(lower, following.group(1).lower() if following else ""), word)
        return _as_written(pairs[lower], word) if lower in pairs else word

    return pattern.sub(other, text)


def swapped_value(value: Any, lexicon: Lexicon, category: str) -> Any:
    """A value of JSON with all texts in it swapped; the names of an object stay."""
    if isinstance(value, str):
        return swapped(value, lexicon, category)
    if isinstance(value, list):
        return [swapped_value(item, lexicon, category) for item in value]
    if isinstance(value, dict):
        return {name: swapped_value(item, lexicon, category) for name, item in value.items()}
    return value


def _pronoun(word: str, following: str) -> str:
    possesses = following != "" and following not in NOT_POSSESSED
    if word == "her":
        return "his" if possesses else "him"
    if word == "his":
        return "her" if possesses else "hers"
    return {"him": "her", "hers": "his"}[word]


def _as_written(word: str, like: str) -> str:
    """The word with the capitals of another. One letter in capitals tells nothing of the others."""
    if len(like) > 1 and like.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word


@cache
def _compiled(
    pairs: Iterable[tuple[str, str]], hidden: Iterable[str], with_pronouns: bool
) -> tuple[re.Pattern[str], dict[str, str]]:
    """What to look for, and what takes its place: terms with a capital as written or all in capitals, others in lower
    case. A hidden phrase is found to stay as it is."""
    found: dict[str, str] = {}
    for one, other in pairs:
        both = ((one, other), (other, one))
        found.update(both)
        if has_capital(one):
            found.update((first.upper(), second.upper()) for first, second in both)
    return whole_words({*found, *hidden, *(PRONOUNS if with_pronouns else ())}), found
