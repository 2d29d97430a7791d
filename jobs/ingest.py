"""sources -> examples: reads every source that is new or has changed, maps its rows to the fields of its task types.

Reads the files and tables of conf/sources. Writes `examples` (one row: an example of a task) and `quarantine` (what
cannot be read, mapped or checked). Accepted rows are written in one pass; sources that had others are read a second
time for those alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import functions as F

from taskmill.jobs import tables
from taskmill.jobs.command import main
from taskmill.jobs.config import Source
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, StepError
from taskmill.jobs.files import file_stamps
from taskmill.jobs.ledger import INGEST, Counts
from taskmill.jobs.readings import (
    Reading,
    accepted_candidates,
    observed_counts,
    refused_candidates,
    skip_cut_off_files,
    skip_file,
    union,
    unreadable_file,
)
from taskmill.jobs.source_checks import place_of, reads_of
from taskmill.jobs.sql_errors import spark_mistake, unknown_format
from taskmill.jobs.task import Task
from taskmill.jobs.warehouse import sql_list
from taskmill.jobs.words import counted
from taskmill.udfs import checks
from taskmill.udfs.ids import fingerprint, hashed_column
from taskmill.udfs.text import content_key

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STEP = INGEST
RULES = "1"  # raise when the same rows would give other examples


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
    with context.step(STEP, f"{counted(len(readings), 'source')}, {counted(len(stale), 'task')}") as seconds:
        context.ledger.begin(STEP, stale)
        write_examples(context, readings, stale)
        counts = account(context, readings, stale)
        context.ledger.finish(STEP, counts, fingerprints, seconds())
        context.ledger.flush()
    total = sum(counts.values(), Counts())
    context.messages.say(
        f"{STEP}: {counted(total.rows_out, 'example')} of {counted(len(stale), 'task')} from "
        f"{counted(total.rows_in, 'row')}, "
        f"{total.quarantined:,} quarantined",
        step=STEP, rows_in=total.rows_in, rows_out=total.rows_out,
    )  # fmt: skip


def source_fingerprints(context: Context) -> dict[str, str]:
    """For each task what its examples depend on: mapping, contract of the type, files. Tables and JDBC are always
    read again."""
    stamps = {name: _stamps(context, source) for name, source in context.catalog.sources.items()}
    return {
        name: fingerprint(
            RULES,
            stamps[task.source.source],
            _settings(task),
            task.task_type.fields,
            task.task_type.answer,
            task.task_type.content_fields,
            task.choices,
        )
        for name, task in context.catalog.tasks.items()
    }


def _stamps(context: Context, source: Source) -> Any:
    """What tells that the source's files are the same: names under the data folder, which may move, sizes and times."""
    reads = [read for _, read in reads_of(source)]
    if not all(read.paths for read in reads):
        return context.run_id
    places = [place_of(context.pipeline, path) for read in reads for path in read.paths]
    found = file_stamps(context.spark, places)
    return [(path.removeprefix(context.pipeline.data), size, changed) for path, size, changed in found]


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
    context.messages.say(
        f"{STEP}: removed the rows of {counted(len(gone), 'task')} not in the catalog any more: {', '.join(gone)}"
    )


def write_examples(context: Context, readings: Sequence[Reading], stale: Sequence[str]) -> None:
    """Writes the accepted rows, leaving out files that turn out to be unreadable, in one commit."""
    predicate = f"task IN {sql_list(stale)}"
    while True:
        accepted = union(accepted_candidates(reading) for reading in readings)
        try:
            context.warehouse.replace(tables.EXAMPLES, examples(context, accepted), predicate)
            return
        except (PySparkException, Py4JJavaError) as error:  # Delta's writer lets Java errors through as they are
            path = unreadable_file(error)
            if path is None:
                raise
            for reading in skip_file(context, readings, path):
                reading.open(context)


def examples(context: Context, accepted: DataFrame) -> DataFrame:
    """Candidates as rows of `examples`: identical copies in a split taken together, sorted by task for rendering."""
    keyed = accepted.withColumn("example_id", hashed_column("task", "split", "fields"))
    collapsed = keyed.groupBy("task", "example_id").agg(
        F.count(F.lit(1)).alias("copies"), F.min("languages").alias("languages"),
        *(F.first(name).alias(name) for name in ("split", "fields", "answer")),
    )  # fmt: skip
    labelled = collapsed.join(F.broadcast(task_constants(context)), on="task", how="inner")
    # The keys need Python, so they come after the one shuffle: once, not once in every source's branch of the plan.
    content = F.expr("to_json(transform(content_fields, name -> get_json_object(fields, concat('$.', name))))")
    return labelled.select(
        "*",
        content_key(F.concat("task_type", content)).alias("content_key"), content_key("answer").alias("answer_key"),
        F.expr(checks.flags("fields")).alias("flags"),
    ).sortWithinPartitions("task", "example_id").select(*tables.EXAMPLES.columns)  # fmt: skip


def task_constants(context: Context) -> DataFrame:
    """What all examples of a task share."""
    rows = [
        (name, task.source.source, task.task_type.task_type, task.source.role, task.source.revision,
         task.source.licence, task.source.do_not_train, list(task.task_type.content_fields))
        for name, task in context.catalog.tasks.items()
    ]  # fmt: skip
    columns = "source string, task_type string, role string, revision string, licence string, do_not_train boolean"
    return context.spark.createDataFrame(rows, f"task string, {columns}, content_fields array<string>")


def account(context: Context, readings: Sequence[Reading], stale: Sequence[str]) -> dict[str, Counts]:
    """Writes what was refused, and counts where every row went.

    Rows in come from the counters of the pass that wrote the examples, the other numbers from the tables as written.
    """
    observed = {task: counts for reading in readings for task, counts in observed_counts(reading).items()}
    faulty = [
        reading
        for reading in readings
        if reading.skipped or any(observed[task.name].quarantined for task in reading.tasks)
    ]
    _stop_if_asked(faulty, observed)
    predicate = f"task IN {sql_list(stale)}"
    refused = union(refused_candidates(context, reading) for reading in faulty) if faulty else None
    if refused is not None:
        context.warehouse.replace(tables.QUARANTINE, quarantine(context, refused), f"step = '{STEP}' AND {predicate}")
    else:
        context.warehouse.delete(tables.QUARANTINE, f"step = '{STEP}' AND {predicate}")
    written = _written(context, predicate)
    counts = {}
    for task in stale:
        rows, copies = written.get((task, tables.EXAMPLES.name), (0, 0))
        quarantined, _ = written.get((task, tables.QUARANTINE.name), (0, 0))
        counts[task] = Counts(
            rows_in=observed[task].rows_in, rows_out=rows, copies=copies - rows,
            quarantined=quarantined, not_selected=observed[task].not_selected,
        )  # fmt: skip
    return counts


def _written(context: Context, predicate: str) -> dict[tuple[str, str], tuple[int, int]]:
    """For each task and table the rows there are, and the rows of the source they stand for."""
    examples_of = context.warehouse.read(tables.EXAMPLES).selectExpr("task", "'examples' AS place", "copies")
    refused = context.warehouse.read(tables.QUARANTINE).where(f"step = '{STEP}'")
    both = examples_of.union(refused.selectExpr("task", "'quarantine' AS place", "1L AS copies")).where(predicate)
    found = both.groupBy("task", "place").agg(F.count(F.lit(1)).alias("rows"), F.sum("copies").alias("copies"))
    return {(row["task"], row["place"]): (row["rows"], row["copies"]) for row in found.collect()}


def quarantine(context: Context, refused: DataFrame) -> DataFrame:
    """Refused candidates as rows of `quarantine`."""
    return refused.select(
        F.lit(STEP).alias("step"), "task", F.substring_index("task", ".", 1).alias("source"),
        hashed_column("task", F.coalesce("file", F.lit("")), "row").alias("row_id"),
        F.expr(checks.reasons("found")).alias("reasons"), F.expr(checks.detail("found")).alias("detail"), "file",
        F.lit(None).cast("string").alias("example_id"), F.lit(None).cast("string").alias("template_id"),
        F.lit(context.run_id).alias("run_id"), "row",
    )  # fmt: skip


def _readings(context: Context, stale: Sequence[str]) -> list[Reading]:
    """The sources to read, each with its stale tasks; every mistake of their SQL is reported at once."""
    tasks_of: defaultdict[str, list[Task]] = defaultdict(list)
    for name in stale:
        task = context.catalog.tasks[name]
        tasks_of[task.source.source].append(task)
    readings = [Reading(context.catalog.sources[name], tasks) for name, tasks in tasks_of.items()]
    skip_cut_off_files(context, readings)
    # Planning is mostly waiting for the JVM, one call after the other.
    with ThreadPoolExecutor(max_workers=4) as pool:
        mistakes = [
            mistake for found in pool.map(lambda reading: _opened(context, reading), readings) for mistake in found
        ]
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return readings


def _opened(context: Context, reading: Reading) -> list[str]:
    """Plans the reading of one source, and gives the mistakes in its SQL and schema."""
    document = context.catalog.documents[f"Source {reading.source.source}"]
    try:
        reading.open(context)
    except ConfigError as error:
        return [f"{document.path}: {mistake}" for mistake in error.mistakes]
    except (AnalysisException, Py4JJavaError) as error:
        mistake = unknown_format(error, reading.source, document)
        if mistake is None and isinstance(error, AnalysisException):
            mistake = spark_mistake(error, reading.tasks, document)
        if mistake is None:
            raise
        return [mistake]
    return []


def _stop_if_asked(faulty: Sequence[Reading], observed: dict[str, Counts]) -> None:
    for reading in faulty:
        if reading.source.on_error == "stop":
            refused = {task.name: observed[task.name].quarantined for task in reading.tasks}
            raise StepError(
                f"{STEP}: {reading.source.source} has rows that cannot be used (on_error: stop): {refused}. "
                "Correct the source, or set on_error: quarantine to see them in table quarantine"
            )


if __name__ == "__main__":
    main(run)
