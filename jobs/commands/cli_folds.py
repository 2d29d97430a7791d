"""The commands that tell of folds and task clusters."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from taskmill.jobs.command import guarded, opened
from taskmill.jobs.commands.cli_options import Conf, Log, LogFormat, Master, Quiet, Set, Tables, Verbose, options

clusters_app = typer.Typer(no_args_is_help=True, help="Task clusters: what moved between their versions.")


def folds(
    verify: Annotated[bool, typer.Option("--verify", help="Exit code 1 when anything is on both sides.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    conf: Conf = None,
    tables: Tables = None,
    overrides: Set = None,
    master: Master = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    log: Log = LogFormat.text,
) -> None:
    """What each fold holds out, what is trained on meanwhile and what that costs."""

    def work() -> None:
        with opened(options(conf, tables, overrides, master, int(verbose) - int(quiet), log), "folds") as context:
            from taskmill.jobs.folds.folds import run

            run(context, verify, as_json)

    sys.exit(guarded(work))


@clusters_app.command("diff")
def clusters_diff(
    before: Annotated[int, typer.Argument(help="A version, as told by a run.")],
    after: Annotated[int | None, typer.Argument(help="Another; without it, the newest.")] = None,
    conf: Conf = None,
    tables: Tables = None,
    overrides: Set = None,
) -> None:
    """What moved between two versions of the task clusters. Needs no Spark."""

    def work() -> None:
        from taskmill.jobs.clusters.clusterings import show_diff

        show_diff(options(conf, tables, overrides), before, after)

    sys.exit(guarded(work))


def report(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The HTML file to write, its figures beside it as JSON; else where a run puts it."),
    ] = None,
    conf: Conf = None,
    tables: Tables = None,
    overrides: Set = None,
    master: Master = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    log: Log = LogFormat.text,
) -> None:
    """One HTML file on all that the runs have made, readable without network, and its figures as JSON."""

    def work() -> None:
        with opened(options(conf, tables, overrides, master, int(verbose) - int(quiet), log), "report") as context:
            from taskmill.jobs.report.after_run import wanted_file
            from taskmill.jobs.report.build import run

            run(context, wanted_file(context, out))

    sys.exit(guarded(work))
