"""The Jinja environment of native templates: strict, sandboxed, and bounded in time and memory.

A template is somebody else's text. Jinja's sandbox stops it from reaching Python's insides; what it leaves open is
spending: `'a' * 10**10`, `{% set b = a ~ a %}` forty times, a loop in a loop. So here filters, tests, globals and
methods are lists of what is allowed, operators that can make something large are checked before they run, nothing is
folded at compile time, and `time_limit` stops the rest.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from taskmill.udfs.rendering import filters

ALLOWED_TESTS = frozenset(
    [
        "boolean",
        "defined",
        "divisibleby",
        "eq",
        "equalto",
        "even",
        "false",
        "float",
        "ge",
        "gt",
        "in",
        "integer",
        "iterable",
        "le",
        "lower",
        "lt",
        "mapping",
        "ne",
        "none",
        "number",
        "odd",
        "sequence",
        "string",
        "true",
        "undefined",
        "upper",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
    ]
)
ALLOWED_METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        [
            "capitalize",
            "count",
            "endswith",
            "find",
            "isalpha",
            "isdigit",
            "isupper",
            "islower",
            "join",
            "lower",
            "lstrip",
            "removeprefix",
            "removesuffix",
            "replace",
            "rstrip",
            "split",
            "splitlines",
            "startswith",
            "strip",
            "title",
            "upper",
        ]
    ),
    list: frozenset({"count", "index"}),
    dict: frozenset({"get", "items", "keys", "values"}),
}
FORBIDDEN_NODES: Mapping[type[nodes.Node], str] = {
    nodes.Extends: "extends", nodes.Include: "include", nodes.Import: "import", nodes.FromImport: "import",
    nodes.Macro: "macro", nodes.CallBlock: "call", nodes.Block: "block", nodes.FilterBlock: "filter block",
    nodes.AssignBlock: "set block",
}  # fmt: skip
MAX_RANGE = 10_000
MAX_EXPONENT = 64
MAX_NUMBER = 10**30
REPEAT_SECONDS = 0.1  # the timer fires again: an exception can get lost in a callback of the garbage collector


class OutOfTimeError(TemplateRuntimeError):
    """A template took longer than it may."""


CONCAT, SIZED = "concatenated", "sized"


class _BoundedConstructors(NodeTransformer):
    """Passes what `a ~ b` and list, tuple and dict displays make through a bounded filter: Jinja has no hook for
    them."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja's visitor naming
        self.generic_visit(node)
        return _through(CONCAT, nodes.List(node.nodes, lineno=node.lineno))

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _through(SIZED, node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _through(SIZED, node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _through(SIZED, node) if node.ctx == "load" else node


def _through(name: str, node: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class NativeEnvironment(ImmutableSandboxedEnvironment):
    """Jinja with an explicit list of everything a template may use."""

    intercepted_binops = frozenset({"+", "*", "**", "%", "//", "/", "-"})

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined, finalize=filters.printable, keep_trailing_newline=False, cache_size=0
        )
        self.filters = {**filters.ALLOWED, CONCAT: filters.concat, SIZED: filters.sized}
        self.tests = {name: test for name, test in self.tests.items() if name in ALLOWED_TESTS}
        self.globals = {"range": limited_range}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(tuple(FORBIDDEN_NODES)):
            raise SecurityError(f"'{FORBIDDEN_NODES[type(node)]}' is not allowed in a template (line {node.lineno})")
        _BoundedConstructors().visit(tree)
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A struct's member before a method of the same name."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Jinja's own rule, and of methods only the listed ones."""
        if callable(value) and not isinstance(obj, dict):
            return attr in ALLOWED_METHODS.get(type(obj), frozenset())
        return super().is_safe_attribute(obj, attr, value)

    def is_safe_callable(self, obj: Any) -> bool:
        owner = getattr(obj, "__self__", None)
        if owner is not None and not isinstance(owner, type):
            return getattr(obj, "__name__", "") in ALLOWED_METHODS.get(type(owner), frozenset())
        return obj is limited_range

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - Jinja's own signature
        owner, name = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        if isinstance(owner, str) and name == "replace":
            filters.check_replacement(owner, *args, **kwargs)
        if isinstance(owner, str) and name == "join":
            return filters.OURS["join"](*args, separator=owner)
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Checks what an operator would make before it makes it."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator in {"+", "*"} and not numbers:
            filters.check_size(_combined_size(operator, left, right))
        elif operator == "%" and not numbers:
            raise SecurityError("'%' formats text in Python; write the text and a slot instead")
        elif operator == "**" and not (numbers and abs(right) <= MAX_EXPONENT and abs(left) <= MAX_NUMBER):
            raise SecurityError(f"'**' is limited to exponents up to {MAX_EXPONENT}")
        elif numbers and max(abs(left), abs(right)) > MAX_NUMBER:
            raise SecurityError("a number is too large")
        return super().call_binop(context, operator, left, right)


def _combined_size(operator: str, left: Any, right: Any) -> int:
    if operator == "+":
        return _size(left) + _size(right)
    times, items = (left, right) if isinstance(left, int) else (right, left)
    return int(times) * _size(items) if isinstance(times, int) else 0


def _size(value: Any) -> int:
    return filters.size_of(value) if isinstance(value, str | list | tuple) else 1


def limited_range(*bounds: int) -> range:
    """Python's `range` with at most 10,000 items; SecurityError above."""
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise SecurityError(f"range of {len(numbers):,} items; the limit is {MAX_RANGE:,}")
    return numbers


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises OutOfTimeError in the block after that many seconds.

    A timer signal can only be had in a process's main thread, where Spark's Python workers and our commands render;
    elsewhere (a notebook's thread pool) the block runs without a limit on time, the limits on size still hold.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise OutOfTimeError(f"took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
