"""The command that tells what gates said of tasks."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from taskmill.jobs.command import guarded
from taskmill.jobs.commands.cli_options import Conf, Set, Tables, options


def gates(
    task: Annotated[str | None, typer.Option("--task", metavar="GLOB", help="Only these tasks.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
    with_passed: Annotated[bool, typer.Option("--all", help="Also what passed.")] = False,
    conf: Conf = None,
    tables: Tables = None,
    overrides: Set = None,
) -> None:
    """Which tasks are degenerate, biased or contradict themselves, with the evidence, worst first. Needs no Spark."""

    def work() -> None:
        from taskmill.jobs.commands.gate_lines import run

        run(options(conf, tables, overrides), task, as_json, with_passed)

    sys.exit(guarded(work))
