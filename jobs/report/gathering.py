"""Reads from the tables what the report shows: aggregates in Spark, and the few rows and texts that a person reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar

from pyspark.sql import functions as F

from taskmill.jobs.clusters.clusterings import PLACE
from taskmill.jobs.folds.fold_proof import violations
from taskmill.jobs.folds.folds import fold_plans
from taskmill.jobs.folds.placed_tasks import no_pairs
from taskmill.jobs.mixing.states import mixture_states
from taskmill.jobs.report.gallery import candidates, chosen_pairs, read_pairs
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.safety_samples import safety_samples
from taskmill.jobs.report.tallies import read_tallies
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import MIX, SELECT, STARTED, Counts, Entry
from taskmill.jobs.storage.mixture_tables import MIXTURE_ACCOUNT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.context import Context

Rows = list[dict[str, Any]]
Found = TypeVar("Found")
RUNS, LARGEST_GROUPS, AT_ONCE = 10, 10, 3
LONGEST_ROW = 2_000  # characters of a refused row
LONGEST_SPAN = 400  # characters of a run of words in two examples
MOST_KINDS_OF_ROWS = 2_000  # of refused rows, and of tasks that overlap


def gather(context: Context) -> Material:
    """All that the sections need; queries that do not need each other run side by side.

    Raises:
        TableError: if there are no pairs.
    """
    runs = _runs(context)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:

        def start(read: Callable[..., Found], *arguments: object) -> Future[Found]:
            return pool.submit(read, context, *arguments)

        tallies, folds, first_pairs = start(read_tallies), start(fold_plans), start(candidates)
        tasks, templates, groups = start(_tasks), start(_templates), start(_largest_groups)
        overlaps, overlapping, refused = start(_overlaps), start(_overlapping), start(_refused)
        moves, before, samples = start(_moves, runs), start(_before, runs), start(safety_samples)
        if not folds.result():
            raise no_pairs(context, "report")
        proof = start(violations, [fold["fold"] for fold in folds.result()])
        largest, sizes = groups.result()
        chosen = chosen_pairs(first_pairs.result(), tasks.result())
        pairs = read_pairs(context, chosen, [row["kept_id"] for row in largest])
        prompts = {row["example_id"]: row["prompt"] for row in pairs}
        return Material(
            place=context.pipeline.tables, runs=runs, entries=context.ledger.entries, before=before.result(),
            tasks=tasks.result(), tallies=tallies.result(), templates=templates.result(), folds=folds.result(),
            violations=[one.as_row() for one in proof.result()], group_sizes=sizes,
            groups=[{**row, "text": prompts.get(row["kept_id"], "")} for row in largest],
            overlaps=overlaps.result(), overlapping=overlapping.result(), refused=refused.result(),
            pairs=[row for row in pairs if row["pair_id"] in set(chosen)], moves=moves.result(),
            safety_samples=samples.result(),
            mixtures=mixture_states(context, tasks.result()), stored=_stored(context),
        )  # fmt: skip


def _stored(context: Context) -> Callable[[str], Sequence[dict[str, Any]]]:
    known = {table.name: table for table in (*tables.ALL, MIXTURE_ACCOUNT)}

    def rows(name: str) -> Rows:
        if name not in known or not context.warehouse.exists(known[name]):
            return []
        # All of them: of the first few thousand a blocked task might not be one.
        return _collected(context.warehouse.read(known[name], "report"))

    return rows


def _collected(rows: DataFrame) -> Rows:
    return [row.asDict(recursive=True) for row in rows.collect()]


def _of_tasks(context: Context) -> DataFrame:
    """The ledger but for what is counted of mixtures, which are no tasks."""
    return context.warehouse.read(tables.LEDGER, "report").where(~F.col("step").isin(SELECT, MIX))


def _runs(context: Context) -> Rows:
    """The newest runs that have written to the ledger, but for those that only mixed."""
    rows = _of_tasks(context).groupBy("run_id").agg(
        F.max("taskmill").alias("taskmill"), F.unix_micros(F.max("finished_at")).alias("finished_at"),
        F.count_distinct("task").alias("tasks"), F.max("sequence").alias("sequence"),
    )  # fmt: skip
    found = _collected(rows.orderBy(F.desc("sequence")).limit(RUNS))
    # Spark gives times in the zone of this machine; the page tells them in UTC.
    return [
        {**row, "finished_at": datetime.fromtimestamp(row["finished_at"] / 1_000_000, timezone.utc)} for row in found
    ]


def _before(context: Context, runs: Rows) -> dict[tuple[str, str], Entry]:
    """The newest ledger rows that the newest run has not written."""
    if len(runs) < 2:
        return {}
    older = _of_tasks(context).where((F.col("run_id") != runs[0]["run_id"]) & (F.col("status") != STARTED))
    newest = F.max_by(F.struct("status", *asdict(Counts())), "sequence").alias("newest")
    found = {}
    for row in older.groupBy("step", "task").agg(newest).collect():
        values = row["newest"].asDict()
        status = values.pop("status")
        found[row["step"], row["task"]] = Entry(status, "", Counts(**values))
    return found


def _tasks(context: Context) -> Rows:
    rows = _collected(context.warehouse.read(tables.TASKS, "report"))
    return sorted(rows, key=lambda row: (row["task_cluster"], row["task"]))


def _templates(context: Context) -> dict[str, dict[str, Any]]:
    columns = ("template_id", "task_type", "template", "language", "dialect", "tier", "origin", "inverts")
    rows = _collected(context.warehouse.read(tables.TEMPLATES, "report").select(*columns))
    return {row["template_id"]: row for row in rows}


def _moves(context: Context, runs: Rows) -> Rows:
    """How the newest clustering differs from the one before, if the newest run made it."""
    rows = context.warehouse.read(tables.CLUSTERINGS)
    newest = rows.agg(F.max("version")).collect()[0][0] or 0
    kept = _collected(rows.where(F.col("version") >= newest - 1).select("version", "task", "run_id", *PLACE))
    if newest < 2 or not any(row["run_id"] == runs[0]["run_id"] for row in kept if row["version"] == newest):
        return []
    old, new = ({row["task"]: row for row in kept if row["version"] == one} for one in (newest - 1, newest))
    return [
        {"task": task, "what": name, "before": old[task][name], "now": new[task][name]}
        for task in sorted(old.keys() & new.keys())
        for name in PLACE
        if old[task][name] != new[task][name]
    ]


def _largest_groups(context: Context) -> tuple[Rows, dict[int, int]]:
    """The largest groups of equal or nearly equal examples, and how many groups there are of each size."""
    removed = context.warehouse.read(tables.DUPLICATES, "report").where("removed AND kind IN ('exact', 'near')")
    groups = removed.groupBy(F.coalesce("group_id", "kept_id").alias("group_id")).agg(
        (F.count(F.lit(1)) + 1).alias("size"), F.sort_array(F.collect_set("kind")).alias("kinds"),
        F.min("kept_id").alias("kept_id"), F.min("kept_task").alias("kept_task"),
        F.count_distinct("task").alias("tasks"), F.min("similarity").alias("similarity"),
    )  # fmt: skip
    sizes = {row["size"]: row["count"] for row in groups.groupBy("size").count().collect()}
    return _collected(groups.orderBy(F.desc("size"), "group_id").limit(LARGEST_GROUPS)) if sizes else [], sizes


def _overlaps(context: Context) -> Rows:
    """Of each two tasks the example that has most words in common with a held-out one."""
    example = F.struct(
        "words", "example_id", "other_id", "share", F.substring(F.get("spans", F.lit(0)), 1, LONGEST_SPAN).alias("span")
    )
    rows = context.warehouse.read(tables.CONTAMINATION, "report").groupBy("kind", "held_out", "task", "other_task").agg(
        F.count(F.lit(1)).alias("examples"), F.max(example).alias("best")
    )  # fmt: skip
    ordered = rows.orderBy(F.desc("examples"), "task", "other_task", "kind").limit(MOST_KINDS_OF_ROWS)
    return [{**row, **row.pop("best")} for row in _collected(ordered)]


def _overlapping(context: Context) -> dict[str, int]:
    """How many examples of each task overlap any."""
    examples = F.count_distinct("example_id").alias("examples")
    rows = context.warehouse.read(tables.CONTAMINATION, "report").groupBy("task").agg(examples)
    return {row["task"]: row["examples"] for row in rows.collect()}


def _refused(context: Context) -> Rows:
    """Of each step, reason and task how many rows were refused, and one of them."""
    sample = F.struct(
        "row_id", "detail", "file", F.substring("row", 1, LONGEST_ROW).alias("row"), F.length("row").alias("chars")
    )
    rows = context.warehouse.read(tables.QUARANTINE, "report").select(
        "step", "task", F.explode("reasons").alias("reason"), sample.alias("sample")
    )
    counts = rows.groupBy("step", "reason", "task").agg(
        F.count(F.lit(1)).alias("rows"), F.min_by("sample", F.col("sample.row_id")).alias("sample")
    )
    ordered = counts.orderBy(F.desc("rows"), "step", "reason", "task").limit(MOST_KINDS_OF_ROWS)
    return [{**row, **row.pop("sample")} for row in _collected(ordered)]
