"""sources -> examples: reads every source that is new or has changed, maps its rows to the fields of its task types.

Reads the files and tables of conf/sources. Writes `examples` (one row: an example of a task) and `quarantine` (what
cannot be read, mapped or checked). Accepted rows are written in one pass; sources that had others are read a second
time for those alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from taskmill.jobs.catalog.files import file_stamps
from taskmill.jobs.catalog.source_checks import place_of, reads_of
from taskmill.jobs.catalog.task import Task
from taskmill.jobs.command import main
from taskmill.jobs.configuration.config import Source
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.examples import CONTENT_TEXTS, DRAWS
from taskmill.jobs.reading.file_records import file_name, forget
from taskmill.jobs.reading.increments import Plans, kept_candidates, narrowed, plan_files
from taskmill.jobs.reading.ingest_account import account
from taskmill.jobs.reading.reading_plans import open_readings
from taskmill.jobs.reading.readings import (
    Reading,
    accepted_candidates,
    skip_file,
    union,
    unreadable_file,
)
from taskmill.jobs.reading.shapes import together
from taskmill.jobs.safety.screening import found_flags, screening_digest
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import INGEST, Counts
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.jobs.words import counted
from taskmill.udfs.ids import fingerprint, hashed_column
from taskmill.udfs.language_columns import canonical_languages, language_flag
from taskmill.udfs.text import content_key

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STEP = INGEST
RULES = "1"  # raise when the same rows would give other examples
SCANS_AT_ONCE = 48  # in one write: the time to plan a union grows faster than its branches


def run(context: Context) -> None:
    """Brings `examples` up to date with the sources."""
    settings = {name: _settings(task, context.pipeline) for name, task in context.catalog.tasks.items()}
    fingerprints = source_fingerprints(context, settings)
    stale = context.ledger.stale(STEP, fingerprints)
    gone = context.ledger.gone(STEP, fingerprints)
    if gone:
        leave(context, gone)
    plans = plan_files(context, _tasks_of(context, stale), settings) if stale else {}
    fingerprints |= {task: fingerprint(settings[task], plan.stamps) for task, plan in plans.items()}
    stale = context.ledger.stale(STEP, fingerprints)
    if not stale:
        context.messages.say(f"{STEP}: up to date")
        return
    tasks_of = _tasks_of(context, stale)
    sources = {
        name: narrowed(context, context.catalog.sources[name], plans.get(tasks[0].name))
        for name, tasks in tasks_of.items()
    }
    only_lost = [task for task in stale if task in plans and not plans[task].to_read]
    reading = {name: source for name, source in sources.items() if tasks_of[name][0].name not in only_lost}
    groups = together(context, reading, tasks_of)
    counts: dict[str, Counts] = {}
    with context.step(STEP, f"{counted(len(sources), 'source')}, {counted(len(stale), 'task')}") as seconds:
        broken: list[str] = []
        if only_lost:
            counts |= read_sources(context, [], only_lost, plans)
            context.ledger.finish(STEP, counts, fingerprints, seconds())
        for start in range(0, len(groups), SCANS_AT_ONCE):
            readings = open_readings(context, groups[start : start + SCANS_AT_ONCE], tasks_of, broken)
            found = read_sources(context, readings, sorted(task.name for one in readings for task in one.tasks), plans)
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


def read_sources(
    context: Context, readings: Sequence[Reading], tasks: Sequence[str], plans: Plans
) -> dict[str, Counts]:
    """Writes the examples of these tasks and what was refused, and counts where every row went."""
    if not tasks:
        return {}
    context.ledger.begin(STEP, tasks)
    write_examples(context, readings, tasks, {task: plans[task] for task in tasks if task in plans})
    return account(context, readings, tasks, plans)


def source_fingerprints(context: Context, settings: Mapping[str, str]) -> dict[str, str]:
    """For each task what its examples depend on: `settings`, and the files. Tables and JDBC are always read again."""
    stamps = {name: _stamps(context, source) for name, source in context.catalog.sources.items()}
    return {
        name: fingerprint(settings[name], stamps[task.source.source]) for name, task in context.catalog.tasks.items()
    }


def _stamps(context: Context, source: Source) -> Any:
    """What tells that the source's files are the same: names under the data folder, which may move, sizes and times."""
    reads = [read for _, read in reads_of(source)]
    if not all(read.paths for read in reads):
        return context.run_id
    places = [place_of(context.pipeline, path) for read in reads for path in read.paths]
    return sorted((file_name(context, path), size, at) for path, size, at in file_stamps(context.spark, places))


def _settings(task: Task, pipeline: Pipeline) -> str:
    """Stands for what else changes the examples of a task: its source's settings but the priority, the mapping of this
    task alone, the contract of the task type, and what is looked for in its texts. The files tell which paths there
    are."""
    source = task.source.model_dump(exclude={"tasks", "priority", "homepage", "on_error", "read", "each"})
    read = task.source.read.model_dump(exclude={"path"})
    mapping = task.mapping.model_dump(exclude={"templates_per_example"})
    kind = task.task_type
    return fingerprint(
        RULES, source, read, mapping, kind.fields, kind.answer, kind.content_fields, task.choices,
        pipeline.language_check, screening_digest(pipeline, task),
    )  # fmt: skip


def leave(context: Context, gone: Sequence[str]) -> None:
    """Removes the rows of tasks that are not in the catalog any more."""
    predicate = f"task IN {sql_list(gone)}"
    context.warehouse.delete(tables.EXAMPLES, predicate)
    context.warehouse.delete(tables.QUARANTINE, f"step = '{STEP}' AND {predicate}")
    forget(context, gone)
    context.ledger.remove(STEP, gone)
    context.messages.say(
        f"{STEP}: removed the rows of {counted(len(gone), 'task')} not in the catalog any more: {', '.join(gone)}"
    )


def write_examples(context: Context, readings: Sequence[Reading], tasks: Sequence[str], plans: Plans) -> None:
    """Writes the accepted rows, leaving out files that turn out to be unreadable, in one commit."""
    predicate = f"task IN {sql_list(tasks)}"
    partial = {task: plan for task, plan in plans.items() if plan.is_partial}
    while True:
        frames = [accepted_candidates(context, reading) for reading in readings]
        if partial:
            frames.append(kept_candidates(context, partial))
        try:
            context.warehouse.replace(tables.EXAMPLES, examples(context, union(frames)), predicate)
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
    first = [F.first(name).alias(name) for name in ("split", "fields", "answer")]
    least = [F.min(name).alias(name) for name in ("languages", "references", "group_key")]
    # One shuffle serves both: what is equal for a file is together when it is equal for the example.
    by_file = (
        keyed.repartition("task", "example_id")
        .groupBy("task", "example_id", "file")
        .agg(F.sum("copies").alias("copies"), *first, *least)
    )
    entry = F.when(F.col("file").isNotNull(), F.struct("file", "copies"))
    collapsed = by_file.groupBy("task", "example_id").agg(
        F.map_from_entries(F.collect_list(entry)).alias("files"), F.sum("copies").alias("copies"), *first, *least
    )
    constants = task_constants(context)
    labelled = collapsed.join(F.broadcast(constants), on="task", how="inner").withColumn(
        "languages", canonical_languages(F.coalesce("languages", "declared_languages"))
    )
    # The keys need Python, so they come after the one shuffle: once, not once in every source's branch of the plan.
    content = F.expr(f"to_json({CONTENT_TEXTS})")
    # Ids are hashes, so their first digits are as good as a draw.
    share = context.pipeline.language_check * DRAWS
    looked_at = F.expr(f"CASE WHEN conv(left(example_id, 8), 16, 10) < {share:.0f} THEN fields END")
    flags = F.concat(found_flags(context), F.array(language_flag(looked_at, "languages")))
    return labelled.select(
        "*", content_key(F.concat("task_type", content)).alias("content_key"),
        content_key("answer").alias("answer_key"), F.array_compact(flags).alias("flags"),
    ).withColumn("files", F.expr("CASE WHEN size(files) > 0 THEN files END")).sortWithinPartitions(
        "task", "example_id"
    ).select(*tables.EXAMPLES.columns)  # fmt: skip


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
