"""The Jinja environment of published promptsource templates: lenient as plain Jinja is, and yet sandboxed.

The semantics are those of promptsource 0.2.3 (Bach et al. 2022), whose templates are plain Jinja with the filters
`choice` and `most_frequent` and the function `zip`. What differs is on purpose: draws come from a hash, a render is
bounded, and Python's insides are out of reach.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from jinja2 import Undefined, nodes
from jinja2 import filters as jinja_filters
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.runtime import LoopContext, Macro
from jinja2.utils import Cycler, Joiner, pass_environment
from jinja2.visitor import NodeTransformer
from markupsafe import soft_str

from taskmill.udfs.ids import draw
from taskmill.udfs.rendering import filters
from taskmill.udfs.rendering.bounds import check_size
from taskmill.udfs.rendering.sandbox import CONCAT, BoundedSandbox, check_format, limited_range

ALLOWED_METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(name for name in dir(str) if not name.startswith("_")) - {"encode", "maketrans", "translate"},
    list: frozenset(name for name in dir(list) if not name.startswith("_")),
    dict: frozenset(name for name in dir(dict) if not name.startswith("_")) - {"fromkeys"},
    tuple: frozenset({"count", "index"}),
    int: frozenset({"bit_length"}),
    float: frozenset({"is_integer"}),
    LoopContext: frozenset({"changed", "cycle"}),
    Cycler: frozenset({"next", "reset"}),
}
FORBIDDEN_NODES = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
MAX_RANGE = 100_000
WIDENING = ("batch", "center", "indent", "slice", "wordwrap")  # filters whose numbers say how large the result is
ITEM = "guarded_item"


class LabelError(TemplateRuntimeError):
    """A label that is no index into the list it is used on."""


class Draws:
    """The draws of one render: each from the seed, its owners and its place, whatever was drawn before."""

    def __init__(self, seed: int, *owners: str) -> None:
        self._seed, self._owners = seed, owners
        self._times: Counter[int] = Counter()

    def number(self, position: int) -> int:
        """The next 64-bit number of the draw at this place of the template."""
        self._times[position] += 1
        return draw(self._seed, "choice", *self._owners, str(position), str(self._times[position]))


def drawn(items: Sequence[Any], draws: Draws, position: int) -> Any:
    """One of the items; IndexError when there is none."""
    return items[draws.number(position) % len(items)] if len(items) else items[0]


@pass_environment
def random_item(environment: BoundedSandbox, items: Sequence[Any], draws: Draws, position: int) -> Any:
    """One of the items, as Jinja's own `random`: undefined when there is none."""
    return drawn(items, draws, position) if len(items) else environment.undefined("no item to draw from")


def shuffled(items: Iterable[Any], draws: Draws, position: int) -> list[Any]:
    """The items in an order drawn for this render (Fisher and Yates)."""
    order, number = list(items), draws.number(position)
    for last in range(len(order) - 1, 0, -1):
        number, place = divmod(number, last + 1) if number else divmod(draws.number(position), last + 1)
        order[last], order[place] = order[place], order[last]
    return order


def most_frequent(items: Sequence[Any]) -> list[Any] | None:
    """All items tied for the highest count, in order of first occurrence; None when there are none."""
    if not items:
        return None
    counts = Counter(items).most_common()
    return [item for item, count in counts if count == counts[0][1]]


def highlight(value: Any) -> Any:
    """What promptsource's own viewer marks in colour."""
    return "<span style='color: #F08080'>" + value + "</span>"


@pass_environment
def guarded_item(environment: BoundedSandbox, obj: Any, index: Any) -> Any:
    """The item, as Jinja finds it; LabelError where a list would silently give its last item, or none."""
    if isinstance(obj, list | tuple) and (not isinstance(index, int) or not 0 <= index < len(obj)):
        raise LabelError(f"{index!r} is not an index into {len(obj)} items")
    return environment.getitem(obj, index)


def str_join(parts: Iterable[Any]) -> str:
    """What the operator `~` makes, with the size limit."""
    texts = [str(part) for part in parts]
    check_size(sum(map(len, texts)))
    return "".join(texts)


def _bounded_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, unless one of its numbers asks for a result above the limit."""

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        for value in (*args[1:], *kwargs.values()):
            if isinstance(value, int):
                check_size(abs(value))
        return function(*args, **kwargs)

    return checked


def _bounded_replace(context: Any, text: Any, old: str, new: str, count: int | None = None) -> Any:
    filters.check_replacement(str(text), str(old), str(new), count)
    return jinja_filters.do_replace(context, text, old, new, count)


_bounded_replace.jinja_pass_arg = jinja_filters.do_replace.jinja_pass_arg  # type: ignore[attr-defined]


def _bounded_format(text: Any, *args: Any, **kwargs: Any) -> str:
    check_format(str(text))
    return jinja_filters.do_format(text, *args, **kwargs)


def _bounded_join(context: Any, items: Iterable[Any], separator: str = "", attribute: Any = None) -> Any:
    found = list(items)
    check_size(sum(map(filters.length_of, found)) + len(str(separator)) * len(found))
    return jinja_filters.do_join(context, found, separator, attribute)


_bounded_join.jinja_pass_arg = jinja_filters.do_join.jinja_pass_arg  # type: ignore[attr-defined]


class _Guards(NodeTransformer):
    """Items that a value picks from a list go through `guarded_item`; those the template's author picks do not."""

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - Jinja's visitor naming
        self.generic_visit(node)
        written = nodes.Const, nodes.Slice, nodes.Neg
        if node.ctx != "load" or isinstance(node.arg, written):
            return node
        return nodes.Filter(node.node, ITEM, [node.arg], [], None, None, lineno=node.lineno)


class PublishedEnvironment(BoundedSandbox):
    """Plain Jinja as promptsource sets it up, within the sandbox.

    Args:
        guards: whether a None in a slot and a label that is no index into its list are errors.
    """

    allowed_methods = ALLOWED_METHODS
    is_lenient = True

    def __init__(self, guards: bool) -> None:
        finalize = _not_none if guards else _printable
        super().__init__(finalize=finalize)
        self.guards = guards
        self.globals = {**DEFAULT_NAMESPACE, "range": functools.partial(limited_range, most=MAX_RANGE), "zip": zip}
        del self.globals["lipsum"]  # writes random words, so no two renders would agree
        bounded = {name: _bounded_numbers(self.filters[name]) for name in WIDENING}
        self.filters = {
            **self.filters, **bounded, **self.bounding,
            "replace": _bounded_replace, "format": _bounded_format, "join": _bounded_join,
            "choice": drawn, "random": random_item, "shuffle": shuffled,
            "most_frequent": most_frequent, "highlight": highlight, CONCAT: str_join, ITEM: guarded_item,
        }  # fmt: skip
        self.filters["string"] = lambda value: soft_str(finalize(value))

    def refuse_nodes(self, tree: nodes.Template) -> None:
        for node in tree.find_all(FORBIDDEN_NODES):
            raise SecurityError(f"{type(node).__name__.lower()}: a template stands alone (line {node.lineno})")
        if self.guards:
            _Guards().visit(tree)

    def is_safe_callable(self, obj: Any) -> bool:
        """The listed methods and functions, and the macros a template defines."""
        return isinstance(obj, Macro | LoopContext | Joiner) or super().is_safe_callable(obj)


def _printable(value: Any) -> Any:
    """The value, unless it would print where it lies in memory: no two workers would agree."""
    if (callable(value) or isinstance(value, Iterator)) and not isinstance(value, Undefined):
        raise SecurityError(f"a slot holds a {type(value).__name__}")
    return value


def _not_none(value: Any) -> Any:
    if value is None:
        raise filters.NoneValueError("a slot holds None")
    return _printable(value)
