"""The command that looks for bias."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from taskmill.jobs.command import guarded, opened
from taskmill.jobs.commands.cli_options import Conf, Log, LogFormat, Master, Quiet, Set, Tables, Verbose, options


def audit(
    task: Annotated[str, typer.Option("--task", metavar="GLOB", help="Only tasks of such names.")] = "*",
    sample: Annotated[int, typer.Option("--sample", help="Examples of each task to look at.", min=1)] = 1_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="An HTML file to write as well.")] = None,
    conf: Conf = None,
    tables: Tables = None,
    overrides: Set = None,
    master: Master = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    log: Log = LogFormat.text,
) -> None:
    """Groups of people in the data: the labels that go with them, and what changes when they are exchanged."""

    def work() -> None:
        with opened(options(conf, tables, overrides, master, int(verbose) - int(quiet), log), "audit") as context:
            from taskmill.jobs.audit.build import run

            run(context, task, sample, as_json, out)

    sys.exit(guarded(work))
