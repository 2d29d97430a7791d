"""The command that ranks wordings."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from taskmill.jobs.command import guarded, opened
from taskmill.jobs.commands.cli_options import Conf, Log, LogFormat, Master, Quiet, Set, Tables, Verbose, options


def rank_templates(
    task_type: Annotated[str, typer.Option("--task-type", metavar="GLOB", help="Only these task types.")] = "*",
    worst: Annotated[
        int | None, typer.Option("--worst", help="Show only so many wordings, the worst of all.", min=1)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    writes: Annotated[bool, typer.Option("--write/--no-write", help="Store the scores in `wording_scores`.")] = True,
    conf: Conf = None,
    tables: Tables = None,
    overrides: Set = None,
    master: Master = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    log: Log = LogFormat.text,
) -> None:
    """How good each wording is, from what became of its pairs, what people said and its own text, best first."""

    def work() -> None:
        level = int(verbose) - int(quiet)
        with opened(options(conf, tables, overrides, master, level, log), "templates rank") as context:
            from taskmill.jobs.commands.ranking_lines import show, show_json
            from taskmill.jobs.ranking.rank import rank

            rows = rank(context, task_type, writes)
        (show_json if as_json else show)(rows, worst)

    sys.exit(guarded(work))
