"""Which tasks are not published though their examples are there: the one place that decides it."""

from __future__ import annotations

from taskmill.jobs.catalog.source_licences import refused_sources
from taskmill.jobs.context import Context
from taskmill.jobs.storage.ledger import CHECK_TASKS
from taskmill.udfs.gates.verdicts import BLOCK


def left_out_tasks(context: Context) -> dict[str, str]:
    """The tasks that never become pairs, by name, each with the reason: their licences, or a gate that blocks them."""
    refused = refused_sources(context.catalog, context.pipeline.licences)
    blocked = {name: "a gate blocks it" for name, entry in context.ledger.done(CHECK_TASKS).items()
               if entry.output == BLOCK}  # fmt: skip
    return blocked | {
        name: refused[task.source.source]
        for name, task in context.catalog.tasks.items()
        if task.source.source in refused
    }
