"""The scans of an ingest, planned: what Spark refuses in one source's SQL is told and leaves the others alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import Source
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.reading.file_records import forget
from taskmill.jobs.reading.ingest_account import quarantine
from taskmill.jobs.reading.readings import Reading, skip_cut_off_files
from taskmill.jobs.reading.sql_errors import spark_mistake, unknown_format
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import INGEST
from taskmill.jobs.storage.warehouse import sql_list


def open_readings(
    context: Context,
    groups: Sequence[Sequence[Source]],
    tasks_of: Mapping[str, Sequence[Task]],
    broken: list[str],
) -> list[Reading]:
    """Plans the scans of these groups; a group whose SQL or schema Spark refuses is left out and noted in `broken`."""
    readings = [
        Reading(list(sources), [task for source in sources for task in tasks_of[source.source]]) for sources in groups
    ]
    skip_cut_off_files(context, readings)
    # Planning is mostly waiting for the JVM, one call after the other.
    with ThreadPoolExecutor(max_workers=4) as pool:
        mistakes = list(pool.map(lambda reading: _opened(context, reading), readings))
    for reading, found in zip(readings, mistakes, strict=True):
        if found:
            broken.extend(found)
            leave_broken(context, reading, found)
    return [reading for reading, found in zip(readings, mistakes, strict=True) if not found]


def leave_broken(context: Context, reading: Reading, mistakes: Sequence[str]) -> None:
    """Notes sources that cannot be planned: they keep what they had, and the next run tries them again.

    Raises:
        ConfigError: if they are to stop at errors.
    """
    if reading.first.on_error == "stop":
        raise ConfigError("\n".join(mistakes))
    for mistake in mistakes:
        context.messages.warn(f"{INGEST}: {reading.names}: left out: {mistake}")
    rows = [(task.name, f"broken_source {mistake}") for task in reading.tasks for mistake in mistakes[:1]]
    refused = context.spark.createDataFrame(rows, "task string, mistake string").selectExpr(
        "task", "array(mistake) AS found", "CAST(NULL AS string) AS file", "'{}' AS row"
    )
    predicate = f"step = '{INGEST}' AND task IN {sql_list(task for task, _ in rows)}"
    context.warehouse.replace(tables.QUARANTINE, quarantine(context, refused), predicate)
    forget(context, (task for task, _ in rows))  # what was refused before is not there any more


def _opened(context: Context, reading: Reading) -> list[str]:
    """Plans one scan, and gives the mistakes in the SQL and schema of its sources."""
    document = context.catalog.documents[f"Source {reading.first.source}"]
    try:
        reading.open(context)
    except ConfigError as error:
        return [f"{document.path}: {mistake}" for mistake in error.mistakes]
    except (AnalysisException, Py4JJavaError) as error:
        mistake = unknown_format(error, reading.first, document)
        if mistake is None and isinstance(error, AnalysisException):
            mistake = spark_mistake(error, reading.tasks_of(reading.first), document)
        if mistake is None:
            raise
        return [mistake]
    return []
