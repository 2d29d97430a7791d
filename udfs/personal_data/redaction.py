"""Texts with placeholders in place of personal data."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from taskmill.udfs.personal_data.kinds import KINDS, Recogniser, Span, placeholder

MIN_CHARS = 3  # of a find that is looked for elsewhere in the example


def redacted(text: str, spans: Iterable[Span], known: Mapping[str, str] | None = None) -> str:
    """The text with a placeholder for each span, and for each of the known finds.

    Args:
        spans: in order, none over another.
        known: what was found elsewhere in the example, and its kind. An answer says a number again without the words
            that told what it is.
    """
    parts, place = [], 0
    for span in spans:
        parts += [_without(text[place : span.start], known), placeholder(span.kind)]
        place = span.end
    return "".join([*parts, _without(text[place:], known)])


@dataclass(frozen=True)
class Redaction:
    """The texts of one example with placeholders.

    Attributes:
        found: the kinds of what was found.
        left: of these, what still stands there, spread over several texts, as over the words of a sentence taken
            apart; and its kind.
    """

    texts: list[str]
    found: list[str]
    left: Mapping[str, str]


def redacted_texts(
    texts: Sequence[str], kinds: Collection[str], languages: Sequence[str], recogniser: Recogniser
) -> Redaction:
    """The texts of one example, in these languages, without their finds of these kinds."""
    found = recogniser(texts, kinds, [languages] * len(texts))
    known = {text[span.start : span.end]: span.kind for text, spans in zip(texts, found, strict=True) for span in spans}
    if not known:
        return Redaction(list(texts), [], {})
    clean = [redacted(text, spans, known) for text, spans in zip(texts, found, strict=True)]
    rest = _squashed("".join(clean))
    left = {value: kind for value, kind in known.items() if _squashed(value) in rest and _is_telling(value)}
    return Redaction(clean, sorted(set(known.values()), key=KINDS.index), left)


def without_parts(texts: Sequence[str], left: Mapping[str, str]) -> list[str]:
    """Texts with a placeholder in place of each that is a part of what is left."""
    values = {_squashed(value): kind for value, kind in left.items()}

    def clean(text: str) -> str:
        part = _squashed(text)
        return next((placeholder(kind) for value, kind in values.items() if part and part in value), text)

    return [clean(text) for text in texts]


def masked(text: str, spans: Iterable[Span]) -> str:
    """The text with placeholders for the spans, and every other digit as `#`: for people who need not know."""
    return re.sub(r"\d", "#", redacted(text, spans))


def _without(text: str, known: Mapping[str, str] | None) -> str:
    if not known or not text:
        return text
    values = sorted((value for value in known if _is_telling(value)), key=len, reverse=True)
    if not any(value in text for value in values):
        return text
    pattern = "|".join(re.escape(value) for value in values)
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", lambda match: placeholder(known[match.group()]), text)


def _is_telling(value: str) -> bool:
    return len(value) >= MIN_CHARS


def _squashed(text: str) -> str:
    return re.sub(r"\s+", "", text)
