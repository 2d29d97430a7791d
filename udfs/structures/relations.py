"""Relations between the entities of a text, as text and back: a line for each triple, or a line for each type.

Relations are a list of `{"head", "type", "tail", ...}`, all three text and none of them empty: the type holds from the
head to the tail. Other keys may be there, and are no part of what is read back. The same triple may come twice. Null is
no list: a ValueError.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from taskmill.udfs.structures.codec import Codec, NotRoundTripError, line_part, lines_of
from taskmill.udfs.structures.slots import if_written

Relation = dict[str, str]
Pairs = list[list[str]]  # head and tail, for each relation of one type

NO_RELATIONS = "none"
PARTS = ("head", "type", "tail")
_TYPE_END, _ARROW, _NEXT = ": ", " -> ", "; "


class _Notation(NamedTuple):
    """What stands before, between and behind the parts of a triple."""

    opening: str
    separator: str
    closing: str


_PIPED = _Notation("", " | ", "")
_BRACKETED = _Notation("(", "; ", ")")  # as open information extraction prints its triples (Etzioni et al. 2011)


def project_relations(relations: Any) -> list[Relation]:
    """The keys head, type and tail; the order of the list counts.

    Raises:
        ValueError: if `relations` is no list of objects that have these keys, or one of them is no text.
    """
    if not isinstance(relations, list):
        raise ValueError(f"relations are a list, not {type(relations).__name__}")
    for number, relation in enumerate(relations, 1):
        if not isinstance(relation, dict):
            raise ValueError(f"relation {number} is {type(relation).__name__}, no object")
        for part in PARTS:
            if not isinstance(relation.get(part), str):
                raise ValueError(f"relation {number} has no {part!r} that is text")
    return [{part: relation[part] for part in PARTS} for relation in relations]


def _encode_triples(relations: Any, notation: _Notation) -> str:
    lines = (
        notation.separator.join(_between(relation[part], part, notation.separator) for part in PARTS)
        for relation in project_relations(relations)
    )
    return "\n".join(f"{notation.opening}{line}{notation.closing}" for line in lines) or NO_RELATIONS


def _decode_triples(text: str, notation: _Notation) -> list[Relation]:
    """What `_encode_triples` wrote; ValueError for any other text."""
    stripped = text.strip()
    found: list[Relation] = []
    for number, line in enumerate([] if stripped == NO_RELATIONS else lines_of(text), 1):
        inner = line.removeprefix(notation.opening).removesuffix(notation.closing)
        parts = inner.split(notation.separator)
        if len(parts) != len(PARTS):
            raise ValueError(f"line {number} has {len(parts)} parts, not head, type and tail")
        found.append(dict(zip(PARTS, parts, strict=True)))
    return if_written(found, _encode_triples(found, notation), stripped)


def _between(text: str, what: str, *separators: str) -> str:
    """`text`, if it can stand between separators on a line.

    Raises:
        NotRoundTripError: as `line_part`, or if a separator's mark at an end (`a |`) would be taken for the separator.
    """
    line_part(text, what, *separators)
    for separator in separators:
        if separator.startswith(" ") and separator in f" {text} ":
            raise NotRoundTripError(f"{what} {text[:80]!r} begins or ends with {separator.strip()!r}")
    return text


def encode_relation_lines(relations: Any) -> str:
    """A line `Amara Diallo | works for | Siemens` for each relation; `none` if there is none.

    Raises:
        ValueError: if `relations` is no list of relations.
        NotRoundTripError: if a part is empty, has a line break or a blank at an end, or a pipe between blanks.
    """
    return _encode_triples(relations, _PIPED)


def decode_relation_lines(text: str) -> list[Relation]:
    """The relations that `encode_relation_lines` wrote.

    Raises:
        ValueError: for any other text.
    """
    return _decode_triples(text, _PIPED)


def encode_relation_triples(relations: Any) -> str:
    """A line `(Amara Diallo; works for; Siemens)` for each relation; `none` if there is none.

    Raises:
        ValueError: if `relations` is no list of relations.
        NotRoundTripError: if a part is empty, has a line break or a blank at an end, or holds `; `.
    """
    return _encode_triples(relations, _BRACKETED)


def decode_relation_triples(text: str) -> list[Relation]:
    """The relations that `encode_relation_triples` wrote.

    Raises:
        ValueError: for any other text.
    """
    return _decode_triples(text, _BRACKETED)


def project_relations_by_type(relations: Any) -> dict[str, Pairs]:
    """Head and tail of each relation of each type, repeated ones too, in their order."""
    by_type: dict[str, Pairs] = {}
    for relation in project_relations(relations):
        by_type.setdefault(relation["type"], []).append([relation["head"], relation["tail"]])
    return by_type


def encode_relations_by_type(relations: Any) -> str:
    """A line `works for: Amara Diallo -> Siemens; Luís Prado -> Siemens` for each type, in the order of their first
    relations; `none` if there is none.

    Raises:
        ValueError: if `relations` is no list of relations.
        NotRoundTripError: if a part is empty, has a line break or a blank at an end, a type holds `: `, a head or
            tail `; ` or an arrow between blanks, or a head ends with a semicolon.
    """
    return _by_type_lines(project_relations_by_type(relations))


def _by_type_lines(by_type: Mapping[str, Pairs]) -> str:
    lines = (
        line_part(type_, "type", _TYPE_END)
        + _TYPE_END
        + _NEXT.join(_head(head) + _ARROW + _head_or_tail(tail) for head, tail in pairs)
        for type_, pairs in by_type.items()
    )
    return "\n".join(lines) or NO_RELATIONS


def _head(text: str) -> str:
    """`text`, if the blank that follows it makes no separator with its end (`a;`)."""
    if f"{text} ".endswith(_NEXT):
        raise NotRoundTripError(f"head {text[:80]!r} ends with {_NEXT.strip()!r}")
    return _head_or_tail(text)


def _head_or_tail(text: str) -> str:
    return _between(text, "head or tail", _ARROW, _NEXT)


def decode_relations_by_type(text: str) -> dict[str, Pairs]:
    """Head and tail of each relation of each type that `encode_relations_by_type` wrote.

    Raises:
        ValueError: for any other text.
    """
    by_type: dict[str, Pairs] = {}
    for number, line in enumerate([] if text.strip() == NO_RELATIONS else lines_of(text), 1):
        type_, _, rest = line.partition(_TYPE_END)
        pairs = [pair.split(_ARROW) for pair in rest.split(_NEXT)]
        if any(len(pair) != 2 for pair in pairs):
            raise ValueError(f"line {number} is not 'type: head -> tail; ...'")
        by_type[type_] = pairs
    return if_written(by_type, _by_type_lines(by_type), text)


RELATION_CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("as_relation_lines", encode_relation_lines, decode_relation_lines, project_relations),
        Codec("as_relation_triples", encode_relation_triples, decode_relation_triples, project_relations),
        Codec("as_relations_by_type", encode_relations_by_type, decode_relations_by_type, project_relations_by_type),
    )
}
