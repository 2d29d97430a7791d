"""What the gates of a task are looked at again for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from taskmill.jobs.check_tasks import task_fingerprints
from taskmill.jobs.configuration.gate_settings import Gates
from taskmill.jobs.context import Context
from taskmill.jobs.storage.ledger import DONE, Counts, Entry


def test_a_task_whose_source_is_gone_is_passed_over() -> None:
    """`--only check_tasks` meets it, as the steps before have not taken it out of the ledger."""
    ledger = SimpleNamespace(done=lambda step: {"gone.qa": Entry(DONE, "", Counts())})
    context = SimpleNamespace(
        ledger=ledger, catalog=SimpleNamespace(tasks={}), pipeline=SimpleNamespace(gates=Gates())
    )  # fmt: skip
    assert task_fingerprints(cast(Context, context)) == {}
