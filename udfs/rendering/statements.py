"""Statements of a template over columns: text, conditions, loops and `set`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import nodes

from taskmill.udfs.rendering.columns import (
    Column,
    Constant,
    Indices,
    Texts,
    TooLargeError,
    Values,
    is_unicode,
    joined,
    merged,
    text_array,
    where,
)
from taskmill.udfs.rendering.expressions import UnsupportedError, expression, unsupported
from taskmill.udfs.rendering.frames import Frame
from taskmill.udfs.rendering.sandbox import BoundedSandbox

Statement = Callable[[Frame, list[Column]], None]
EMPTY = Constant("")
LOOP_NUMBERS = ("index", "index0", "revindex", "revindex0", "first", "last", "length")
MAX_ALL_TURNS = 1_000_000  # of one loop in all rows at once
MAX_TURNS = 1_000  # of one loop in one row; a row that needs more is rendered on its own, where turns are counted


def block(environment: BoundedSandbox, body: Sequence[nodes.Node]) -> Statement:
    """The statements one after the other."""
    steps = [_BUILDERS.get(type(node), _unsupported)(environment, node) for node in body]

    def run(frame: Frame, output: list[Column]) -> None:
        for step in steps:
            step(frame, output)

    return run


def output_of(statement: Statement, frame: Frame) -> Column:
    """The text that a statement writes, for every row of the frame."""
    output: list[Column] = []
    statement(frame, output)
    return joined(output, frame.size) if output else EMPTY


def _unsupported(environment: BoundedSandbox, node: nodes.Node) -> Statement:
    raise unsupported(node)


def _output(environment: BoundedSandbox, node: nodes.Output) -> Statement:
    parts = [
        Constant(child.data) if isinstance(child, nodes.TemplateData) else expression(environment, child)
        for child in node.nodes
    ]
    finalize = environment.finalize

    def run(frame: Frame, output: list[Column]) -> None:
        for part in parts:
            output.append(part if isinstance(part, Constant) else printed(frame, part(frame), finalize))

    return run


def printed(frame: Frame, column: Column, finalize: Callable[[Any], Any] | None) -> Column:
    """Values as the text that Jinja prints for them."""
    if isinstance(column, Texts):
        return column
    written = column if is_text(column) else frame.each(_writer(finalize), column)
    if isinstance(written, Constant):
        text = written.value if isinstance(written.value, str) else ""
        return Constant(text) if is_unicode(text) else _failed(frame)
    texts = ["" if text is None else text for text in written.items(frame.size)]
    try:
        return Texts(pa.array(texts, pa.string()))
    except UnicodeEncodeError:
        for position, text in enumerate(texts):
            if not is_unicode(text):
                frame.fail(position)
                texts[position] = ""
        return Texts(pa.array(texts, pa.string()))


def is_text(column: Column) -> bool:
    """Whether every value is text, and nothing that only looks like it (a `Markup`)."""
    return isinstance(column, Values) and set(map(type, column.values)) <= {str}


def _writer(finalize: Callable[[Any], Any] | None) -> Callable[[Any], str]:
    if finalize is None:
        return str
    return lambda value: value if type(value) is str else str(finalize(value))


def _failed(frame: Frame) -> Column:
    frame.fail_all()
    return EMPTY


def _if(environment: BoundedSandbox, node: nodes.If) -> Statement:
    tests = [expression(environment, branch.test) for branch in (node, *node.elif_)]
    bodies = [block(environment, branch.body) for branch in (node, *node.elif_)]
    otherwise = block(environment, node.else_)
    assigned = sorted(_assigned(node))

    def run(frame: Frame, output: list[Column]) -> None:
        if not frame.size:
            return
        frames: list[tuple[Indices, Frame, Column]] = []
        rest = np.arange(frame.size)
        for test, body in zip(tests, bodies, strict=True):
            reached = frame if len(rest) == frame.size else frame.inside(rest)
            chosen = reached.truth(test(reached))
            frames += _branch(frame, rest[chosen], body)
            rest = rest[~chosen]
            if not len(rest):
                break
        frames += _branch(frame, rest, otherwise)
        for name in assigned:
            frame.assign(name, merged(frame.size, [(rows, inner.lookup(name)) for rows, inner, _ in frames]))
        output.append(merged(frame.size, [(rows, text) for rows, _, text in frames]))

    return run


def _branch(frame: Frame, rows: Indices, body: Statement) -> list[tuple[Indices, Frame, Column]]:
    if not len(rows):
        return []
    inner = frame.inside(rows)
    return [(rows, inner, output_of(body, inner))]


def _assigned(node: nodes.Node) -> set[str]:
    """Names that a condition may set: all in it but those set within loops, which stay there."""
    found: set[str] = set()
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Name) and child.ctx == "store":
            found.add(child.name)
        elif not isinstance(child, nodes.For):
            found |= _assigned(child)
    return found


def _assign(environment: BoundedSandbox, node: nodes.Assign) -> Statement:
    value = expression(environment, node.node)
    bind = _binder(node.target)

    def run(frame: Frame, output: list[Column]) -> None:
        bind(frame, value(frame))

    return run


def _binder(target: nodes.Node) -> Callable[[Frame, Column], None]:
    """What gives a value its name, or the members of a value theirs."""
    if isinstance(target, nodes.Name):
        name = target.name
        return lambda frame, column: frame.assign(name, column)
    if not isinstance(target, nodes.Tuple):
        raise unsupported(target)
    binders = [_binder(item) for item in target.items]

    def unpack(value: Any) -> list[Any]:
        members = list(value)
        if len(members) != len(binders):
            raise ValueError(f"{len(members)} values for {len(binders)} names")
        return members

    def bind(frame: Frame, column: Column) -> None:
        members = frame.each(unpack, column)
        for position, inner in enumerate(binders):
            inner(frame, frame.each(lambda found, place=position: found[place], members))

    return bind


def _for(environment: BoundedSandbox, node: nodes.For) -> Statement:
    if node.recursive:
        raise UnsupportedError(f"recursive loop (line {node.lineno})")
    _check_loop_uses(node)
    items = expression(environment, node.iter)
    test = None if node.test is None else expression(environment, node.test)
    bind = _binder(node.target)
    body, otherwise = block(environment, node.body), block(environment, node.else_)

    def run(frame: Frame, output: list[Column]) -> None:
        if not frame.size:
            return
        turns = frame.each(_turns, items(frame))
        lists = [[] if found is None else found for found in turns.items(frame.size)]
        rows = np.repeat(np.arange(frame.size), [len(found) for found in lists])
        if len(rows) > MAX_ALL_TURNS:
            raise TooLargeError(f"{len(rows):,} turns")
        members: Column = Values([member for found in lists for member in found])
        if test is not None:
            tried = frame.inside(rows)
            bind(tried, members)
            kept = where(tried.truth(test(tried)))
            rows, members = rows[kept], members.take(kept)
        counts = np.bincount(rows, minlength=frame.size)
        inner = frame.inside(rows)
        _number_turns(inner, rows, counts)
        bind(inner, members)
        texts = _joined_turns(output_of(body, inner) if len(rows) else EMPTY, rows, counts)
        unused = _branch(frame, where(counts == 0), otherwise) if node.else_ else []
        if unused:
            gone = where(counts > 0)
            texts = merged(frame.size, [(gone, texts.take(gone)), *((places, text) for places, _, text in unused)])
        output.append(texts)

    return run


def _turns(value: Any) -> list[Any]:
    """What a loop goes over, one by one."""
    found: list[Any] = []
    for item in value:
        if len(found) == MAX_TURNS:
            raise ValueError("a long loop")
        found.append(item)
    return found


def _check_loop_uses(node: nodes.For) -> None:
    """Of `loop` only its numbers are known here, and only in the loop's own body."""
    numbers = {
        id(inner.node)
        for inner in node.find_all(nodes.Getattr)
        if isinstance(inner.node, nodes.Name) and inner.node.name == "loop" and inner.attr in LOOP_NUMBERS
    }
    elsewhere = {id(name) for part in (node.test, *node.else_) if part for name in _names(part)}
    for name in _names(node):
        if name.name == "loop" and (id(name) not in numbers or id(name) in elsewhere):
            raise UnsupportedError(f"'loop' but for {', '.join(LOOP_NUMBERS)} (line {name.lineno})")


def _names(node: nodes.Node) -> list[nodes.Name]:
    return [node] if isinstance(node, nodes.Name) else list(node.find_all(nodes.Name))


def _number_turns(inner: Frame, rows: Indices, counts: Indices) -> None:
    """Binds `loop` for each turn."""
    first = np.cumsum(counts) - counts
    index0 = (np.arange(len(rows)) - first[rows]).tolist()
    inner.assign(
        "loop", Values([_Loop(place, length) for place, length in zip(index0, counts[rows].tolist(), strict=True)])
    )


class _Loop:
    """The numbers of one turn, under the names that Jinja gives them."""

    def __init__(self, index0: int, length: int) -> None:
        self.index0, self.index, self.length = index0, index0 + 1, length
        self.revindex, self.revindex0 = length - index0, length - index0 - 1
        self.first, self.last = index0 == 0, index0 + 1 == length


def _joined_turns(texts: Column, rows: Indices, counts: Indices) -> Column:
    """The texts of the turns of each row, one after the other."""
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return Texts(pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), text_array(texts, len(rows))), ""))


_BUILDERS: dict[type[nodes.Node], Callable[..., Statement]] = {
    nodes.Output: _output,
    nodes.If: _if,
    nodes.Assign: _assign,
    nodes.For: _for,
}
