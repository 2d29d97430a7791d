"""Rows of the Delta tables without Spark: a few of many, by conditions in SQL.

Not as Arrow datasets: those read the text of whole row groups before they filter, and this only the pages of the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import DeltaError, TableNotFoundError

from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.storage.roots import CATALOG_PREFIX, other_columns

Row = dict[str, Any]
AFTER_DIGITS = "g"  # sorts behind every hexadecimal digit


@dataclass(frozen=True)
class StoredRows:
    """The tables under one root, each opened once and as it is then.

    Raises:
        ConfigError: if the root is a schema of a catalogue, which only Spark can read.
    """

    root: str
    _opened: dict[str, DeltaTable | None] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.root.startswith(CATALOG_PREFIX):
            raise ConfigError(
                f"tables: {self.root!r} can only be read by Spark; give --tables the folder or URI of these tables"
            )

    def has(self, table: str) -> bool:
        """Whether the table is there; an empty folder is none."""
        return self._table(table) is not None

    def rows(self, table: str, columns: Sequence[str], where: str) -> list[Row]:
        """These columns of the rows that match; none where there is no such table.

        Raises:
            TableError: if the table lacks a column, or cannot be read.
        """
        return [row for batch in self.batches(table, columns, where) for row in batch.to_pylist()]

    def batches(self, table: str, columns: Sequence[str], where: str = "true") -> Iterator[pa.RecordBatch]:
        """The same a batch at a time, for tables that are larger than memory; rows come in no order.

        Raises:
            TableError: if the table lacks a column, or cannot be read.
        """
        opened = self._table(table)
        if opened is None:
            return
        if not set(columns).issubset(one.name for one in opened.schema().fields):
            raise other_columns(self.root, table)
        listed = ", ".join(f'"{name}"' for name in columns)
        try:
            query = QueryBuilder().register(table, opened).execute(f'SELECT {listed} FROM "{table}" WHERE {where}')
            yield from pa.RecordBatchReader.from_stream(query)
        except Exception as error:  # what it raises has no class of its own; a file may be gone, say
            raise _unreadable(self.root, table, error) from error

    def _table(self, table: str) -> DeltaTable | None:
        if table not in self._opened:
            place = f"{self.root.rstrip('/')}/{table}" if "://" in self.root else str(Path(self.root, table))
            try:
                self._opened[table] = DeltaTable(place)
            except TableNotFoundError:
                self._opened[table] = None
            except (DeltaError, OSError) as error:
                raise _unreadable(self.root, table, error) from error
        return self._opened[table]


def equals(**values: str) -> str:
    """The condition that each of these columns has this value."""
    return " AND ".join(f'"{name}" = {_quoted(value)}' for name, value in values.items())


def any_of(conditions: Iterable[str]) -> str:
    """The condition that one of these holds; there must be one."""
    return " OR ".join(f"({condition})" for condition in conditions)


def starts_with(column: str, digits: str) -> str:
    """The condition that a column of hexadecimal ids starts so: as a range, which skips files by their statistics."""
    return f'"{column}" >= {_quoted(digits)} AND "{column}" < {_quoted(digits + AFTER_DIGITS)}'


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _unreadable(root: str, table: str, error: Exception) -> TableError:
    return TableError(f"tables: {table!r} under {root!r} cannot be read: {error}. If a run is under way, try again.")
