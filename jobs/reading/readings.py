"""The scans of one ingest: what is planned, what was counted, and which files are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from taskmill.jobs.catalog.files import file_stamps, is_cut_off
from taskmill.jobs.catalog.source_checks import place_of, reads_of
from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import Source
from taskmill.jobs.context import Context
from taskmill.jobs.errors import StepError
from taskmill.jobs.reading.candidates import candidates, unreadable
from taskmill.jobs.reading.file_records import file_name_sql, file_uri, stored_sql
from taskmill.jobs.reading.readers import read_rows
from taskmill.jobs.safety.screening import screened
from taskmill.jobs.storage.ledger import INGEST, Counts
from taskmill.jobs.words import counted
from taskmill.udfs.checks import quoted
from taskmill.udfs.parsers.formats import PARSERS

ACCEPTED = ("task", "split", "fields", "answer", "references", "languages", "group_key")
IS_REFUSED = "size(found) > 0"
COUNTED = {"rows": "true", "left": "NOT selected", "refused": f"selected AND {IS_REFUSED}"}
UNREADABLE_FILE = re.compile(r"FAILED_READ_FILE.*?file (\S+?)\.?\s", re.DOTALL)


@dataclass
class Reading:
    """Sources that one scan reads: their tasks, the files that cannot be read, their candidates, and the counts of the
    last pass."""

    sources: list[Source]
    tasks: list[Task]
    skipped: list[str] = field(default_factory=list)
    candidates: DataFrame | None = None
    seen: Observation | None = None

    @property
    def first(self) -> Source:
        """The source that the scan is planned for: the others differ in what no expression sees."""
        return self.sources[0]

    @property
    def names(self) -> str:
        """The sources, as messages tell them."""
        more = f" and {counted(len(self.sources) - 1, 'like source')}" if len(self.sources) > 1 else ""
        return self.first.source + more

    def tasks_of(self, source: Source) -> list[Task]:
        return [task for task in self.tasks if task.source.source == source.source]

    def files(self, context: Context) -> dict[str, Source]:
        """Every file that is read, as `_metadata.file_path` writes it, and the source it belongs to."""
        return {
            file_uri(path): source
            for source in self.sources
            for path, _, _ in file_stamps(context.spark, self._places(context, source))
        }

    def _places(self, context: Context, source: Source) -> list[str]:
        return [place_of(context.pipeline, path) for _, read in reads_of(source) for path in read.paths]

    def open(self, context: Context) -> None:
        """Plans the reading; Spark opens the files' headers and no more."""
        paths = {"rows": [path for source in self.sources for path in source.read.paths]}
        paths |= {name: list(read.paths) for name, read in self.first.inputs.items()}
        frames = {
            name: read_rows(
                context.spark,
                read,
                [place_of(context.pipeline, path) for path in paths[name]],
                self.skipped,
                context.pipeline.limits.max_file_bytes,
            )
            for name, read in {"rows": self.first.read, **self.first.inputs}.items()
        }
        owner = self._owner(context)
        self.candidates = candidates(context.spark, self.first, self.tasks_of(self.first), frames, owner)

    def _owner(self, context: Context) -> str:
        """SQL that gives the source of a row."""
        if len(self.sources) == 1:
            return quoted(self.first.source)
        entries = [text for path, source in self.files(context).items() for text in (path, source.source)]
        # Spark's readers differ in how many slashes they write, and behind `!/` stands a file in an archive.
        file = "regexp_replace(substring_index(_metadata.file_path, '!/', 1), '^file:/+', 'file:///')"
        unknown = f"raise_error(concat('no source has the file ', {file}))"
        return f"coalesce(map({', '.join(map(quoted, entries))})[{file}], {unknown})"


def accepted_candidates(context: Context, reading: Reading) -> DataFrame:
    """The candidates without a fault, with the name of their file, each one copy; all are counted on the way."""
    assert reading.candidates is not None
    reading.seen = Observation(f"ingest {reading.first.source}")
    counters = [F.expr(f"count_if({condition})").alias(name) for name, condition in COUNTED.items()]
    return (
        screened(context, reading.tasks, reading.candidates.drop("row"))
        .observe(reading.seen, *counters)
        .where(f"selected AND NOT ({IS_REFUSED})")
        .selectExpr(*ACCEPTED, f"{stored_sql(file_name_sql(context, 'file'))} AS file", "1L AS copies")
    )


def refused_candidates(context: Context, reading: Reading) -> DataFrame:
    """The candidates with a fault, and the files that cannot be read."""
    assert reading.candidates is not None
    found = screened(context, reading.tasks, reading.candidates).where(f"selected AND {IS_REFUSED}")
    if not reading.skipped:
        return found
    owners = reading.files(context)
    rows = [(path, owners[path].source) for path in reading.skipped]
    marked = context.spark.createDataFrame(rows, "path string, _owner string").select(
        F.lit("unreadable_file").alias("_refused"), F.col("path").alias("_raw"), "_owner",
        F.struct(F.col("path").alias("file_path"), F.col("path").alias("file_name")).alias("_metadata"),
    )  # fmt: skip
    return found.unionByName(unreadable(reading.tasks_of(reading.first), marked, "_owner"))


def left_out(context: Context, reading: Reading) -> DataFrame:
    """Columns task, file: one row for each candidate that is left out on purpose."""
    assert reading.candidates is not None
    file = stored_sql(file_name_sql(context, "file"))
    return reading.candidates.where(COUNTED["left"]).selectExpr("task", f"{file} AS file")


def observed_counts(reading: Reading) -> Counts:
    """What the counters saw; a file that cannot be read counts as a row of each task of its source."""
    assert reading.seen is not None
    seen = reading.seen.get
    files = len(reading.skipped) * len(reading.tasks_of(reading.first))
    return Counts(rows_in=seen["rows"] + files, not_selected=seen["left"], quarantined=seen["refused"] + files)


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
    owners = [reading for reading in readings if path in reading.files(context)]
    if not owners or any(path in reading.skipped for reading in owners):
        raise StepError(
            f"{INGEST}: {path} cannot be read, and it is not known which source needs it; repair or remove the file"
        )
    for reading in owners:
        if reading.first.on_error == "stop":
            raise StepError(
                f"{INGEST}: {reading.files(context)[path].source}: {path} cannot be read (on_error: stop). "
                "Repair or remove it"
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
    """Leaves out the small compressed files that are visibly broken, before the first pass. Our own formats do without:
    they give what comes before the fault."""
    for reading in readings:
        if reading.first.read.format in PARSERS:
            continue
        for path in reading.files(context):
            if is_cut_off(path) and path not in reading.skipped:
                skip_file(context, readings, path)
