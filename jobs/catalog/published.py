"""Published templates used on a source's own columns: the task that a source's `templates` make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from taskmill.jobs.catalog.promptsource_files import published_name, read_published
from taskmill.jobs.catalog.source_checks import is_local, place_of
from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import Source, TaskMapping, TaskType
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.errors import ConfigError
from taskmill.udfs.rendering.compile import COMPILE_ERRORS
from taskmill.udfs.rendering.plans import PublishedTemplate
from taskmill.udfs.rendering.promptsource import template_names


def published_task(pipeline: Pipeline, source: Source) -> Task | None:
    """The task of a source's published templates; None where it has none.

    Its task type is the published file: sources that use the same one ask the same. Its fields are the columns that the
    templates read, whichever of them the source has.

    Raises:
        ConfigError: if the file is missing or is no such file.
    """
    if source.templates is None:
        return None
    place = place_of(pipeline, source.templates.promptsource)
    if not is_local(place):
        raise ConfigError(f"templates: {place!r} is not a local file; the templates are read where the run starts")
    path = Path(place.removeprefix("file://"))
    guards, truncate = source.templates.guards, source.templates.truncate
    found = tuple(replace(one, uses=_uses(one), guards=guards, truncate=truncate) for one in read_published(path))
    names = sorted({name for template in found for name in template.uses})
    task_type = TaskType.model_construct(
        task_type="promptsource_" + re.sub(r"[^a-z0-9]+", "_", published_name(path).lower()).strip("_"),
        description=f"Published templates: {published_name(path)}",
        task_cluster=source.templates.task_cluster,
        fields=dict.fromkeys(names, "any"),
        answer=None,
        templates=(),
    )
    return Task(source, task_type, TaskMapping(fields={name: f"`{name}`" for name in names}), found)


def fitted(task: Task, columns: Sequence[str]) -> Task:
    """The task with the fields that the source has: promptsource sees hyphens in column names as underscores.

    Raises:
        ConfigError: if the templates read none of the source's columns.
    """
    if not task.published:
        return task
    column_of = {column.replace("-", "_"): column for column in columns}
    names = [name for name in task.task_type.fields if name in column_of]
    if not names:
        raise ConfigError(
            f"templates: they read {', '.join(task.task_type.fields)}, and the source has none of these columns "
            f"(it has: {', '.join(columns)}). Rename columns with a `query`, or correct `templates`"
        )
    fields = dict.fromkeys(names, "any")
    mapping = task.mapping.model_copy(update={"fields": {name: f"`{column_of[name]}`" for name in names}})
    return replace(task, task_type=task.task_type.model_copy(update={"fields": fields}), mapping=mapping)


def _uses(template: PublishedTemplate) -> tuple[str, ...]:
    try:
        return tuple(sorted(template_names(template)))
    except COMPILE_ERRORS:
        return ()  # refuses every row, with the reason
