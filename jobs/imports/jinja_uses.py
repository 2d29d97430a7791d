"""What a Jinja template does with its variables: the uses from which field types follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jinja2 import nodes

from taskmill.jobs.imports.field_uses import NUMBERS, Use

CHOICES = "answer_choices"
TEXT_METHODS = frozenset(
    {"capitalize", "endswith", "find", "lower", "lstrip", "replace", "rstrip", "startswith", "strip", "title", "upper"}
)
SPLITTING = frozenset({"split", "splitlines"})
TEXT_FILTERS = frozenset({"capitalize", "lower", "replace", "title", "trim", "truncate", "upper", "wordcount"})
PICKING = frozenset({"first", "last", "max", "min"})
LIST_FILTERS = frozenset({"list", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique"})


class Uses:
    """Reads a template's tree and gathers in `fields` what it does with each variable from outside."""

    def __init__(self, tree: nodes.Template) -> None:
        self.fields: dict[str, Use] = {}
        self._equal: list[tuple[Use, Use]] = []
        self._items: list[tuple[Use, Use]] = []
        self._statements(tree.body, {})
        for use, shared in reversed(self._items):
            use.add(shared)
        for left, right in self._equal:
            marks = (left.marks | right.marks) & ({"text", "boolean", "choice"} | NUMBERS)
            for use in (left, right):
                use.marks |= {"index" if mark == "choice" else mark for mark in marks}

    def _statements(self, body: Iterable[nodes.Node], names: dict[str, tuple[Use, ...]]) -> None:
        for node in body:
            if isinstance(node, nodes.Output):
                for part in node.nodes:
                    _mark(self._read(part, names), "printed")
            elif isinstance(node, nodes.If):
                _mark(self._read(node.test, names), "tested")
                for branch in (node.body, node.elif_, node.else_):
                    self._statements(branch, names)
            elif isinstance(node, nodes.For):
                self._loop(node, names)
            elif isinstance(node, nodes.Assign):
                found = self._read(node.node, names)
                self._store(node.target, found, names)

    def _loop(self, node: nodes.For, names: dict[str, tuple[Use, ...]]) -> None:
        walked = self._read(node.iter, names)
        _mark(walked, "walked")
        inner = dict(names)
        self._store(node.target, tuple(use.item_use() for use in walked), inner)
        inner["loop"] = ()
        if node.test is not None:
            _mark(self._read(node.test, inner), "tested")
        self._statements(node.body, inner)
        self._statements(node.else_, names)

    def _store(self, target: nodes.Node, found: tuple[Use, ...], names: dict[str, tuple[Use, ...]]) -> None:
        for name in [target, *target.find_all(nodes.Name)]:
            if isinstance(name, nodes.Name):
                names[name.name] = found if name is target else ()

    def _read(self, node: nodes.Node, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        """The values that this expression may give."""
        reader = getattr(self, f"_{type(node).__name__.lower()}", None)
        if reader is not None:
            found: tuple[Use, ...] = reader(node, names)
            return found
        for child in node.iter_child_nodes():
            self._read(child, names)
        return ()

    def _name(self, node: nodes.Name, names: Mapping[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        if node.name in names:
            return names[node.name]
        return () if node.name == "range" else (self.fields.setdefault(node.name, Use()),)

    def _getattr(self, node: nodes.Getattr, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        return tuple(use.members.setdefault(node.attr, Use()) for use in self._read(node.node, names))

    def _getitem(self, node: nodes.Getitem, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        base = self._read(node.node, names)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return tuple(use.members.setdefault(node.arg.value, Use()) for use in base)
        if isinstance(node.arg, nodes.Slice):
            for bound in node.arg.iter_child_nodes():
                _mark(self._read(bound, names), "index")
            _mark(base, "sized")
            return base
        index = self._read(node.arg, names)
        if isinstance(node.node, nodes.Dict):
            for pair in node.node.items:
                _compared(index, pair.key)
            return ()
        is_choice = isinstance(node.node, nodes.Name) and node.node.name == CHOICES
        _mark(index, "choice" if is_choice else "index")
        number = _number(node.arg)
        for use in base:
            use.reach = max(use.reach, 0 if number is None else number + 1 if number >= 0 else -number)
        return tuple(use.item_use() for use in base)

    def _list(self, node: nodes.List, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        items = [self._read(item, names) for item in node.items]
        return self._list_of([use for found in items for use in found])

    def _list_of(self, uses: Iterable[Use]) -> tuple[Use, ...]:
        """A list that the template makes of these values: what is done with its items is done with each of them."""
        shared = Use()
        self._items += [(use, shared) for use in uses]
        return (Use(item=shared),)

    def _filter(self, node: nodes.Filter, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        base = self._read(node.node, names) if node.node is not None else ()
        for argument in [*node.args, *(pair.value for pair in node.kwargs)]:
            self._read(argument, names)
        if node.name in TEXT_FILTERS:
            _mark(base, "text")
        elif node.name in {"default", "d"}:
            return base
        elif node.name in {"length", "count"}:
            _mark(base, "sized")
        elif node.name in {"abs", "round"}:
            _mark(base, "number")
        elif node.name in {"join", "map", *PICKING, *LIST_FILTERS}:
            return self._of_list(node, base)
        else:
            _mark(base, "printed")
        return ()

    def _of_list(self, node: nodes.Filter, base: tuple[Use, ...]) -> tuple[Use, ...]:
        _mark(base, "picked" if node.name in PICKING else "walked")
        items = tuple(use.item_use() for use in base)
        attribute = next((pair.value for pair in node.kwargs if pair.key == "attribute"), None)
        if isinstance(attribute, nodes.Const) and isinstance(attribute.value, str):
            items = tuple(use.members.setdefault(attribute.value, Use()) for use in items)
            return self._list_of(items)
        if node.name == "join":
            _mark(items, "printed")
            return ()
        if node.name in PICKING:
            return items
        return () if node.name == "map" else base

    def _call(self, node: nodes.Call, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        arguments = [self._read(argument, names) for argument in node.args]
        if not isinstance(node.node, nodes.Getattr):
            for found in arguments:
                _mark(found, "index")  # `range` is the only function there is
            return ()
        base, method = self._read(node.node.node, names), node.node.attr
        if method in TEXT_METHODS | SPLITTING:
            _mark(base, "text")
        elif method == "join":
            for found in arguments:
                _mark(found, "walked")
                _mark(tuple(use.item_use() for use in found), "printed")
        elif method == "index" and isinstance(node.node.node, nodes.List):
            for found in arguments:
                for item in node.node.node.items:
                    _compared(found, item)
        else:
            _mark(base, "searched")
        return (Use({"walked"}, item=Use({"text"})),) if method in SPLITTING else ()

    def _compare(self, node: nodes.Compare, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        left = self._read(node.expr, names)
        for operand in node.ops:
            right = self._read(operand.expr, names)
            if operand.op in {"in", "notin"}:
                for item in getattr(operand.expr, "items", []):
                    _compared(left, item)
                _mark(right, "searched")
            else:
                _compared(left, operand.expr)
                if isinstance(operand.expr, nodes.List):
                    _mark(left, "walked")
                _compared(right, node.expr)
                self._equal += [(one, other) for one in left for other in right]
        return ()

    def _condexpr(self, node: nodes.CondExpr, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        _mark(self._read(node.test, names), "tested")
        branches = [node.expr1] if node.expr2 is None else [node.expr1, node.expr2]
        return tuple(use for branch in branches for use in self._read(branch, names))

    def _or(self, node: nodes.BinExpr, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        return self._read(node.left, names) + self._read(node.right, names)

    _and = _or

    def _not(self, node: nodes.Not, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        _mark(self._read(node.node, names), "tested")
        return ()

    def _concat(self, node: nodes.Concat, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        for part in node.nodes:
            _mark(self._read(part, names), "printed")
        return ()

    def _add(self, node: nodes.Add, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        left, right = self._read(node.left, names), self._read(node.right, names)
        _compared(left, node.right)
        _compared(right, node.left)
        _mark(left + right, "printed")
        return ()

    def _sub(self, node: nodes.BinExpr, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        _mark(self._read(node.left, names) + self._read(node.right, names), "index")
        return ()

    _floordiv = _mod = _sub

    def _mul(self, node: nodes.BinExpr, names: dict[str, tuple[Use, ...]]) -> tuple[Use, ...]:
        _mark(self._read(node.left, names) + self._read(node.right, names), "number")
        return ()

    _div = _pow = _mul


def _mark(found: Iterable[Use], mark: str) -> None:
    for use in found:
        use.marks.add(mark)


def _compared(found: tuple[Use, ...], other: nodes.Node) -> None:
    """Notes that these values stand beside one that is written in the template."""
    if not isinstance(other, nodes.Const) or other.value is None:
        return
    kinds = {str: "text", bool: "boolean", int: "integer", float: "number"}
    for use in found:
        use.marks.add(kinds[type(other.value)])
        use.constants.add(other.value)


def _number(node: nodes.Node) -> int | None:
    if isinstance(node, nodes.Neg):
        inner = _number(node.node)
        return None if inner is None else -inner
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, int) else None
