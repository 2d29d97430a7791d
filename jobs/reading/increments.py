"""Which files of a stale task are read, and what it keeps of those that are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.catalog.source_checks import place_of
from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import Source
from taskmill.jobs.context import Context
from taskmill.jobs.reading.file_records import (
    FileRecord,
    checksums,
    is_read_by_file,
    known_files,
    present_files,
    stored_sql,
    unchanged,
)
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import INGEST

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Plans = Mapping[str, "FilePlan"]  # by task; those whose rows and files cannot be told apart have none


@dataclass(frozen=True)
class FilePlan:
    """The files of a stale task.

    Attributes:
        present: all there are, as they are before anything is read.
        kept: of these the ones whose rows stay, as they were when they were read.
        dropped: those on record that have changed or are not there any more; their rows leave.
    """

    present: Mapping[str, FileRecord]
    kept: Mapping[str, FileRecord] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()

    @property
    def to_read(self) -> list[str]:
        return sorted(set(self.present) - set(self.kept))

    @property
    def is_partial(self) -> bool:
        return bool(self.kept)

    @property
    def stamps(self) -> list[tuple[str, int, int]]:
        """What tells the files from others: of those that are kept, the stamp they were read with."""
        return [self.kept.get(name, self.present[name]).stamp for name in sorted(self.present)]


def plan_files(context: Context, tasks_of: Mapping[str, Sequence[Task]], settings: Mapping[str, str]) -> Plans:
    """The plans of these tasks.

    Args:
        tasks_of: for each source its stale tasks.
        settings: for each task a hash of all that its rows depend on but the files.
    """
    done = context.ledger.done(INGEST)
    known = known_files(context, [task.name for tasks in tasks_of.values() for task in tasks])
    plans: dict[str, FilePlan] = {}
    for name, tasks in tasks_of.items():
        source = context.catalog.sources[name]
        present = present_files(context, source)
        if not is_read_by_file(source, present):
            continue
        usable = all(
            task.name in done and known.get(task.name) and _has_settings(known[task.name], settings[task.name])
            for task in tasks
        )
        # The tasks of a source are read by one scan, so they need to have seen the same files.
        stamps = {tuple(sorted(file.stamp for file in known[task.name].values())) for task in tasks if usable}
        same = unchanged(context, present, known[tasks[0].name]) if len(stamps) == 1 else set()
        for task in tasks:
            plans[task.name] = _plan(present, known[task.name] if same else {}, same, settings[task.name])
    return plans


def _has_settings(files: Mapping[str, FileRecord], settings: str) -> bool:
    return {file.settings for file in files.values()} == {settings}


def _plan(
    present: Mapping[str, FileRecord], known: Mapping[str, FileRecord], same: Iterable[str], settings: str
) -> FilePlan:
    kept = {name: known[name] for name in same}
    now = {name: replace(file, settings=settings) for name, file in present.items()}
    return FilePlan(now, kept, frozenset(set(known) - set(kept)))


def narrowed(context: Context, source: Source, plan: FilePlan | None) -> Source:
    """The source with only the files that have to be read."""
    if plan is None or not plan.is_partial:
        return source
    paths = tuple(place_of(context.pipeline, name) for name in plan.to_read)
    return source.model_copy(update={"read": source.read.model_copy(update={"path": paths})})


def kept_candidates(context: Context, plans: Plans) -> DataFrame:
    """What the examples of these tasks stand for in the files that are kept, as `readings.accepted_candidates`."""
    old = context.warehouse.read(tables.EXAMPLES).join(F.broadcast(_dropped(context, plans)), on="task", how="inner")
    return old.selectExpr(
        "task", "split", "fields", "answer", "references", "languages", "group_key",
        "explode(map_filter(files, (file, copies) -> NOT array_contains(dropped, file))) AS (file, copies)",
    )  # fmt: skip


def kept_refused(context: Context, plans: Plans) -> DataFrame:
    """The rows of `quarantine` that these tasks keep."""
    old = context.warehouse.read(tables.QUARANTINE).where(f"step = '{INGEST}'")
    return (
        old.join(F.broadcast(_dropped(context, plans)), on="task", how="inner")
        .where(f"NOT array_contains(dropped, {stored_sql('file')})")
        .select(*tables.QUARANTINE.columns)
    )


def _dropped(context: Context, plans: Plans) -> DataFrame:
    rows = [(task, sorted(plan.dropped)) for task, plan in plans.items()]
    return context.spark.createDataFrame(rows, "task string, dropped array<string>")


def records_of(
    context: Context, plans: Plans, rows: Mapping[tuple[str, str], int], left_out: Mapping[tuple[str, str], int]
) -> dict[str, list[FileRecord]]:
    """What to note of the files of these tasks, after they were read.

    Args:
        rows: how many rows came from each (task, file); and `left_out`, how many of them were left out.
    """
    read = {name: plan.present[name] for plan in plans.values() for name in plan.to_read}
    sums = checksums(context, read)
    found: dict[str, list[FileRecord]] = {}
    for task, plan in plans.items():
        new = [
            replace(
                plan.present[name],
                checksum=sums.get(name),
                rows=rows.get((task, name), 0),
                left_out=left_out.get((task, name), 0),
            )
            for name in plan.to_read
        ]
        found[task] = [*plan.kept.values(), *new]
    return found
