"""The command that ranks wordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.jobs.commands.cli_options import with_session

if TYPE_CHECKING:
    from taskmill.jobs.context import Context


@with_session("templates rank")
def rank_templates(
    context: Context,
    task_type: Annotated[str, typer.Option("--task-type", metavar="GLOB", help="Only these task types.")] = "*",
    worst: Annotated[
        int | None, typer.Option("--worst", help="Show only so many wordings, the worst of all.", min=1)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    writes: Annotated[bool, typer.Option("--write/--no-write", help="Store the scores in `wording_scores`.")] = True,
) -> None:
    """How good each wording is, from what became of its pairs, what people said and its own text, best first."""
    from taskmill.jobs.commands.ranking_lines import show, show_json
    from taskmill.jobs.ranking.rank import rank

    rows = rank(context, task_type, writes)
    (show_json if as_json else show)(rows, worst)
