"""What can be wrong with a source, seen without Spark and without reading its data."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from glob import glob
from pathlib import Path

from taskmill.jobs.catalog.column_checks import column_mistakes
from taskmill.jobs.catalog.read_checks import read_mistakes
from taskmill.jobs.catalog.sql_text import problem_of
from taskmill.jobs.configuration.config import SPLITS, Read, Source, TaskMapping, TaskType, nearest
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.configuration.positions import Document, KeyPath
from taskmill.jobs.configuration.values import LANGUAGE_TAG


def mistakes_of(
    source: Source, document: Document, task_types: Mapping[str, TaskType], unread: Collection[str] = ()
) -> list[str]:
    """Every mistake of one source file but its paths, as messages with file and line.

    Args:
        unread: task types whose files have mistakes themselves: nothing is said about them here.
    """
    found = [mistake for key_path, read in reads_of(source) for mistake in read_mistakes(read, key_path, document)]
    found += [*_sql_mistakes(source, document), *column_mistakes(source, expressions_of(source, document), document)]
    for name, mapping in source.tasks.items():
        if name in unread and name not in task_types:
            continue
        if name not in task_types:
            found.append(f"{document.where(('tasks', name))}: no task type {name!r}{nearest(name, task_types)}")
        else:
            found.extend(_mapping_mistakes(mapping, task_types[name], document))
    return found


def is_constant_language(text: str) -> bool:
    """Whether a `language` is a BCP-47 tag; anything else is Spark SQL that gives one."""
    return LANGUAGE_TAG.fullmatch(text) is not None


def is_constant_split(text: str) -> bool:
    return text in SPLITS


def place_of(pipeline: Pipeline, path: str) -> str:
    """Where a source's path is: absolute paths and URIs as they are, others under the data folder, made absolute."""
    if not _is_relative(path):
        return path
    place = f"{pipeline.data.rstrip('/')}/{path}"
    return str(Path(place).absolute()) if _is_relative(place) else place


def is_local(place: str) -> bool:
    return "://" not in place or place.startswith("file://")


def unmatched_paths(pipeline: Pipeline, sources: Sequence[tuple[Source, Document]]) -> list[str]:
    """Paths that match nothing; one message when the whole data folder is missing. Remote places are not looked at."""
    relative = any(_is_relative(path) for source, _ in sources for _, read in reads_of(source) for path in read.paths)
    if relative and is_local(pipeline.data) and not Path(pipeline.data).is_dir():
        return [f"data: there is no folder {pipeline.data!r}; say where the data are: --set data=PATH"]
    return [
        f"{document.where((*key_path, 'path'))}: read.path: {path!r} matches nothing under {pipeline.data!r}"
        for source, document in sources
        for key_path, read in reads_of(source)
        for path in read.paths
        if is_local(place_of(pipeline, path))
        and not glob(place_of(pipeline, path).removeprefix("file://"), recursive=True)
    ]


def reads_of(source: Source) -> Iterator[tuple[KeyPath, Read]]:
    """The main read and the further inputs, each with where it stands in the file."""
    yield ("read",), source.read
    for name, read in source.inputs.items():
        yield ("inputs", name), read


def _is_relative(path: str) -> bool:
    return "://" not in path and not path.startswith("/")


def _mapping_mistakes(mapping: TaskMapping, task_type: TaskType, document: Document) -> Iterator[str]:
    name = task_type.task_type
    for field in mapping.fields:
        if field not in task_type.fields:
            hint = nearest(field, task_type.fields)
            yield (
                f"{document.where(field_path(document, name, field))}: {field}: task type {name!r} has no such "
                f"field{hint}"
            )
    for field, kind in task_type.field_types.items():
        if field not in mapping.fields and not kind.optional:
            yield (
                f"{document.where(('tasks', name))}: task type {name!r} needs the field {field!r}; map it, as in "
                f"`{field}: column`"
            )
    needs_choices = any(kind.is_labels for kind in task_type.field_types.values())
    if needs_choices and not (mapping.choices or task_type.choices):
        yield (
            f"{document.where(('tasks', name))}: task type {name!r} has no choices of its own; give `fields:` and "
            f"`choices: [...]` here"
        )
    if mapping.answers is not None and not _is_one_scalar(task_type):
        yield (
            f"{document.where(('tasks', name, 'answers'))}: answers: {mapping.answers!r} needs a task type with one "
            f"answer that is no list; {name!r} has {task_type.answer!r}"
        )
    if mapping.choices is not None:
        where = document.where(("tasks", name, "choices"))
        if not needs_choices:
            yield f"{where}: task type {name!r} has no field of type choice, so `choices` has no use"
        elif isinstance(task_type.choices, str):
            yield (
                f"{where}: the choices of {name!r} differ per example (field {task_type.choices!r}); leave `choices` "
                f"out"
            )
        if len(set(mapping.choices)) < max(2, len(mapping.choices)):
            yield f"{where}: choices need two or more different texts, none twice"


def _is_one_scalar(task_type: TaskType) -> bool:
    types = task_type.field_types
    return [name in types and types[name].is_scalar for name in task_type.answer_fields] == [True]


def field_path(document: Document, task_type: str, field: str) -> KeyPath:
    long_form = ("tasks", task_type, "fields", field)
    return long_form if long_form in document.lines else ("tasks", task_type, field)


def _sql_mistakes(source: Source, document: Document) -> Iterator[str]:
    for key_path, text in expressions_of(source, document):
        problem = problem_of(text, whole_query=key_path == ("query",))
        if problem:
            yield document.mistake(key_path, f"not valid Spark SQL: {problem}")
    if source.inputs and source.query is None:
        yield f"{document.where(('inputs',))}: inputs: nothing uses them; write a `query` that joins them with `rows`"


def expressions_of(source: Source, document: Document) -> Iterator[tuple[KeyPath, str]]:
    """Every text of a source that is Spark SQL, its query first, each with where it stands in the file."""
    if source.query is not None:
        yield ("query",), source.query
    if not is_constant_split(source.split):
        yield ("split",), source.split
    if source.group is not None:
        yield ("group",), source.group
    for language in _listed(source.language):
        yield ("language",), language
    for name, mapping in source.tasks.items():
        if mapping.where is not None:
            yield ("tasks", name, "where"), mapping.where
        for language in _listed(mapping.language):
            yield ("tasks", name, "language"), language
        for field, expression in mapping.fields.items():
            yield field_path(document, name, field), expression


def _listed(language: str | tuple[str, ...] | None) -> tuple[str, ...]:
    languages = (language,) if isinstance(language, str) else language or ()
    return tuple(text for text in languages if not is_constant_language(text))
