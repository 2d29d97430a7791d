"""Which sources are read together: the same reader and the same expressions over other files are one scan.

Planning costs a source far more than its rows do, so a thousand like sources are planned once.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from taskmill.jobs.catalog.files import file_stamps
from taskmill.jobs.catalog.source_checks import is_constant_language, is_local, place_of
from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import Source
from taskmill.udfs.ids import fingerprint

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

MOST_TOGETHER = 500  # sources of one scan: each is a literal of its plan
OWN = {"source", "revision", "licence", "homepage", "role", "do_not_train", "priority", "language", "tasks"}
MAX_HEADER = 64 * 1024


def together(
    context: Context, sources: Mapping[str, Source], tasks_of: Mapping[str, Sequence[Task]]
) -> list[list[Source]]:
    """The sources in groups that one scan reads, in the order of their first.

    Args:
        sources: by name, as they are to be read.
        tasks_of: for each of them the tasks to read.
    """
    groups: dict[str, list[Source]] = {}
    taken: set[str] = set()
    for name, source in sources.items():
        tasks = tasks_of[name]
        files = {path for path, _, _ in file_stamps(context.spark, places_of(context, source))}
        key = _shape(context, source, tasks, sorted(files)) if files and not files & taken else name
        if len(groups.get(key, ())) >= MOST_TOGETHER:
            groups[f"{key} {len(groups)}"] = groups.pop(key)
        groups.setdefault(key, []).append(source)
        taken |= files
    return list(groups.values())


def places_of(context: Context, source: Source) -> list[str]:
    """Where the source's main read is, resolved."""
    return [place_of(context.pipeline, path) for path in source.read.paths]


def _shape(context: Context, source: Source, tasks: Sequence[Task], files: Sequence[str]) -> str:
    """What is equal for sources that one scan can read; the source's name where it has to be read alone.

    A query may join and count rows, so it must not see those of other sources.
    """
    if source.query is not None or source.inputs or source.templates is not None:
        return source.source
    settings = source.model_dump(exclude=OWN, by_alias=True)
    settings["read"].pop("path")
    header = _headers(files) if source.read.format == "csv" and _has_header(source) else ()
    if header is None:
        return source.source
    mappings = {
        task.task_type.task_type: task.mapping.model_dump(exclude={"language", "templates_per_example"})
        for task in tasks
    }
    languages = [task.languages for task in tasks if not all(map(is_constant_language, task.languages))]
    return fingerprint(settings, mappings, languages, header)


def _has_header(source: Source) -> bool:
    return str(source.read.options.get("header", "false")).lower() == "true"


def _headers(files: Sequence[str]) -> tuple[bytes, ...] | None:
    """The first lines of CSV files, each once: Spark goes by the columns' places. None where they are not at hand."""
    found = set()
    for name in files:
        if not is_local(name):
            return None
        with gzip.open(name) if name.endswith(".gz") else Path(name).open("rb") as file:
            found.add(bytes(file.readline(MAX_HEADER)))
    return tuple(sorted(found))
