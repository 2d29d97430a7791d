"""`taskmill templates rank`: which wordings are good, and what pulls the others down.

Reads `pairs`, `quarantine`, `duplicates` and `decisions`. Writes `wording_scores` (one row: a wording).
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from taskmill.jobs.configuration.mistakes import close_to
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.ranking.measured import Row, measured
from taskmill.jobs.storage.roots import check_writable
from taskmill.jobs.storage.scores_table import WORDING_SCORES
from taskmill.jobs.storage.warehouse import sql_list
from taskmill.jobs.words import counted

if TYPE_CHECKING:
    from taskmill.jobs.context import Context


def rank(context: Context, pattern: str = "*", writes: bool = True) -> Sequence[Row]:
    """Scores the wordings of the task types that a glob means, stores the scores, and gives them by task type, best
    first.

    Raises:
        ConfigError: if the glob means no task type.
    """
    names = meant(context, pattern)
    with context.step("rank", f"wordings of {counted(len(names), 'task type')}"):
        found = measured(context, names)
        if writes:
            write(context, found.rows, names)
    if found.unknown:
        context.messages.warn(
            f"rank: {counted(found.unknown, 'wording')} with pairs are not in the files any more, and not ranked; "
            "`taskmill run` brings the pairs up to date"
        )
    return found.rows


def meant(context: Context, pattern: str) -> list[str]:
    """The names of the task types that a glob means, sorted."""
    known = sorted({name for name, _ in context.catalog.templates})
    found = [name for name in known if fnmatchcase(name, pattern)]
    if not found:
        near = close_to(pattern, known)
        raise ConfigError(
            f"--task-type {pattern!r}: no task type is called so ({len(known)} are; `taskmill templates list` shows "
            f"them)." + (f" Did you mean {near!r}?" if near else "")
        )
    return found


def write(context: Context, rows: Sequence[Row], names: Sequence[str]) -> None:
    """Puts the rows in the place of those of these task types, unless nothing but the run has changed. Rows of task
    types that there are not any more go with the next run over all.

    Raises:
        TableError: if the tables cannot be written.
    """
    table, warehouse = WORDING_SCORES, context.warehouse
    check_writable(context.pipeline.tables)
    warehouse.create_tables((table,))
    every = {name for name, _ in context.catalog.templates}
    predicate = "true" if every == set(names) else f"task_type IN {sql_list(names)}"
    stored = [one.asDict() for one in warehouse.read(table).where(predicate).collect()]  # as many as wordings
    if _by_id(stored) != _by_id(rows):
        warehouse.replace(table, context.spark.createDataFrame(list(rows), table.schema), predicate)


def _by_id(rows: Sequence[Row]) -> dict[str, Row]:
    return {row["template_id"]: {**row, "run_id": ""} for row in rows}
