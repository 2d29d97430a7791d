"""Where the rows of an ingest went: what was refused is written, and every row that was read is found in one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.context import Context
from taskmill.jobs.errors import StepError
from taskmill.jobs.examples import rows_by_task
from taskmill.jobs.reading.file_records import file_name_sql, remember, stored_sql
from taskmill.jobs.reading.increments import Plans, kept_refused, records_of
from taskmill.jobs.reading.readings import Reading, left_out, observed_counts, refused_candidates, union
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import INGEST, Counts
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.udfs import checks
from taskmill.udfs.ids import hashed_column
from taskmill.udfs.language_columns import OTHER_LANGUAGE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FEW, MUCH = 5, 0.2  # examples in another language that are not worth a warning, and the share that is


def account(context: Context, readings: Sequence[Reading], tasks: Sequence[str], plans: Plans) -> dict[str, Counts]:
    """Writes what was refused and which files were read, and counts where every row went, from the tables as written.

    Args:
        tasks: those of the readings, and those that only lost files.
        plans: the files of those that are read by file.

    Raises:
        StepError: if a scan saw another number of rows than its tasks' rows add up to.
    """
    seen = {id(reading): observed_counts(reading) for reading in readings}
    faulty = [reading for reading in readings if seen[id(reading)].quarantined]
    mine = {task: plans[task] for task in tasks if task in plans}
    partial = {task: plan for task, plan in mine.items() if plan.is_partial}
    _stop_if_asked(context, faulty)
    _write_refused(context, faulty, tasks, partial)
    left = _left_out(context, [reading for reading in readings if seen[id(reading)].not_selected])
    kept = {task: sum(file.left_out for file in plan.kept.values()) for task, plan in partial.items()}
    predicate = f"task IN {sql_list(tasks)}"
    written = _written(context, predicate)
    counts = {}
    for task in tasks:
        rows, copies = written.get((task, tables.EXAMPLES.name), (0, 0))
        quarantined, _ = written.get((task, tables.QUARANTINE.name), (0, 0))
        left_out = kept.get(task, 0) + sum(number for (name, _), number in left.items() if name == task)
        counts[task] = Counts(
            rows_in=copies + quarantined + left_out, rows_out=rows, copies=copies - rows,
            quarantined=quarantined, not_selected=left_out,
        )  # fmt: skip
    for reading in readings:
        _check_sum(reading, seen[id(reading)], counts, partial)
    _remember(context, tasks, mine, left)
    return counts


def _write_refused(context: Context, faulty: Sequence[Reading], tasks: Sequence[str], partial: Plans) -> None:
    predicate = f"step = '{INGEST}' AND task IN {sql_list(tasks)}"
    frames = [quarantine(context, refused_candidates(context, reading)) for reading in faulty]
    if partial:
        frames.append(kept_refused(context, partial))
    if frames:
        context.warehouse.replace(tables.QUARANTINE, union(frames), predicate)
    else:
        context.warehouse.delete(tables.QUARANTINE, predicate)


def _check_sum(reading: Reading, seen: Counts, counts: Mapping[str, Counts], partial: Plans) -> None:
    found = sum(counts[task.name].rows_in for task in reading.tasks)
    kept = sum(file.rows for task in reading.tasks if task.name in partial for file in partial[task.name].kept.values())
    if found - kept != seen.rows_in:
        raise StepError(
            f"{INGEST}: {reading.names}: {seen.rows_in:,} rows were read and {found - kept:,} are accounted for; a "
            "file may have changed while it was read. Run again; if it stays so, please report it"
        )


def _left_out(context: Context, readings: Sequence[Reading]) -> dict[tuple[str, str], int]:
    """Rows by task and file that a `where` leaves out; the scans are read again for that alone."""
    if not readings:
        return {}
    rows = union(left_out(context, reading) for reading in readings).groupBy("task", "file").count()
    return {(row["task"], row["file"]): row["count"] for row in rows.collect()}


def _written(context: Context, predicate: str) -> dict[tuple[str, str], tuple[int, int]]:
    """For each task and table the rows there are, and the rows of the source they stand for."""
    other = f"array_contains(flags, '{OTHER_LANGUAGE}') AS other"
    examples_of = context.warehouse.read(tables.EXAMPLES).selectExpr("task", "'examples' AS place", "copies", other)
    refused = context.warehouse.read(tables.QUARANTINE).where(f"step = '{INGEST}'")
    rejected = refused.selectExpr("task", "'quarantine' AS place", "1L AS copies", "false AS other")
    found = (
        examples_of.union(rejected)
        .where(predicate)
        .groupBy("task", "place")
        .agg(F.count(F.lit(1)).alias("rows"), F.sum("copies").alias("copies"), F.count_if("other").alias("others"))
        .collect()
    )
    for row in found:
        _warn_of_language(context, row["task"], row["rows"], row["others"])
    return {(row["task"], row["place"]): (row["rows"], row["copies"]) for row in found}


def _warn_of_language(context: Context, task: str, rows: int, others: int) -> None:
    looked_at = rows * context.pipeline.language_check
    if others >= FEW and others > looked_at * MUCH:
        context.messages.warn(
            f"{INGEST}: {task}: {others:,} of about {looked_at:,.0f} examples looked at are in another language than "
            f"its source declares; they have the flag {OTHER_LANGUAGE}"
        )


def _remember(context: Context, tasks: Sequence[str], plans: Plans, left: Mapping[tuple[str, str], int]) -> None:
    """Notes the files of the tasks that are read by file; a file that a task had no row of is noted too."""
    if not plans:
        return
    predicate = f"task IN {sql_list(plans)}"
    made = context.warehouse.read(tables.EXAMPLES).where(predicate)
    refused = context.warehouse.read(tables.QUARANTINE).where(f"step = '{INGEST}' AND {predicate}")
    both = made.selectExpr("task", "explode(files) AS (file, copies)").union(
        refused.selectExpr("task", f"{stored_sql('file')} AS file", "1L AS copies")
    )
    found = both.groupBy("task", "file").agg(F.sum("copies").alias("copies")).collect()
    rows = Counter({(row["task"], row["file"]): row["copies"] for row in found})
    rows.update(left)
    remember(context, tasks, records_of(context, plans, rows, left))


def quarantine(context: Context, refused: DataFrame) -> DataFrame:
    """Refused candidates as rows of `quarantine`."""
    named = refused.withColumn("file", F.expr(file_name_sql(context, "file")))
    return named.select(
        F.lit(INGEST).alias("step"), "task", F.substring_index("task", ".", 1).alias("source"),
        hashed_column("task", F.coalesce("file", F.lit("")), "row").alias("row_id"),
        F.expr(checks.reasons("found")).alias("reasons"), F.expr(checks.detail("found")).alias("detail"), "file",
        F.lit(None).cast("string").alias("example_id"), F.lit(None).cast("string").alias("template_id"),
        F.lit(context.run_id).alias("run_id"), "row",
    )  # fmt: skip


def _stop_if_asked(context: Context, faulty: Sequence[Reading]) -> None:
    for reading in faulty:
        if reading.first.on_error == "stop":
            refused = rows_by_task(refused_candidates(context, reading).select("task"))
            raise StepError(
                f"{INGEST}: {reading.names} has rows that cannot be used (on_error: stop): {refused}. "
                "Correct the source, or set on_error: quarantine to see them in table quarantine"
            )
