"""The rows a template is rendered over: as columns for kernels, and one by one where a template needs that."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from taskmill.udfs.fields import FieldType
from taskmill.udfs.rendering.columns import Column, Indices, array_column, row_columns

ARROW_TYPES: Mapping[str, pa.DataType] = {
    "text": pa.string(), "integer": pa.int64(), "choice": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
}  # fmt: skip


class LazyColumns(Mapping[str, Column]):
    """Columns that are made when they are asked for first: a template reads few of the fields."""

    def __init__(self, makers: Mapping[str, Callable[[], Column]]) -> None:
        self._makers, self._made = makers, dict[str, Column]()

    def __getitem__(self, name: str) -> Column:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class RowSet:
    """Some rows, each with its id.

    Args:
        ids: example ids; draws depend on them.
        columns: the names a template may use.
        row: one row's names as a dict of its own, by position.
    """

    def __init__(self, ids: Sequence[str], columns: Mapping[str, Column], row: Callable[[int], dict[str, Any]]) -> None:
        self.ids, self.columns, self._row = ids, columns, row
        self._rows: dict[int, dict[str, Any]] = {}

    @property
    def size(self) -> int:
        return len(self.ids)

    def row(self, position: int, fresh: bool) -> dict[str, Any]:
        """The names of one row; `fresh` for a template that may change the values."""
        if fresh:
            return self._row(position)
        if position not in self._rows:
            self._rows[position] = self._row(position)
        return self._rows[position]

    def select(self, rows: Indices) -> RowSet:
        """These rows; the same set where they are all."""
        if len(rows) == self.size:
            return self
        positions = rows.tolist()
        columns = LazyColumns({name: _taken(self.columns, name, rows) for name in self.columns})
        return RowSet([self.ids[position] for position in positions], columns, lambda at: self._row(positions[at]))

    def with_columns(self, columns: Mapping[str, Column]) -> RowSet:
        """The rows with other columns, which single rows do not see."""
        return RowSet(self.ids, columns, self._row)

    def with_column(self, name: str, column: Column) -> RowSet:
        """The rows with one name more."""

        def row(position: int) -> dict[str, Any]:
            taken = column.take(np.array([position]))
            return {**self._row(position), name: copy.deepcopy(next(iter(taken.items(1))))}

        return RowSet(self.ids, LazyColumns({**_makers(self.columns), name: lambda: column}), row)


def _makers(columns: Mapping[str, Column]) -> dict[str, Callable[[], Column]]:
    return {name: partial(columns.__getitem__, name) for name in columns}


def _taken(columns: Mapping[str, Column], name: str, rows: Indices) -> Callable[[], Column]:
    return lambda: columns[name].take(rows)


def rows_of_dicts(rows: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> RowSet:
    """Rows as dicts, whatever their values are."""
    return RowSet(ids, row_columns(rows), lambda position: copy.deepcopy(dict(rows[position])))


def rows_of_json(texts: pa.StringArray, types: Mapping[str, FieldType], ids: Sequence[str]) -> RowSet:
    """Rows as JSON objects, with fields of known types where `types` is not empty."""
    rows = texts.to_pylist
    parsed = _typed_columns(texts, types) if types else None
    if parsed is None:
        return rows_of_dicts([json.loads(text) for text in rows()], ids)
    return RowSet(ids, parsed, lambda position: json.loads(texts[position].as_py()))


def _typed_columns(texts: pa.StringArray, types: Mapping[str, FieldType]) -> Mapping[str, Column] | None:
    """The fields read by Arrow, several times as fast as by Python; None for what only Python reads (`NaN` in a number,
    half of a surrogate pair)."""
    schema = pa.schema([(name, arrow_type(kind)) for name, kind in types.items()])
    ends = pa.array([0, len(texts)], pa.int32())
    lines = pc.binary_join(pa.ListArray.from_arrays(ends, texts), "\n")[0].as_buffer()
    try:
        table = pa.json.read_json(
            pa.BufferReader(lines),
            read_options=pa.json.ReadOptions(use_threads=False, block_size=max(1, lines.size + 1)),
            parse_options=pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != len(texts):
        return None
    return LazyColumns({name: _made(table.column(name)) for name in types})


def _made(column: pa.ChunkedArray) -> Callable[[], Column]:
    return lambda: array_column(pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0))


def arrow_type(kind: FieldType) -> pa.DataType:
    """The Arrow type of a field."""
    if kind.item is not None:
        return pa.list_(arrow_type(kind.item))
    if kind.members:
        return pa.struct([(name, arrow_type(member)) for name, member in kind.members])
    return ARROW_TYPES[kind.kind]
