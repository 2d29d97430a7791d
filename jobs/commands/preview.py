"""Rendered pairs in the terminal, without Spark: of a task type's own examples, of a source's, or of any file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.rule import Rule

from taskmill.jobs.catalog import template_checks
from taskmill.jobs.catalog.catalog import Catalog, files_of
from taskmill.jobs.catalog.forms import few_shot, form_plan, multi_turn
from taskmill.jobs.catalog.promptsource_files import read_published
from taskmill.jobs.catalog.task import Task
from taskmill.jobs.command import Options, load
from taskmill.jobs.commands.preview_lines import (
    NOT_DRAWN,
    Line,
    PublishedWordings,
    Row,
    Wordings,
    wordings_of,
    wordings_of_task,
)
from taskmill.jobs.configuration.config import TaskType, nearest, read_model
from taskmill.jobs.configuration.pipeline import Pipeline, load_pipeline
from taskmill.jobs.configuration.positions import load_document
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.words import counted
from taskmill.udfs.rendering.plans import NATIVE_DIALECT, PROMPTSOURCE_DIALECT

ROWS_AT_ONCE = 500


def show(options: Options, name: str | None, count: int, template: str | None) -> None:
    """Shows the pairs of the first `count` examples of a task type, a source or a task.

    Raises:
        ConfigError: for a name that is none of these.
        TableError: if a source's examples were not read yet.
    """
    file = _task_type_file(options, name)
    if file is not None:
        task_type = _read_task_type(file)
        rows = task_type.examples[:count]
        if not rows:
            raise ConfigError(f"task type {name!r} has no examples; write some under `examples:` in its file")
        wordings = wordings_of(task_type, template_checks.example_choices(task_type))
        _show_pairs(task_type.task_type, wordings, rows, template)
        return
    pipeline, catalog = load(options)
    for task in _tasks_named(catalog, name):
        ids, stored = _stored_fields(pipeline.tables, task, count)
        formed = wordings_of_task(task, form_plan(pipeline, task))
        _show_pairs(task.task_type.task_type, formed, stored, template, ids)
        _show_what_runs_add(pipeline, task)


def render_file(
    rows: Path | None,
    templates: Path | None,
    out: Path | None,
    only: str | None,
    dialect: str = NATIVE_DIALECT,
    guards: bool = True,
    truncate: bool = True,
) -> None:
    """Renders every row of a JSON Lines file with every wording of a file; to the terminal, or to `out`.

    Args:
        templates: a task type file; with dialect `promptsource` a published templates.yaml.
        only: the name of the one wording to render with.
        guards, truncate: as for `PublishedTemplate`; no matter to native wordings.

    Raises:
        ConfigError: for missing files, mistakes in the templates, or lines that are no JSON objects.
    """
    if out is not None and not out.parent.is_dir():
        raise ConfigError(f"--out {str(out)!r}: there is no folder {str(out.parent)!r}")
    if rows is None or templates is None:
        raise ConfigError("preview: give a task type or source, or both --in ROWS.jsonl and --templates FILE.yaml")
    if dialect == PROMPTSOURCE_DIALECT:
        published = [replace(one, guards=guards, truncate=truncate) for one in read_published(templates)]
        wordings: Wordings = PublishedWordings(tuple(published))
    else:
        task_type = _read_task_type(templates)
        wordings = wordings_of(task_type, template_checks.example_choices(task_type))
    lines = _rendered(_narrowed(str(templates), wordings, only), _json_lines(rows))
    if out is None:
        _show_lines(str(templates), lines)
        return
    count = refused = 0
    with out.open("w", encoding="utf-8") as file:
        for line in lines:
            count, refused = count + 1, refused + (line.reason is not None)
            file.write(line.as_json() + "\n")
    Console(stderr=True).print(f"{count:,} lines written to {out}, {refused:,} of them refused (they have an `error`)")


def _rendered(wordings: Wordings, rows: Iterable[Row]) -> Iterator[Line]:
    """The lines of all rows, some rows at a time: a file may be longer than memory."""
    first, remaining = 0, iter(rows)
    while some := list(islice(remaining, ROWS_AT_ONCE)):
        yield from wordings.lines(some, first)
        first += len(some)


def _task_type_file(options: Options, name: str | None) -> Path | None:
    """The file of the task type of this name; the rest of the catalog need not be read for it."""
    if name is None or not options.conf_path.is_file():
        return None
    places = load_pipeline(options.conf_path, options.overrides, options.tables).templates
    found = [path for place in places for path in files_of(place) if path.stem == name]
    return found[0] if found else None


def _read_task_type(path: Path) -> TaskType:
    document = load_document(path)
    task_type, mistakes = read_model(TaskType, document)
    if task_type is not None:
        mistakes = template_checks.mistakes_of(task_type, document)
    if task_type is None or mistakes:
        raise ConfigError("\n".join(mistakes))
    return task_type


def _show_lines(owner: str, lines: Iterable[Line]) -> None:
    console = Console(highlight=False)
    for line in lines:
        mark = "  (inverts)" if line.inverts else ""
        mark += f"  [dim]{escape(', '.join(line.form))}[/]" if line.form else ""
        console.print(Rule(f"[bold]{escape(owner)}[/] · {escape(line.template)}{mark}", align="left"))
        if line.reason is not None:
            console.print(f"[red]refused: {line.reason}[/] {escape(line.detail or '')}\n")
            continue
        if line.system is not None:
            console.print(f"[blue]{escape(line.system)}[/]\n")
        prompt, *responses = line.parts
        console.print(escape(prompt))
        for response in responses:
            console.print(f"[green]{escape(response)}[/]")
        if len(responses) != 1:
            console.print(f"[red]no pair: {counted(len(line.parts), 'part')} instead of two[/]")
        console.print()


def _show_what_runs_add(pipeline: Pipeline, task: Task) -> None:
    """Says which forms of the task's pairs a preview does not have."""
    found = {"few_shot": few_shot(pipeline, task), "multi_turn": multi_turn(pipeline, task)}
    names = [name for name, plan in found.items() if plan is not None]
    if names:
        forms = f"form {names[0]} is" if len(names) == 1 else f"forms {' and '.join(names)} are"
        told = f"{escape(task.name)}: {forms} made in runs only, from other examples of the task"
        Console(highlight=False).print(told, style="dim")


def _show_pairs(owner: str, wordings: Wordings, rows: Sequence[Row], only: str | None, ids: Sequence[str] = ()) -> None:
    lines = _narrowed(f"task type {owner!r}", wordings, only).lines(rows, ids=ids)
    # A wording for examples with a field that this one lacks is no matter.
    _show_lines(owner, (line for line in lines if line.reason != NOT_DRAWN))


def _narrowed(owner: str, wordings: Wordings, only: str | None) -> Wordings:
    """The wordings, or the one of the name `only`; ConfigError if there is no such."""
    found = wordings.named(only)
    if not found.templates:
        names = [one.name for one in wordings.templates]
        raise ConfigError(f"--template: {owner} has no wording {only!r}{nearest(str(only), names)}")
    return found


def _tasks_named(catalog: Catalog, name: str | None) -> list[Task]:
    if name is None:
        raise ConfigError(
            "preview: say what: a task type or source, or both --in ROWS.jsonl and --templates TASK_TYPE.yaml"
        )
    found = [task for task in catalog.tasks.values() if name in {task.name, task.source.source}]
    if not found:
        known = [*catalog.task_types, *catalog.sources]
        raise ConfigError(f"preview: {name!r} is neither a task type nor a source{nearest(str(name), known)}")
    return found


def _stored_fields(root: str, task: Task, count: int) -> tuple[list[str], list[Row]]:
    """Ids and fields of the first examples of a task from table `examples`, read without Spark."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    command = f"Run `taskmill run --only ingest --tables {root}` first (with the same --conf)"
    try:
        table = DeltaTable(f"{root.rstrip('/')}/examples")
    except TableNotFoundError as error:
        raise TableError(
            f"preview: there is no table 'examples' under {root!r} yet. {command}, or preview a task type."
        ) from error
    dataset = table.to_pyarrow_dataset()
    import pyarrow.dataset as ds

    found = (
        dataset.scanner(columns=["example_id", "fields"], filter=ds.field("task") == task.name).head(count).to_pylist()
    )
    if not found:
        raise TableError(f"preview: table 'examples' under {root!r} has no rows of {task.name}. {command}.")
    return [row["example_id"] for row in found], [json.loads(row["fields"]) for row in found]


def _json_lines(path: Path) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _json_object(path, number, line)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--in {str(path)!r}: cannot be read: {error}") from error


def _json_object(path: Path, number: int, line: str) -> Row:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ConfigError(f"--in {str(path)!r}, line {number}: not valid JSON: {error.msg}") from error
    if not isinstance(row, dict):
        raise ConfigError(f"--in {str(path)!r}, line {number}: not a JSON object")
    return row
