"""One published promptsource template as a wording: cut into prompt and response, with its choices and its uses.

What cannot be said in native syntax is refused here as far as the template's tree shows it; what only rendering shows
comes later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from taskmill.jobs.catalog.template_checks import CHECK_LIMITS
from taskmill.jobs.imports.field_uses import ConflictError, Use, field_type
from taskmill.jobs.imports.jinja_sources import PLAIN, halves, normalised, renamed, variables
from taskmill.jobs.imports.jinja_uses import CHOICES, Uses
from taskmill.jobs.imports.task_types import NotConvertedError
from taskmill.udfs.rendering.compile import COMPILE_ERRORS, environment, parsed
from taskmill.udfs.rendering.native import render_row
from taskmill.udfs.rendering.plans import Template
from taskmill.udfs.rendering.promptsource import PIPES, PublishedTemplate

BROKEN = "its Jinja cannot be read"
DRAWS = "it draws at random"
CHANGES = "it changes a list or struct"
UNKNOWN = "it uses what native templates do not have"
NO_TYPE = "its columns fit no field types"
NOT_DIFFERENT = "its choices are not two or more different texts"
READS_NOTHING = "it reads no column"
PER_EXAMPLE = "its choices are other ones for each example, and no list field holds them"
DRAWING = frozenset({"choice", "random", "shuffle"})
CHANGING = frozenset({"append", "clear", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"})


@dataclass(frozen=True)
class Candidate:
    """A template that may have a native wording; names are still those of its columns.

    Attributes:
        choices: the fixed choices, the column that holds them, or None if the wording does without.
        uses: what it does with each column.
        is_indexed: whether a column is an index into the choices.
        names_choices: whether the published template reads its choices.
        is_conditional: whether it has conditions.
    """

    published: PublishedTemplate
    prompt: str
    response: str
    choices: tuple[str, ...] | str | None
    uses: dict[str, Use]
    is_indexed: bool
    names_choices: bool
    is_conditional: bool

    def without_choices(self) -> Candidate:
        """The same, with the choices written where they were named."""
        if self.choices is None:
            return self
        shown = self.choices if isinstance(self.choices, str) else json.dumps(self.choices, ensure_ascii=False)
        prompt, response = (renamed(half, {CHOICES: shown}) for half in (self.prompt, self.response))
        uses = {name: replace(use, marks={"index" if mark == "choice" else mark for mark in use.marks})
                for name, use in self.uses.items()}  # fmt: skip
        return replace(self, prompt=prompt, response=response, choices=None, uses=uses, is_indexed=False)


def candidate(published: PublishedTemplate) -> Candidate:
    """The template cut and read.

    Raises:
        NotConvertedError: if its text shows that no native wording says the same.
    """
    source = normalised(published.jinja)
    try:
        tree = PLAIN.parse(source)
    except TemplateSyntaxError as error:
        raise NotConvertedError(BROKEN, f"line {error.lineno}: {error.message}") from error
    _refuse_constructs(tree)
    prompt, response = halves(source)
    names = {token.text for half in (prompt, response) for token in variables(half)}
    choices = _choices(published) if CHOICES in names else None
    _refuse_unknown(prompt, response)
    uses = Uses(tree).fields
    of_choices = uses.pop(CHOICES, Use())
    if isinstance(choices, str):
        uses.setdefault(choices, Use()).add(Use({"walked"}, item=Use({"printed", "stripped"})))
        uses[choices].add(of_choices)
    elif choices is not None and not _indexes(uses):
        _mark_index(uses, len(choices))
    _refuse_untyped(uses)
    found = Candidate(
        published, prompt, response, choices, uses,
        is_indexed=_indexes(uses), names_choices=CHOICES in names, is_conditional=_is_conditional(tree),
    )  # fmt: skip
    if isinstance(choices, str) and not found.is_indexed:
        return found.without_choices()
    if found.is_indexed and isinstance(choices, tuple) and not len(set(choices)) == len(choices) > 1:
        raise NotConvertedError(NOT_DIFFERENT, PIPES.join(choices))
    return found


def _indexes(uses: dict[str, Use]) -> bool:
    return any("choice" in use.marks for use in uses.values())


def _refuse_untyped(uses: dict[str, Use]) -> None:
    if not uses:
        raise NotConvertedError(READS_NOTHING)
    for name, use in uses.items():
        try:
            field_type(use, name)
        except ConflictError as error:
            raise NotConvertedError(NO_TYPE, str(error)) from error


def _is_conditional(tree: nodes.Template) -> bool:
    loops = tree.find_all(nodes.For)
    return any(tree.find_all((nodes.If, nodes.CondExpr))) or any(loop.test is not None for loop in loops)


def _mark_index(uses: dict[str, Use], count: int) -> None:
    """The one column that is only compared with indexes of the choices is one."""
    found = [
        use
        for use in uses.values()
        if "integer" in use.marks and all(isinstance(value, int) and 0 <= value < count for value in use.constants)
    ]
    if len(found) == 1:
        found[0].marks.add("choice")


def _refuse_constructs(tree: nodes.Template) -> None:
    filters = {node.name for node in tree.find_all(nodes.Filter)}
    if drawn := sorted(filters & DRAWING):
        raise NotConvertedError(DRAWS, f"the filter {drawn[0]}")
    called = list(_called(tree))
    if changing := sorted({name for name, is_method in called if is_method and name in CHANGING}):
        raise NotConvertedError(CHANGES, f".{changing[0]}()")
    for name, is_method in called:
        if not is_method and name not in environment().globals or is_method and not _is_allowed_method(name):
            raise NotConvertedError(UNKNOWN, f"{'.' if is_method else ''}{name}()")


def _called(tree: nodes.Template) -> Iterator[tuple[str, bool]]:
    """Names that are called, and whether each is a method."""
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Getattr):
            yield call.node.attr, True
        else:
            yield getattr(call.node, "name", "an expression"), False


def _is_allowed_method(name: str) -> bool:
    owners: tuple[object, ...] = ("", [], {})
    return any(
        hasattr(owner, name) and environment().is_safe_attribute(owner, name, getattr(owner, name)) for owner in owners
    )


def _refuse_unknown(*halves: str) -> None:
    for half in halves:
        try:
            parsed(half)
        except COMPILE_ERRORS as error:
            raise NotConvertedError(UNKNOWN, f"{error}") from error


def _choices(published: PublishedTemplate) -> tuple[str, ...] | str:
    source = published.answer_choices
    if source is None:
        raise NotConvertedError(BROKEN, "it names answer_choices, and has none")
    try:
        tree = PLAIN.parse(source)
    except TemplateSyntaxError as error:
        raise NotConvertedError(BROKEN, f"answer_choices: {error}") from error
    if column := _joined_column(tree):
        return column
    if list(variables(normalised(source))):
        raise NotConvertedError(PER_EXAMPLE, " ".join(source.split()))
    rendered = render_row(Template("choices", "-", source), {}, CHECK_LIMITS)
    if rendered.reason is not None:
        raise NotConvertedError(BROKEN, f"answer_choices: {rendered.detail or rendered.reason}")
    return tuple(choice.strip() for choice in rendered.response.split(PIPES))


def _joined_column(tree: nodes.Template) -> str | None:
    """`options` in `{{ options | join("|||") }}`."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output) or len(tree.body[0].nodes) != 1:
        return None
    node = tree.body[0].nodes[0]
    if not isinstance(node, nodes.Filter) or node.name != "join" or node.kwargs or len(node.args) != 1:
        return None
    if not isinstance(node.node, nodes.Name) or not isinstance(node.args[0], nodes.Const):
        return None
    return node.node.name if str(node.args[0].value).strip() == PIPES else None
