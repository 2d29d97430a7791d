"""Filters, methods and comparisons that Arrow does on whole columns of text, wherever it agrees with Python.

Each function here decides from the syntax tree whether it knows the call, and gives a function from text to a column,
which may still give None: then the values are done one by one. Arrow's letter case differs from Python's outside ASCII
and its notion of a blank too, so those are asked for only where the two agree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow.compute as pc
from jinja2 import nodes

from taskmill.udfs.rendering.bounds import max_value_size
from taskmill.udfs.rendering.columns import (
    PYTHON_SPACE,
    Column,
    Constant,
    Texts,
    Values,
    contains,
    is_ascii,
    is_unicode,
)

TextKernel = Callable[[Texts], Column | None]
LEEWAY = 5  # of Jinja's `truncate`
MAX_REPLACED_BYTES = 64 * 1024 * 1024


def filter_kernel(node: nodes.Filter) -> TextKernel | None:
    """The kernel of a filter applied to text, or None."""
    if node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
        return None
    args = constants(node.args)
    if args is None:
        return None
    match node.name, args:
        case ("string", []):
            return lambda texts: texts
        case ("default" | "d", [_] | [_, False]):
            return lambda texts: texts
        case ("trim", []):
            return trimmed
        case ("lower" | "upper" as name, []):
            return cased(name)
        case ("length" | "count", []):
            return lengths
        case ("truncate", [int() as length]) if length > LEEWAY:
            return short_enough(length + LEEWAY)
        case ("replace", [str() as old, str() as new]):
            return replaced(old, new)
    return None


def method_kernel(name: str, node: nodes.Call) -> TextKernel | None:
    """The kernel of a method called on text, or None."""
    args = constants(node.args)
    if args is None or node.kwargs:
        return None
    match name, args:
        case ("strip", []):
            return trimmed
        case ("lower" | "upper" as name, []):
            return cased(name)
        case ("replace", [str() as old, str() as new]):
            return replaced(old, new)
        case ("startswith" | "endswith" as name, [str() as affix]):
            function = pc.starts_with if name == "startswith" else pc.ends_with
            return lambda texts: Values(function(texts.array, affix).to_pylist())
    return None


def comparison_kernel(node: nodes.Operand) -> TextKernel | None:
    """The kernel of a comparison of text with this constant, or None."""
    match node.op, node.expr:
        case ("eq" | "ne" as name, nodes.Const(value=str() as other)) if is_unicode(other):
            function = pc.equal if name == "eq" else pc.not_equal
            return lambda texts: Values(function(texts.array, other).to_pylist())
    return None


def constants(args: list[nodes.Expr]) -> list[Any] | None:
    """The values of the arguments where all are written as constants that UTF-8 can hold, else None."""
    if not all(isinstance(arg, nodes.Const) for arg in args):
        return None
    values = [arg.value for arg in args if isinstance(arg, nodes.Const)]
    return values if all(is_unicode(value) for value in values if isinstance(value, str)) else None


def trimmed(texts: Texts) -> Texts:
    """`str.strip`: Arrow with Python's list of what is blank."""
    return Texts(pc.utf8_trim(texts.array, characters=PYTHON_SPACE))


def cased(name: str) -> TextKernel:
    """`str.lower` and `str.upper` for ASCII; beyond it the two differ (`ß`, the final sigma)."""
    function = pc.ascii_lower if name == "lower" else pc.ascii_upper
    return lambda texts: Texts(function(texts.array)) if is_ascii(texts.array) else None


def lengths(texts: Texts) -> Values:
    """Characters of each text."""
    return Values(pc.utf8_length(texts.array).to_pylist())


def short_enough(most: int) -> TextKernel:
    """`truncate` where no text is long enough to be cut."""

    def unchanged(texts: Texts) -> Texts | None:
        longest = pc.max(pc.binary_length(texts.array)).as_py() or 0
        if longest > most:  # bytes, of which a character has one or more
            longest = pc.max(pc.utf8_length(texts.array)).as_py()
        return texts if longest <= most else None

    return unchanged


def replaced(old: str, new: str) -> TextKernel:
    """`str.replace` of every occurrence; nothing but a look where there is none."""

    def replace(texts: Texts) -> Texts | None:
        if not old:
            return None
        if not contains(texts.array, old):
            return texts
        grown = pc.count_substring(texts.array, old).to_numpy() * max(0, len(new) - len(old))
        sizes = grown + pc.utf8_length(texts.array).to_numpy()
        if int(np.sum(sizes)) > MAX_REPLACED_BYTES or int(np.max(sizes)) > max_value_size():
            return None
        return Texts(pc.replace_substring(texts.array, old, new))

    return replace


def picked(items: Column, places: Column) -> Column | None:
    """Items of one list of texts by their places, where every place is a plain index into it."""
    if not isinstance(items, Constant) or type(items.value) is not list or not isinstance(places, Values):
        return None
    if set(map(type, places.values)) != {int} or set(map(type, items.value)) != {str}:
        return None
    if min(places.values) < 0 or max(places.values) >= len(items.value):
        return None
    return Values(list(map(items.value.__getitem__, places.values)))
