"""Whether a native wording says what the template it was made of says, tried on rows made up for the purpose."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.jobs.catalog.template_checks import CHECK_LIMITS, with_choices
from taskmill.jobs.imports.field_uses import Use
from taskmill.jobs.imports.task_types import ImportedType, NotConvertedError, Wording
from taskmill.udfs.fields import FieldType
from taskmill.udfs.rendering.native import render_row
from taskmill.udfs.rendering.plans import Template

LEAVES_ROWS_OUT = "it leaves rows out: for some there is no prompt or no response"
LENIENT = "it relies on undefined values, which print as nothing"
FORBIDDEN = "it does what native templates may not"
DIFFERENT = "it renders differently"
NOTHING = "no row that was made up for it renders, so that nothing could be compared"
UNDEFINED = "undefined_value"
NO_PAIR = frozenset({"empty_prompt", "empty_response"})
UNBOUNDED = frozenset({"template_refused", "template_too_large", "template_too_slow", "too_many_steps"})
ROWS = 24
MAX_SHOWN = 80
Row = Mapping[str, Any]


class FailsError(Exception):
    """What a wording was made of fails for a row."""


@dataclass(frozen=True)
class Trial:
    """A wording beside what it was made of.

    Attributes:
        choices: a fixed list, or the name of the field that holds them.
        expected: gives the texts that a row of the fields should become; raises FailsError where it makes none.
        is_conditional: whether the template has conditions, so that an empty text may be meant.
    """

    wording: Template
    choices: tuple[str, ...] | str | None
    expected: Callable[[Row], Sequence[str]]
    is_conditional: bool = False

    def check(self, rows: Iterable[Row]) -> None:
        """Renders every row both ways.

        Raises:
            NotConvertedError: for the first row that comes out differently, or if none comes out at all.
        """
        if not sum(self._is_equal(row) for row in rows):
            raise NotConvertedError(NOTHING)

    def _is_equal(self, row: Row) -> bool:
        """True for equal pairs, False for a row of which neither side makes a pair."""
        rendered = render_row(self.wording, with_choices(row, self.choices), CHECK_LIMITS)
        if rendered.reason in UNBOUNDED:
            raise NotConvertedError(FORBIDDEN, str(rendered.detail))
        try:
            expected = list(self.expected(row))
        except FailsError as error:
            if rendered.reason is None:
                raise NotConvertedError(DIFFERENT, str(error)) from error
            return False
        if rendered.reason == UNDEFINED:
            raise NotConvertedError(LENIENT, str(rendered.detail))
        if len(expected) != 2 or not all(expected):
            # A text may come to nothing by itself, as when the last of its words is taken.
            if len(expected) == 2 and rendered.reason in NO_PAIR and not self.is_conditional:
                return False
            raise NotConvertedError(LEAVES_ROWS_OUT, _shown(row))
        if rendered.reason is not None:
            raise NotConvertedError(DIFFERENT, str(rendered.detail or rendered.reason))
        if [rendered.prompt, rendered.response] != expected:
            raise NotConvertedError(DIFFERENT, _shown(row))
        return True


def trial(task_type: ImportedType, wording: Wording, expected: Callable[[Row], Sequence[str]]) -> Trial:
    """The trial of a wording with the fields and choices of its task type."""
    return Trial(Template(wording.name, wording.prompt, wording.response), task_type.choices, expected)


def _shown(row: Row) -> str:
    return f"as for the row {dict(row)!r:.{MAX_SHOWN}}"


@dataclass(frozen=True)
class RowMaker:
    """Makes rows of the given fields: each choice in turn, other values drawn from those that make a difference."""

    fields: Mapping[str, FieldType]
    uses: Mapping[str, Use]
    choices: tuple[str, ...] | str | None

    def rows(self, lists: str | None = None, count: int | None = None) -> list[Row]:
        """Rows in which no list is too short, and in which all lists in the field `lists` have `count` items."""
        fixed = len(self.choices) if isinstance(self.choices, tuple) else 0
        return [self._row(number, random.Random(number), lists, count) for number in range(max(ROWS, 2 * fixed))]

    def list_fields(self) -> Iterator[tuple[str, int]]:
        """Fields with lists in them, and how many items the templates count on."""
        for name, kind in self.fields.items():
            if name != self.choices and "list<" in str(kind):
                yield name, max(1, _reach(self.uses.get(name, Use())))

    def _row(self, number: int, draws: random.Random, lists: str | None, items: int | None) -> Row:
        row: dict[str, Any] = {}
        count = len(self.choices) if isinstance(self.choices, tuple) else 0
        if isinstance(self.choices, str):
            reach = max((use.reach for use in self.uses.values()), default=0)
            count = max(2, reach) + number % 3
            row[self.choices] = [f"{self.choices} {number} {place}" for place in range(count)]
        for name, kind in self.fields.items():
            if kind.kind == "choice":
                row[name] = number % count
            elif name != self.choices:
                row[name] = _value(kind, self.uses.get(name, Use()), name, draws, items if name == lists else None)
        return row


def _reach(use: Use) -> int:
    inner = [use.item] if use.item is not None else []
    return max([use.reach, *(_reach(other) for other in [*inner, *use.members.values()])])


def _value(kind: FieldType, use: Use, name: str, draws: random.Random, items: int | None) -> Any:
    if kind.item is not None:
        count = max(1, use.reach) + draws.choice((0, 1, 3)) if items is None else items
        return [_value(kind.item, use.item or Use(), f"{name} {place}", draws, items) for place in range(count)]
    if kind.members:
        # Lists of one struct are columns of one table as a rule, so they get one length.
        state = draws.getstate()
        made = {}
        for member, inner in kind.members:
            draws.setstate(state)
            made[member] = _value(inner, use.members.get(member, Use()), f"{name} {member}", draws, items)
        return made
    constants = sorted((value for value in use.constants if _fits(kind.kind, value)), key=str)
    found = draws.choice([*_values(kind.kind, name), *constants])
    return found.strip() if "stripped" in use.marks else found


def _values(kind: str, name: str) -> Sequence[Any]:
    """Values among which templates may tell: case, quotes, marks of HTML and Jinja, white space, signs."""
    if kind == "text":
        return (
            f"{name}.", f"{name}", f"The {name.upper()} of it's \"own\", <b>&amp;</b> {{{{ x }}}} {{% y %}}",
            f" {name}\n\nÉtude 雨 ", "3", "x",
        )  # fmt: skip
    if kind == "boolean":
        return (True, False)
    if kind == "number":
        return (0.0, 1.0, 2.5, -0.75, 1234.5)
    return (0, 1, 2, 3, 7, -1, 1234)


def _fits(kind: str, value: object) -> bool:
    if kind == "text":
        return isinstance(value, str) and value.strip() != ""
    return kind in {"integer", "number"} and isinstance(value, int | float) and not isinstance(value, bool)
