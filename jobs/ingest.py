"""sources -> examples: reads every source that is new or has changed, maps its rows to the fields of its task types.

Reads the files and tables of conf/sources. Writes `examples` (one row: an example of a task) and `quarantine` (what
cannot be read, mapped or checked). Accepted rows are written in one pass; sources that had others are read a second
time for those alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from taskmill.jobs import tables
from taskmill.jobs.command import main
from taskmill.jobs.config import Source
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.files import file_stamps
from taskmill.jobs.ingest_account import account
from taskmill.jobs.ledger import INGEST, Counts
from taskmill.jobs.reading_plans import open_readings
from taskmill.jobs.readings import (
    Reading,
    accepted_candidates,
    skip_file,
    union,
    unreadable_file,
)
from taskmill.jobs.shapes import together
from taskmill.jobs.source_checks import place_of, reads_of
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
SCANS_AT_ONCE = 48  # in one write: the time to plan a union grows faster than its branches


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
    tasks_of = _tasks_of(context, stale)
    groups = together(context, tasks_of)
    counts: dict[str, Counts] = {}
    with context.step(STEP, f"{counted(sum(map(len, groups)), 'source')}, {counted(len(stale), 'task')}") as seconds:
        broken: list[str] = []
        for start in range(0, len(groups), SCANS_AT_ONCE):
            readings = open_readings(context, groups[start : start + SCANS_AT_ONCE], tasks_of, broken)
            tasks = sorted(task.name for reading in readings for task in reading.tasks)
            if tasks:
                context.ledger.begin(STEP, tasks)
                write_examples(context, readings, tasks)
                found = account(context, readings, tasks)
                context.ledger.finish(STEP, found, fingerprints, seconds())
                context.ledger.flush()
                counts |= found
        if broken and not counts:
            raise ConfigError("\n".join(broken))
    total = sum(counts.values(), Counts())
    context.messages.say(
        f"{STEP}: {counted(total.rows_out, 'example')} of {counted(len(counts), 'task')} from "
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
        F.count(F.lit(1)).alias("copies"), F.min("languages").alias("found_languages"),
        F.min("references").alias("references"),
        *(F.first(name).alias(name) for name in ("split", "fields", "answer")),
    )  # fmt: skip
    constants = task_constants(context)
    labelled = collapsed.join(F.broadcast(constants), on="task", how="inner")
    # The keys need Python, so they come after the one shuffle: once, not once in every source's branch of the plan.
    content = F.expr("to_json(transform(content_fields, name -> get_json_object(fields, concat('$.', name))))")
    return labelled.select(
        "*",
        content_key(F.concat("task_type", content)).alias("content_key"), content_key("answer").alias("answer_key"),
        F.expr(checks.flags("fields")).alias("flags"),
        F.coalesce("found_languages", "declared_languages").alias("languages"),
    ).sortWithinPartitions("task", "example_id").select(*tables.EXAMPLES.columns)  # fmt: skip


def task_constants(context: Context) -> DataFrame:
    """What all examples of a task share."""
    rows = [
        (name, task.source.source, task.task_type.task_type, task.source.role, task.source.revision,
         task.source.licence, task.source.do_not_train, list(task.task_type.content_fields), list(task.languages))
        for name, task in context.catalog.tasks.items()
    ]  # fmt: skip
    columns = "source string, task_type string, role string, revision string, licence string, do_not_train boolean"
    return context.spark.createDataFrame(
        rows, f"task string, {columns}, content_fields array<string>, declared_languages array<string>"
    )


def _tasks_of(context: Context, stale: Sequence[str]) -> dict[str, list[Task]]:
    """The stale tasks of each source."""
    found: defaultdict[str, list[Task]] = defaultdict(list)
    for name in stale:
        task = context.catalog.tasks[name]
        found[task.source.source].append(task)
    return found


if __name__ == "__main__":
    main(run)
