"""The order of steps, and steps run out of it. Spark is not started."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from taskmill.jobs.errors import TableError
from taskmill.jobs.run import STEPS, check_earlier
from taskmill.jobs.storage.ledger import DONE, STARTED, Counts, Entry, Ledger

TASK = "reviews.sentiment"


def context(statuses: dict[str, str], tasks: tuple[str, ...] = (TASK,)) -> Any:
    """As far as the check looks: the catalog's tasks, and a ledger with these steps of one task."""
    entries = {(step, TASK): Entry(status, "f", Counts()) for step, status in statuses.items()}
    return SimpleNamespace(
        catalog=SimpleNamespace(tasks=dict.fromkeys(tasks)),
        pipeline=SimpleNamespace(tables="warehouse"),
        ledger=Ledger(warehouse=None, run_id="r", entries=entries),  # type: ignore[arg-type]
    )


def test_check_earlier_names_the_first_step_that_has_to_run() -> None:
    with pytest.raises(TableError, match="render: ingest has to run first.*'warehouse'.*`taskmill run --only ingest`"):
        check_earlier(context({}), "render")
    with pytest.raises(TableError, match="render: deduplicate has to run first.*--only deduplicate`"):
        check_earlier(context({"ingest": DONE, "deduplicate": STARTED}), "render")


def test_check_earlier_lets_steps_pass_whose_turn_it_is() -> None:
    done: dict[str, str] = {}
    for step in STEPS:
        check_earlier(context(done), step)
        done[step] = DONE


def test_check_earlier_has_nothing_to_say_of_a_catalog_without_tasks() -> None:
    check_earlier(context({}, tasks=()), "render")
