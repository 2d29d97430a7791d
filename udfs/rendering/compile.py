"""Template text to a function, once per process: the room for further tiers and dialects is behind `compiled`.

The tier that exists is *rows*: compiled sandboxed Jinja, called once per example with its fields as a dict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables

from taskmill.udfs.rendering.sandbox import NativeEnvironment

MAX_COMPILED = 4_096  # templates kept per process; each is some ten kilobytes
MAX_SOURCE = 20_000  # characters of one half of a template

Renderer = Callable[[Mapping[str, Any]], str]


@lru_cache(maxsize=1)
def environment() -> NativeEnvironment:
    return NativeEnvironment()


@lru_cache(maxsize=MAX_COMPILED)
def compiled(source: str) -> Renderer:
    """The function that renders this half of a native template.

    Raises:
        TemplateSyntaxError, SecurityError: if it does not compile or uses what templates may not use. The errors Jinja
            raises do not unpickle: catch them before they leave a worker.
    """
    check_source_size(source)
    return environment().from_string(source).render


def check_source_size(source: str) -> None:
    if len(source) > MAX_SOURCE:
        raise SecurityError(f"a template half of {len(source):,} characters; the limit is {MAX_SOURCE:,}")


def parsed(source: str) -> nodes.Template:
    """The syntax tree, with the errors of `compiled` and those that only compiling finds (unknown filters and
    tests)."""
    check_source_size(source)
    tree = environment().parse(source)
    environment().compile(source)
    return tree


def used_names(source: str) -> frozenset[str]:
    """Names a template half takes from outside: fields and `choices`."""
    return frozenset(find_undeclared_variables(environment().parse(source))) - frozenset(environment().globals)


__all__ = ["Renderer", "TemplateSyntaxError", "compiled", "environment", "parsed", "used_names"]
