"""Rendered pairs in the terminal, without Spark: of a task type's own examples, of a source's, or of any file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.rule import Rule

from taskmill.jobs import template_checks
from taskmill.jobs.catalog import Catalog, Task, files_of, templates_of
from taskmill.jobs.command import Options, load
from taskmill.jobs.config import TaskType, load_pipeline, nearest, read_model
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.positions import load_document
from taskmill.udfs.rendering.plans import RenderPlan, Template
from taskmill.udfs.rendering.rows import Rendered, render_pair

Row = Mapping[str, Any]


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
        _show_pairs(task_type, template_checks.example_choices(task_type), rows, template)
        return
    pipeline, catalog = load(options)
    for task in _tasks_named(catalog, name):
        _show_pairs(task.task_type, task.choices, _stored_fields(pipeline.tables, task, count), template)


def render_file(rows: Path | None, templates: Path | None, out: Path | None, template: str | None) -> None:
    """Renders every row of a JSON Lines file with every wording of a task type file; to the terminal, or to `out`.

    Raises:
        ConfigError: for missing files, mistakes in the task type, or lines that are no JSON objects.
    """
    if out is not None and not out.parent.is_dir():
        raise ConfigError(f"--out {str(out)!r}: there is no folder {str(out.parent)!r}")
    if rows is None or templates is None:
        raise ConfigError("preview: give a task type or source, or both --in ROWS.jsonl and --templates TASK_TYPE.yaml")
    task_type = _read_task_type(templates)
    choices = template_checks.example_choices(task_type)
    found = list(_json_lines(rows))
    if out is None:
        _show_pairs(task_type, choices, found, template)
        return
    refused = 0
    with out.open("w", encoding="utf-8") as file:
        for row, wording, rendered in _rendered(task_type, choices, found, template):
            refused += rendered.reason is not None
            file.write(json.dumps(_line(wording, rendered, row), ensure_ascii=False) + "\n")
    Console(stderr=True).print(f"{len(found)} rows rendered to {out}, {refused} pairs refused (they have a `reason`)")


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


def _line(wording: Template, rendered: Rendered, row: Row) -> dict[str, Any]:
    if rendered.reason is not None:
        return {"template": wording.name, "reason": rendered.reason, "detail": rendered.detail, "row": row}
    return {"template": wording.name, "prompt": rendered.prompt, "response": rendered.response}


def _show_pairs(
    task_type: TaskType, choices: tuple[str, ...] | str | None, rows: Sequence[Row], template: str | None
) -> None:
    console = Console(highlight=False)
    for _, wording, rendered in _rendered(task_type, choices, rows, template):
        mark = "  (inverts)" if wording.inverts else ""
        console.print(Rule(f"[bold]{task_type.task_type}[/] · {wording.name}{mark}", align="left"))
        if rendered.reason is not None:
            console.print(f"[red]refused: {rendered.reason}[/] {escape(rendered.detail or '')}\n")
            continue
        console.print(escape(rendered.prompt))
        console.print(f"[green]{escape(rendered.response)}[/]\n")


def _rendered(
    task_type: TaskType, choices: tuple[str, ...] | str | None, rows: Sequence[Row], template: str | None
) -> Iterator[tuple[Row, Template, Rendered]]:
    wordings = [wording for wording in templates_of(task_type) if template in {None, wording.name}]
    if not wordings:
        names = [wording.name for wording in templates_of(task_type)]
        raise ConfigError(
            f"--template: task type {task_type.task_type!r} has no wording {template!r}{nearest(str(template), names)}"
        )
    plan: RenderPlan = replace(
        template_checks.made_up_plan(task_type, choices),
        templates=tuple((wording.name, wording) for wording in wordings),
    )
    for row in rows:
        missing = [name for name, kind in task_type.field_types.items() if row.get(name) is None and not kind.optional]
        fields = {**dict.fromkeys(task_type.fields), **row}
        for _, wording in plan.drawn("", fields):
            if isinstance(plan.choices, str) and not missing and not isinstance(fields[plan.choices], list):
                yield row, wording, Rendered(reason="bad_value", detail=f"{plan.choices} is not a list")
            elif missing:
                yield row, wording, Rendered(reason="missing_field", detail=", ".join(missing))
            else:
                yield row, wording, render_pair(plan, wording, fields, plan.choices_of(fields))


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


def _stored_fields(root: str, task: Task, count: int) -> list[Row]:
    """The first examples of a task from table `examples`, read without Spark."""
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

    found = dataset.scanner(columns=["fields"], filter=ds.field("task") == task.name).head(count).to_pylist()
    if not found:
        raise TableError(f"preview: table 'examples' under {root!r} has no rows of {task.name}. {command}.")
    return [json.loads(row["fields"]) for row in found]


def _json_lines(path: Path) -> Iterator[Row]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--in {str(path)!r}: cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ConfigError(f"--in {str(path)!r}, line {number}: not valid JSON: {error.msg}") from error
        if not isinstance(row, dict):
            raise ConfigError(f"--in {str(path)!r}, line {number}: not a JSON object")
        yield row
