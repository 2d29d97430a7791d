"""Template text to a function, once per process: the room for further tiers and dialects is behind `compiled`.

The tier that exists is *rows*: compiled sandboxed Jinja, called once per example with its fields as a dict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from jinja2 import TemplateAssertionError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables

from taskmill.udfs.rendering.filters import check_size
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
    with _python_limits():
        _check_source_size(source)
        template = environment().from_string(source)

    def render(names: Mapping[str, Any]) -> str:
        # Jinja's own `render` joins whatever came, and a loop over a long text comes to gigabytes in no time.
        parts: list[str] = []
        size = 0
        for part in template.root_render_func(template.new_context(dict(names))):
            size += len(part)
            check_size(size)
            parts.append(part)
        return "".join(parts)

    return render


@contextmanager
def _python_limits() -> Iterator[None]:
    """Jinja compiles to Python, which gives up on source that is nested too deep, with errors of its own."""
    try:
        yield
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        raise SecurityError(f"too deep or too large to compile: {type(error).__name__}") from error


def _check_source_size(source: str) -> None:
    if len(source) > MAX_SOURCE:
        raise SecurityError(f"a template half of {len(source):,} characters; the limit is {MAX_SOURCE:,}")


def parsed(source: str) -> nodes.Template:
    """The syntax tree, with the errors of `compiled`, and for unknown filters and tests wherever they stand.

    Jinja leaves those inside an `if` to the moment they are reached.
    """
    with _python_limits():
        _check_source_size(source)
        tree = environment().parse(source)
        for node in tree.find_all((nodes.Filter, nodes.Test)):
            kind, known = (
                ("filter", environment().filters) if isinstance(node, nodes.Filter) else ("test", environment().tests)
            )
            if node.name not in known:
                raise TemplateAssertionError(f"No {kind} named {node.name!r}.", node.lineno)
        environment().compile(source)
    return tree


def used_names(source: str) -> frozenset[str]:
    """Names a template half takes from outside: fields and `choices`."""
    with _python_limits():
        return frozenset(find_undeclared_variables(environment().parse(source))) - frozenset(environment().globals)


__all__ = ["Renderer", "TemplateSyntaxError", "compiled", "environment", "parsed", "used_names"]
