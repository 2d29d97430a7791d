"""Whether a candidate may stand beside the wording it was made from: a reason for each that may not.

Every refusal is cheap and none needs a model; an embedder, where there is one, judges drift in place of shared words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa

from taskmill.udfs.language_detection import agrees, detected
from taskmill.udfs.paraphrases.likeness import kept_content, likeness
from taskmill.udfs.paraphrases.masks import MARK, Masked, changed_marks, literal_of, parses, unmasked
from taskmill.udfs.paraphrases.words import compared, negates, turned

Closeness = Callable[[str, str], float]  # of two texts, by what they mean: cosine, -1 to 1

QUOTED = re.compile(r"\"[^\"\n]{1,80}\"|“[^”\n]{1,80}”|«[^»\n]{1,80}»|`[^`\n]{1,80}`|(?<!\w)'[^'\n]{1,80}'(?!\w)")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
INJECTION = re.compile(
    r"(?i)\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|instructions?|rules?)\b|"
    r"\bsystem prompt\b|\byou are now\b|\bas an ai\b|\blanguage model\b|\bdeveloper mode\b|https?://|\bwww\.|<\/?script|"
    r"<\|[a-z_]+\|>|\[/?INST\]|</?s>|^\s*(?:system|assistant|user)\s*:"
)
MARKDOWN = re.compile(r"```|^#{1,6}\s|\*\*\S|^\s*\d+[.)]\s", re.MULTILINE)
BRACES = ("{{", "}}", "{%", "%}", "{#", "#}")


@dataclass(frozen=True)
class Bounds:
    """What is too far from the original, or too near.

    Attributes:
        most_alike: likeness to the original or to an accepted candidate from which on it is a copy.
        least_kept: share of content words that stay; with an embedder `least_close` counts instead.
        shortest, longest: characters of the words themselves, as shares of the original's.
    """

    most_alike: float = 0.7
    least_kept: float = 0.15
    least_close: float = 0.75
    shortest: float = 0.4
    longest: float = 2.5
    slack_chars: int = 60


@dataclass(frozen=True)
class Original:
    """A wording that others are made from.

    Attributes:
        prompt: with marks for its Jinja.
        language: tag that candidates must be in; `is_translated` when it is another one than the prompt's.
        choices: texts of the answers, which must stay where they stand in the wording itself.
        topic: words of the task type: its fields and name.
    """

    prompt: Masked
    language: str
    choices: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    is_translated: bool = False


@dataclass(frozen=True)
class Refusal:
    """Why a candidate may not stand; `reason` is a short word, `detail` says what exactly."""

    reason: str
    detail: str


@dataclass(frozen=True)
class Accepted:
    """A candidate that may stand, with its Jinja, and how alike and close it is to the original."""

    prompt: str
    likeness: float
    kept: float


def judged(
    candidate: str,
    original: Original,
    others: Sequence[str],
    bounds: Bounds = Bounds(),  # frozen
    closeness: Closeness | None = None,
) -> Accepted | Refusal:
    """Whether the candidate, with marks, says what the original says.

    Args:
        others: literal texts of the other wordings, and of candidates accepted before.
    """
    text = candidate.strip()
    said, literal = original.prompt.literal, literal_of(text)
    for check in (_form, _marks, _protected, _length, _intruder):
        wrong = check(text, literal, original, bounds)
        if wrong is not None:
            return wrong
    wrong = _language(literal, original)
    if wrong is None and not original.is_translated:
        wrong = _meaning(literal, original, bounds, closeness) or _copy(literal, [said, *others], bounds)
    elif wrong is None:
        wrong = _copy(literal, others, bounds)
    if wrong is not None:
        return wrong
    kept = 1.0 if original.is_translated else _kept(literal, original)
    return Accepted(unmasked(text, original.prompt), round(likeness(said, literal), 3), round(kept, 3))


def _form(text: str, literal: str, original: Original, bounds: Bounds) -> Refusal | None:
    if not literal.strip() and original.prompt.literal.strip():
        return Refusal("empty", "nothing but slots is left")
    for brace in BRACES:
        if brace in MARK.sub("", text):
            return Refusal("slots_changed", f"it has Jinja of its own: {brace}")
    new = [found.group() for found in MARKDOWN.finditer(literal) if found.group() not in original.prompt.literal]
    if new:
        return Refusal("markdown", f"it has {new[0].strip()!r}, which the original has not")
    return None


def _marks(text: str, literal: str, original: Original, bounds: Bounds) -> Refusal | None:
    wrong = changed_marks(text, original.prompt)
    if wrong is not None:
        return Refusal("slots_changed", wrong)
    wrong = parses(unmasked(text, original.prompt))
    return None if wrong is None else Refusal("template_syntax", wrong)


def _protected(text: str, literal: str, original: Original, bounds: Bounds) -> Refusal | None:
    """Numbers, what is quoted, and answers that stand in the wording itself."""
    said = original.prompt.literal
    choices = [choice for choice in original.choices if _stands(choice, said)]
    for choice in choices:
        if not _stands(choice, literal):
            return Refusal("choices_changed", f"it lost the answer {choice!r}")
    named = [choice for choice in original.choices if _stands(choice, literal) and choice not in choices]
    if named and len(named) + len(choices) < len(original.choices):
        return Refusal("answer_leaked", f"of the answers it names {named[0]!r}")
    if not original.is_translated:
        lost = Counter(_quotes(said)) - Counter(_quotes(literal))
        if lost:
            return Refusal("literal_changed", f"it lost what was quoted: {next(iter(lost))!r}")
    if Counter(NUMBER.findall(said)) != Counter(NUMBER.findall(literal)):
        return Refusal("literal_changed", "its numbers are others")
    return None


def _length(text: str, literal: str, original: Original, bounds: Bounds) -> Refusal | None:
    size, wanted = len(" ".join(literal.split())), len(" ".join(original.prompt.literal.split()))
    if size < bounds.shortest * wanted - bounds.slack_chars or size > bounds.longest * wanted + bounds.slack_chars:
        return Refusal("length", f"{size} characters, the original has {wanted}")
    return None


def _intruder(text: str, literal: str, original: Original, bounds: Bounds) -> Refusal | None:
    found = INJECTION.search(literal)
    if found is not None and found.group().casefold() not in original.prompt.literal.casefold():
        return Refusal("injection", f"it says {found.group().strip()!r}")
    return None


def _language(literal: str, original: Original) -> Refusal | None:
    found = detected(pa.array([" ".join(literal.split())], pa.string()))[0][0].as_py()
    if agrees(original.language, found) is False:
        return Refusal("other_language", f"it seems to be {found}, not {original.language}")
    return None


def _meaning(literal: str, original: Original, bounds: Bounds, closeness: Closeness | None) -> Refusal | None:
    said, language = original.prompt.literal, original.language.split("-")[0]
    opposite = turned(said, literal, language)
    if opposite is not None:
        return Refusal("opposite", f"{opposite[0]!r} has become {opposite[1]!r}")
    if negates(said, language) != negates(literal, language):
        has = "has a negation that the original has not" if negates(literal, language) else "lost the negation"
        return Refusal("negation_changed", f"it {has}")
    before, after = compared(said, language), compared(literal, language)
    if before != after:
        differing = ", ".join(sorted(before ^ after))
        return Refusal("comparison_changed", f"only one of the two says {differing}")
    if closeness is not None:
        close = closeness(said, literal)
        return Refusal("drift", f"closeness {close:.2f}") if close < bounds.least_close else None
    kept = _kept(literal, original)
    return Refusal("drift", f"{kept:.0%} of its content words") if kept < bounds.least_kept else None


def _copy(literal: str, others: Collection[str], bounds: Bounds) -> Refusal | None:
    most = max((likeness(literal, other) for other in others), default=0.0)
    return Refusal("near_copy", f"likeness {most:.2f}") if most >= bounds.most_alike else None


def _kept(literal: str, original: Original) -> float:
    """`kept_content`, the answers left out: they stay anyway."""
    said = original.prompt.literal
    for choice in original.choices:
        said = re.sub(rf"(?<!\w){re.escape(choice)}(?!\w)", " ", said, flags=re.IGNORECASE)
    return kept_content(said, literal, original.topic)


def _quotes(text: str) -> list[str]:
    return [found[1:-1].strip().casefold() for found in QUOTED.findall(text) if found[1:-1].strip()]


def _stands(choice: str, text: str) -> bool:
    """Whether an answer stands in a text as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(choice.casefold())}(?!\w)", text.casefold()) is not None
