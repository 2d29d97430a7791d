"""examples -> duplicates: equal content in several sources or splits, and equal questions with different answers.

Reads `examples` (ids and keys, no text). Writes `duplicates` with kind `exact` (another example stands for this one,
which leaves) and `conflict` (the same input with another answer; both stay).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from taskmill.jobs.command import main
from taskmill.jobs.configuration.settings import NearDuplicates
from taskmill.jobs.context import Context
from taskmill.jobs.duplicates.near_duplicates import near_duplicates
from taskmill.jobs.errors import StepError
from taskmill.jobs.examples import (
    CONFLICT,
    CONTRAST,
    EXACT,
    LEAVING,
    NEAR,
    OF_EXAMPLES,
    ORDER,
    as_duplicates,
    kept_examples,
    ranked,
)
from taskmill.jobs.spark.persisted import Persisted
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import DEDUPLICATE, INGEST, Counts
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.jobs.words import counted
from taskmill.udfs.ids import fingerprint

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STEP = DEDUPLICATE
RULE = "normalised-equal-1"


def run(context: Context) -> None:
    """Brings the example rows of `duplicates` up to date."""
    ingested = context.ledger.done(INGEST)
    fingerprints = task_fingerprints(context)
    gone = context.ledger.gone(STEP, fingerprints)
    if not gone and not context.ledger.stale(STEP, fingerprints):
        context.messages.say(f"{STEP}: up to date")
        return
    with context.step(STEP, counted(sum(entry.counts.rows_out for entry in ingested.values()), "example")) as seconds:
        context.ledger.remove(STEP, gone)
        context.ledger.begin(STEP, fingerprints)
        keys = context.warehouse.read(tables.EXAMPLES, STEP).select(
            "task", "task_type", "example_id", "content_key", "answer_key"
        )
        settings = context.pipeline.near_duplicates
        with Persisted() as persisted:
            rows = persisted.keep(find_duplicates(ranked(context, keys), _with_each_answer(context)))
            if settings.mode != "off":
                leaving = rows.where("removed").select("example_id")
                near = near_duplicates(context, settings, leaving, persisted)
                rows = rows if near is None else rows.unionByName(near)
            context.warehouse.replace(tables.DUPLICATES, rows, f"kind IN {sql_list(OF_EXAMPLES)}")
        counts, outputs = account(context)
        check_losses(context, settings, counts)
        context.ledger.finish(STEP, counts, fingerprints, seconds(), outputs)
    total = sum(counts.values(), Counts())
    kinds = {
        row["kind"]: row["count"] for row in context.warehouse.read(tables.DUPLICATES).groupBy("kind").count().collect()
    }
    noted = ", ".join(f"{kinds.get(kind, 0):,} {kind}" for kind in (EXACT, NEAR, CONTRAST, CONFLICT))
    context.messages.say(
        f"{STEP}: {counted(total.duplicates, 'duplicate')} left out, {counted(total.rows_out, 'example')} kept "
        f"({noted})",
        step=STEP, rows_in=total.rows_in, rows_out=total.rows_out,
    )  # fmt: skip


def task_fingerprints(context: Context) -> dict[str, str]:
    """The same for every task: any example may be the one that is kept in place of any other of its type."""
    ingested = {task: entry.fingerprint for task, entry in context.ledger.done(INGEST).items()}
    order = {name: (source.role, source.priority) for name, source in context.catalog.sources.items()}
    settings = context.pipeline.near_duplicates.model_dump(exclude={"warn_above", "stop_above", "may_lose"})
    value = fingerprint(RULE, ingested, order, _with_each_answer(context), settings)
    return dict.fromkeys(ingested, value)


def check_losses(context: Context, settings: NearDuplicates, counts: Mapping[str, Counts]) -> None:
    """Looks whether a task lost so much that its examples are rather alike by their form than repeated.

    Raises:
        StepError: above `stop_above`, for tasks that `may_lose` does not name.
    """
    removed = context.warehouse.read(tables.DUPLICATES).where(f"removed AND kind = '{NEAR}'").groupBy("task").count()
    lost = {
        row["task"]: row["count"] / max(1, counts[row["task"]].rows_out + row["count"])
        for row in removed.collect()
        if row["task"] not in settings.may_lose
    }
    told = {task: f"{task}: {share:.0%} of its examples are near-duplicates" for task, share in sorted(lost.items())}
    stopping = [told[task] for task, share in lost.items() if share > settings.stop_above]
    if stopping:
        raise StepError(
            f"{STEP}: too much would leave (near_duplicates.stop_above: {settings.stop_above}):\n"
            + "\n".join(stopping)
            + "\nLook at them in table duplicates (kind near). If they are repeated indeed, name the tasks in "
            "near_duplicates.may_lose; else raise the threshold, or set mode: annotate"
        )
    for task, share in lost.items():
        if share > settings.warn_above:
            context.messages.warn(f"{STEP}: {told[task]}, and left out; look at some in table duplicates (kind near)")


def _with_each_answer(context: Context) -> list[str]:
    return [name for name, task in context.catalog.tasks.items() if task.has_each_answer]


def find_duplicates(keys: DataFrame, several_answers: Sequence[str] = ()) -> DataFrame:
    """Rows of `duplicates` for examples of one task type with equal content.

    Within equal content and answer the first in `ORDER` stays. The first of each further answer is in conflict
    with the first of all.

    Args:
        several_answers: tasks in which one question has several examples, each with another right answer.
    """
    same_content = Window.partitionBy("task_type", "content_key")
    same_answer = Window.partitionBy("task_type", "content_key", "answer_key")
    first = F.struct(F.col("example_id").alias("id"), "task", "answer_key")
    repeated = keys.withColumn("together", F.count(F.lit(1)).over(same_content)).where("together > 1")
    placed = repeated.select(
        "task", "example_id", "answer_key",
        F.row_number().over(same_answer.orderBy(*ORDER)).alias("place"),
        F.first(first).over(same_answer.orderBy(*ORDER)).alias("kept"),
        F.first(first).over(same_content.orderBy(*ORDER)).alias("first"),
    )  # fmt: skip
    is_expected = F.col("task").isin(*several_answers) & (F.col("task") == F.col("first.task"))
    is_exact, is_conflict = F.col("place") > 1, (F.col("answer_key") != F.col("first.answer_key")) & ~is_expected
    other = F.when(is_exact, F.col("kept")).otherwise(F.col("first"))
    found = placed.where(is_exact | is_conflict).select(
        F.when(is_exact, EXACT).otherwise(CONFLICT).alias("kind"), "task", "example_id",
        other["id"].alias("kept_id"), other["task"].alias("kept_task"),
        is_exact.alias("removed"), F.lit(1.0).alias("similarity"), F.lit(RULE).alias("rule"),
    )  # fmt: skip
    return as_duplicates(found)


def account(context: Context) -> tuple[dict[str, Counts], dict[str, str]]:
    """Counts of every task, and what stands for the examples that left it: their number and a hash of their ids."""
    removed = context.warehouse.read(tables.DUPLICATES).where(LEAVING).groupBy("task")
    digests = removed.agg(
        F.count(F.lit(1)).alias("rows"), F.bit_xor(F.xxhash64("example_id")).alias("digest")
    ).collect()
    removed_of = {row["task"]: (row["rows"], row["digest"]) for row in digests}
    kept_of = {row["task"]: row["count"] for row in kept_examples(context, STEP).groupBy("task").count().collect()}
    ingested = context.ledger.done(INGEST)
    counts = {
        task: Counts(
            rows_in=entry.counts.rows_out, rows_out=kept_of.get(task, 0), duplicates=removed_of.get(task, (0, 0))[0]
        )
        for task, entry in ingested.items()
    }
    outputs = {task: fingerprint(entry.output, removed_of.get(task, (0, 0))) for task, entry in ingested.items()}
    return counts, outputs


if __name__ == "__main__":
    main(run)
