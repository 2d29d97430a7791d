"""Published templates, and rows made up for them: what a template does with a name says what stands behind the name.

`rows_for` reads the syntax tree: `answers.text[0]` makes a record with a list of texts, `label == 2` makes 2 a value
worth having, `answer_choices[label]` makes an index. Half of the rows fit, the others are what real tables hold too:
nulls, hidden labels, missing fields, values of another type.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, nodes

Fields = dict[str, Any]
Value = list["Shape"]  # what an expression may be: one shape for each of its branches

NOTHING: Any = object()
CHOICES = "answer_choices"
STRING_METHODS = frozenset(
    ["capitalize", "endswith", "find", "lower", "lstrip", "replace", "rstrip", "split", "startswith", "strip",
     "title", "upper"]
)  # fmt: skip
WORDS = [
    "It",
    "rains",
    "on",
    "the",
    "old",
    "harbour",
    "while",
    "seven",
    "grey",
    "cats",
    "wait",
    "for",
    "fish",
    "Lisbon",
]
FOREIGN = ["Größe", "naïve", "北京是首都", "Привет", "مرحبا", "🐟🐈", "é", "İstanbul", "\u00a0x\u00a0", "a\u2028b"]
AWKWARD = [
    "", " ", "a ||| b", "|||", "||||", "{{ x }}", "}}", "{% if %}", "{# no #}", "  blanks at the ends \n", "a\n\nb\n",
    "a\r\nb", "<b>&amp;", "\\n", "'", '"', "% s", "None", "0", "3ed2dface8203c4c9dfb1a5dc58e41e0",
]  # fmt: skip
MISFITS: list[Any] = [
    None, -1, 3, 2.5, 1e22, True, False, "", "text", "1", " 2", [], [None], ["a", None, 1], {}, {"a": None}, [[]],
]  # fmt: skip
LABELS = [-1, 99, -99, "0", "1", "x", 1.0, 0.0, True, False, None, [0], ""]


@dataclass(frozen=True)
class Published:
    """A template as its file has it."""

    file: str
    name: str
    jinja: str
    answer_choices: str | None


@dataclass(frozen=True)
class MadeUp:
    """A row, what it is meant to show, and whether it is what the template asks for."""

    kind: str
    fits: bool
    fields: Fields


class _Loader(yaml.SafeLoader):
    """Reads the files' two tags as plain maps."""


def _map(loader: yaml.SafeLoader, node: yaml.MappingNode) -> Fields:
    return {str(name): value for name, value in loader.construct_mapping(node, deep=True).items()}


_Loader.add_constructor("!Template", _map)
_Loader.add_constructor("!TemplateMetadata", _map)


def published_templates(folder: Path) -> list[Published]:
    """Every template below the folder; of several with one name in one file the last."""
    found = {}
    for path in sorted(folder.glob("**/templates.yaml")):
        file = path.parent.relative_to(folder).as_posix()
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)["templates"].values():
            found[file, entry["name"]] = Published(file, entry["name"], entry["jinja"], entry["answer_choices"])
    return list(found.values())


def rows_for(jinja: str, answer_choices: str | None) -> list[MadeUp]:
    """Rows for this template, the same at every call; those that fit come first."""
    root = _Reader.read(jinja, answer_choices)
    chance = random.Random(f"{jinja}\n{answer_choices}")
    fitting = [
        MadeUp(kind, True, _apart(Maker(root, chance, text, count, turn).row()))
        for turn, (kind, (text, count)) in enumerate(FITTING.items())
    ]
    plain = [Maker(root, chance, _short, 3, turn).row() for turn, _ in enumerate(HOSTILE)]
    hostile = [
        MadeUp(kind, False, _apart(spoil(fields, chance)))
        for (kind, spoil), fields in zip(HOSTILE.items(), plain, strict=True)
    ]
    return [*fitting, *hostile]


def _apart(fields: Fields) -> Fields:
    """The same as it comes from a file: no two places share a list or a record."""
    read: Fields = json.loads(json.dumps(fields))
    return read


# What is known of a value.


@dataclass(eq=False)
class Shape:
    """What uses of a value say about it. `kinds` has text, list, dict, int, float, digits, tested, sized, indexed."""

    kinds: set[str] = field(default_factory=set)
    literal: Any = NOTHING
    constants: list[Any] = field(default_factory=list)  # what it is compared with
    marks: list[str] = field(default_factory=list)  # what is looked for in a text
    musts: list[str] = field(default_factory=list)  # what has to be in it
    fields: dict[str, Shape] = field(default_factory=dict)
    member: Shape | None = None  # an item of a list, a value under a name that is not fixed
    owner: Shape | None = None  # the list this is an item of
    elements: list[Value] = field(default_factory=list)  # of a tuple
    splits: dict[str | None, Shape] = field(default_factory=dict)  # separator -> the list that comes of it
    keys: list[Shape] = field(default_factory=list)  # what it is indexed with
    indexed: list[Shape] = field(default_factory=list)  # what it is an index of
    equals: list[Shape] = field(default_factory=list)
    inside: list[Shape] = field(default_factory=list)  # lists that must have it
    sizes: list[int] = field(default_factory=list)
    needs: int = 0  # least number of items
    size_of: Shape | None = None

    def item(self) -> Shape:
        """The shape of an item."""
        if self.member is None:
            self.member = Shape(owner=self)
        return self.member

    def field(self, name: str) -> Shape:
        """The shape of a field."""
        return self.fields.setdefault(name, Shape())

    def compare(self, *values: Any) -> None:
        """Notes what it is compared with, each value once; True is not 1 here."""
        known = {repr(constant) for constant in self.constants}
        self.constants += [value for value in values if repr(value) not in known]

    @property
    def kind(self) -> str:
        """The likeliest type, or '' if nothing tells."""
        named = any(isinstance(constant, str) for key in self.keys for constant in key.constants)
        if self.fields or "dict" in self.kinds or (named and "list" not in self.kinds):
            return "dict"
        for kind in ("list", "float", "int", "text", "digits"):
            if kind in self.kinds and not (kind in ("int", "float") and "text" in self.kinds):
                return kind
        return "list" if "indexed" in self.kinds else ""


def _known(value: Any) -> Value:
    return [Shape(literal=value)]


def _mark(value: Value, *kinds: str) -> Value:
    for shape in value:
        shape.kinds.update(kinds)
    return value


def _items(value: Value, kind: str = "list") -> Value:
    return [shape.item() for shape in _mark(value, kind)]


def _literals(value: Value) -> list[Any]:
    return [shape.literal for shape in value if shape.literal is not NOTHING]


class _Reader:
    """Goes through a syntax tree in the order of its text and gathers shapes."""

    def __init__(self) -> None:
        self.root = Shape({"dict"})
        self.names: dict[str, Value] = {}

    @classmethod
    def read(cls, jinja: str, answer_choices: str | None) -> Shape:
        """The shape of the rows that the template is for."""
        reader = cls()
        reader.names[CHOICES] = _known(None)
        if answer_choices is not None:
            reader.visit(Environment().parse(answer_choices))
            fixed = "{" not in answer_choices
            literal = [choice.strip() for choice in answer_choices.split("|||")] if fixed else NOTHING
            reader.names[CHOICES] = _mark([Shape(literal=literal)], "list")
        reader.visit(Environment().parse(jinja))
        return reader.root

    def visit(self, node: nodes.Node) -> Value:
        """What the node is, once everything in it has been read."""
        method: Callable[[Any], Value] = getattr(self, f"visit_{type(node).__name__.lower()}", self.others)
        return method(node)

    def others(self, node: nodes.Node) -> Value:
        for child in node.iter_child_nodes():
            self.visit(child)
        return [Shape()]

    def visit_const(self, node: nodes.Const) -> Value:
        return _known(node.value)

    def visit_neg(self, node: nodes.Neg) -> Value:
        literals = _literals(_mark(self.visit(node.node), "int"))
        return _known(-literals[0]) if literals else [Shape({"int"})]

    def visit_list(self, node: nodes.List) -> Value:
        items = [shape for item in node.items for shape in self.visit(item)]
        fixed = [shape.literal for shape in items]
        return [Shape({"list"}, member=items[0] if items else None, literal=NOTHING if NOTHING in fixed else fixed)]

    def visit_tuple(self, node: nodes.Tuple) -> Value:
        return [Shape(elements=[self.visit(item) for item in node.items])]

    def visit_dict(self, node: nodes.Dict) -> Value:
        found = Shape({"dict"})
        for pair in node.items:
            value = self.visit(pair.value)
            for key in _literals(self.visit(pair.key)):
                found.fields[key] = value[0]
        return [found]

    def visit_name(self, node: nodes.Name) -> Value:
        if node.name == "loop":
            return [Shape(fields={name: Shape({"int"}) for name in ("index", "index0", "length", "revindex")})]
        return self.names.get(node.name) or [self.root.field(node.name)]

    def visit_getattr(self, node: nodes.Getattr) -> Value:
        return [shape.field(node.attr) for shape in self.visit(node.node)]

    def visit_getitem(self, node: nodes.Getitem) -> Value:
        base = self.visit(node.node)
        if isinstance(node.arg, nodes.Slice):
            for bound in (node.arg.start, node.arg.stop, node.arg.step):
                if bound is not None:
                    _mark(self.visit(bound), "int")
            return base
        key = self.visit(node.arg)
        return [self.under(shape, one) for shape in base for one in key]

    def under(self, base: Shape, key: Shape) -> Shape:
        """What stands in `base` under `key`."""
        if isinstance(key.literal, str):
            return base.field(key.literal)
        if isinstance(key.literal, int):
            base.needs = max(base.needs, key.literal + 1)
            base.kinds.add("indexed")
            return base.elements[key.literal][0] if 0 <= key.literal < len(base.elements) else base.item()
        if base.fields and "dict" in base.kinds:
            key.compare(*base.fields)
            return next(iter(base.fields.values()))
        base.kinds.add("indexed")
        base.keys.append(key)
        key.indexed.append(base)
        return base.item()

    def visit_condexpr(self, node: nodes.CondExpr) -> Value:
        _mark(self.visit(node.test), "tested")
        return [*self.visit(node.expr1), *(self.visit(node.expr2) if node.expr2 else [])]

    def visit_or(self, node: nodes.Or) -> Value:
        return [*_mark(self.visit(node.left), "tested"), *_mark(self.visit(node.right), "tested")]

    visit_and = visit_or

    def visit_not(self, node: nodes.Not) -> Value:
        return _mark(self.visit(node.node), "tested")

    def visit_if(self, node: nodes.If) -> Value:
        _mark(self.visit(node.test), "tested")
        for child in [*node.body, *node.elif_, *node.else_]:
            self.visit(child)
        return []

    def visit_for(self, node: nodes.For) -> Value:
        self.bind(node.target, _items(self.visit(node.iter)))
        for child in [*([node.test] if node.test else []), *node.body, *node.else_]:
            self.visit(child)
        return []

    def visit_assign(self, node: nodes.Assign) -> Value:
        self.bind(node.target, self.visit(node.node))
        return []

    def bind(self, target: nodes.Node, value: Value) -> None:
        """Gives a name, or several, to a value."""
        if isinstance(target, nodes.Name):
            self.names[target.name] = value
        elif isinstance(target, nodes.NSRef):
            for shape in self.names[target.name]:
                shape.fields[target.attr] = value[0]
        elif isinstance(target, nodes.Tuple):
            for number, name in enumerate(target.items):
                parts = [
                    part
                    for shape in value
                    for part in (shape.elements[number] if number < len(shape.elements) else _items([shape]))
                ]
                self.bind(name, parts)

    def visit_compare(self, node: nodes.Compare) -> Value:
        left = self.visit(node.expr)
        for operand in node.ops:
            right = self.visit(operand.expr)
            if operand.op in ("in", "notin"):
                self.within(left, right)
            else:
                self.compared(left, right)
        return [Shape({"tested"})]

    def within(self, left: Value, right: Value) -> None:
        for one in left:
            for other in right:
                if isinstance(other.literal, list):
                    one.compare(*other.literal)
                elif isinstance(one.literal, str):
                    other.marks.append(one.literal)
                else:
                    self.one_of(one, other)

    def one_of(self, one: Shape, other: Shape) -> None:
        if other.kind in ("", "list"):
            _mark(_items([other]), *({"int"} & one.kinds))
        one.inside.append(other)

    def compared(self, left: Value, right: Value) -> None:
        for one, other in [(a, b) for a in left for b in right] + [(b, a) for a in left for b in right]:
            if other.literal is NOTHING:
                one.equals.append(other)
            elif one.size_of is not None and isinstance(other.literal, int):
                one.size_of.sizes += [other.literal, other.literal + 1]
            elif isinstance(other.literal, bool):
                one.compare(other.literal, not other.literal)
            elif isinstance(other.literal, int | float):
                one.compare(other.literal, other.literal - 1, other.literal + 1)
            else:
                one.compare(other.literal)

    def arithmetic(self, node: nodes.BinExpr) -> Value:
        left, right = self.visit(node.left), self.visit(node.right)
        kinds = {shape.kind for shape in [*left, *right]}
        literals = [*_literals(left), *_literals(right)]
        if len(literals) == 2 and isinstance(node, nodes.Add) and all(isinstance(one, str) for one in literals):
            return _known(literals[0] + literals[1])
        if "text" in kinds or any(isinstance(one, str) for one in literals):
            return _mark([*left, *right], "text")
        if "list" in kinds:
            return _mark([*left, *right], "list")
        _mark([*left, *right], "float" if isinstance(node, nodes.Mul | nodes.Div) else "int")
        return [Shape({"int"})]

    visit_add = visit_sub = visit_mul = visit_div = visit_mod = visit_floordiv = arithmetic

    def visit_filter(self, node: nodes.Filter) -> Value:
        value = self.visit(node.node) if node.node else [Shape()]
        arguments = [self.visit(argument) for argument in node.args]
        named = {keyword.key: self.visit(keyword.value) for keyword in node.kwargs}
        method: Callable[[Value, list[Value], dict[str, Value]], Value] | None
        method = getattr(self, f"filter_{node.name}", None)
        return method(value, arguments, named) if method else value

    def filter_join(self, value: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        _items(value)
        return [Shape({"text"})]

    def filter_length(self, value: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        return [Shape({"int"}, size_of=shape) for shape in _mark(value, "sized")]

    def filter_replace(self, value: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        for shape in value:
            shape.marks += [one for one in _literals(arguments[0]) if isinstance(one, str)]
        return value

    def filter_int(self, value: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        return _mark(value, "digits")

    def filter_round(self, value: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        return _mark(value, "float")

    def filter_choice(self, value: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        for shape in value:
            shape.needs = max(shape.needs, 1)
        return _items(value)

    filter_random = filter_first = filter_last = filter_min = filter_max = filter_choice

    def filter_lower(self, value: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        return _mark(value, "text")

    filter_upper = filter_capitalize = filter_trim = filter_title = filter_lower

    def filter_unique(self, value: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        return _mark(value, "list")

    filter_list = filter_sort = filter_most_frequent = filter_select = filter_reverse = filter_unique

    def filter_reject(self, value: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        for shape in _items(value):
            shape.compare(*(one for argument in arguments[1:] for one in _literals(argument)))
        return value

    def filter_selectattr(self, value: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        for shape in _items(value):
            for name in _literals(arguments[0]):
                shape.field(name).kinds.add("tested")
        return value

    def filter_map(self, value: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        items = _items(value)
        for name in _literals(named.get("attribute", [])):
            items = [shape.field(name) for shape in items]
        if arguments:
            _mark(items, "text")
        return [Shape({"list"}, member=shape) for shape in items]

    def visit_call(self, node: nodes.Call) -> Value:
        arguments = [self.visit(argument) for argument in node.args]
        if isinstance(node.node, nodes.Name):
            return self.function(node.node.name, arguments, node)
        if isinstance(node.node, nodes.Getattr):
            return self.method(self.visit(node.node.node), node.node.attr, arguments)
        return self.others(node)

    def function(self, name: str, arguments: list[Value], node: nodes.Call) -> Value:
        if name == "range":
            for stop in [shape.size_of for shape in arguments[-1] if shape.size_of is not None]:
                start = _literals(arguments[0]) if len(arguments) > 1 else [0]
                stop.needs = max([stop.needs, *(one + 1 for one in start if isinstance(one, int))])
            for argument in arguments:
                _mark(argument, "int")
            return [Shape({"list"}, member=Shape({"int"}))]
        if name == "zip":
            return [Shape({"list"}, member=Shape(elements=[_items(argument) for argument in arguments]))]
        return [Shape({"dict"}, fields={keyword.key: self.visit(keyword.value)[0] for keyword in node.kwargs})]

    def method(self, base: Value, name: str, arguments: list[Value]) -> Value:
        if name == "split":
            separators = _literals(arguments[0]) if arguments else [None]
            return [
                shape.splits.setdefault(one, Shape({"list"}, member=Shape({"text"})))
                for shape in _mark(base, "text")
                for one in separators or [" "]
            ]
        if name in STRING_METHODS:
            for shape in base:
                shape.marks += [one for argument in arguments[:1] for one in _literals(argument)]
            return _mark(base, "text")
        if name == "index":
            self.found(base, arguments[0])
            return [Shape({"int"})]
        if name == "append":
            for shape in base:
                shape.member = shape.member or arguments[0][0]
            return _known(None)
        if name == "update":
            for shape in base:
                shape.fields |= arguments[0][0].fields
            return _known(None)
        return _items(base) if name == "pop" else [Shape({"text"})]

    def found(self, base: Value, sought: Value) -> None:
        """`base.index(sought)`: a text if what is sought is a written-out text, else a list."""
        for shape in base:
            for one in sought:
                if isinstance(one.literal, str) and "list" not in shape.kinds:
                    shape.kinds.add("text")
                    shape.musts.append(one.literal)
                else:
                    shape.kinds.add("list")
                    one.inside.append(shape)


# Values for shapes.


def _short(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(1, 6)))


def _long(chance: random.Random) -> str:
    """Around the length where texts are cut, or well above it; with and without blanks to cut at."""
    length = chance.choice([2_030, 2_044, 2_048, 2_052, 2_053, 2_054, 2_060, 2_300])
    text = " ".join(chance.choices([*WORDS, "|||"] if chance.random() < 0.3 else WORDS, k=600))
    return (text if chance.random() < 0.8 else text.replace(" ", "_"))[:length]


def _foreign(chance: random.Random) -> str:
    return " ".join(chance.choices(FOREIGN, k=chance.randint(1, 3)))


def _awkward(chance: random.Random) -> str:
    return chance.choice(AWKWARD)


def _typed(chance: random.Random) -> Any:
    """A value of another type where a text would do."""
    return chance.choice([0, 7, -3, 2.5, 1e-7, 3.0, 1e22, True, False, "7", ["a", "b"], [1, None], {"a": "it's"}, None])


# What stands for texts, and how many items lists have.
FITTING: Mapping[str, tuple[Callable[[random.Random], Any], int]] = {
    "short": (_short, 3), "single": (_short, 1), "many": (_short, 5), "long": (_long, 2), "foreign": (_foreign, 4),
    "awkward": (_awkward, 3), "typed": (_typed, 2),
}  # fmt: skip


class Maker:
    """Makes one row that fits: lists of one length, indexes within it, values that the template compares with."""

    def __init__(
        self, root: Shape, chance: random.Random, text: Callable[[random.Random], Any], count: int, turn: int
    ) -> None:
        self.root = root
        self.chance = chance
        self.text = text
        self.count = max([count, *_needs(root)])
        self.turn = turn
        self.within_list = False
        self.made: dict[int, Any] = {}
        self.open: set[int] = set()

    def row(self) -> Fields:
        return {name: self.value(shape) for name, shape in self.root.fields.items()}

    def value(self, shape: Shape) -> Any:
        """A value for the shape: within a row always the same one."""
        if id(shape) not in self.made:
            self.open.add(id(shape))
            self.made[id(shape)] = self.fresh(shape)
            self.open.discard(id(shape))
        return self.made[id(shape)]

    def fresh(self, shape: Shape) -> Any:
        if shape.literal is not NOTHING:
            return shape.literal
        for known in (self.in_turn(shape), self.linked(shape)):
            if known is not NOTHING:
                return known
        maker: Callable[[Shape], Any] = getattr(self, f"{self.kind(shape)}_value")
        return maker(shape)

    def in_turn(self, shape: Shape) -> Any:
        """What the shape is compared with, in every second row, one after the other; within lists by chance."""
        if self.within_list:
            return self.chance.choice([*shape.constants, NOTHING, NOTHING])
        number, rest = divmod(self.turn, 2)
        return NOTHING if rest or not shape.constants else shape.constants[number % len(shape.constants)]

    def kind(self, shape: Shape) -> str:
        """The shape's kind, or one of those that may be where nothing tells."""
        if shape.kind:
            return shape.kind
        if shape.indexed:
            return "index"
        if shape.constants:
            kinds = {bool: "bool", int: "int", float: "float", list: "list"}
            return kinds.get(type(shape.constants[0]), "text")
        if "tested" in shape.kinds:
            return ["bool", "any_text", "bool", "any_text"][self.turn % 4]
        if "sized" in shape.kinds:
            return self.chance.choice(["list", "text"])
        return "text" if shape.marks else "any_text"

    def linked(self, shape: Shape) -> Any:
        """Now and then the value, or an item, of what the shape is compared with or looked for in."""
        for other in shape.inside:
            items = self.value(other) if id(other) not in self.open else None
            if isinstance(items, list) and items:
                return self.chance.choice(items)
        for other in self.chance.sample(shape.equals, len(shape.equals)):
            owner = other.owner
            if self.chance.random() < 0.6 and id(owner or other) not in self.open:
                found = self.value(owner or other)
                if owner is None or (isinstance(found, list) and found):
                    return self.chance.choice(found) if owner else found
        return NOTHING

    def length(self, shape: Shape) -> int:
        if isinstance(shape.literal, list):
            return len(shape.literal)
        if shape.sizes and self.turn % 2:
            return max(0, shape.sizes[self.turn // 2 % len(shape.sizes)])
        return 0 if "tested" in shape.kinds and self.turn == 2 else self.count

    def index_value(self, shape: Shape) -> Any:
        if any(other.kind == "dict" and other.fields for other in shape.indexed):
            return self.chance.choice([name for other in shape.indexed for name in other.fields])
        return self.chance.randrange(max(1, min(self.length(other) for other in shape.indexed)))

    def int_value(self, shape: Shape) -> Any:
        return self.index_value(shape) if shape.indexed else self.chance.randint(0, self.count - 1)

    def digits_value(self, shape: Shape) -> Any:
        number = self.int_value(shape)
        return number if self.chance.random() < 0.5 and "text" not in shape.kinds else str(number)

    def float_value(self, shape: Shape) -> Any:
        return self.chance.choice([self.chance.randint(0, 5), round(self.chance.uniform(0, 5), 3), 4.6, 0.0])

    def bool_value(self, shape: Shape) -> Any:
        return self.turn % 4 == 0

    def list_value(self, shape: Shape) -> Any:
        return [self.member(shape) for _ in range(self.length(shape))]

    def member(self, shape: Shape) -> Any:
        """An item, made anew."""
        member = shape.item()
        if member.elements:
            return [self.member(Shape(member=one[0])) for one in member.elements]
        for known in _below(member):
            self.made.pop(id(known), None)
        before, self.within_list = self.within_list, True
        found = self.value(member)
        self.within_list = before
        return found

    def dict_value(self, shape: Shape) -> Any:
        record = {name: self.value(inner) for name, inner in shape.fields.items()}
        for name in {constant: 0 for key in shape.keys for constant in key.constants if isinstance(constant, str)}:
            record[name] = self.member(shape)
        return record

    def text_value(self, shape: Shape) -> Any:
        """A text, with what the template looks for in it and cuts it at."""
        text = self.text(self.chance)
        text = text if isinstance(text, str) else _short(self.chance)
        if "digits" in shape.kinds:
            return str(self.int_value(shape))
        for separator, parts in shape.splits.items():
            items = [str(self.member(parts)) for _ in range(max(self.count, parts.needs))]
            first = self.in_turn(parts.item())
            joined = (separator or " ").join(items if first is NOTHING else [str(first), *items[1:]])
            text = joined if len(shape.splits) == 1 else f"{text} {joined}"
        marks = [
            *shape.musts,
            *(mark for number, mark in enumerate(dict.fromkeys(shape.marks)) if (self.turn + number) % 2 == 0),
        ]
        marks = list(dict.fromkeys(marks))
        return " ".join([text, *(f"{mark}{_short(self.chance)}" for mark in marks)]) if marks else text

    def any_text_value(self, shape: Shape) -> Any:
        """Where any value does, the texts may be no texts."""
        return self.text(self.chance)


def _below(shape: Shape, seen: set[int] | None = None) -> Iterator[Shape]:
    """The shape and all that are parts of it."""
    seen = seen if seen is not None else set()
    if id(shape) not in seen:
        seen.add(id(shape))
        yield shape
        parts = [*shape.fields.values(), *([shape.member] if shape.member else []), *shape.splits.values()]
        for inner in parts:
            yield from _below(inner, seen)


def _needs(root: Shape) -> list[int]:
    return [shape.needs for shape in _below(root) if shape.needs < 20]


# Rows that do not fit.


def _some(fields: Fields, chance: random.Random) -> list[str]:
    """About half of the names, at least one."""
    names = list(fields)
    return chance.sample(names, chance.randint(1, (len(names) + 2) // 2)) if names else []


def _nulls(fields: Fields, chance: random.Random) -> Fields:
    return {**fields, **dict.fromkeys(_some(fields, chance))}


def _no_labels(fields: Fields, chance: random.Random) -> Fields:
    """-1 for every whole number, at any depth, as hidden test labels have it."""
    return _all_changed(fields, lambda value: -1 if isinstance(value, int) else value)


def _bad_labels(fields: Fields, chance: random.Random) -> Fields:
    return _all_changed(fields, lambda value: chance.choice(LABELS) if isinstance(value, int) else value)


def _missing(fields: Fields, chance: random.Random) -> Fields:
    """Without some fields, at the top or within records."""
    gone = _some(fields, chance) if chance.random() < 0.8 else []
    kept = {name: value for name, value in fields.items() if name not in gone}
    return {
        name: {key: item for key, item in value.items() if chance.random() < 0.5} if isinstance(value, dict) else value
        for name, value in kept.items()
    }


def _misfits(fields: Fields, chance: random.Random) -> Fields:
    return {**fields, **{name: chance.choice(MISFITS) for name in _some(fields, chance)}}


def _inner_misfits(fields: Fields, chance: random.Random) -> Fields:
    return _all_changed(fields, lambda value: chance.choice(MISFITS) if chance.random() < 0.25 else value)


def _empty(fields: Fields, chance: random.Random) -> Fields:
    """Lists without items or with nulls among them, and empty texts."""

    def emptied(value: Any) -> Any:
        if isinstance(value, list):
            return [] if chance.random() < 0.5 else [None, *value[1:]]
        return "" if isinstance(value, str) and chance.random() < 0.3 else value

    return _all_changed(fields, emptied)


def _hyphened(fields: Fields, chance: random.Random) -> Fields:
    """Names with hyphens for underscores, here and there within records too; and names that no template has."""

    def name_of(name: str) -> str:
        return name.replace("_", "-") if chance.random() < 0.8 else name

    renamed = {
        name_of(name): {name_of(key): item for key, item in value.items()}
        if isinstance(value, dict) and chance.random() < 0.3
        else value
        for name, value in fields.items()
    }
    return {**renamed, "größe-x": "1", "a b": 2, "": 3, "class": 4}


def _all_changed(fields: Fields, change: Callable[[Any], Any]) -> Fields:
    """The fields with `change` made to every value, from the inside out."""
    return {name: change(_changed(value, change)) for name, value in fields.items()}


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with `change` made to everything within it."""
    if isinstance(value, dict):
        return {name: change(_changed(inner, change)) for name, inner in value.items()}
    return [change(_changed(inner, change)) for inner in value] if isinstance(value, list) else value


HOSTILE: Mapping[str, Callable[[Fields, random.Random], Fields]] = {
    "nulls": _nulls, "no labels": _no_labels, "bad labels": _bad_labels, "missing": _missing, "misfits": _misfits,
    "inner misfits": _inner_misfits, "empty": _empty, "hyphened": _hyphened,
}  # fmt: skip
