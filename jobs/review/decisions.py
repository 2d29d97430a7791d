"""Decisions as they are stored, read with Spark or without, and the ids that make importing twice change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from taskmill.jobs.storage import tables
from taskmill.jobs.storage.stored_rows import StoredRows
from taskmill.udfs.ids import fingerprint, hashed
from taskmill.udfs.review.verdicts import Decision, Item

if TYPE_CHECKING:
    from taskmill.jobs.storage.warehouse import Warehouse

# All that a decision says. Its id is a hash of these, in this order.
SAID = (
    "scope", "task", "task_type", "example_id", "template", "template_id", "text_hash", "drawn", "decision", "reviewer",
    "decided_at", "comment", "fixed_prompt", "fixed_response",
)  # fmt: skip
READ = ("decision_id", "scope", "task", "task_type", "example_id", "template", "template_id", "drawn", "decision",
        "reviewer", "decided_at")  # fmt: skip


def decision_id(said: Mapping[str, Any]) -> str:
    """The id of a decision; `decided_at` is a time with a zone."""
    values = [said.get(name) for name in SAID]
    return fingerprint([moment_text(value) if isinstance(value, datetime) else value for value in values])


def text_hash(prompt: str, response: str) -> str:
    """Stands for the text that a reviewer looked at."""
    return hashed(prompt, response)


def moment_text(moment: datetime) -> str:
    """ISO 8601 in UTC, to the microsecond where there are any."""
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def decisions_in(warehouse: Warehouse) -> list[Decision]:
    """What people decided, without their texts. It is as much as people have written, not as much as there is data."""
    from pyspark.sql import functions as F

    if tables.DECISIONS.name in warehouse.empty or not warehouse.exists(tables.DECISIONS):
        return []
    rows = warehouse.read(tables.DECISIONS).select(*READ[:-1], F.unix_micros("decided_at").alias("decided_at"))
    return [_decision(row.asDict()) for row in rows.collect()]


def stored_decisions(stored: StoredRows) -> list[Decision]:
    """The same without Spark."""
    rows = stored.rows(tables.DECISIONS.name, READ, "true")
    return [_decision({**row, "decided_at": _micros(row["decided_at"])}) for row in rows]


def _micros(moment: datetime) -> int:
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    since = zoned - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _decision(row: Mapping[str, Any]) -> Decision:
    item = Item(
        row["scope"],
        row["task"] or "",
        row["task_type"] or "",
        row["example_id"] or "",
        row["template"] or "",
    )
    return Decision(
        row["decision_id"], item, row["decision"], row["reviewer"], row["decided_at"], row["template_id"] or "",
        row["drawn"] or "",
    )  # fmt: skip
