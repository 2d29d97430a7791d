"""sources -> examples: reads every source that is new or has changed, maps its rows to the fields of its task types.

Reads the files and tables of conf/sources. Writes `examples` (one row: an example of a task) and `quarantine` (what cannot
be read, mapped or checked). Accepted rows are written in one pass; sources that had others are read a second time
for those alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import Observation
from pyspark.sql import functions as F

from taskmill.jobs import tables
from taskmill.jobs.candidates import candidates, reshape, unreadable
from taskmill.jobs.catalog import Task
from taskmill.jobs.config import Source
from taskmill.jobs.command import main
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, StepError
from taskmill.jobs.files import file_stamps
from taskmill.jobs.ledger import INGEST, Counts
from taskmill.jobs.readers import read_rows
from taskmill.jobs.source_checks import place_of, reads_of
from taskmill.jobs.warehouse import sql_list
from taskmill.udfs import checks
from taskmill.udfs.ids import fingerprint, hashed_column
from taskmill.udfs.text import content_key

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

STEP = INGEST
RULES = "1"  # raise when the same rows would give other examples
UNREADABLE_FILE = re.compile(r"FAILED_READ_FILE.*?file (\S+?)\.?\s", re.DOTALL)


@dataclass
class Reading:
    """One source as it is being read: its tasks, its files that cannot be read, and the counts of the last pass."""

    source: Source
    tasks: list[Task]
    skipped: list[str] = field(default_factory=list)
    raw_counts: Observation | None = None
    task_counts: Observation | None = None

    def rows(self, context: Context, name: str = "rows") -> DataFrame:
        read = self.source.read if name == "rows" else self.source.inputs[name]
        return read_rows(context.spark, read, [place_of(context.pipeline, path) for path in read.paths], self.skipped)

    def readable(self, context: Context, rows: DataFrame) -> DataFrame:
        """The readable rows after the source's query."""
        inputs = {name: _readable(self.rows(context, name)) for name in self.source.inputs}
        return reshape(context.spark, self.source, {"rows": _readable(rows), **inputs})


def run(context: Context) -> None:
    """Brings `examples` up to date with the sources."""
    fingerprints = source_fingerprints(context)
    stale = context.ledger.stale(STEP, fingerprints)
    gone = context.ledger.gone(STEP, fingerprints)
    if gone:
        leave(context, gone)
    if not stale:
        context.messages.say(f"{STEP}: up to date")
        return
    readings = _readings(context, stale)
    with context.step(STEP, f"{len(readings)} sources, {len(stale)} tasks") as seconds:
        context.ledger.begin(STEP, stale)
        write_examples(context, readings, stale)
        counts = account(context, readings, stale)
        context.ledger.finish(STEP, counts, fingerprints, seconds())
    total = sum(counts.values(), Counts())
    context.messages.say(
        f"{STEP}: {total.rows_out:,} examples of {len(stale)} tasks from {total.rows_in:,} rows, {total.quarantined:,} quarantined",
        step=STEP, rows_in=total.rows_in, rows_out=total.rows_out,
    )  # fmt: skip


def source_fingerprints(context: Context) -> dict[str, str]:
    """For each task what its examples depend on: mapping, contract of the type, files. Tables and JDBC are always read again."""
    stamps: dict[str, Any] = {}
    for name, source in context.catalog.sources.items():
        places = [place_of(context.pipeline, path) for _, read in reads_of(source) for path in read.paths]
        stamps[name] = file_stamps(context.spark, places) if places else context.run_id
    return {
        name: fingerprint(RULES, stamps[task.source.source], _settings(task), task.task_type.fields, task.task_type.answer, task.choices)
        for name, task in context.catalog.tasks.items()
    }


def _settings(task: Task) -> Any:
    """The source's settings that change its examples: all but the priority, and the mapping of this task alone."""
    settings = task.source.model_dump(exclude={"tasks", "priority", "homepage", "on_error"})
    return settings, task.mapping.model_dump(exclude={"templates_per_example"})


def leave(context: Context, gone: Sequence[str]) -> None:
    """Removes the rows of tasks that are not in the catalog any more."""
    predicate = f"task IN {sql_list(gone)}"
    context.warehouse.delete(tables.EXAMPLES, predicate)
    context.warehouse.delete(tables.QUARANTINE, f"step = '{STEP}' AND {predicate}")
    context.ledger.remove(STEP, gone)
    context.messages.say(f"{STEP}: the rows of {len(gone)} tasks that are not in the catalog left: {', '.join(gone)}")


def write_examples(context: Context, readings: Sequence[Reading], stale: Sequence[str]) -> None:
    """Writes the accepted rows, leaving out files that turn out to be unreadable, in one commit."""
    predicate = f"task IN {sql_list(stale)}"
    limit = context.pipeline.limits.max_unreadable_files
    while True:
        accepted = union(accepted_candidates(context, reading) for reading in readings)
        try:
            context.warehouse.replace(tables.EXAMPLES, examples(context, accepted), predicate)
            return
        except (PySparkException, Py4JJavaError) as error:  # Delta's writer lets Java errors through as they are
            path = unreadable_file(error)
            if path is None:
                raise
            skip_file(context, readings, path, limit)


def unreadable_file(error: Exception) -> str | None:
    """The file a failed read names, or None for any other failure."""
    found = UNREADABLE_FILE.search(str(error))
    return found.group(1) if found else None


def skip_file(context: Context, readings: Sequence[Reading], path: str, limit: int) -> None:
    """Notes a file that cannot be read, so that the next pass goes without it.

    Raises:
        StepError: if its source is to stop at errors, if the limit is reached, or if no source has the file.
    """
    owners = [reading for reading in readings if _owns(context, reading, path)]
    if not owners or any(path in reading.skipped for reading in owners):
        raise StepError(f"{STEP}: {path} cannot be read, and it is not known which source needs it; repair or remove the file")
    for reading in owners:
        if reading.source.on_error == "stop":
            raise StepError(f"{STEP}: {reading.source.source}: {path} cannot be read (on_error: stop). Repair or remove it")
        reading.skipped.append(path)
    if sum(len(reading.skipped) for reading in readings) > limit:
        raise StepError(f"{STEP}: more than {limit} files cannot be read; repair them, or raise limits.max_unreadable_files")
    context.messages.warn(f"{STEP}: {path} cannot be read; the run goes on without it", file=path)


def _owns(context: Context, reading: Reading, path: str) -> bool:
    names = [name for name in ["rows", *reading.source.inputs]]
    return any(
        any(path == _uri(found) for found, _, _ in file_stamps(context.spark, [place_of(context.pipeline, place) for place in paths]))
        for paths in (reading.source.read.paths if name == "rows" else reading.source.inputs[name].paths for name in names)
    )


def _uri(path: str) -> str:
    """A local path as `_metadata.file_path` writes it."""
    return path if "://" in path else "file://" + Path(path).absolute().as_uri().removeprefix("file://")


def accepted_candidates(context: Context, reading: Reading) -> DataFrame:
    """The candidates without a fault, counted on the way by source and task."""
    source = reading.source.source
    reading.raw_counts, reading.task_counts = Observation(f"{source} raw"), Observation(f"{source} tasks")
    raw = reading.rows(context).observe(reading.raw_counts, F.count(F.lit(1)).alias("rows"), F.count("_refused").alias("refused"))
    found = candidates(reading.source, reading.tasks, reading.readable(context, raw)).drop("row", "file")
    is_refused = F.col("selected") & (F.size("found") > 0)
    counters = [
        F.count_if((F.col("task") == task.name) & condition).alias(f"{kind}{number}")
        for number, task in enumerate(reading.tasks)
        for kind, condition in (("rows", F.lit(True)), ("left", ~F.col("selected")), ("refused", is_refused))
    ]
    return found.observe(reading.task_counts, *counters).where(F.col("selected") & (F.size("found") == 0))


def examples(context: Context, accepted: DataFrame) -> DataFrame:
    """Candidates as rows of `examples`: identical copies in a split taken together, sorted by task for rendering."""
    constants = context.spark.createDataFrame(
        [
            (name, task.source.source, task.task_type.task_type, task.source.role, task.source.revision, task.source.licence,
             task.source.do_not_train)
            for name, task in context.catalog.tasks.items()
        ],
        "task string, source string, task_type string, role string, revision string, licence string, do_not_train boolean",
    )  # fmt: skip
    keyed = accepted.select(
        "task", "split", "fields", "answer", "languages",
        hashed_column("task", "split", "fields").alias("example_id"),
        content_key("content").alias("content_key"), content_key("answer").alias("answer_key"),
    )  # fmt: skip
    same = ["split", "fields", "answer", "content_key", "answer_key"]
    collapsed = keyed.groupBy("task", "example_id").agg(
        F.count(F.lit(1)).alias("copies"), F.min("languages").alias("languages"), *(F.first(name).alias(name) for name in same)
    )
    labelled = collapsed.join(F.broadcast(constants), on="task", how="inner").withColumn("flags", checks.flags(F.col("fields")))
    return labelled.sortWithinPartitions("task", "example_id").select(*tables.EXAMPLES.columns)


def account(context: Context, readings: Sequence[Reading], stale: Sequence[str]) -> dict[str, Counts]:
    """Writes what was refused, and counts where every row went.

    Rows in come from the counters of the pass that wrote the examples, the other numbers from the tables as written.
    """
    observed = {task: counts for reading in readings for task, counts in _observed(reading).items()}
    faulty = [reading for reading in readings if reading.skipped or any(observed[task.name].quarantined for task in reading.tasks)]
    _stop_if_asked(faulty, observed)
    predicate = f"task IN {sql_list(stale)}"
    refused = union(refused_candidates(context, reading) for reading in faulty) if faulty else None
    if refused is not None:
        context.warehouse.replace(tables.QUARANTINE, quarantine(context, refused), f"step = '{STEP}' AND {predicate}")
    else:
        context.warehouse.delete(tables.QUARANTINE, f"step = '{STEP}' AND {predicate}")
    written = _written(context.warehouse.read(tables.EXAMPLES).where(predicate), F.sum("copies"))
    rows = _written(context.warehouse.read(tables.QUARANTINE).where(f"step = '{STEP}' AND {predicate}"), F.count(F.lit(1)))
    counts = {}
    for task in stale:
        examples_of, copies = written.get(task, (0, 0))
        counts[task] = Counts(
            rows_in=observed[task].rows_in, rows_out=examples_of, copies=copies - examples_of,
            quarantined=rows.get(task, (0, 0))[0], not_selected=observed[task].not_selected,
        )  # fmt: skip
    return counts


def refused_candidates(context: Context, reading: Reading) -> DataFrame:
    """The candidates with a fault, and the rows and files that cannot be read."""
    raw = reading.rows(context)
    mapped = candidates(reading.source, reading.tasks, reading.readable(context, raw))
    found = mapped.where(F.col("selected") & (F.size("found") > 0)).unionByName(unreadable(reading.tasks, raw.where("_refused IS NOT NULL")))
    if not reading.skipped:
        return found
    files = context.spark.createDataFrame([(path,) for path in reading.skipped], "path string")
    marked = files.select(
        F.lit("unreadable_file").alias("_refused"), F.col("path").alias("_raw"),
        F.struct(F.col("path").alias("file_path"), F.col("path").alias("file_name")).alias("_metadata"),
    )  # fmt: skip
    return found.unionByName(unreadable(reading.tasks, marked))


def quarantine(context: Context, refused: DataFrame) -> DataFrame:
    """Refused candidates as rows of `quarantine`."""
    return refused.select(
        F.lit(STEP).alias("step"), "task", F.substring_index("task", ".", 1).alias("source"),
        hashed_column("task", F.coalesce("file", F.lit("")), "row").alias("row_id"),
        checks.reasons(F.col("found")).alias("reasons"), checks.detail(F.col("found")).alias("detail"), "file",
        F.lit(None).cast("string").alias("example_id"), F.lit(None).cast("string").alias("template_id"),
        F.lit(context.run_id).alias("run_id"), "row",
    )  # fmt: skip


def union(frames: Iterable[DataFrame]) -> DataFrame:
    return reduce(lambda left, right: left.unionByName(right), frames)


def _readable(rows: DataFrame) -> DataFrame:
    return rows.where("_refused IS NULL").drop("_refused", "_raw")


def _readings(context: Context, stale: Sequence[str]) -> list[Reading]:
    """The sources to read, each with its stale tasks; every mistake of their SQL is reported at once."""
    tasks_of: defaultdict[str, list[Task]] = defaultdict(list)
    for name in stale:
        task = context.catalog.tasks[name]
        tasks_of[task.source.source].append(task)
    readings = [Reading(context.catalog.sources[name], tasks) for name, tasks in tasks_of.items()]
    mistakes = []
    for reading in readings:
        try:
            accepted_candidates(context, reading)
        except AnalysisException as error:
            path = context.catalog.documents[f"Source {reading.source.source}"].path
            mistakes.append(f"{path}: {' '.join(str(error).splitlines()[0].split())}")
        except ConfigError as error:
            path = context.catalog.documents[f"Source {reading.source.source}"].path
            mistakes.extend(f"{path}: {mistake}" for mistake in error.mistakes)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return readings


def _observed(reading: Reading) -> dict[str, Counts]:
    """What the counters saw: unreadable rows and files count for each of the source's tasks."""
    assert reading.raw_counts is not None and reading.task_counts is not None
    raw, seen = reading.raw_counts.get, reading.task_counts.get
    unread = raw["refused"] + len(reading.skipped)
    return {
        task.name: Counts(
            rows_in=seen[f"rows{number}"] + unread, not_selected=seen[f"left{number}"], quarantined=seen[f"refused{number}"] + unread
        )
        for number, task in enumerate(reading.tasks)
    }


def _stop_if_asked(faulty: Sequence[Reading], observed: dict[str, Counts]) -> None:
    for reading in faulty:
        if reading.source.on_error == "stop":
            refused = {task.name: observed[task.name].quarantined for task in reading.tasks}
            raise StepError(f"{STEP}: {reading.source.source} has rows that cannot be used (on_error: stop): {refused}. Correct the source, or set on_error: quarantine to see them in table quarantine")


def _written(rows: DataFrame, total: Any) -> dict[str, tuple[int, int]]:
    """For each task its rows, and a total."""
    found: list[Row] = rows.groupBy("task").agg(F.count(F.lit(1)).alias("rows"), total.alias("total")).collect()
    return {row["task"]: (row["rows"], row["total"]) for row in found}


if __name__ == "__main__":
    main(run)
