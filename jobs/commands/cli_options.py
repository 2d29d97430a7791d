"""The options that most commands of `taskmill` take, and the decorators that give them to a command."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from taskmill.jobs.command import Options, guarded, opened

Command = Callable[..., None]


class Switch(str, Enum):
    """A setting that is on or off."""

    on = "on"
    off = "off"


class LogFormat(str, Enum):
    """How messages are written."""

    text = "text"
    json = "json"


def _options(
    conf: Annotated[Path | None, typer.Option("--conf", help="Pipeline file; without it, the bundled sample.")] = None,
    tables: Annotated[
        str | None, typer.Option("--tables", help="Where the tables are: a folder, a URI, or catalog:SCHEMA.")
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Overrides a setting, as in folds=4; may be repeated."),
    ] = None,
    master: Annotated[str | None, typer.Option("--master", help="Spark master, as in local[4].")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")] = False,
    log: Annotated[
        LogFormat, typer.Option("--log", help="text, or json: one JSON object a line on stderr, each with the run id.")
    ] = LogFormat.text,
) -> Options:
    """What the options of a command line say."""
    return Options(conf, tables, tuple(overrides or ()), master, int(verbose) - int(quiet), log is LogFormat.json)


SHARED = inspect.signature(_options, eval_str=True).parameters


def with_options(*names: str) -> Callable[[Command], Command]:
    """Makes a command of a function whose first parameter is an `Options`: the command line has the shared options of
    these names after the function's own, our errors become messages, and the process ends with an exit code.

    Args:
        names: of parameters of `_options`; none means `conf`, `tables` and `overrides`.
    """
    shared = [SHARED[name] for name in names or ("conf", "tables", "overrides")]

    def decorate(function: Command) -> Command:
        @functools.wraps(function)
        def command(**given: Any) -> None:
            options = _options(**{parameter.name: given.pop(parameter.name) for parameter in shared})
            sys.exit(guarded(lambda: function(options, **given)))

        _show_options(command, function, shared)
        return command

    return decorate


def with_session(reader: str | None = None) -> Callable[[Command], Command]:
    """Like `with_options`, for a function whose first parameter is a `Context`: with every shared option.

    Args:
        reader: the name of a command that only reads the pairs: it creates no tables.
    """

    def decorate(function: Command) -> Command:
        @functools.wraps(function)
        def in_session(options: Options, **given: Any) -> None:
            with opened(options, reader) as context:
                function(context, **given)

        return with_options(*SHARED)(in_session)

    return decorate


def _show_options(command: Any, function: Command, shared: list[inspect.Parameter]) -> None:
    """Lets `command` have the signature that typer reads: that of `function` with the shared options in place of its
    first parameter, whose type may not even be importable without Spark."""
    own = inspect.unwrap(function)
    first = next(iter(inspect.signature(own).parameters))
    own.__annotations__.pop(first)
    parameters = [*list(inspect.signature(own, eval_str=True).parameters.values())[1:], *shared]
    command.__signature__ = inspect.Signature(parameters)
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
