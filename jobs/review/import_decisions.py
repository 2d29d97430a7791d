"""`taskmill review import` and `export`: decisions from files into table `decisions`, and back into files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.command import Options, load
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ReviewError
from taskmill.jobs.review.binding import bindings, warn_of_new_wordings
from taskmill.jobs.review.decision_files import Line, as_row, read_files, unknown_names, write_decisions
from taskmill.jobs.review.decisions import SAID
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.stored_rows import StoredRows
from taskmill.jobs.words import counted

if TYPE_CHECKING:
    from taskmill.jobs.catalog.task import Task


def run_import(context: Context, paths: Sequence[Path], leave_unknown: bool = False) -> None:
    """Stores the decisions of these files, each once, or none of them when anything is wrong.

    Args:
        leave_unknown: leave out decisions on what there is not, rather than refuse the files.

    Raises:
        ReviewError: with every mistake in the files.
    """
    with context.step("review", f"reading {counted(len(paths), 'file')}"):
        read = read_files(paths)
        known, unknown = known_lines(context, read.lines)
        mistakes = read.mistakes + ([] if leave_unknown else unknown)
        if mistakes:
            raise ReviewError("\n".join([*mistakes, f"{counted(len(mistakes), 'mistake')}; nothing was imported"]))
        rows = {row["decision_id"]: row for row in (as_row(line.said, context.run_id) for line in known)}
        stored = {
            row["decision_id"] for row in context.warehouse.read(tables.DECISIONS).select("decision_id").collect()
        }
        new = [row for key, row in rows.items() if key not in stored]
        if new:
            context.warehouse.append(tables.DECISIONS, context.spark.createDataFrame(new, tables.DECISIONS.schema))
    left = [f"{counted(read.undecided, 'line')} without a decision"] if read.undecided else []
    left += [f"{counted(len(unknown), 'decision')} on what there is not"] if leave_unknown and unknown else []
    context.messages.say(
        f"review: {counted(len(new), 'new decision')}, {len(known) - len(new):,} known already"
        + (f"; left out: {', '.join(left)}" if left else ""),
        new=len(new),
    )
    if new:
        named = {row["task"] for row in new}
        touched = {name: task for name, task in context.catalog.tasks.items() if name in named or None in named}
        warn_of_new_wordings(context, bindings(context, touched), touched)
        context.messages.say("review: they bind with the next `taskmill run`")


def known_lines(context: Context, lines: Sequence[Line]) -> tuple[list[Line], list[str]]:
    """The lines all of whose names there are, and what the others name wrongly."""
    tasks = {name: _templates(task) for name, task in context.catalog.tasks.items()}
    types: dict[str, set[str]] = {}
    for task in context.catalog.tasks.values():
        types.setdefault(task.task_type.task_type, set()).update(_templates(task))
    examples = known_examples(context, sorted({line.said["example_id"] for line in lines if line.said["example_id"]}))
    if examples is None:
        context.messages.warn("review: table 'examples' is empty, so nobody knows yet whether the pairs are there")
    known, wrong = [], []
    for line in lines:
        found = list(unknown_names(line.said, tasks, types, examples))
        wrong += [f"{line.where}: {mistake}" for mistake in found]
        if not found:
            known.append(line)
    return known, wrong


def known_examples(context: Context, ids: Sequence[str]) -> set[tuple[str, str]] | None:
    """Task and id of those examples that there are; None while there are none at all."""
    examples = context.warehouse.read(tables.EXAMPLES).select("task", "example_id")
    if not ids:
        return set()
    if examples.isEmpty():
        return None
    wanted = context.spark.createDataFrame([(one,) for one in ids], "example_id string")
    found = examples.join(F.broadcast(wanted), on="example_id", how="left_semi").collect()
    return {(row["task"], row["example_id"]) for row in found}


def run_export(options: Options, out: Path) -> int:
    """Writes every stored decision to a file that `import` takes; gives their number. Needs no Spark.

    Raises:
        ReviewError: if there are none, or the file cannot be written.
    """
    pipeline, _ = load(options)
    rows = StoredRows(pipeline.tables).rows(tables.DECISIONS.name, ["decision_id", *SAID], "true")
    if not rows:
        raise ReviewError(f"review export: there are no decisions under {pipeline.tables!r}; correct --tables")
    try:
        return write_decisions(rows, out)
    except OSError as error:
        raise ReviewError(f"--out {str(out)!r}: cannot be written ({error.strerror})") from error


def _templates(task: Task) -> set[str]:
    return {template.name for template in task.templates}
