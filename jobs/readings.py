"""The sources of one ingest as they are read: what is planned, what was counted, and which files are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from taskmill.jobs.candidates import candidates, unreadable
from taskmill.jobs.config import Source
from taskmill.jobs.context import Context
from taskmill.jobs.errors import StepError
from taskmill.jobs.files import file_stamps, is_cut_off
from taskmill.jobs.ledger import INGEST, Counts
from taskmill.jobs.readers import read_rows
from taskmill.jobs.source_checks import place_of, reads_of
from taskmill.jobs.task import Task
from taskmill.jobs.words import counted

UNREADABLE_FILE = re.compile(r"FAILED_READ_FILE.*?file (\S+?)\.?\s", re.DOTALL)


@dataclass
class Reading:
    """One source as it is being read: its tasks, the files that cannot be read, its candidates, and the counts of the
    last pass."""

    source: Source
    tasks: list[Task]
    skipped: list[str] = field(default_factory=list)
    candidates: DataFrame | None = None
    seen: Observation | None = None

    def places(self, context: Context) -> list[str]:
        """Every place the source is read from."""
        return [place_of(context.pipeline, path) for _, read in reads_of(self.source) for path in read.paths]

    def files(self, context: Context) -> list[str]:
        """Every file the source is read from."""
        places = self.places(context)
        return [path for path, _, _ in file_stamps(context.spark, places)] if places else []

    def open(self, context: Context) -> None:
        """Plans the reading; Spark opens the files' headers and no more."""
        views = {"rows": self.source.read, **self.source.inputs}
        frames = {
            name: read_rows(
                context.spark, read, [place_of(context.pipeline, path) for path in read.paths], self.skipped
            )
            for name, read in views.items()
        }
        self.candidates = candidates(context.spark, self.source, self.tasks, frames)


def accepted_candidates(reading: Reading) -> DataFrame:
    """The candidates without a fault, counted on the way by task."""
    assert reading.candidates is not None
    reading.seen = Observation(f"ingest {reading.source.source}")
    is_refused = "selected AND size(found) > 0"
    counters = [
        F.expr(f"count_if(task = '{task.name}' AND {condition})").alias(f"{kind}{number}")
        for number, task in enumerate(reading.tasks)
        for kind, condition in (("rows", "true"), ("left", "NOT selected"), ("refused", is_refused))
    ]
    return (
        reading.candidates.drop("row", "file")
        .observe(reading.seen, *counters)
        .where(f"selected AND NOT ({is_refused})")
    )


def refused_candidates(context: Context, reading: Reading) -> DataFrame:
    """The candidates with a fault, and the files that cannot be read."""
    assert reading.candidates is not None
    found = reading.candidates.where("selected AND size(found) > 0")
    if not reading.skipped:
        return found
    files = context.spark.createDataFrame([(path,) for path in reading.skipped], "path string")
    marked = files.select(
        F.lit("unreadable_file").alias("_refused"), F.col("path").alias("_raw"),
        F.struct(F.col("path").alias("file_path"), F.col("path").alias("file_name")).alias("_metadata"),
    )  # fmt: skip
    return found.unionByName(unreadable(reading.tasks, marked))


def observed_counts(reading: Reading) -> dict[str, Counts]:
    """What the counters saw; a file that cannot be read counts as a row of each of the source's tasks."""
    assert reading.seen is not None
    seen, files = reading.seen.get, len(reading.skipped)
    return {
        task.name: Counts(
            rows_in=seen[f"rows{number}"] + files,
            not_selected=seen[f"left{number}"],
            quarantined=seen[f"refused{number}"] + files,
        )
        for number, task in enumerate(reading.tasks)
    }


def union(frames: Iterable[DataFrame]) -> DataFrame:
    """One frame of all, which have the same columns in the same order."""
    return reduce(DataFrame.union, frames)


def unreadable_file(error: Exception) -> str | None:
    """The file a failed read names, or None for any other failure."""
    found = UNREADABLE_FILE.search(str(error))
    return found.group(1) if found else None


def skip_file(context: Context, readings: Sequence[Reading], path: str) -> list[Reading]:
    """Notes a file that cannot be read, and gives the readings that have to be opened anew to go without it.

    Raises:
        StepError: if its source is to stop at errors, if the limit is reached, or if no source has the file.
    """
    owners = [reading for reading in readings if path in map(_uri, reading.files(context))]
    if not owners or any(path in reading.skipped for reading in owners):
        raise StepError(
            f"{INGEST}: {path} cannot be read, and it is not known which source needs it; repair or remove the file"
        )
    for reading in owners:
        if reading.source.on_error == "stop":
            raise StepError(
                f"{INGEST}: {reading.source.source}: {path} cannot be read (on_error: stop). Repair or remove it"
            )
        reading.skipped.append(path)
    limit = context.pipeline.limits.max_unreadable_files
    if sum(len(reading.skipped) for reading in readings) > limit:
        raise StepError(
            f"{INGEST}: more than {counted(limit, 'file')} cannot be read; repair them, or raise "
            "limits.max_unreadable_files"
        )
    context.messages.warn(f"{INGEST}: {path} cannot be read; the run goes on without it", file=path)
    return owners


def skip_cut_off_files(context: Context, readings: Sequence[Reading]) -> None:
    """Leaves out the small compressed files that are visibly broken, before the first pass."""
    for reading in readings:
        for path in reading.files(context):
            if is_cut_off(path) and _uri(path) not in reading.skipped:
                skip_file(context, readings, _uri(path))


def _uri(path: str) -> str:
    """A local path as `_metadata.file_path` writes it."""
    return path if "://" in path else "file://" + Path(path).absolute().as_uri().removeprefix("file://")
