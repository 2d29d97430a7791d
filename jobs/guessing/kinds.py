"""Of which type values are that nobody has declared, as JSON and cells of text hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 12  # of lists and objects; what is deeper is read as text
MAX_MEMBERS = 200  # of an object: more are hardly columns
TEXT, INTEGER, NUMBER, BOOLEAN, LIST, STRUCT, NOTHING = "text", "integer", "number", "boolean", "list", "struct", "null"
SPARK_TYPES: Mapping[str, str] = {
    TEXT: "string", INTEGER: "bigint", NUMBER: "double", BOOLEAN: "boolean", NOTHING: "string",
}  # fmt: skip
LONGEST_INTEGER = 2**63
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?[0-9]{1,17}(?:\.[0-9]{0,17})?(?:[eE][-+]?[0-9]{1,3})?")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = frozenset(
    {
        "all", "and", "anti", "any", "array", "as", "asc", "between", "both", "by", "case", "cast", "create", "cross",
        "current_date", "date", "delete", "desc", "distinct", "drop", "else", "end", "except", "exists", "false",
        "filter", "for", "from", "full", "function", "group", "having", "if", "in", "index", "inner", "insert",
        "intersect", "interval", "into", "is", "join", "lateral", "left", "like", "limit", "map", "natural", "not",
        "null", "of", "on", "or", "order", "outer", "over", "partition", "row", "rows", "select", "set", "struct",
        "table", "then", "time", "timestamp", "to", "true", "union", "unique", "unnest", "update", "using", "values",
        "when", "where", "window", "with",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A type: one of the scalars, `null` where all values are, a list of `item`, or a struct of `members`."""

    name: str
    item: Kind | None = None
    members: tuple[tuple[str, Kind], ...] = ()

    @property
    def ddl(self) -> str:
        """The type in Spark SQL; what is always null is read as text."""
        if self.item is not None:
            return f"array<{self.item.ddl}>"
        if self.members:
            return "struct<" + ", ".join(f"{identifier(name)}: {kind.ddl}" for name, kind in self.members) + ">"
        return SPARK_TYPES[self.name]

    def __str__(self) -> str:
        if self.item is not None:
            return f"list<{self.item}>"
        return f"struct<{', '.join(name for name, _ in self.members)}>" if self.members else self.name


def kind_of(values: Iterable[Any], depth: int = 0) -> Kind:
    """The type that holds all of these values; text where they have no other in common, as Spark reads JSON."""
    present = [value for value in values if value is not None]
    if not present:
        return Kind(NOTHING)
    if all(isinstance(value, bool) for value in present):
        return Kind(BOOLEAN)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        return _number(present)
    if depth < MAX_DEPTH and all(isinstance(value, list) for value in present):
        return Kind(LIST, kind_of((item for value in present for item in value), depth + 1))
    if depth < MAX_DEPTH and all(isinstance(value, dict) for value in present):
        names = dict.fromkeys(name for value in present for name in value)
        if 0 < len(names) <= MAX_MEMBERS and all(isinstance(name, str) for name in names):
            members = ((name, kind_of((value.get(name) for value in present), depth + 1)) for name in names)
            return Kind(STRUCT, members=tuple(members))
    return Kind(TEXT)


def _number(values: Sequence[int | float]) -> Kind:
    if any(isinstance(value, float) for value in values):
        return Kind(NUMBER)
    return Kind(INTEGER if all(-LONGEST_INTEGER <= value < LONGEST_INTEGER for value in values) else TEXT)


def kind_of_cells(cells: Iterable[str | None]) -> str:
    """What the cells of a table, all of them text, look like: `integer`, `number` or `text`."""
    present = [cell.strip() for cell in cells if cell is not None and cell.strip()]
    if present and all(_INTEGER.fullmatch(cell) for cell in present):
        return INTEGER
    if present and all(_NUMBER.fullmatch(cell) for cell in present):
        return NUMBER
    return TEXT


def identifier(name: str) -> str:
    """A name as Spark SQL writes it, in backticks where it needs them."""
    if _PLAIN_NAME.fullmatch(name) and name.lower() not in _KEYWORDS:
        return name
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """A text as a literal of Spark SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def schema_of(kinds: Mapping[str, Kind]) -> str:
    """Spark DDL of columns by name."""
    return ", ".join(f"{identifier(name)} {kind.ddl}" for name, kind in kinds.items())
