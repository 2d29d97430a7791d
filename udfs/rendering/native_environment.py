"""The Jinja environment of native templates: strict, with an explicit list of everything a template may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from taskmill.udfs.rendering import filters
from taskmill.udfs.rendering.sandbox import BoundedSandbox

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


class NativeEnvironment(BoundedSandbox, ImmutableSandboxedEnvironment):
    """Strict: an undefined name, a None in a slot or a construct that is not listed is an error."""

    allowed_methods = ALLOWED_METHODS

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, finalize=filters.printable)
        self.filters = {**filters.ALLOWED, **self.bounding}
        self.tests = {name: test for name, test in self.tests.items() if name in ALLOWED_TESTS}

    def refuse_nodes(self, tree: nodes.Template) -> None:
        for node in tree.find_all(tuple(FORBIDDEN_NODES)):
            raise SecurityError(f"'{FORBIDDEN_NODES[type(node)]}' is not allowed in a template (line {node.lineno})")

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A struct's member before a method of the same name."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - Jinja's own signature
        if isinstance(getattr(__obj, "__self__", None), str) and getattr(__obj, "__name__", "") == "join":
            return filters.OURS["join"](*args, separator=__obj.__self__)
        return super().call(__context, __obj, *args, **kwargs)
