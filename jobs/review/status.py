"""`taskmill review status`: what was reviewed, how good it was, and what a configuration demands of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from taskmill.jobs.command import Options, load
from taskmill.jobs.errors import ReviewError
from taskmill.jobs.review.decisions import decisions_in, stored_decisions
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.roots import missing_table
from taskmill.jobs.storage.stored_rows import StoredRows
from taskmill.jobs.words import counted
from taskmill.udfs.review.rates import FAILED, Agreement, Rate, agreements, rates
from taskmill.udfs.review.verdicts import PAIR, REJECT, Decision, verdicts

if TYPE_CHECKING:
    from taskmill.jobs.catalog.catalog import Catalog
    from taskmill.jobs.configuration.settings import Review
    from taskmill.jobs.context import Context

ALL = "all tasks"


def show_status(options: Options, as_json: bool) -> None:
    """Prints where review stands. Needs no Spark.

    Raises:
        ReviewError: for a task that failed, where the configuration makes that an error.
        TableError: if there are no tables.
    """
    pipeline, catalog = load(options)
    stored = StoredRows(pipeline.tables)
    if not stored.has(tables.DECISIONS.name):
        raise missing_table(pipeline.tables, tables.DECISIONS.name, "review status")
    status = status_of(stored_decisions(stored), catalog, pipeline.review)
    if as_json:
        print(json.dumps(status, ensure_ascii=False, indent=1))
    else:
        _print(status, pipeline.review)
    _judge(status["tasks"], pipeline.review)


def check_rates(context: Context) -> None:
    """Tells of tasks whose error rate in review is above the limit, at the end of a run.

    Raises:
        ReviewError: for such a task, where the configuration makes that an error.
    """
    review = context.pipeline.review
    if review.max_error_rate is None:
        return
    status = status_of(decisions_in(context.warehouse), context.catalog, review)
    for line in failures(status["tasks"], review):
        context.messages.warn(f"review: {line}")
    _judge(status["tasks"], review)


def status_of(decisions: Sequence[Decision], catalog: Catalog, review: Review) -> dict[str, Any]:
    """All that the command tells, as plain values."""
    current = {
        (name, template.name): template.template_id(task.task_type.task_type)
        for name, task in catalog.tasks.items()
        for template in task.templates
    }
    found = verdicts(decisions, review.adjudicators)
    whole = [item for item, verdict in sorted(found.items()) if item.scope != PAIR and verdict.kind == REJECT]
    pairs = [*agreements(decisions, review.adjudicators), *agreements(decisions, review.adjudicators, ALL)]
    return {
        "confidence": review.confidence,
        "max_error_rate": review.max_error_rate,
        "tasks": [_of_task(rate, review) for rate in rates(decisions, current, review.adjudicators)],
        "agreement": [_of_pair(one) for one in pairs],
        "rejected_whole": [{name: value for name, value in item._asdict().items() if value} for item in whole],
        "decisions": len(decisions),
    }


def failures(tasks: Iterable[dict[str, Any]], review: Review) -> Iterator[str]:
    """A line for each task that failed."""
    for one in tasks:
        if one.get("standing") == FAILED:
            yield (
                f"{one['task']}: {one['errors']:,} of {one['drawn']:,} pairs drawn at random are wrong "
                f"({one['lower']:.1%} to {one['upper']:.1%}); review.max_error_rate is {review.max_error_rate:.1%}"
            )


def _judge(tasks: Sequence[dict[str, Any]], review: Review) -> None:
    lines = list(failures(tasks, review))
    if lines and review.severity == "error":
        raise ReviewError("\n".join([*lines, "Mend or reject its templates, or set review.severity: warn"]))


def _of_task(rate: Rate, review: Review) -> dict[str, Any]:
    lower, upper = rate.interval(review.confidence)
    told = {**asdict(rate), "reviewed": rate.reviewed, "error_rate": rate.error_rate, "lower": lower, "upper": upper}
    if review.max_error_rate is not None:
        told["standing"] = rate.standing(review.max_error_rate, review.confidence)
    return told


def _of_pair(one: Agreement) -> dict[str, Any]:
    return {**asdict(one), "reviewers": list(one.reviewers)}


def _print(status: dict[str, Any], review: Review) -> None:
    console = Console(highlight=False)
    if not status["decisions"]:
        console.print("nothing was reviewed yet: begin with `taskmill review sample --out DIR`")
        return
    columns = [
        "task",
        "looked at",
        "accepted",
        "rejected",
        "fixed",
        "old",
        "errors",
        f"{review.confidence:.0%} interval",
    ]
    if review.max_error_rate is not None:
        columns.append(f"limit {review.max_error_rate:.1%}")
    rows = [
        [one["task"], *(f"{one[name]:,}" for name in ("reviewed", "accepted", "rejected", "fixed", "outdated")),
         _share(one["error_rate"]), f"{one['lower']:.1%} to {one['upper']:.1%}" if one["drawn"] else "·",
         *([one["standing"]] if "standing" in one else [])]
        for one in status["tasks"]
    ]  # fmt: skip
    console.print(_grid(columns, rows))
    if status["agreement"]:
        pairs = [
            [one["task"], " and ".join(one["reviewers"]), f"{one['items']:,}", _share(one["agreed"] / one["items"]),
             "·" if one["kappa"] is None else f"{one['kappa']:.2f}"]
            for one in status["agreement"]
        ]  # fmt: skip
        console.print(_grid(["task", "reviewers", "both judged", "agreed", "kappa"], pairs))
    for one in status["rejected_whole"]:
        name = one.get("task") or one.get("task_type")
        console.print(f"rejected whole: {one['scope']} {name} {one.get('template', '')}".rstrip(), markup=False)
    console.print(
        f"{counted(status['decisions'], 'decision')}; errors are those of pairs drawn at random, "
        "old: judged with another wording"
    )
    for line in failures(status["tasks"], review):
        console.print(f"above the limit: {line}", style="yellow", markup=False)


def _share(value: float | None) -> str:
    return "·" if value is None else f"{value:.1%}"


def _grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Grid:
    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for place, name in enumerate(columns):
        grid.add_column(name, justify="left" if place == 0 or name == "reviewers" else "right", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))  # names of reviewers are no markup
    return grid
