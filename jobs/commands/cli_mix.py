"""The commands that mix pairs and choose the most informative examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.jobs.commands.cli_options import with_session

if TYPE_CHECKING:
    from taskmill.jobs.context import Context


@with_session("mix")
def mix(
    context: Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="A mixture or a preset; without any, the pipeline's own.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what each rule leaves out and what is taken; write nothing.")
    ] = False,
) -> None:
    """Which pairs are trained on together, how often: caps, rates, balanced labels, wordings, budgets."""
    from taskmill.jobs.mix import run_named

    run_named(context, tuple(names or ()), dry_run)


@with_session("select")
def select(
    context: Context,
    name: Annotated[str, typer.Argument(help="A mixture that has `select`.")],
    number: Annotated[int, typer.Option("--round", help="Which round; none repeats an example of another.", min=1)] = 1,
    scores: Annotated[
        str | None, typer.Option("--scores", metavar="TABLE", help="Scores of examples or pairs: Delta or parquet.")
    ] = None,
    examples: Annotated[int | None, typer.Option("--examples", help="How many, instead of its own.", min=1)] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Make a round again that was made.")] = False,
) -> None:
    """The most informative examples of a mixture, round by round: to be labelled, or to be trained on."""
    from taskmill.jobs.select_examples import run_round

    run_round(context, name, number, scores, examples, anew)
