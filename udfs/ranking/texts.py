"""What is seen of a wording in its own text: only what data cannot tell, and what is hardly ever meant."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
from jinja2 import Environment, TemplateSyntaxError, nodes

from taskmill.udfs.language_detection import agrees, detected
from taskmill.udfs.pair_checks.registry import CHECKS
from taskmill.udfs.pair_checks.wordings import own_marks
from taskmill.udfs.paraphrases.likeness import grams
from taskmill.udfs.paraphrases.masks import MARK, Masked, masked
from taskmill.udfs.rendering.compile import COMPILE_ERRORS, used_names
from taskmill.udfs.rendering.plans import AnyTemplate, PublishedTemplate

SEPARATOR = "|||"
SLOTS = range(0xE000, 0xF900)  # a character of Unicode's private use stands for each slot
MEANT_MARKS = frozenset({"markup"})  # "put it in <b>tags</b>": of its own, a wording means it
SURE_LANGUAGE = 0.9  # probability; names of fields ("Input: Output:") are taken for any language, but never surely
LEAST_LETTERS = 30  # of a text that shouts
SHOUTING = 0.6  # share of letters that are capitals: lists of tags have a third
DOUBLED = re.compile(r"\b([^\W\d_]{2,}) \1\b", re.IGNORECASE)
MAY_BE_DOUBLED = frozenset({"that", "had", "very"})
MEASURES = frozenset({"length", "count", "wordcount"})  # filters that keep nothing of a text but how long it is
NOT_THE_LANGUAGE, MOSTLY_CAPITALS, WORD_TWICE = 0.3, 0.6, 0.9  # what is left of a form


@dataclass(frozen=True)
class Contract:
    """What a task type asks of its wordings. Empty for published templates, whose fields mean what they like.

    Attributes:
        needed: fields that every example has and that are neither answer nor explanation of it, nor the choices, which
            a wording may leave open.
        telling: texts that are or explain the answer.
        structured: answers that are structures; they may carry the text that is asked about.
    """

    needed: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    structured: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What is seen of a wording.

    Attributes:
        chars: how long its own words are; `has_words` whether there are any.
        shape: runs of characters of its prompt, a character for each slot: what likeness is measured on.
        reads: fields that its prompt reads, and `answers` those that its response reads.
        told: of these the texts that give its answer away.
        kept: 0 to 1: what its faults leave, and `faults` what they are.
    """

    chars: int
    has_words: bool
    shape: frozenset[str]
    reads: frozenset[str]
    answers: frozenset[str]
    told: tuple[str, ...]
    kept: float
    faults: tuple[str, ...]


def seen_in(template: AnyTemplate, contract: Contract) -> Seen:
    """What is seen of a wording; of one that does not parse nothing but that."""
    try:
        prompt = _prompt(template)
    except TemplateSyntaxError:
        return Seen(0, False, frozenset(), frozenset(), frozenset(), (), 1.0, ())
    own = " ".join(prompt.literal.split())
    reads, answers = _read(template)
    telling = () if template.inverts else contract.telling
    told = tuple(name for name in telling if name in reads and name in set(_printed(_text(template))))
    kept, faults = 1.0, []
    for left, fault in _faults(template, own):
        kept *= left
        faults.append(fault)
    has_words, shape = any(map(str.isalpha, own)), grams(_with_slots(prompt))
    return Seen(len(own), has_words, shape, reads, answers, told, kept, tuple(faults))


def _prompt(template: AnyTemplate) -> Masked:
    """The prompt with marks for its Jinja; one of a published template may end within a block."""
    found = masked(_text(template))
    if isinstance(template, PublishedTemplate):
        return Masked(found.text.partition(SEPARATOR)[0], found.parts, found.statements)
    return found


def _text(template: AnyTemplate) -> str:
    return template.jinja if isinstance(template, PublishedTemplate) else template.prompt


def _with_slots(prompt: Masked) -> str:
    """The prompt with one character for each slot, equal for equal slots; statements print nothing."""

    def stand_in(mark: re.Match[str]) -> str:
        number = int(mark.group(1))
        if number in prompt.statements:
            return ""
        slot = "".join(prompt.parts[number - 1].split())
        return chr(SLOTS[zlib.crc32(slot.encode()) % len(SLOTS)])

    return MARK.sub(stand_in, prompt.text)


def _read(template: AnyTemplate) -> tuple[frozenset[str], frozenset[str]]:
    """The fields that prompt and response read; for a published template all of them, as they are not told apart."""
    used = frozenset(template.uses)
    if isinstance(template, PublishedTemplate):
        return used, used
    try:
        return used_names(template.prompt), used_names(template.response)
    except COMPILE_ERRORS:
        return used, used


def _printed(text: str) -> Iterator[str]:
    """Names whose values, or parts of them, stand in what is rendered; names of loops are followed no further."""
    for output in Environment().parse(text).find_all(nodes.Output):  # nothing is rendered
        for node in output.nodes:
            yield from _kept_of(node)


def _kept_of(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Compare | nodes.Test) or (isinstance(node, nodes.Filter) and node.name in MEASURES):
        return
    if isinstance(node, nodes.Name):
        yield node.name
    for name, _ in node.iter_fields():
        if not (isinstance(node, nodes.CondExpr) and name == "test"):
            for child in node.iter_child_nodes(only=[name]):
                yield from _kept_of(child)


def _faults(template: AnyTemplate, own: str) -> Iterator[tuple[float, str]]:
    """What each fault leaves of the form, 0 to 1, and what it is."""
    for name in sorted(own_marks(template) - MEANT_MARKS):
        yield 1 - CHECKS[name].penalty, f"{name} in its own text"
    language = _other_language(own, template.language)
    if language is not None:
        yield NOT_THE_LANGUAGE, f"seems to be {language}, not {template.language}"
    if _shouts(own):
        yield MOSTLY_CAPITALS, "mostly capitals"
    doubled = _doubled(own) if template.language.partition("-")[0] == "en" else None
    if doubled is not None:
        yield WORD_TWICE, f'has "{doubled}"'


def _other_language(own: str, declared: str) -> str | None:
    """The language of these words where it surely is another."""
    tags, probabilities = detected(pa.array([own], pa.string()))
    found, probability = tags[0].as_py(), probabilities[0].as_py()
    is_other = agrees(declared, found) is False and probability >= SURE_LANGUAGE
    return str(found) if is_other else None


def _shouts(own: str) -> bool:
    cased = [character for character in own if character.lower() != character.upper()]
    return len(cased) >= LEAST_LETTERS and sum(map(str.isupper, cased)) > SHOUTING * len(cased)


def _doubled(own: str) -> str | None:
    found = (match for match in DOUBLED.finditer(own) if match.group(1).casefold() not in MAY_BE_DOUBLED)
    return next((match.group() for match in found), None)
