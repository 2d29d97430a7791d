"""The field types that follow from what templates do with their variables.

A variable whose members are read is a struct, one that is gone through a list, one that is compared with a number a
number, and so on. A variable that is only printed is a text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MEMBER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # as in the grammar of field types
NUMBERS = frozenset({"index", "integer", "number"})


class ConflictError(ValueError):
    """A variable is used in two ways that no field type allows; the message says which."""


@dataclass
class Use:
    """What is done with a value: marks, and the uses of its items and members.

    Attributes:
        reach: how many items the list must have for the numbers written in the template.
        constants: what the value is compared with.
    """

    marks: set[str] = field(default_factory=set)
    item: Use | None = None
    members: dict[str, Use] = field(default_factory=dict)
    reach: int = 0
    constants: set[object] = field(default_factory=set)

    def item_use(self) -> Use:
        if self.item is None:
            self.item = Use()
        return self.item

    def add(self, other: Use) -> None:
        """Takes over what another template does with the same value."""
        self.marks |= other.marks
        self.constants |= other.constants
        self.reach = max(self.reach, other.reach)
        if other.item is not None:
            self.item_use().add(other.item)
        for name, use in other.members.items():
            self.members.setdefault(name, Use()).add(use)


def field_type(use: Use, name: str) -> str:
    """The type, in the grammar of task types, of a field that is used like this.

    Raises:
        ConflictError: if there is none.
    """
    is_list = bool(use.marks & {"walked", "picked"})
    may_be_list = is_list or use.item is not None or bool(use.marks & {"sized", "searched"})
    if use.members:
        return _struct(use, name)
    # One character of a text is taken like one item of a list, and either has a length.
    if not may_be_list or use.marks & {"printed", "text"} and not is_list:
        return _scalar(use.marks, name)
    if use.marks & ({"text", "boolean"} | NUMBERS):
        raise ConflictError(f"{name!r} is used as a list and as a single value")
    return f"list<{_inner_type(use.item or Use(), f'{name}[]')}>"


def _struct(use: Use, name: str) -> str:
    if use.item is not None or use.marks & ({"text"} | NUMBERS):
        raise ConflictError(f"{name!r} is used as a struct and as something else")
    wrong = [member for member in use.members if not MEMBER.fullmatch(member)]
    if wrong:
        raise ConflictError(f"{name!r} has a member {wrong[0]!r}, which cannot be the name of one here")
    members = (f"{member}: {_inner_type(inner, f'{name}.{member}')}" for member, inner in use.members.items())
    return f"struct<{', '.join(members)}>"


def _inner_type(use: Use, name: str) -> str:
    # Only a whole field can be a choice.
    kind = field_type(use, name)
    return "integer" if kind == "choice" else kind


def _scalar(marks: set[str], name: str) -> str:
    kinds = [kind for kind in ("text", "boolean") if kind in marks] + ["number"] * bool(marks & (NUMBERS | {"choice"}))
    if len(kinds) > 1:
        raise ConflictError(f"{name!r} is used as a {kinds[0]} and as a {kinds[1]}")
    if "choice" in marks:
        return "choice"
    if kinds == ["number"]:
        return "number" if "number" in marks else "integer"
    return "boolean" if marks and marks <= {"tested", "boolean"} else "text"
