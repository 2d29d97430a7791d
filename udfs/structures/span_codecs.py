"""Entities as text and back: tags within their text, and lists of them; and the registry of all codecs of spans.

Entities are a list of `{"text", "type", "start", "end", ...}`, with offsets into a text in code points, the end not
included; lists of texts and types need no offsets. Other keys may be there, and are no part of what is read back. Null
is no list: a ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from taskmill.udfs.structures.codec import JSON, Codec, NotRoundTripError, line_part, lines_of
from taskmill.udfs.structures.slots import if_written
from taskmill.udfs.structures.spans import TAG_CODECS, Entity, checked_entities

NO_ENTITIES = "none"
MAX_NESTED = 100  # entities in one another: each repeats the text of those inside it

# The characters of an XML name (XML 1.0, fifth edition, productions 4 and 4a), without the colon.
_NAME_START = (
    "A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NO_NAME = re.compile(rf"^[^{_NAME_START}]|[^{_NAME_START}0-9.\xb7\u0300-\u036f\u203f\u2040-]|_(?=x)")
_NAME_ESCAPE = re.compile(r"_x([0-9A-F]{4,6})_")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CHARACTERS = {reference: character for character, reference in _ENTITIES.items()}
_SPECIAL = re.compile("[&<>]")
_PIECE = re.compile(r"<(?P<slash>/?)(?P<name>[^<>&/\s]+)>|(?P<reference>&(?:amp|lt|gt);)|(?P<plain>[^<>&]+)")


def project_inline_tags(entities: Any, text: str) -> list[Entity]:
    """The keys text, type, start and end, in the order of the text, outer entities first; the same place keeps order.

    Raises:
        ValueError: if an entity lacks a key, lies outside of `text`, or its text is not the one at its place.
    """
    if not isinstance(text, str):
        raise ValueError(f"the text of the entities is {type(text).__name__}")
    found = checked_entities(entities, text=str, type=str, start=int, end=int)
    for entity in found:
        start, end = entity["start"], entity["end"]
        # The length first: many entities of a long text must not make it be copied as often.
        if (
            not 0 <= start <= end <= len(text)
            or len(entity["text"]) != end - start
            or entity["text"] != text[start:end]
        ):
            raise ValueError(f"the text at {start} to {end} is not {entity['text'][:80]!r}")
    return sorted(found, key=lambda entity: (entity["start"], -entity["end"]))


def encode_inline_tags(entities: Any, text: str) -> str:
    """`text` with an XML element around each entity: `<person>Amara Diallo</person> left &amp; ...`.

    In types, what no XML name may hold is written as `_x0020_` (ISO/IEC 9075-14, SQL/XML). Entities may nest, up to 100
    in one another, and be empty.

    Raises:
        ValueError: if these are no entities of `text`.
        NotRoundTripError: if two of them cross, or more than 100 are nested.
    """
    pieces: list[str] = []
    open_entities: list[Entity] = []
    at = 0
    for entity in project_inline_tags(entities, text):
        at = _close(open_entities, text, at, entity["start"], pieces)
        if open_entities and open_entities[-1]["end"] < entity["end"]:
            raise NotRoundTripError(f"{open_entities[-1]['text'][:80]!r} and {entity['text'][:80]!r} cross")
        pieces += [_escaped(text[at : entity["start"]]), f"<{_name_of(entity['type'])}>"]
        at = entity["start"]
        open_entities.append(entity)
        _check_nested(open_entities)
    at = _close(open_entities, text, at, len(text), pieces)
    return "".join([*pieces, _escaped(text[at:])])


def _close(open_entities: list[Entity], text: str, at: int, until: int, pieces: list[str]) -> int:
    """Writes what is left of the entities that end at `until` or before; returns how far the text is written."""
    while open_entities and open_entities[-1]["end"] <= until:
        entity = open_entities.pop()
        pieces += [_escaped(text[at : entity["end"]]), f"</{_name_of(entity['type'])}>"]
        at = entity["end"]
    return at


def _check_nested(open_entities: list[Entity]) -> None:
    if len(open_entities) > MAX_NESTED:
        raise NotRoundTripError(f"more than {MAX_NESTED} entities are nested")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ENTITIES[found[0]], text)


def _name_of(type_: str) -> str:
    return _NO_NAME.sub(lambda found: f"_x{ord(found[0]):04X}_", type_)


def _type_of(name: str) -> str:
    try:
        return _NAME_ESCAPE.sub(lambda found: chr(int(found[1], 16)), name)
    except ValueError as error:  # above the last code point
        raise ValueError(f"<{name[:80]}> is no type") from error


def read_inline_tags(marked: str) -> tuple[str, list[Entity]]:
    """The text without its tags, and its entities in the order of their opening tags.

    Raises:
        ValueError: if tags do not match, or `<`, `>` or `&` stand for themselves; the message says where.
    """
    pieces: list[str] = []
    entities: list[Entity] = []
    open_entities: list[Entity] = []
    at = length = 0
    while at < len(marked):
        found = _PIECE.match(marked, at)
        if found is None:
            raise ValueError(f"{marked[at]!r} at character {at} is neither of a tag nor escaped")
        if found["slash"]:
            if not open_entities or open_entities[-1]["type"] != _type_of(found["name"]):
                raise ValueError(f"{found[0][:80]!r} at character {at} closes no entity that is open")
            open_entities.pop()["end"] = length
        elif found["name"]:
            entities.append({"text": "", "type": _type_of(found["name"]), "start": length, "end": length})
            open_entities.append(entities[-1])
            _check_nested(open_entities)
        else:
            pieces.append(found["plain"] or _CHARACTERS[found["reference"]])
            length += len(pieces[-1])
        at = found.end()
    if open_entities:
        raise ValueError(f"{len(open_entities)} entities are not closed, such as {open_entities[-1]['type'][:80]!r}")
    text = "".join(pieces)
    for entity in entities:
        entity["text"] = text[entity["start"] : entity["end"]]
    return text, entities


def decode_inline_tags(marked: str, text: str) -> list[Entity]:
    """The entities that `encode_inline_tags` marked in `text`.

    Raises:
        ValueError: for any other text than it wrote, or if it is not `text` that is marked.
    """
    plain, entities = read_inline_tags(marked)
    if plain != text:
        shift = _shift(plain, text)
        for entity in entities:
            entity["start"] += shift
            entity["end"] += shift
    return if_written(entities, encode_inline_tags(entities, text), marked)


def _shift(plain: str, text: str) -> int:
    """How many blanks `text` has lost at its beginning, where `plain` lacks blanks at its ends."""
    if plain.strip() != text.strip():
        raise ValueError("without its tags the text is not the one that was given")
    return (len(text) - len(text.lstrip())) - (len(plain) - len(plain.lstrip()))


def project_entity_lines(entities: Any) -> list[Entity]:
    """The keys text and type; the order of the list counts, as no offsets tell it."""
    return checked_entities(entities, text=str, type=str)


def encode_entity_lines(entities: Any) -> str:
    """A line `Amara Diallo: person` for each entity; `none` if there is none.

    Raises:
        ValueError: if an entity has no text or type.
        NotRoundTripError: if a text or type is empty or has a line break or a blank at an end, or a type holds `: `.
    """
    return (
        "\n".join(
            f"{line_part(entity['text'], 'text')}: {line_part(entity['type'], 'type', ': ')}"
            for entity in project_entity_lines(entities)
        )
        or NO_ENTITIES
    )


def decode_entity_lines(text: str) -> list[Entity]:
    """Text and type of the entities that `encode_entity_lines` wrote; a line is split at its last `: `.

    Raises:
        ValueError: for any other text.
    """
    if text.strip() == NO_ENTITIES:
        return []
    parts = [line.rpartition(": ") for line in lines_of(text)]
    found = [{"text": entity_text, "type": type_} for entity_text, _, type_ in parts]
    return if_written(found, encode_entity_lines(found), text)


def project_entities_by_type(entities: Any) -> dict[str, list[str]]:
    """The texts of each type, repeated ones too, in their order."""
    by_type: dict[str, list[str]] = {}
    for entity in project_entity_lines(entities):
        by_type.setdefault(entity["type"], []).append(entity["text"])
    return by_type


def encode_entities_by_type(entities: Any) -> str:
    """A line `person: Amara Diallo; Luís Prado` for each type, in the order of their first entities; `none` if empty.

    Raises:
        ValueError: if an entity has no text or type.
        NotRoundTripError: as `encode_entity_lines`, or if a text holds `; `.
    """
    return _by_type_lines(project_entities_by_type(entities))


def _by_type_lines(by_type: dict[str, list[str]]) -> str:
    return (
        "\n".join(
            f"{line_part(type_, 'type', ': ')}: {'; '.join(line_part(text, 'text', '; ') for text in texts)}"
            for type_, texts in by_type.items()
        )
        or NO_ENTITIES
    )


def decode_entities_by_type(text: str) -> dict[str, list[str]]:
    """The texts of each type that `encode_entities_by_type` wrote: a line is split at its first `: ` and every `; `.

    Raises:
        ValueError: for any other text.
    """
    if text.strip() == NO_ENTITIES:
        return {}
    parts = [line.partition(": ") for line in lines_of(text)]
    found = {type_: texts.split("; ") for type_, _, texts in parts}
    return if_written(found, _by_type_lines(found), text)


SPAN_CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        JSON,
        Codec("as_inline_tags", encode_inline_tags, decode_inline_tags, project_inline_tags),
        *TAG_CODECS.values(),
        Codec("as_entity_lines", encode_entity_lines, decode_entity_lines, project_entity_lines),
        Codec("as_entities_by_type", encode_entities_by_type, decode_entities_by_type, project_entities_by_type),
    )
}
