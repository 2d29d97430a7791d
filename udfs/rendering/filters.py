"""The filters a native template may use: a list that names every one, and our own for lists of choices."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import Undefined
from jinja2 import filters as jinja_filters
from jinja2.exceptions import SecurityError, TemplateRuntimeError

from taskmill.udfs.languages import language_name
from taskmill.udfs.rendering.bounds import check_size
from taskmill.udfs.structures.filters import STRUCTURE_FILTERS

MAX_LETTERS = 26
MAX_DIGITS = 20  # to round to; more is no use, and a hundred million of them are one call that nothing can stop


class NoneValueError(TemplateRuntimeError):
    """An expression of a prompt or response came out as None."""


def either_or(items: Sequence[str]) -> str:
    """`Yes, Maybe, or No?`; two items: `Yes or No?`."""
    words = [str(item) for item in items]
    if len(words) < 3:
        return " or ".join(words) + "?"
    return ", ".join(words[:-1]) + f", or {words[-1]}?"


def comma_list(items: Sequence[str]) -> str:
    """`Yes, Maybe, No`."""
    return ", ".join(str(item) for item in items)


def quoted(items: Sequence[str]) -> str:
    """`"Yes", "Maybe", "No"`."""
    return ", ".join(f'"{item}"' for item in items)


def bulleted(items: Sequence[str]) -> str:
    """One `- item` a line."""
    return "\n".join(f"- {item}" for item in items)


def numbered(items: Sequence[str]) -> str:
    """`1. item`, `2. item`, one a line."""
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, start=1))


def lettered(items: Sequence[str]) -> str:
    """`A. item`, `B. item`, one a line; ValueError above 26 items."""
    return "\n".join(f"{letter(index)}. {item}" for index, item in enumerate(items))


def bracketed(items: Sequence[str]) -> str:
    """`(A) item`, `(B) item`, one a line; ValueError above 26 items."""
    return "\n".join(f"({letter(index)}) {item}" for index, item in enumerate(items))


def chosen_from(labels: Sequence[int], choices: Sequence[str]) -> list[str]:
    """The texts of several labels; IndexError for one that is no index into the choices."""
    for label in labels:
        if not 0 <= label < len(choices):
            raise IndexError(f"chosen_from: {label} is no index into {len(choices)} choices")
    return [choices[label] for label in labels]


def letter(index: int) -> str:
    """`A` for 0; ValueError outside 0 to 25, TypeError for what is no integer."""
    if isinstance(index, bool) or not isinstance(index, int):
        raise TypeError(f"letter: {index!r} is not an integer")
    if not 0 <= index < MAX_LETTERS:
        raise ValueError(f"letter: {index} is outside 0 to {MAX_LETTERS - 1}")
    return chr(ord("A") + index)


def check_replacement(text: str, old: str, new: str, count: int | None = None) -> None:
    """Raises SecurityError when replacing would make a text above the limit."""
    found = text.count(old) if count is None or count < 0 else min(count, text.count(old))
    check_size(len(text) + found * max(0, len(new) - len(old)))


def length_of(value: Any) -> int:
    """Characters of a text; 1 for anything else."""
    return len(value) if isinstance(value, str) else 1


def sized(value: Any) -> Any:
    """The list, tuple or dict, unless what it holds at any depth is above the limit: then SecurityError.

    Twenty times `{% set a = [a, a] %}` makes a small object that prints as a million items.
    """
    size_of(value)
    return value


def size_of(value: Any) -> int:
    """Characters and items in a value, at any depth; SecurityError as soon as they are above the limit."""
    size, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        size += len(item) if isinstance(item, str) else 1
        check_size(size)
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
    return size


def tojson(value: Any) -> str:
    """JSON on one line, letters of every script as they are (Jinja's own escapes `<`, `>`, `&` and `'` for HTML)."""
    return json.dumps(value, ensure_ascii=False)


def _limited_replace(text: Any, old: str, new: str, count: int | None = None) -> str:
    check_replacement(str(text), old, new, count)
    return str(text).replace(old, new, -1 if count is None else count)


def printable(value: Any) -> Any:
    """What may become text: text, numbers, lists and dicts. Anything else would print where it lies in memory."""
    if value is None:
        raise NoneValueError("a slot holds None")
    if not isinstance(value, str | int | float | list | tuple | dict | Undefined):
        raise SecurityError(f"a slot holds a {type(value).__name__}; write a value, or make a list of it with `| list`")
    return value


def _limited_round(value: Any, precision: int = 0, method: Any = "common") -> float:
    if abs(precision) > MAX_DIGITS:
        raise SecurityError(f"round to {precision} digits; the limit is {MAX_DIGITS}")
    return jinja_filters.do_round(value, precision, method)


def _of_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that makes text of what it is given, and so would make a word of None."""
    position = 1 if hasattr(function, "jinja_pass_arg") else 0

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if len(args) > position:
            printable(args[position])
        return function(*args, **kwargs)

    return checked


def _of_limited_size(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def limited(*args: Any) -> Any:
        return sized(function(*args))

    return limited


def _limited_join(items: Sequence[Any], separator: str = "", attribute: str | int | None = None) -> str:
    values = [item if attribute is None else item[attribute] for item in items]
    words = [str(printable(value)) for value in values]
    check_size(sum(map(len, words)) + len(separator) * len(words))
    return separator.join(words)


def concat(parts: Sequence[Any]) -> str:
    """What the operator `~` makes, with the size limit."""
    return _limited_join(parts)


_AS_THEY_ARE = (
    "abs", "count", "d", "default", "dictsort", "first", "float", "groupby", "int", "items", "last", "length", "list",
    "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique",
)  # fmt: skip
_OF_TEXT = ("capitalize", "lower", "string", "title", "trim", "truncate", "upper", "wordcount")

OURS: Mapping[str, Callable[..., Any]] = {
    "bracketed": bracketed,
    "bulleted": bulleted,
    "chosen_from": chosen_from,
    "comma_list": comma_list,
    "either_or": either_or,
    "join": _limited_join,
    "language_name": language_name,
    "letter": letter,
    "lettered": lettered,
    "numbered": numbered,
    "quoted": quoted,
    "replace": _of_text(_limited_replace),
    "round": _limited_round,
    "tojson": tojson,
    **{name: _of_limited_size(function) for name, function in STRUCTURE_FILTERS.items()},
}
ALLOWED: Mapping[str, Callable[..., Any]] = {
    **{name: jinja_filters.FILTERS[name] for name in _AS_THEY_ARE},
    **{name: _of_text(jinja_filters.FILTERS[name]) for name in _OF_TEXT},
    **OURS,
}
