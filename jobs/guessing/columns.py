"""What is in the columns of some rows: types, nulls, distinct values, label sets, languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import Any

from taskmill.jobs.guessing.kinds import BOOLEAN, INTEGER, LIST, STRUCT, TEXT, Kind, identifier, kind_of, kind_of_cells
from taskmill.jobs.guessing.layouts import Row
from taskmill.jobs.guessing.vocabulary import NO_LABEL
from taskmill.udfs.languages import macrolanguage

MAX_LABELS = 200
LABEL_CHARS = 60
MAX_NESTED = 3  # structs inside each other that are looked into
LEAST_CHARS = 16  # of a text, for its language; names are of any
DETECTED_TEXTS = 40  # of a column
LEAST_AGREEMENT = 0.8  # of the detected texts of a column
Detect = Callable[[Sequence[str]], "str | None"]


@dataclass(frozen=True)
class Column:
    """One column of some rows, or a member of one that is a struct.

    Attributes:
        name: with dots in front of the names of members.
        sql: how Spark SQL says it.
        kind: the type its values have; of cells of text, the one they look like.
        values: one for each row.
        stored: the type that the reader gives, where that is another one.
        labels: the values of a closed set, in the order of the file's own list or sorted; none if it is no such set.
        language: of its texts, as far as it could be told.
        origin: what it is made of by an expression; empty for a column of the rows.
    """

    name: str
    sql: str
    kind: Kind
    values: tuple[Any, ...]
    stored: str = ""
    labels: tuple[str, ...] = ()
    language: str | None = None
    origin: str = ""

    @cached_property
    def present(self) -> list[Any]:
        return [value for value in self.values if value is not None and value != ""]

    @cached_property
    def null_share(self) -> float:
        return 1 - len(self.present) / len(self.values) if self.values else 1.0

    @cached_property
    def distinct_count(self) -> int:
        return len({_hashable(value) for value in self.present})

    @cached_property
    def median_chars(self) -> float:
        """Characters of the texts in a value, all together."""
        lengths = [sum(map(len, texts_in(value))) for value in self.present]
        return median(lengths) if lengths else 0.0

    @cached_property
    def is_text(self) -> bool:
        """Whether it is text, not names of labels, and not mere ids."""
        return self.kind.name == TEXT and not self.labels and self.median_chars > 0 and not _is_id(self)

    @cached_property
    def is_text_list(self) -> bool:
        return self.kind.item is not None and self.kind.item.name == TEXT


def columns_of(
    rows: Sequence[Row], is_cells: bool = False, known: Mapping[str, Sequence[str]] | None = None
) -> list[Column]:
    """The columns of rows, the members of structs after the struct they are in.

    Args:
        is_cells: whether every value is a cell of text, whatever it looks like.
        known: label sets by column that the files declare.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    found = [
        one
        for name in names
        for one in _columns(name, identifier(name), tuple(row.get(name) for row in rows), is_cells, 0)
    ]
    return [labelled(column, (known or {}).get(column.name, ())) for column in found]


def with_languages(columns: Iterable[Column], detect: Detect) -> list[Column]:
    """The columns with the language of their texts.

    Args:
        detect: the language of some texts by its tag, or None if they have none, or several.
    """
    return [
        replace(column, language=detect(sample(column)))
        if (column.is_text or column.is_text_list) and column.median_chars >= LEAST_CHARS
        else column
        for column in columns
    ]


def sample(column: Column) -> list[str]:
    """Some of the texts of a column, spread over it."""
    texts = [" ".join(texts_in(value)) for value in column.present]
    step = max(1, len(texts) // DETECTED_TEXTS)
    return texts[::step][:DETECTED_TEXTS]


def agreed(tags: Iterable[str | None]) -> str | None:
    """The tag that nearly all texts have, of those that have one; None without. One of a macrolanguage counts for the
    others, as a detector takes one for another."""
    counts = Counter(tag for tag in tags if tag is not None)
    families = Counter(dict.fromkeys(map(macrolanguage, counts), 0))
    for tag, count in counts.items():
        families[macrolanguage(tag)] += count
    family, count = max(families.items(), key=lambda found: found[1], default=(None, 0))
    if count < max(1, LEAST_AGREEMENT * counts.total()):
        return None
    return next(tag for tag, _ in counts.most_common() if macrolanguage(tag) == family)


def texts_in(value: Any) -> list[str]:
    """The text of a value, or the texts of a list."""
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


def _columns(name: str, sql: str, values: tuple[Any, ...], is_cells: bool, depth: int) -> Iterator[Column]:
    kind = kind_of(values)
    if is_cells:
        looks = kind_of_cells(values)
        yield Column(name, sql, Kind(looks), values, stored=TEXT if looks != TEXT else "")
        return
    yield Column(name, sql, kind, values)
    if depth == MAX_NESTED:
        return
    if kind.name == STRUCT:
        for member, _ in kind.members:
            inner = tuple(value.get(member) if isinstance(value, dict) else None for value in values)
            yield from _columns(f"{name}.{member}", f"{sql}.{identifier(member)}", inner, False, depth + 1)
    elif kind.name == LIST and kind.item is not None and kind.item.name == STRUCT:
        for member, inner_kind in kind.item.members:
            if inner_kind.name == TEXT:
                lists = tuple(None if value is None else _members(value, member) for value in values)
                taken = f"transform({sql}, one -> one.{identifier(member)})"
                yield Column(f"{name}.{member}", taken, kind_of(lists), lists)


def _members(items: Sequence[Any], name: str) -> list[Any]:
    return [item.get(name) if isinstance(item, dict) else None for item in items]


def labelled(column: Column, declared: Sequence[str] = ()) -> Column:
    """The column with its label set, if its values are one: few, short, and many times each."""
    if declared:
        return replace(column, labels=tuple(declared))
    kind = column.kind.name
    if kind not in (TEXT, INTEGER, BOOLEAN) and not column.is_text_list:
        return column
    flat = [item for value in column.present for item in (value if isinstance(value, list) else [value])]
    values = {str(item).lower() if isinstance(item, bool) else str(item) for item in flat if item is not None}
    values -= NO_LABEL
    few = len(values) * 4 <= len(flat) or (len(values) <= 5 and len(values) * 2 <= len(flat))
    is_set = 2 <= len(values) <= MAX_LABELS and few and max(map(len, values)) <= LABEL_CHARS
    return replace(column, labels=_ordered(values)) if is_set and (kind != LIST or len(values) <= 40) else column


def _ordered(values: Iterable[str]) -> tuple[str, ...]:
    """Numbers by size, other labels by the alphabet."""
    return tuple(sorted(values, key=lambda value: (len(value), value) if value.isdigit() else (1_000, value)))


def _is_id(column: Column) -> bool:
    """Whether the values are words without a blank, all different: names of rows."""
    present = column.present
    return (
        len(present) > 3
        and len(set(present)) == len(present)
        and all(value.isascii() and not any(map(str.isspace, value)) for value in present)
        and any(character.isdigit() for value in present[:10] for character in value)
    )


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, list | dict | tuple) else value
