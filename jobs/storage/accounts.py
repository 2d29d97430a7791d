"""The tables that keep account: of refused rows, of where rows went, of what was read and compared before, and of what
people decided."""

from __future__ import annotations

from pyspark.sql.types import StructType

from taskmill.jobs.storage.table import (
    DOUBLE,
    LONG,
    LONGS,
    STRING,
    STRINGS,
    TIMESTAMP,
    Table,
    column,
    maybe,
)

QUARANTINE = Table(
    "quarantine",
    "A row refused at some step, with its reasons and itself",
    key=("row_id", "step"),
    indexed=4,
    schema=StructType(
        [
            column("step", STRING, "The step that refused it"),
            column("task", STRING, "source.task_type"),
            column("source", STRING, "The dataset"),
            column("row_id", STRING, "Hash of what was refused; equal rows share it"),
            column("reasons", STRINGS, "Why, in short words"),
            maybe("detail", STRING, "What exactly, in one line"),
            maybe("file", STRING, "The file it came from"),
            maybe("example_id", STRING, "For a pair: its example"),
            maybe("template_id", STRING, "For a pair: its template"),
            column("run_id", STRING, "The run that wrote the row"),
            column("row", STRING, "The refused row as JSON"),
        ]
    ),
)

LEDGER = Table(
    "ledger",
    "Rows in and to each other place, for each run, step and task: rows_in = rows_out + all the others",
    key=("run_id", "step", "task", "status"),
    indexed=5,
    schema=StructType(
        [
            column("run_id", STRING, "The run"),
            column("step", STRING, "The step"),
            column("task", STRING, "source.task_type"),
            column("status", STRING, "started, done or removed"),
            column("sequence", LONG, "Orders the rows of one step and task; the highest holds"),
            column("fingerprint", STRING, "Hash of everything the result depends on"),
            column("output", STRING, "Stands for the result: equal while later steps need not be done again"),
            column("rows_in", LONG, "Rows that entered, times their fan-out"),
            column("rows_out", LONG, "Rows written to the step's table"),
            column("copies", LONG, "Identical rows taken together"),
            column("duplicates", LONG, "Rows removed because another stands for them"),
            column("quarantined", LONG, "Rows refused"),
            column("not_selected", LONG, "Rows left out on purpose"),
            column("seconds", DOUBLE, "Wall-clock seconds of the step, all its tasks together"),
            column("finished_at", TIMESTAMP, "When the row was written"),
            column("taskmill", STRING, "Version of this program"),
        ]
    ),
)

SIGNATURES = Table(
    "signatures",
    "The MinHash bands of an example; those too short for any have no row",
    key=("example_id",),
    indexed=2,
    schema=StructType(
        [
            column("task", STRING, "source.task_type"),
            column("example_id", STRING, "The example"),
            column("doc", LONG, "xxHash64 of its id"),
            column("keys", LONGS, "A 64-bit key for each band"),
        ]
    ),
)

FILES = Table(
    "files",
    "A file as it was when a task read it: what tells that it need not be read again",
    key=("task", "name"),
    indexed=2,
    schema=StructType(
        [
            column("task", STRING, "source.task_type"),
            column("name", STRING, "Its path, under the data folder where it is there"),
            column("bytes", LONG, "Its size"),
            column("changed_at", LONG, "Nanoseconds from 1970 to its last change"),
            maybe("checksum", STRING, "SHA-256 of its bytes; null above 64 MiB, where size and time decide alone"),
            column("settings", STRING, "Hash of what else the rows depend on"),
            column("rows", LONG, "Rows that entered"),
            column("left_out", LONG, "Of these the rows left out on purpose"),
            column("run_id", STRING, "The run that read it"),
        ]
    ),
)

DECISIONS = Table(
    "decisions",
    "What a reviewer decided on a pair, a template or a task. The one table that is not made from the sources",
    key=("decision_id",),
    indexed=8,
    schema=StructType(
        [
            column("decision_id", STRING, "128-bit hash of all that was decided: the same line is stored once"),
            column("scope", STRING, "pair, template or task"),
            maybe("task", STRING, "source.task_type; null for a template of a whole task type"),
            maybe("task_type", STRING, "For a template of a whole task type: which"),
            maybe("example_id", STRING, "For a pair: its example"),
            column("decision", STRING, "accept, reject, fix or comment"),
            column("reviewer", STRING, "Who decided"),
            column("decided_at", TIMESTAMP, "When"),
            maybe("template", STRING, "Name of the wording; with example_id, what a decision on a pair binds"),
            maybe("template_id", STRING, "The wording that was looked at"),
            maybe("text_hash", STRING, "128-bit hash of the prompt and response that were looked at"),
            maybe("drawn", STRING, "How the pair came into the sample: random or flagged"),
            column("run_id", STRING, "The import that stored it"),
            maybe("comment", STRING, "What the reviewer remarked"),
            maybe("fixed_prompt", STRING, "For a fix: the prompt as it should be; null to leave it"),
            maybe("fixed_response", STRING, "For a fix: the response as it should be; null to leave it"),
        ]
    ),
)
