"""Every step in order, in one Spark session; the order is written here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from taskmill.jobs import (
    check_tasks,
    cluster_tasks,
    decontaminate,
    deduplicate,
    deduplicate_pairs,
    group_examples,
    ingest,
    mix,
    render,
)
from taskmill.jobs.command import main
from taskmill.jobs.commands.funnel import show_funnel
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.report.after_run import report_after_run
from taskmill.jobs.review.status import check_rates

STEPS: dict[str, Callable[[Context], None]] = {
    ingest.STEP: ingest.run,
    deduplicate.STEP: deduplicate.run,
    group_examples.STEP: group_examples.run,
    check_tasks.STEP: check_tasks.run,
    cluster_tasks.STEP: cluster_tasks.run,
    decontaminate.STEP: decontaminate.run,
    deduplicate_pairs.STEP: deduplicate_pairs.run,
    render.STEP: render.run,
    mix.STEP: mix.run,
}


def run(context: Context, only: Sequence[str] = ()) -> None:
    """Brings every table up to date, or does the steps named in `only`, and shows where the rows went.

    Raises:
        ConfigError: for a step that there is not.
        TableError: for a step that builds on one that has never run.
        ReviewError: for a task that failed review, where the configuration says so.
    """
    unknown = [name for name in only if name not in STEPS]
    if unknown:
        raise ConfigError(f"--only: there is no step {unknown[0]!r} (steps: {', '.join(STEPS)})")
    for name, step in STEPS.items():
        if not only or name in only:
            check_earlier(context, name)
            step(context)
    show_funnel(context)
    check_rates(context)


def run_and_report(context: Context, only: Sequence[str] = ()) -> None:
    """Does what `run` does, and writes the report when every step was asked for.

    Raises:
        TableError: also if the report cannot be written.
    """
    before = context.ledger.sequence
    run(context, only)
    context.ledger.flush()
    if not only:
        report_after_run(context, has_changed=context.ledger.sequence > before)


def check_earlier(context: Context, name: str) -> None:
    """Refuses a step when an earlier one has never run: it would find nothing to do, and say that it is up to date."""
    for earlier in list(STEPS)[: list(STEPS).index(name)]:
        if context.catalog.tasks and not context.ledger.done(earlier):
            raise TableError(
                f"{name}: {earlier} has to run first, and has left nothing under {context.pipeline.tables!r} yet. Run "
                f"`taskmill run --only {earlier}` with the same --conf and --tables, or `taskmill run` for every step"
            )


if __name__ == "__main__":
    main(run_and_report)
