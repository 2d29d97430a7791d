"""Expressions of a template over columns."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, cast

from jinja2 import nodes
from jinja2.runtime import Context

from taskmill.udfs.rendering import text_kernels
from taskmill.udfs.rendering.columns import Column, Constant, Mask, Texts, Values, merged, where
from taskmill.udfs.rendering.frames import Frame
from taskmill.udfs.rendering.sandbox import COUNTED, BoundedSandbox

Expression = Callable[[Frame], Column]
CHANGING_METHODS = frozenset(
    {"append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update"}
)
STATEFUL_NAMES = frozenset({"cycler", "joiner", "namespace", "self", "caller"})
OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "lteq": operator.le, "gt": operator.gt,
    "gteq": operator.ge, "in": lambda left, right: left in right, "notin": lambda left, right: left not in right,
}  # fmt: skip
ARITHMETIC: Mapping[type[nodes.Expr], str] = {
    nodes.Add: "+", nodes.Sub: "-", nodes.Mul: "*", nodes.Div: "/", nodes.FloorDiv: "//", nodes.Mod: "%",
    nodes.Pow: "**",
}  # fmt: skip
SIGNS: Mapping[type[nodes.Expr], Callable[[Any], Any]] = {nodes.Neg: operator.neg, nodes.Pos: operator.pos}


class UnsupportedError(Exception):
    """A construct that has to be rendered row by row; the message names it and its line."""


def unsupported(node: nodes.Node, what: str | None = None) -> UnsupportedError:
    return UnsupportedError(f"{what or type(node).__name__.lower()} (line {node.lineno})")


def expression(environment: BoundedSandbox, node: nodes.Node) -> Expression:
    """The expression as a function from a frame to a column.

    Raises:
        UnsupportedError: for what has to be rendered row by row.
    """
    build = _BUILDERS.get(type(node))
    if build is None:
        raise unsupported(node)
    return build(environment, node)


def _const(environment: BoundedSandbox, node: nodes.Const) -> Expression:
    found = Constant(node.value)
    return lambda frame: found


def _template_data(environment: BoundedSandbox, node: nodes.TemplateData) -> Expression:
    found = Constant(node.data)
    return lambda frame: found


def _name(environment: BoundedSandbox, node: nodes.Name) -> Expression:
    if node.name in STATEFUL_NAMES:
        raise unsupported(node, f"'{node.name}'")
    name = node.name
    return lambda frame: frame.lookup(name)


def _each(environment: BoundedSandbox, function: Callable[..., Any], *parts: nodes.Node) -> Expression:
    """The function of the values of these expressions, row by row."""
    inner = [expression(environment, part) for part in parts]
    return lambda frame: frame.each(function, *(part(frame) for part in inner))


def _list(environment: BoundedSandbox, node: nodes.List) -> Expression:
    return _each(environment, lambda *items: list(items), *node.items)


def _tuple(environment: BoundedSandbox, node: nodes.Tuple) -> Expression:
    return _each(environment, lambda *items: items, *node.items)


def _dict(environment: BoundedSandbox, node: nodes.Dict) -> Expression:
    parts = [part for pair in node.items for part in (pair.key, pair.value)]
    return _each(environment, lambda *items: dict(zip(items[::2], items[1::2], strict=True)), *parts)


def _getattr(environment: BoundedSandbox, node: nodes.Getattr) -> Expression:
    attribute, slow = node.attr, environment.getattr
    is_method = hasattr(dict, attribute)

    def find(value: Any) -> Any:
        if type(value) is dict and attribute in value and not is_method:
            return value[attribute]
        return slow(value, attribute)

    return _each(environment, find, node.node)


def _getitem(environment: BoundedSandbox, node: nodes.Getitem) -> Expression:
    if isinstance(node.arg, nodes.Slice):
        ends = [part or nodes.Const(None) for part in (node.arg.start, node.arg.stop, node.arg.step)]
        return _each(environment, lambda value, *bounds: value[slice(*bounds)], node.node, *ends)
    slow = environment.getitem

    def find(value: Any, item: Any) -> Any:
        if type(item) is int and type(value) is list and -len(value) <= item < len(value):
            return value[item]
        return slow(value, item)

    owner, index = expression(environment, node.node), expression(environment, node.arg)

    def run(frame: Frame) -> Column:
        items, places = owner(frame), index(frame)
        found = text_kernels.picked(items, places)
        return frame.each(find, items, places) if found is None else found

    return run


def _filter(environment: BoundedSandbox, node: nodes.Filter) -> Expression:
    if node.node is None:
        raise unsupported(node, "filter block")
    if node.name == COUNTED:  # turns are bounded where loops are
        return expression(environment, node.node)
    function: Callable[..., Any] | None = environment.filters.get(node.name)
    if function is None:
        raise unsupported(node, f"unknown filter {node.name!r}")
    quick = text_kernels.filter_kernel(node)
    return _arranged(environment, node, function, (node.node, *node.args), quick)


def _test(environment: BoundedSandbox, node: nodes.Test) -> Expression:
    if node.name not in environment.tests:
        raise unsupported(node, f"unknown test {node.name!r}")
    function = cast(Callable[..., Any], environment.tests[node.name])
    return _arranged(environment, node, function, (node.node, *node.args))


def _call(environment: BoundedSandbox, node: nodes.Call) -> Expression:
    _check_static(node)
    context = _context(environment)
    if not isinstance(node.node, nodes.Getattr):
        if not isinstance(node.node, nodes.Name):
            raise unsupported(node)
        return _arranged(environment, node, partial(environment.call, context), (node.node, *node.args))
    method = node.node.attr
    if method in CHANGING_METHODS:
        raise unsupported(node, f"'.{method}()' changes a value")

    def call(owner: Any, *args: Any, **kwargs: Any) -> Any:
        return environment.call(context, environment.getattr(owner, method), *args, **kwargs)

    quick = text_kernels.method_kernel(method, node)
    return _arranged(environment, node, call, (node.node.node, *node.args), quick)


def _arranged(
    environment: BoundedSandbox,
    node: Any,
    function: Callable[..., Any],
    parts: Sequence[nodes.Node],
    quick: text_kernels.TextKernel | None = None,
) -> Expression:
    """A call with positional and named arguments, and with what Jinja puts in front of them."""
    _check_static(node)
    first = _first_argument(environment, function)
    names = [pair.key for pair in node.kwargs]
    count = len(parts)

    def call(*values: Any) -> Any:
        return function(*first, *values[:count], **dict(zip(names, values[count:], strict=True)))

    arguments = (*parts[1:], *(pair.value for pair in node.kwargs))
    return _applied(environment, call if names or first else function, parts[0], arguments, quick)


def _applied(
    environment: BoundedSandbox,
    function: Callable[..., Any],
    subject: nodes.Node,
    arguments: Sequence[nodes.Node],
    quick: text_kernels.TextKernel | None,
) -> Expression:
    """Arrow's way where the subject is text in every row and Arrow agrees with Python; else value by value."""
    owner, rest = expression(environment, subject), [expression(environment, part) for part in arguments]

    def run(frame: Frame) -> Column:
        column = owner(frame)
        found = quick(column) if quick is not None and isinstance(column, Texts) else None
        return frame.each(function, column, *(part(frame) for part in rest)) if found is None else found

    return run


def _first_argument(environment: BoundedSandbox, function: Callable[..., Any]) -> tuple[Any, ...]:
    wanted = getattr(function, "jinja_pass_arg", None)
    if wanted is None:
        return ()
    context = _context(environment)
    return ({"context": context, "eval_context": context.eval_ctx, "environment": environment}[wanted.name],)


@cache
def _context(environment: BoundedSandbox) -> Context:
    """What filters that want a context are given; they ask it for the environment, never for names."""
    return environment.from_string("").new_context({})


def _check_static(node: Any) -> None:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise unsupported(node, "arguments by * or **")


def _compare(environment: BoundedSandbox, node: nodes.Compare) -> Expression:
    if len(node.ops) != 1:
        raise unsupported(node, "chained comparison")
    quick = text_kernels.comparison_kernel(node.ops[0])
    return _applied(environment, OPERATORS[node.ops[0].op], node.expr, [node.ops[0].expr], quick)


def _arithmetic(environment: BoundedSandbox, node: nodes.BinExpr) -> Expression:
    symbol = ARITHMETIC[type(node)]
    return _each(environment, partial(environment.call_binop, None, symbol), node.left, node.right)


def _sign(environment: BoundedSandbox, node: nodes.UnaryExpr) -> Expression:
    return _each(environment, SIGNS[type(node)], node.node)


def _not(environment: BoundedSandbox, node: nodes.Not) -> Expression:
    return _each(environment, operator.not_, node.node)


def _and_or(environment: BoundedSandbox, node: nodes.And | nodes.Or) -> Expression:
    left, right = expression(environment, node.left), expression(environment, node.right)
    wants_true = isinstance(node, nodes.And)

    def run(frame: Frame) -> Column:
        first = left(frame)
        goes_on = frame.truth(first) == wants_true
        return _chosen(frame, goes_on, right, lambda _: first, is_outer=True)

    return run


def _condition(environment: BoundedSandbox, node: nodes.CondExpr) -> Expression:
    test, chosen = expression(environment, node.test), expression(environment, node.expr1)
    if node.expr2 is None:
        hint = "the inline if-expression evaluated to false and no else section was defined."

        other: Expression = lambda frame: Values([environment.undefined(hint) for _ in range(frame.size)])  # noqa: E731
    else:
        other = expression(environment, node.expr2)
    return lambda frame: _chosen(frame, frame.truth(test(frame)), chosen, other)


def _chosen(frame: Frame, mask: Mask, yes: Expression, no: Expression, is_outer: bool = False) -> Column:
    """`yes` where the mask is set, `no` elsewhere, each evaluated for its own rows.

    Args:
        is_outer: `no` was evaluated for the whole frame and only has to be looked up.
    """
    if mask.all():
        return yes(frame)
    if not mask.any():
        return no(frame)
    taken, left = where(mask), where(~mask)
    rest = no(frame).take(left) if is_outer else no(frame.inside(left))
    return merged(frame.size, [(taken, yes(frame.inside(taken))), (left, rest)])


_BUILDERS: dict[type[nodes.Node], Callable[..., Expression]] = {
    nodes.Const: _const,
    nodes.TemplateData: _template_data,
    nodes.Name: _name,
    nodes.List: _list,
    nodes.Tuple: _tuple,
    nodes.Dict: _dict,
    nodes.Getattr: _getattr,
    nodes.Getitem: _getitem,
    nodes.Filter: _filter,
    nodes.Test: _test,
    nodes.Call: _call,
    nodes.Compare: _compare,
    nodes.Not: _not,
    nodes.And: _and_or,
    nodes.Or: _and_or,
    nodes.CondExpr: _condition,
    **dict.fromkeys(ARITHMETIC, _arithmetic),
    **dict.fromkeys(SIGNS, _sign),
}
