"""The commands that tell of folds and task clusters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.jobs.command import Options
from taskmill.jobs.commands.cli_options import with_options, with_session

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

clusters_app = typer.Typer(no_args_is_help=True, help="Task clusters: what moved between their versions.")


@with_session("folds")
def folds(
    context: Context,
    verify: Annotated[bool, typer.Option("--verify", help="Exit code 1 when anything is on both sides.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """What each fold holds out, what is trained on meanwhile and what that costs."""
    from taskmill.jobs.folds.folds import run

    run(context, verify, as_json)


@clusters_app.command("diff")
@with_options()
def clusters_diff(
    options: Options,
    before: Annotated[int, typer.Argument(help="A version, as told by a run.")],
    after: Annotated[int | None, typer.Argument(help="Another; without it, the newest.")] = None,
) -> None:
    """What moved between two versions of the task clusters. Needs no Spark."""
    from taskmill.jobs.clusters.clusterings import show_diff

    show_diff(options, before, after)


@with_session("report")
def report(
    context: Context,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The HTML file to write, its figures beside it as JSON; else where a run puts it."),
    ] = None,
) -> None:
    """One HTML file on all that the runs have made, readable without network, and its figures as JSON."""
    from taskmill.jobs.report.after_run import wanted_file
    from taskmill.jobs.report.build import run

    run(context, wanted_file(context, out))
