"""Where the rows of an ingest went: what was refused is written, and every row that was read is found in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs import tables
from taskmill.jobs.context import Context
from taskmill.jobs.errors import StepError
from taskmill.jobs.examples import rows_by_task
from taskmill.jobs.ledger import INGEST, Counts
from taskmill.jobs.readings import Reading, left_out, observed_counts, refused_candidates, union
from taskmill.jobs.warehouse import sql_list
from taskmill.udfs import checks
from taskmill.udfs.ids import hashed_column

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def account(context: Context, readings: Sequence[Reading], tasks: Sequence[str]) -> dict[str, Counts]:
    """Writes what was refused, and counts where every row went, from the tables as written.

    Raises:
        StepError: if a scan saw another number of rows than its tasks' rows add up to.
    """
    seen = {id(reading): observed_counts(reading) for reading in readings}
    faulty = [reading for reading in readings if seen[id(reading)].quarantined]
    _stop_if_asked(context, faulty)
    predicate = f"task IN {sql_list(tasks)}"
    if faulty:
        refused = union(refused_candidates(context, reading) for reading in faulty)
        context.warehouse.replace(tables.QUARANTINE, quarantine(context, refused), f"step = '{INGEST}' AND {predicate}")
    else:
        context.warehouse.delete(tables.QUARANTINE, f"step = '{INGEST}' AND {predicate}")
    left = _left_out([reading for reading in readings if seen[id(reading)].not_selected])
    written = _written(context, predicate)
    counts = {}
    for task in tasks:
        rows, copies = written.get((task, tables.EXAMPLES.name), (0, 0))
        quarantined, _ = written.get((task, tables.QUARANTINE.name), (0, 0))
        counts[task] = Counts(
            rows_in=copies + quarantined + left.get(task, 0), rows_out=rows, copies=copies - rows,
            quarantined=quarantined, not_selected=left.get(task, 0),
        )  # fmt: skip
    for reading in readings:
        _check_sum(reading, seen[id(reading)], counts)
    return counts


def _check_sum(reading: Reading, seen: Counts, counts: Mapping[str, Counts]) -> None:
    found = sum(counts[task.name].rows_in for task in reading.tasks)
    if found != seen.rows_in:
        raise StepError(
            f"{INGEST}: {reading.names}: {seen.rows_in:,} rows were read and {found:,} are accounted for; a file "
            "may have changed while it was read. Run again; if it stays so, please report it"
        )


def _left_out(readings: Sequence[Reading]) -> dict[str, int]:
    """Rows by task that a `where` leaves out; the scans are read again for that alone."""
    return rows_by_task(union(left_out(reading) for reading in readings)) if readings else {}


def _written(context: Context, predicate: str) -> dict[tuple[str, str], tuple[int, int]]:
    """For each task and table the rows there are, and the rows of the source they stand for."""
    examples_of = context.warehouse.read(tables.EXAMPLES).selectExpr("task", "'examples' AS place", "copies")
    refused = context.warehouse.read(tables.QUARANTINE).where(f"step = '{INGEST}'")
    both = examples_of.union(refused.selectExpr("task", "'quarantine' AS place", "1L AS copies")).where(predicate)
    found = both.groupBy("task", "place").agg(F.count(F.lit(1)).alias("rows"), F.sum("copies").alias("copies"))
    return {(row["task"], row["place"]): (row["rows"], row["copies"]) for row in found.collect()}


def quarantine(context: Context, refused: DataFrame) -> DataFrame:
    """Refused candidates as rows of `quarantine`."""
    return refused.select(
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
