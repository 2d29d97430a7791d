"""The options that several commands of `taskmill` take."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from taskmill.jobs.command import Options

Conf = Annotated[Path | None, typer.Option("--conf", help="Pipeline file; without it, the bundled sample.")]
Tables = Annotated[
    str | None, typer.Option("--tables", help="Where the tables are: a folder, a URI, or catalog:SCHEMA.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Overrides a setting, as in folds=4; may be repeated."),
]
Master = Annotated[str | None, typer.Option("--master", help="Spark master, as in local[4].")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]


class Switch(str, Enum):
    """A setting that is on or off."""

    on = "on"
    off = "off"


class LogFormat(str, Enum):
    """How messages are written."""

    text = "text"
    json = "json"


Log = Annotated[
    LogFormat, typer.Option("--log", help="text, or json: one JSON object a line on stderr, each with the run id.")
]


def options(
    conf: Path | None,
    tables: str | None,
    overrides: list[str] | None,
    master: str | None = None,
    level: int = 0,
    log: LogFormat = LogFormat.text,
) -> Options:
    """What the options of a command line say."""
    return Options(conf, tables, tuple(overrides or ()), master, level, log is LogFormat.json)
