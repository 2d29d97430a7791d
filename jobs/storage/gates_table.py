"""The table of what gates say of tasks."""

from __future__ import annotations

from pyspark.sql.types import StructType

from taskmill.jobs.storage.table import BOOLEAN, DOUBLE, STRING, STRINGS, Table, column, maybe

GATES = Table(
    "gates",
    "What a gate says of a task before anything of it is published",
    key=("task", "gate"),
    indexed=5,
    schema=StructType(
        [
            column("task", STRING, "source.task_type"),
            column("gate", STRING, "What was looked at: docs/gates.md"),
            column("verdict", STRING, "pass, warn or block; of a blocked task no pair is rendered"),
            column("value", DOUBLE, "The statistic"),
            maybe("limit", DOUBLE, "The limit that it broke, or the first that it would break"),
            column("excepted", BOOLEAN, "Whether the configuration excepts the task: it passes then"),
            column("evidence", STRING, "What was seen, in one line"),
            column("example_ids", STRINGS, "Examples to look at"),
            column("run_id", STRING, "The run that looked"),
        ]
    ),
)
