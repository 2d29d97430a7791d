"""What every Jinja environment of ours shares: sandboxed, and bounded in what it may spend.

A template is somebody else's text. Jinja's sandbox stops it from reaching Python's insides; what it leaves open is
spending: `'a' * 10**10`, `{% set b = a ~ a %}` forty times, a loop in a loop. So methods are lists of what is allowed,
operators that can make something large are checked before they run, every turn of a loop is counted, and nothing is
folded at compile time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer

from taskmill.udfs.rendering import bounds, filters

MAX_RANGE = 10_000
MAX_EXPONENT = 64
MAX_NUMBER = 10**30
DRAWS = "taskmill_draws"  # the name under which a render finds its draws; no dataset has such a column
DRAWING_FILTERS = frozenset({"choice", "random", "shuffle"})
CONCAT, SIZED, COUNTED = "concatenated", "sized", "counted"
WIDE_FORMAT = re.compile(r"\d{5}|:[^}]*\{|\*")  # a width of five digits, or one that comes from a value
WIDENING = frozenset({"center", "expandtabs", "ljust", "rjust", "zfill"})


class _Bounded(NodeTransformer):
    """Passes what `a ~ b`, list, tuple and dict displays make, and what loops go over, through bounded filters: Jinja
    has no hook for them. Gives each draw its place in the template, so that two draws of one render differ."""

    def __init__(self) -> None:
        self.draws = 0

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja's visitor naming
        self.generic_visit(node)
        return through(CONCAT, nodes.List(node.nodes, lineno=node.lineno))

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return through(SIZED, node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return through(SIZED, node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return through(SIZED, node) if node.ctx == "load" else node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.iter = through(COUNTED, cast(nodes.Expr, node.iter))
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if node.name in DRAWING_FILTERS:
            drawn = [nodes.Name(DRAWS, "load", lineno=node.lineno), nodes.Const(self.draws, lineno=node.lineno)]
            node.args = [*drawn, *node.args]
            self.draws += 1
        return node


def through(name: str, node: nodes.Expr) -> nodes.Filter:
    """The expression passed through a filter of this name."""
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class BoundedSandbox(SandboxedEnvironment):
    """Jinja's sandbox with lists of methods and checks of size; the dialects build on it.

    Attributes:
        allowed_methods: for each type the methods a template may call on its values.
        is_lenient: whether values may change (`append`), and text be formatted.
    """

    intercepted_binops = frozenset({"+", "*", "**", "%", "//", "/", "-"})
    allowed_methods: Mapping[type, frozenset[str]] = {}
    is_lenient = False

    def __init__(self, **options: Any) -> None:
        super().__init__(keep_trailing_newline=False, cache_size=0, optimized=False, **options)
        self.globals: dict[str, Any] = {"range": limited_range}
        self.bounding: dict[str, Callable[..., Any]] = {
            CONCAT: filters.concat,
            SIZED: filters.sized,
            COUNTED: bounds.counted,
        }

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        self.refuse_nodes(tree)
        _Bounded().visit(tree)
        return tree

    def refuse_nodes(self, tree: nodes.Template) -> None:
        """Raises SecurityError for constructs the dialect does not have."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Jinja's own rule, and of methods only the listed ones."""
        if callable(value) and not isinstance(obj, dict):
            return attr in self._methods_of(obj)
        return super().is_safe_attribute(obj, attr, value)

    def is_safe_callable(self, obj: Any) -> bool:
        owner = getattr(obj, "__self__", None)
        if owner is not None and not isinstance(owner, type):
            return getattr(obj, "__name__", "") in self._methods_of(owner)
        return obj in self.globals.values()

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - Jinja's own signature
        owner, name = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        if isinstance(owner, str):
            check_text_method(owner, name, args, kwargs)
        elif isinstance(owner, list) and name == "extend":
            extra: list[Any] = list(*args)
            bounds.check_size(len(owner) + len(extra))
            args = (extra,)
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Checks what an operator would make before it makes it."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator in {"+", "*"} and not numbers:
            bounds.check_size(_combined_size(operator, left, right))
        elif operator == "%" and not numbers:
            self._check_format(left)
        elif operator == "**" and not (numbers and abs(right) <= MAX_EXPONENT and abs(left) <= MAX_NUMBER):
            raise SecurityError(f"'**' is limited to exponents up to {MAX_EXPONENT}")
        elif numbers and max(abs(left), abs(right)) > MAX_NUMBER:
            raise SecurityError("a number is too large")
        return super().call_binop(context, operator, left, right)

    def _check_format(self, left: Any) -> None:
        if not self.is_lenient:
            raise SecurityError("'%' formats text in Python; write the text and a slot instead")
        check_format(left)

    def _methods_of(self, obj: Any) -> frozenset[str]:
        for kind, names in self.allowed_methods.items():
            if isinstance(obj, kind):
                return names
        return frozenset()


def check_text_method(owner: str, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Raises SecurityError when a method of a text would make one above the limit."""
    if name == "replace":
        # Jinja's own scopes travel as keyword arguments too.
        named = {key: value for key, value in kwargs.items() if not key.startswith("_")}
        filters.check_replacement(owner, *args, **named)
    elif name == "join" and len(args) == 1 and isinstance(args[0], list | tuple | str):
        bounds.check_size(sum(filters.length_of(item) for item in args[0]) + len(owner) * len(args[0]))
    elif name in WIDENING:
        bounds.check_size(
            len(owner) + sum(abs(arg) for arg in args if isinstance(arg, int)) * max(1, owner.count("\t"))
        )
    elif name in {"format", "format_map"}:
        check_format(owner)


def check_format(text: Any) -> None:
    """Raises SecurityError for a format that could widen what it formats without end."""
    if isinstance(text, str) and WIDE_FORMAT.search(text):
        raise SecurityError("a format with a large or computed width")


def _combined_size(operator: str, left: Any, right: Any) -> int:
    if operator == "+":
        return _size(left) + _size(right)
    times, items = (left, right) if isinstance(left, int) else (right, left)
    return int(times) * _size(items) if isinstance(times, int) else 0


def _size(value: Any) -> int:
    return filters.size_of(value) if isinstance(value, str | list | tuple) else 1


def limited_range(*ends: int, most: int = MAX_RANGE) -> range:
    """Python's `range` with at most `most` items; SecurityError above."""
    numbers = range(*ends)
    if len(numbers) > most:
        raise SecurityError(f"range of {len(numbers):,} items; the limit is {most:,}")
    return numbers
