"""Versions of the clustering: which there have been, and what moved between two of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from taskmill.jobs.configuration.pipeline import load_pipeline
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.stored_rows import StoredRows
from taskmill.jobs.words import counted

if TYPE_CHECKING:
    from taskmill.jobs.command import Options
    from taskmill.jobs.context import Context

PLACE = (
    "task_cluster",
    "fold",
    "excluded_folds",
    "held_out_task",
)  # of a task; when it changes, there is a new version


@dataclass(frozen=True)
class Version:
    """A clustering by task: its rows' values of `PLACE` and what they were dealt by. Version 0 has no tasks."""

    number: int
    dealt_by: str
    places: Mapping[str, Mapping[str, Any]]

    def clusters(self) -> dict[str, str]:
        return {task: place["task_cluster"] for task, place in self.places.items()}

    def folds(self) -> dict[str, int]:
        """The fold of each cluster that has tasks to train on."""
        return {place["task_cluster"]: place["fold"] for place in self.places.values() if place["fold"] is not None}


def newest_version(context: Context) -> Version:
    """The version in use; 0 where there has been none."""
    rows = context.warehouse.read(tables.CLUSTERINGS)
    number = rows.agg(F.max("version")).collect()[0][0] or 0
    return _version(number, [row.asDict() for row in rows.where(F.col("version") == number).collect()])


def stored_version(stored: StoredRows, number: int | None = None) -> Version:
    """A version by its number, None for the newest, read without Spark.

    Raises:
        ConfigError: for a number that there is not.
    """
    numbers = sorted({row["version"] for row in stored.rows(tables.CLUSTERINGS.name, ("version",), "true")})
    wanted = (numbers or [0])[-1] if number is None else number
    if wanted not in numbers:
        there_are = f"there are: {', '.join(map(str, numbers))}" if numbers else "`taskmill run` makes the first"
        raise ConfigError(f"there is no version {wanted} of the clusters ({there_are})")
    return _version(wanted, stored.rows(tables.CLUSTERINGS.name, ("task", "dealt_by", *PLACE), f"version = {wanted}"))


def _version(number: int, rows: Sequence[Mapping[str, Any]]) -> Version:
    places = {row["task"]: {name: row[name] for name in PLACE} for row in rows}
    return Version(number, rows[0]["dealt_by"] if rows else "", places)


def keep_version(context: Context, rows: Sequence[Mapping[str, Any]], dealt_by: str, newest: Version) -> Version:
    """The version that these rows of `tasks` are: the newest, or a new one, which is written."""
    places = {str(row["task"]): {name: row[name] for name in PLACE} for row in rows}
    if places == dict(newest.places) and dealt_by == newest.dealt_by:
        return newest
    made = Version(newest.number + 1, dealt_by, places)
    made_at = datetime.now(timezone.utc)
    own = [
        {**{name: row[name] for name in ("task", "confidence", *PLACE)}, "version": made.number, "dealt_by": dealt_by,
         "made_at": made_at, "run_id": context.run_id}
        for row in rows
    ]  # fmt: skip
    frame = context.spark.createDataFrame(own, tables.CLUSTERINGS.schema)
    context.warehouse.replace(tables.CLUSTERINGS, frame, f"version = {made.number}")
    return made


def moves(before: Version, after: Version) -> list[str]:
    """In lines what differs: tasks that came, left, or have another cluster, fold or another side in some fold."""
    lines = [f"+ {task}: {_told(after.places[task])}" for task in sorted(after.places.keys() - before.places.keys())]
    lines += [f"- {task}: {_told(before.places[task])}" for task in sorted(before.places.keys() - after.places.keys())]
    for task in sorted(before.places.keys() & after.places.keys()):
        one, other = before.places[task], after.places[task]
        changed = [f"{name} {_shown(one[name])} -> {_shown(other[name])}" for name in PLACE if one[name] != other[name]]
        if changed:
            lines.append(f"~ {task}: {', '.join(changed)}")
    return lines


def summary(lines: Iterable[str]) -> str:
    """In a line how many tasks came, left and moved."""
    kinds = Counter(line[0] for line in lines)
    words = {"+": "new", "-": "gone", "~": "moved"}
    return ", ".join(f"{counted(kinds[kind], 'task')} {word}" for kind, word in words.items() if kinds[kind])


def show_diff(options: Options, before: int, after: int | None) -> None:
    """Prints what moved between two versions; None is the newest."""
    stored = StoredRows(load_pipeline(options.conf_path, options.overrides, options.tables).tables)
    one, other = stored_version(stored, before), stored_version(stored, after)
    lines = moves(one, other)
    print(f"version {one.number} -> {other.number}: {summary(lines) or 'nothing moved'}")
    for line in lines:
        print(f"  {line}")


def _told(place: Mapping[str, Any]) -> str:
    fold = "benchmark" if place["fold"] is None else f"fold {place['fold']}"
    return f"{place['task_cluster']}, {fold}"


def _shown(value: Any) -> str:
    return "none" if value is None or value == [] else str(value)
