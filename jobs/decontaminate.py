"""examples, duplicates, tasks -> contamination: which examples to train on have content of held-out ones.

Held out from an example are the benchmarks, the tasks of every other fold, those kept out of all training, and the
test examples of its own task.
Writes `contamination`, for an example and another task the most telling overlap, with the folds whose training sets the
example must stay out of; `render` carries these folds to its pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.command import main
from taskmill.jobs.context import Context
from taskmill.jobs.examples import IN_THE_WAY
from taskmill.jobs.folds.overlaps import BENCHMARK, FOLD_OF, HELD_OUT_TASK, most_telling, overlaps
from taskmill.jobs.folds.placed_tasks import fold_count
from taskmill.jobs.spark.persisted import Persisted
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import CLUSTER_TASKS, DECONTAMINATE, DEDUPLICATE, Counts
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.jobs.words import counted
from taskmill.udfs.ids import fingerprint
from taskmill.udfs.overlaps.evidence import KINDS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STEP = DECONTAMINATE
RULE = "overlap-2"  # raise when the same examples would overlap otherwise


def run(context: Context) -> None:
    """Brings `contamination` up to date."""
    fingerprints = task_fingerprints(context)
    gone = context.ledger.gone(STEP, fingerprints)
    if not gone and not context.ledger.stale(STEP, fingerprints):
        context.messages.say(f"{STEP}: up to date")
        return
    entries = {task: context.ledger.done(DEDUPLICATE)[task] for task in fingerprints}
    rows = sum(entry.counts.rows_out for entry in entries.values())
    settings = context.pipeline.contamination
    with context.step(STEP, f"{rows:,} examples") as seconds:
        context.ledger.remove(STEP, gone)
        context.ledger.begin(STEP, fingerprints)
        if settings.mode == "off":
            context.warehouse.delete(tables.CONTAMINATION, "true")
        else:
            with Persisted() as persisted:
                found = most_telling(overlaps(context, persisted))
                rows_found = as_contamination(context, found, excludes=settings.mode == "exclude")
                context.warehouse.replace(tables.CONTAMINATION, rows_found, "true")
        counts = {task: Counts(entry.counts.rows_out, entry.counts.rows_out) for task, entry in entries.items()}
        context.ledger.finish(STEP, counts, fingerprints, seconds(), outputs(context, list(fingerprints)))
    context.messages.say(f"{STEP}: {told(context)}", step=STEP, rows_in=rows, rows_out=rows)


def task_fingerprints(context: Context) -> dict[str, str]:
    """The same for every task: any example may overlap any other."""
    deduplicated, placed = context.ledger.done(DEDUPLICATE), context.ledger.done(CLUSTER_TASKS)
    upstream = {task: (deduplicated[task].output, placed[task].output) for task in placed if task in deduplicated}
    value = fingerprint(RULE, upstream, context.pipeline.contamination.mode, fold_count(context))
    return dict.fromkeys(upstream, value)


def as_contamination(context: Context, found: DataFrame, excludes: bool) -> DataFrame:
    """Rows of `contamination`; where nothing is to be excluded, without folds."""
    last = max(0, fold_count(context) - 1)
    is_fold = "other_side DIV 2 <> side DIV 2"
    held_out = (
        f"CASE other_side WHEN {BENCHMARK} THEN 'benchmark' WHEN {HELD_OUT_TASK} THEN 'task' "
        f"ELSE IF({is_fold}, 'fold', 'split') END"
    )
    folds = (
        f"CASE WHEN other_side <= {HELD_OUT_TASK} THEN sequence(0, {last}) "
        f"WHEN {is_fold} THEN array(CAST({FOLD_OF.format('other_side')} AS int)) ELSE CAST(array() AS array<int>) END"
    )
    rows = found.withColumns(
        {
            "held_out": F.expr(held_out),
            "excluded_folds": F.expr(folds if excludes else "CAST(array() AS array<int>)"),
            "rule": F.lit(RULE),
        }
    )
    return rows.select(*tables.CONTAMINATION.columns)


def outputs(context: Context, tasks: Sequence[str]) -> dict[str, str]:
    """For each task what stands for the folds its examples must stay out of, and for those that repeat test examples,
    which no pair shows."""
    rows = context.warehouse.read(tables.CONTAMINATION).where(f"({IN_THE_WAY}) AND task IN {sql_list(tasks)}")
    digest = F.bit_xor(F.xxhash64("example_id", "other_task", "excluded_folds")).alias("digest")
    found = {row["task"]: row["digest"] for row in rows.groupBy("task").agg(digest).collect()}
    return {task: fingerprint(found.get(task)) for task in tasks}


def told(context: Context) -> str:
    """In a line how many examples overlap, and how."""
    rows = context.warehouse.read(tables.CONTAMINATION)
    examples = rows.agg(F.count_distinct("example_id").alias("examples")).collect()[0]["examples"]
    kinds = {row["kind"]: row["count"] for row in rows.groupBy("kind").count().collect()}
    noted = ", ".join(f"{kinds[kind]:,} {kind}" for kind in KINDS if kind in kinds)
    return f"{counted(examples, 'example')} overlap held-out content" + (f" ({noted})" if noted else "")


if __name__ == "__main__":
    main(run)
