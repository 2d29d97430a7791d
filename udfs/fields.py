"""Field types of task types: the little grammar in `templates/*.yaml`, and what each type is in Spark and in Python.

    text | integer | number | boolean | choice | list<T> | struct<name: T, ...>     a trailing ? allows null

`choice` is a 0-based index into the choices of its example.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SCALARS: Mapping[str, str] = {
    "text": "string",
    "integer": "bigint",
    "number": "double",
    "boolean": "boolean",
    "choice": "int",
}
_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[<>,:?])")


@dataclass(frozen=True)
class FieldType:
    """A parsed field type. `item` is set for lists, `members` for structs."""

    kind: str
    optional: bool = False
    item: FieldType | None = None
    members: tuple[tuple[str, FieldType], ...] = ()

    @property
    def ddl(self) -> str:
        """The Spark SQL type: `list<text>` is `array<string>`."""
        if self.item is not None:
            return f"array<{self.item.ddl}>"
        if self.members:
            return "struct<" + ", ".join(f"`{name}`: {member.ddl}" for name, member in self.members) + ">"
        return SCALARS[self.kind]

    @property
    def is_scalar(self) -> bool:
        return self.kind in SCALARS

    @property
    def is_labels(self) -> bool:
        """Whether it is a choice, or a list of choices."""
        return self.kind == "choice" or (self.item is not None and self.item.kind == "choice")

    def __str__(self) -> str:
        mark = "?" if self.optional else ""
        if self.item is not None:
            return f"list<{self.item}>{mark}"
        if self.members:
            return "struct<" + ", ".join(f"{name}: {member}" for name, member in self.members) + f">{mark}"
        return self.kind + mark


def parse_field_type(text: str) -> FieldType:
    """The field type written as `text`.

    Raises:
        ValueError: if the text is not in the grammar; the message says what was expected.
    """
    tokens = _tokens(text)
    parsed, rest = _parse(tokens)
    if rest:
        raise ValueError(f"{text!r} is not a field type: nothing may follow {str(parsed)!r}")
    return parsed


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    stripped = text.rstrip()
    while position < len(stripped):
        found = _TOKEN.match(stripped, position)
        if found is None:
            raise ValueError(f"{text!r} is not a field type: unexpected {stripped[position]!r}")
        tokens.append(found.group(1))
        position = found.end()
    return tokens


def _parse(tokens: list[str]) -> tuple[FieldType, list[str]]:
    if not tokens:
        raise ValueError(
            "a field type is missing; write text, integer, number, boolean, choice, list<...> or struct<...>"
        )
    head, rest = tokens[0], tokens[1:]
    if head in SCALARS:
        optional, rest = _optional(rest)
        return FieldType(head, optional), rest
    if head == "list":
        item, rest = _parse(_expect(rest, "<", "list"))
        optional, rest = _optional(_expect(rest, ">", "list"))
        return FieldType("list", optional, item=item), rest
    if head == "struct":
        return _parse_struct(_expect(rest, "<", "struct"))
    known = ", ".join([*SCALARS, "list<...>", "struct<...>"])
    raise ValueError(f"{head!r} is not a field type (known: {known})")


def _parse_struct(tokens: list[str]) -> tuple[FieldType, list[str]]:
    members: list[tuple[str, FieldType]] = []
    while True:
        if not tokens:
            raise ValueError("struct<...> is not closed")
        name = tokens[0]
        member, tokens = _parse(_expect(tokens[1:], ":", name))
        members.append((name, member))
        if tokens[:1] != [","]:
            break
        tokens = tokens[1:]
    optional, rest = _optional(_expect(tokens, ">", "struct"))
    return FieldType("struct", optional, members=tuple(members)), rest


def _expect(tokens: list[str], wanted: str, after: str) -> list[str]:
    if tokens[:1] != [wanted]:
        raise ValueError(f"expected {wanted!r} after {after!r}, found {tokens[0] if tokens else 'the end'!r}")
    return tokens[1:]


def _optional(tokens: list[str]) -> tuple[bool, list[str]]:
    return (True, tokens[1:]) if tokens[:1] == ["?"] else (False, tokens)
