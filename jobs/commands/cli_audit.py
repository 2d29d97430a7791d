"""The command that looks for bias."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.jobs.commands.cli_options import with_session

if TYPE_CHECKING:
    from taskmill.jobs.context import Context


@with_session("audit")
def audit(
    context: Context,
    task: Annotated[str, typer.Option("--task", metavar="GLOB", help="Only tasks of such names.")] = "*",
    sample: Annotated[int, typer.Option("--sample", help="Examples of each task to look at.", min=1)] = 1_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="An HTML file to write as well.")] = None,
) -> None:
    """Groups of people in the data: the labels that go with them, and what changes when they are exchanged."""
    from taskmill.jobs.audit.build import run

    run(context, task, sample, as_json, out)
