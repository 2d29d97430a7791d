"""The commands for review by people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.jobs.command import Options, guarded
from taskmill.jobs.commands.cli_models import (
    AnswersFile,
    AtOnce,
    Endpoint,
    MaxCost,
    MaxTokens,
    Model,
    Offline,
    PerMinute,
    PriceIn,
    PriceOut,
)
from taskmill.jobs.commands.cli_options import with_options, with_session

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

review_app = typer.Typer(
    no_args_is_help=True, help="Review by people: pairs to look at, and decisions that bind later runs."
)


@review_app.command("sample")
@with_session("review sample")
def sample(
    context: Context,
    out: Annotated[Path, typer.Option("--out", help="Folder for the page, the CSV and the JSON Lines file.")],
    size: Annotated[
        int | None, typer.Option("--size", help="Pairs in all; else as many as --margin and --confidence need.", min=1)
    ] = None,
    margin: Annotated[
        float, typer.Option("--margin", help="The error rate is to be known to within this.", min=0.005, max=0.5)
    ] = 0.05,
    confidence: Annotated[float, typer.Option("--confidence", help="...with this.", min=0.5, max=0.999)] = 0.95,
    task: Annotated[str, typer.Option("--task", metavar="GLOB", help="Only these tasks.")] = "*",
    each_task: Annotated[
        bool, typer.Option("--each-task", help="The size holds for each task, not for all together.")
    ] = False,
    flagged: Annotated[
        float, typer.Option("--flagged", help="Share of the size for pairs with flags or warnings.", min=0, max=1)
    ] = 0.2,
    reviewers: Annotated[int, typer.Option("--reviewers", help="People who share the pairs.", min=1, max=50)] = 1,
    overlap: Annotated[
        float, typer.Option("--overlap", help="Share of the pairs that two of the reviewers get.", min=0, max=1)
    ] = 0.2,
    again: Annotated[bool, typer.Option("--again", help="Draw pairs that were decided on, too.")] = False,
) -> None:
    """Draws pairs to look at, into a page that works without network, a CSV and a JSON Lines file."""
    from taskmill.jobs.review.sample import Sample, run

    run(context, Sample(out, size, margin, confidence, task, each_task, flagged, reviewers, overlap, again))


@review_app.command("import")
@with_session()
def import_decisions(
    context: Context,
    files: Annotated[list[Path], typer.Argument(help="Decisions as JSON Lines, or as CSV (.csv).")],
    leave_unknown: Annotated[
        bool, typer.Option("--leave-unknown", help="Leave out decisions on what there is not, instead of refusing all.")
    ] = False,
) -> None:
    """Checks decisions and stores them, each once; all or none. They bind with the next run."""
    from taskmill.jobs.review.import_decisions import run_import

    run_import(context, files, leave_unknown)


@review_app.command("export")
@with_options()
def export_decisions(
    options: Options,
    out: Annotated[Path, typer.Option("--out", help="File to write: JSON Lines, or CSV where it ends in .csv.")],
) -> None:
    """Writes all decisions to a file, to be imported elsewhere. Needs no Spark."""
    from taskmill.jobs.review.import_decisions import run_export

    typer.echo(f"{run_export(options, out)} decisions in {out}")


@review_app.command("judge")
def judge(
    sample: Annotated[Path, typer.Argument(help="The sample.jsonl of `review sample`.")],
    out: Annotated[Path, typer.Option("--out", help="File of decisions to write, to be imported.")],
    rubric: Annotated[
        Path | None, typer.Option("--rubric", help="A text that says what a good pair is; else ours.")
    ] = None,
    model: Model = None,
    endpoint: Endpoint = None,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    price_in: PriceIn = 0.0,
    price_out: PriceOut = 0.0,
    at_once: AtOnce = 4,
    per_minute: PerMinute = None,
    answers: AnswersFile = None,
    offline: Offline = False,
) -> None:
    """Lets a model judge a sample as a reviewer that advises: imported, what it says binds nothing, and `status` tells
    how well it agrees with people. The key is read from TASKMILL_API_KEY. Needs no Spark."""

    def work() -> None:
        from taskmill.jobs.models.budgets import Budget
        from taskmill.jobs.models.client import settings_from
        from taskmill.jobs.review.judge import Judging, run

        settings = settings_from(model, endpoint, temperature=0.0, at_once=at_once, per_minute=per_minute)
        budget = Budget(max_tokens, max_cost, price_in, price_out)
        typer.echo(run(Judging(sample, out, settings, budget, rubric, answers, offline)))

    sys.exit(guarded(work))


@review_app.command("status")
@with_options()
def status(
    options: Options,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """What was reviewed, the error rate of each task and how well reviewers agree. Needs no Spark."""
    from taskmill.jobs.review.status import show_status

    show_status(options, as_json)
