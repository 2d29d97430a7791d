"""The rows a part of a template is evaluated for: its names, and which rows could not be decided.

A condition evaluates its branches for fewer rows, a loop its body for more: one for each turn. Both are a frame whose
rows point at the rows of the frame around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import numpy as np
from jinja2.exceptions import TemplateError

from taskmill.udfs.rendering.bounds import OutOfTimeError
from taskmill.udfs.rendering.columns import MISSING, Column, Constant, Indices, Mask, Values
from taskmill.udfs.rendering.sandbox import BoundedSandbox

# What a template or a row can make Python raise. Anything else is a mistake of ours and goes up.
RENDER_ERRORS = (
    TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError, MemoryError,
)  # fmt: skip
PLAIN = (str, int, float, bool, type(None), list, tuple, dict, range)  # may be looked at more than once
PLACEHOLDER = None  # stands in a row that failed; nothing of such a row is kept


class Frame:
    """Names over some rows.

    Args:
        size: how many rows.
        names: the fields of each row, looked at only when a template asks for them; only for the outermost frame.
        failed: set for each row of the outermost frame that this kernel cannot decide.
        around, rows: the frame around, and which of its rows each row of this one is.
    """

    def __init__(
        self,
        environment: BoundedSandbox,
        size: int,
        names: Mapping[str, Column],
        failed: Mask,
        around: Frame | None = None,
        rows: Indices | None = None,
    ) -> None:
        self.environment, self.size, self.failed = environment, size, failed
        self._fields = names
        self._names: dict[str, Column] = {}
        self._around, self._rows = around, rows

    def inside(self, rows: Indices) -> Frame:
        """A frame for these rows of this one, in this order, as often as each stands there."""
        return Frame(self.environment, len(rows), {}, self.failed, self, rows)

    def assign(self, name: str, column: Column) -> None:
        self._names[name] = column

    def lookup(self, name: str) -> Column:
        """The column of this name; a function of the environment; else undefined in every row."""
        found = self._names.get(name)
        if found is None:
            found = self._find(name)
            self._names[name] = found
        return found

    def _find(self, name: str) -> Column:
        if self._around is not None and self._rows is not None:
            return self._around.lookup(name).take(self._rows)
        if name in self._fields:
            return self._settled(name, self._fields[name])
        if name in self.environment.globals:
            return Constant(self.environment.globals[name])
        return Values([self.environment.undefined(name=name) for _ in range(self.size)])

    def _settled(self, name: str, column: Column) -> Column:
        """What a row lacks as the function of that name, or undefined, as Jinja finds it."""
        if not isinstance(column, Values) or not any(value is MISSING for value in column.values):
            return column
        known, undefined = self.environment.globals, self.environment.undefined
        return Values(
            [
                value if value is not MISSING else known[name] if name in known else undefined(name=name)
                for value in column.values
            ]
        )

    def fail(self, position: int) -> None:
        """Notes that the row at this position has to be rendered on its own."""
        frame: Frame = self
        while frame._around is not None and frame._rows is not None:
            position, frame = int(frame._rows[position]), frame._around
        self.failed[position] = True

    def fail_all(self) -> None:
        for position in range(self.size):
            self.fail(position)

    def each(self, function: Callable[..., Any], *columns: Column) -> Column:
        """The function of the values of every row; a row in which it raises is noted.

        Where every column is constant the function is called once, unless it gives something that is used up by
        looking at it.
        """
        if all(isinstance(column, Constant) for column in columns):
            try:
                value = function(*(column.value for column in columns if isinstance(column, Constant)))
            except OutOfTimeError:
                raise
            except RENDER_ERRORS:
                self.fail_all()
                return Constant(PLACEHOLDER)
            if type(value) in PLAIN:
                return Constant(value)
        return Values(self._called(function, *columns) if columns else [function() for _ in range(self.size)])

    def _called(self, function: Callable[..., Any], *columns: Column) -> list[Any]:
        values: list[Any] = []
        rows = map(function, *(column.items(self.size) for column in columns))
        while len(values) < self.size:
            # What comes before an error stays in the list, and the next round goes on behind it: a value may be used
            # up by looking at it, so that no row can be tried twice.
            try:
                values.extend(islice(rows, self.size - len(values)))
            except OutOfTimeError:
                raise
            except RENDER_ERRORS:
                self.fail(len(values))
                values.append(PLACEHOLDER)
        return values

    def truth(self, column: Column) -> Mask:
        """Whether each row's value counts as true, bool, shape (size,); false where it cannot be told."""
        found = self.each(bool, column)
        if isinstance(found, Constant):
            return np.full(self.size, bool(found.value))
        return np.fromiter((bool(value) for value in found.items(self.size)), np.bool_, self.size)
