"""Every step in order, in one Spark session; the order is written here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from taskmill.jobs import cluster_tasks, deduplicate, deduplicate_pairs, ingest, render
from taskmill.jobs.command import main
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.funnel import show_funnel

STEPS: dict[str, Callable[[Context], None]] = {
    ingest.STEP: ingest.run,
    deduplicate.STEP: deduplicate.run,
    cluster_tasks.STEP: cluster_tasks.run,
    deduplicate_pairs.STEP: deduplicate_pairs.run,
    render.STEP: render.run,
}


def run(context: Context, only: Sequence[str] = ()) -> None:
    """Brings every table up to date, or does the steps named in `only`, and shows where the rows went."""
    unknown = [name for name in only if name not in STEPS]
    if unknown:
        raise ConfigError(f"--only: there is no step {unknown[0]!r} (steps: {', '.join(STEPS)})")
    for name, step in STEPS.items():
        if not only or name in only:
            step(context)
    show_funnel(context)


if __name__ == "__main__":
    main(run)
