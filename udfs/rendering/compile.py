"""Template text to what renders it, once per process: a plan over whole columns where there is one, and always compiled
Jinja for single rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, cast

import numpy as np
import pyarrow as pa
from jinja2 import Template, TemplateAssertionError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.meta import find_undeclared_variables

from taskmill.udfs.rendering.bounds import Limits, check_text, start_render, stop_clock, watched
from taskmill.udfs.rendering.columns import Column, Constant, Mask, text_array
from taskmill.udfs.rendering.expressions import CHANGING_METHODS
from taskmill.udfs.rendering.kernels import Kernel, UnsupportedError, build_kernel
from taskmill.udfs.rendering.native_environment import NativeEnvironment
from taskmill.udfs.rendering.promptsource_environment import PublishedEnvironment
from taskmill.udfs.rendering.row_sets import RowSet
from taskmill.udfs.rendering.sandbox import DRAWS, BoundedSandbox

MAX_COMPILED = 4_096  # template texts kept per process; each is some ten kilobytes
MAX_SOURCE = 20_000  # characters of one template text
NATIVE, PROMPTSOURCE, PROMPTSOURCE_GUARDED = "native", "promptsource", "promptsource, guarded"
COMPILE_ERRORS = (TemplateSyntaxError, SecurityError)  # what `compiled` raises, and nothing else
KERNELS, ROWS = "kernels", "rows"
KERNEL_SECONDS = 20  # times what one row may take, for some thousand rows at once; then each row is tried alone

_BUILDERS: Mapping[str, Callable[[], BoundedSandbox]] = {
    NATIVE: NativeEnvironment,
    PROMPTSOURCE: lambda: PublishedEnvironment(guards=False),
    PROMPTSOURCE_GUARDED: lambda: PublishedEnvironment(guards=True),
}


@lru_cache(maxsize=len(_BUILDERS))
def environment(name: str = NATIVE) -> BoundedSandbox:
    """The Jinja environment of this name, one per process."""
    return _BUILDERS[name]()


@dataclass(frozen=True)
class Compiled:
    """A template text ready to render.

    Attributes:
        tree: its syntax tree, with the bounds in it.
        names: what it takes from outside.
    """

    template: Template
    tree: nodes.Template
    names: frozenset[str]

    @cached_property
    def _plan(self) -> tuple[Kernel | None, str | None]:
        try:
            return build_kernel(cast(BoundedSandbox, self.template.environment), self.tree), None
        except UnsupportedError as error:
            return None, str(error)

    @property
    def kernel(self) -> Kernel | None:
        """The plan over columns; None where a construct needs single rows."""
        return self._plan[0]

    @property
    def forced_by(self) -> str | None:
        """That construct and its line; None where there is a kernel."""
        return self._plan[1]

    @cached_property
    def draws(self) -> bool:
        """Whether it makes random choices."""
        return any(node.name == DRAWS for node in self.tree.find_all(nodes.Name))

    @cached_property
    def changes(self) -> bool:
        """Whether it may change the values it is given (`append`), which then have to be its own."""
        return any(node.attr in CHANGING_METHODS for node in self.tree.find_all(nodes.Getattr))

    def columns(self, rows: RowSet, limits: Limits) -> tuple[pa.StringArray, Mask]:
        """The text of every row, and which rows the kernel leaves open (all, where there is none)."""
        column, undecided = self.column(rows, limits)
        return text_array(column, rows.size), undecided

    def column(self, rows: RowSet, limits: Limits) -> tuple[Column, Mask]:
        """As `columns`, but text that is the same in every row stays one value."""
        if self.kernel is None:
            return Constant(""), np.ones(rows.size, np.bool_)
        with watched():
            start_render(limits, seconds=KERNEL_SECONDS * limits.max_render_seconds)
            found = self.kernel.render(rows.columns, rows.size)
            stop_clock()
        return found

    def __call__(self, names: Mapping[str, Any]) -> str:
        """The text rendered over one row; raises what Jinja and the bounds raise."""
        # `Template.render` builds its context twice over and joins whatever came; a loop over a long text comes to
        # gigabytes in no time, so the size is looked at while it grows.
        context = self.template.new_context({**self.template.globals, **names}, shared=True)
        parts: list[str] = []
        size = 0
        for part in self.template.root_render_func(context):
            size += len(part)
            check_text(size)
            parts.append(part)
        return "".join(parts)


def tier_of(*texts: Compiled) -> tuple[str, str | None]:
    """The tier that these texts together are rendered in, and the first construct that forced it."""
    forced = [text.forced_by for text in texts if text.kernel is None]
    return (ROWS, forced[0]) if forced else (KERNELS, None)


@lru_cache(maxsize=MAX_COMPILED)
def compiled(source: str, name: str = NATIVE) -> Compiled:
    """What renders this text in the environment of that name.

    Raises:
        TemplateSyntaxError, SecurityError: if it does not compile or uses what templates may not use. The errors Jinja
            raises do not unpickle: catch them before they leave a worker.
    """
    with _python_limits():
        _check_source_size(source)
        found = environment(name)
        tree = found.parse(source)
        template = Template.from_code(found, found.compile(tree), found.globals)
        names = find_undeclared_variables(tree) - set(found.globals) - {DRAWS}
        return Compiled(template, tree, frozenset(names))


def compiled_all(sources: Iterable[str], name: str = NATIVE) -> list[Compiled] | None:
    """What renders each of the texts; None when one does not compile: then rendering a row gives the reason."""
    try:
        return [compiled(source, name) for source in sources]
    except COMPILE_ERRORS:
        return None


@contextmanager
def _python_limits() -> Iterator[None]:
    """Jinja compiles to Python, which gives up on source that is nested too deep, with errors of its own, and warns of
    what it finds odd in code that nobody wrote."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            yield
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise SecurityError(f"too deep or too large to compile: {type(error).__name__}") from error
    except (UndefinedError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        # Jinja looks at some constants when it compiles.
        raise SecurityError(f"does not compile: {type(error).__name__}: {error}") from error


def _check_source_size(source: str) -> None:
    if len(source) > MAX_SOURCE:
        raise SecurityError(f"a template text of {len(source):,} characters; the limit is {MAX_SOURCE:,}")


def parsed(source: str, name: str = NATIVE) -> nodes.Template:
    """The syntax tree, with the errors of `compiled`, and for unknown filters and tests wherever they stand.

    Jinja leaves those inside an `if` to the moment they are reached.
    """
    tree, known = compiled(source, name).tree, environment(name)
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        kind, names = ("filter", known.filters) if isinstance(node, nodes.Filter) else ("test", known.tests)
        if node.name not in names:
            raise TemplateAssertionError(f"No {kind} named {node.name!r}.", node.lineno)
    return tree


def used_names(source: str, name: str = NATIVE) -> frozenset[str]:
    """Names a template text takes from outside: fields and `choices`; raises what `compiled` raises."""
    return compiled(source, name).names
