"""How a file is laid out: the reader with its options, and rows to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_ROWS = 1_000  # of one file
LINES = "json"
TEXT_LINES, LABEL_LIST = "text_lines", "label_list"  # no readers: sides of parallel text, and names of labels
STRUCTURED = frozenset({"squad", "super_natural_instructions", "conll", "conllu", "brat", "parallel_text"})

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Layout:
    """The reader of a file and some of its rows.

    Attributes:
        format: as `read.format` names it; `TEXT_LINES` and `LABEL_LIST` are for what is none by itself.
        rows: objects by column; spread over what was read of the file, at most `MAX_ROWS`.
        options: as `read.options` takes them.
        columns: the names in the order of a file without a header; made up, since nothing tells them.
        explode: the list of an outer object that holds the rows.
        documents: these outer objects.
        labels: the names of the labels by column, where the file has them (ClassLabel).
        faults: rows that could not be read.
    """

    format: str
    rows: tuple[Row, ...]
    options: Mapping[str, str | bool] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    explode: str = ""
    documents: tuple[Row, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the rows in their order."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))


def spread(rows: Sequence[Row]) -> tuple[Row, ...]:
    """At most `MAX_ROWS` of the rows, as far apart as can be: files are often sorted by label."""
    if len(rows) <= MAX_ROWS:
        return tuple(rows)
    return tuple(rows[number * len(rows) // MAX_ROWS] for number in range(MAX_ROWS))
