"""The command that tells what gates said of tasks."""

from __future__ import annotations

from typing import Annotated

import typer

from taskmill.jobs.command import Options
from taskmill.jobs.commands.cli_options import with_options


@with_options()
def gates(
    options: Options,
    task: Annotated[str | None, typer.Option("--task", metavar="GLOB", help="Only these tasks.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
    with_passed: Annotated[bool, typer.Option("--all", help="Also what passed.")] = False,
) -> None:
    """Which tasks are degenerate, biased or contradict themselves, with the evidence, worst first. Needs no Spark."""
    from taskmill.jobs.commands.gate_lines import run

    run(options, task, as_json, with_passed)
