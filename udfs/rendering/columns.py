"""Columns of values as kernels work on them: one value, Arrow text, or Python values one by one.

Text stays in Arrow from the fields to the pair. What Arrow cannot tell apart as Python does (None and undefined, a
list and a tuple, 1 and 1.0 and True) is held as the very values Jinja would hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MAX_TEXT_BYTES = 256 * 1024 * 1024  # of one column of text a kernel may make; far below what one Arrow array can hold
PYTHON_SPACE = "".join(chr(point) for point in range(0x3001) if chr(point).isspace())  # what str.strip() strips
MISSING = object()  # stands for a name that a row does not have

Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class TooLargeError(Exception):
    """A column of text would become larger than a kernel may make; single rows find out which row it is."""


@dataclass(frozen=True)
class Constant:
    """The same value in every row."""

    value: Any

    def items(self, size: int) -> Iterable[Any]:
        return repeat(self.value, size)

    def take(self, indices: Indices) -> Constant:
        return self


@dataclass(frozen=True)
class Texts:
    """Text in every row: an Arrow string array without nulls."""

    array: pa.StringArray

    @cached_property
    def _items(self) -> list[str]:
        return self.array.to_pylist()  # type: ignore[no-any-return]

    def items(self, size: int) -> Iterable[Any]:
        return self._items

    def take(self, indices: Indices) -> Texts:
        check_bytes(int(byte_lengths(self.array)[indices].sum()))
        return Texts(self.array.take(pa.array(indices)))


@dataclass(frozen=True)
class Values:
    """Any Python value in every row."""

    values: list[Any]

    def items(self, size: int) -> Iterable[Any]:
        return self.values

    def take(self, indices: Indices) -> Values:
        return Values([self.values[index] for index in indices.tolist()])


Column = Constant | Texts | Values


def check_bytes(size: int) -> None:
    """Raises TooLargeError above `MAX_TEXT_BYTES`."""
    if size > MAX_TEXT_BYTES:
        raise TooLargeError(f"{size:,} bytes")


def byte_lengths(array: pa.StringArray) -> npt.NDArray[np.int32]:
    """Bytes of each text, int32, shape (n,)."""
    return pc.binary_length(array).to_numpy()  # type: ignore[no-any-return]


def column_of(values: list[Any]) -> Column:
    """The values as text where all of them are text that UTF-8 can write, else as they are."""
    if all(type(value) is str for value in values):
        try:
            return Texts(pa.array(values, pa.string()))
        except UnicodeEncodeError:
            pass  # half of a surrogate pair: only Python can hold it
    return Values(values)


def array_column(array: pa.Array) -> Column:
    """An Arrow array: text without nulls stays as it is, everything else becomes Python values, null None."""
    if pa.types.is_string(array.type) and array.null_count == 0:
        return Texts(array)
    return Values(array.to_pylist())


def row_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    """The columns of rows as dicts; where a row lacks a name that others have, `MISSING`."""
    names = {name: None for row in rows for name in row}
    return {name: column_of([row.get(name, MISSING) for row in rows]) for name in names}


def merged(size: int, pieces: Sequence[tuple[Indices, Column]]) -> Column:
    """One column of `size` rows out of pieces, each with the rows it is for, in ascending order.

    Together the pieces cover every row once; there is at least one.
    """
    if len(pieces) == 1:
        return pieces[0][1]
    if all(isinstance(column, Texts) or type(getattr(column, "value", None)) is str for _, column in pieces):
        arrays = [text_array(column, len(indices)) for indices, column in pieces]
        check_bytes(sum(array.nbytes for array in arrays))
        order = np.argsort(np.concatenate([indices for indices, _ in pieces]))
        return Texts(pa.concat_arrays(arrays).take(pa.array(order)))
    values: list[Any] = [None] * size
    for indices, column in pieces:
        for index, value in zip(indices.tolist(), column.items(len(indices)), strict=True):
            values[index] = value
    return Values(values)


def text_array(column: Column, size: int) -> pa.StringArray:
    """The array of a column that is text."""
    if isinstance(column, Texts):
        return column.array
    if isinstance(column, Constant):
        text = str(column.value)
        check_bytes(len(text.encode()) * size)
        return pa.repeat(pa.scalar(text, pa.string()), size)
    return pa.array(column.values, pa.string())


def joined(parts: Sequence[Column], size: int) -> Column:
    """The parts of each row, all of them text, one after the other."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, Constant) for part in parts):
        return Constant("".join(str(part.value) for part in parts if isinstance(part, Constant)))
    arrays = [part.value if isinstance(part, Constant) else text_array(part, size) for part in parts]
    check_bytes(sum(len(part.encode()) * size if isinstance(part, str) else part.nbytes for part in arrays))
    return Texts(pc.binary_join_element_wise(*arrays, ""))


def contains(array: pa.StringArray, text: str) -> bool:
    """Whether any of the texts may hold this one; ends of neighbours taken together may say so too."""
    data = array.buffers()[2]
    return data is not None and text.encode() in data.to_pybytes()


def is_unicode(text: str) -> bool:
    """Whether UTF-8 can write the text: not when it holds half of a surrogate pair."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_ascii(array: pa.StringArray) -> bool:
    """Whether every character of every text is ASCII."""
    return pc.all(pc.string_is_ascii(array)).as_py() is not False


def where(mask: Mask) -> Indices:
    """Positions at which the mask is set."""
    return np.flatnonzero(mask)
