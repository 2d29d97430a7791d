"""Finds, parses and checks sources and task types on the driver, and reports all mistakes at once.

A catalog that was loaded is consistent: every task names a known task type, maps all its required fields, and has its
choices; every template compiles and fits the fields of its type.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from glob import glob
from pathlib import Path
from typing import TypeVar

from taskmill.jobs.catalog import form_checks, source_checks, template_checks
from taskmill.jobs.catalog.cluster_rules import Placing, placed
from taskmill.jobs.catalog.families import members
from taskmill.jobs.catalog.published import published_task
from taskmill.jobs.catalog.task import Task, templates_of
from taskmill.jobs.configuration.config import Source, TaskType, nearest, read_model
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.configuration.positions import Document, load_document
from taskmill.jobs.configuration.settings import ClusterRules
from taskmill.jobs.configuration.values import PromptLanguage
from taskmill.jobs.errors import ConfigError
from taskmill.udfs.rendering.plans import AnyTemplate

Found = TypeVar("Found", Source, TaskType)
TASK_CLUSTER = re.compile(r"^task_cluster:\s*[\"']?(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Catalog:
    """Every source and task type, by name, and the documents they were read from."""

    sources: Mapping[str, Source]
    task_types: Mapping[str, TaskType]
    documents: Mapping[str, Document]
    published: tuple[Task, ...] = ()
    prompt_language: PromptLanguage = "en"
    rules: tuple[tuple[ClusterRules, Document], ...] = ()

    @cached_property
    def settled(self) -> tuple[Placing, list[str]]:
        return placed(self.tasks, self.rules, self.documents)

    @property
    def placing(self) -> Placing:
        """What is settled of clusters before similarity is looked at."""
        return self.settled[0]

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """Every task by its name `source.task_type`, sorted."""
        found = [
            Task(
                source,
                self.task_types[task_type],
                mapping,
                prompt_language=mapping.prompt_language or self.prompt_language,
            )
            for source in self.sources.values()
            for task_type, mapping in source.tasks.items()
            if task_type in self.task_types
        ]
        found.extend(self.published)
        return {task.name: task for task in sorted(found, key=lambda task: task.name)}

    @property
    def templates(self) -> list[tuple[str, AnyTemplate]]:
        """Every template with its task type, in use or not."""
        own = [(name, one) for name, task_type in self.task_types.items() for one in templates_of(task_type)]
        return [*own, *((task.task_type.task_type, one) for task in self.published for one in task.templates)]


def load_catalog(pipeline: Pipeline) -> Catalog:
    """The catalog a pipeline names.

    Raises:
        ConfigError: with every mistake of every file.
    """
    catalog, mistakes = read_catalog(pipeline)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return catalog


def read_catalog(pipeline: Pipeline) -> tuple[Catalog, list[str]]:
    """The catalog as far as it can be read, and every mistake found on the way, in the order of the files."""
    mistakes: list[str] = []
    documents: dict[str, Document] = {}
    unread: list[Path] = []
    task_types = _read_all(TaskType, pipeline.templates, documents, mistakes, unread)
    declared = _read_all(Source, pipeline.sources, documents, mistakes, [])
    sources = _members(pipeline, declared, documents, mistakes)
    published = _published(pipeline, sources, documents, mistakes)
    rules = tuple(_rules(pipeline, mistakes))
    catalog = Catalog(sources, task_types, documents, published, pipeline.prompt_language, rules)
    for name, task_type in task_types.items():
        mistakes += template_checks.mistakes_of(task_type, documents[f"TaskType {name}"])
        mistakes += form_checks.type_mistakes(task_type, documents[f"TaskType {name}"])
    for name, source in declared.items():
        mistakes += source_checks.mistakes_of(
            source, documents[f"Source {name}"], task_types, {path.stem for path in unread}
        )
    mistakes += source_checks.unmatched_paths(
        pipeline, [(source, documents[f"Source {name}"]) for name, source in declared.items()]
    )
    mistakes += _language_mistakes(catalog)
    mistakes += catalog.settled[1] if not unread else []
    mistakes += _cluster_mistakes(catalog, unread)
    mistakes += _gate_mistakes(pipeline, catalog) if not unread else []
    mistakes += _safety_mistakes(pipeline, catalog) if not unread else []
    mistakes += form_checks.pipeline_mistakes(pipeline, catalog.tasks) if not unread else []
    return catalog, mistakes


def _gate_mistakes(pipeline: Pipeline, catalog: Catalog) -> list[str]:
    """Tasks that the gates except and that there are not."""
    return [
        f"gates.except: no task is called {pattern!r}{nearest(pattern, catalog.tasks)}"
        for pattern in pipeline.gates.excepted
        if not any(fnmatchcase(name, pattern) for name in catalog.tasks)
    ]


def _safety_mistakes(pipeline: Pipeline, catalog: Catalog) -> list[str]:
    """Tasks for which something is said of personal data or themes, and that there are not."""
    said = {"personal_data": pipeline.personal_data.tasks, "sensitive": pipeline.sensitive.tasks}
    return [
        f"{key}.tasks: no task is called {pattern!r}{nearest(pattern, catalog.tasks)}"
        for key, tasks in said.items()
        for pattern in tasks
        if not any(fnmatchcase(name, pattern) for name in catalog.tasks)
    ]


def _members(
    pipeline: Pipeline, declared: Mapping[str, Source], documents: dict[str, Document], mistakes: list[str]
) -> dict[str, Source]:
    """Every source, families taken apart; a member's document is its family's."""
    found: dict[str, Source] = {}
    for name, source in declared.items():
        document = documents[f"Source {name}"]
        try:
            for member in members(pipeline, source):
                if member.source in found:
                    mistakes.append(f"{document.path}: source {member.source!r} is defined twice; names are used once")
                found[member.source] = member
                documents[f"Source {member.source}"] = document
        except ConfigError as error:
            mistakes.extend(f"{document.where(('each',))}: {mistake}" for mistake in error.mistakes)
    return found


def _published(
    pipeline: Pipeline, sources: Mapping[str, Source], documents: Mapping[str, Document], mistakes: list[str]
) -> tuple[Task, ...]:
    """The tasks of published templates."""
    found = []
    for name, source in sources.items():
        try:
            task = published_task(pipeline, source)
        except ConfigError as error:
            where = documents[f"Source {name}"].where(("templates", "promptsource"))
            mistakes.extend(f"{where}: {mistake}" for mistake in error.mistakes)
            continue
        if task is not None:
            found.append(task)
    return tuple(found)


def _read_all(
    model: type[Found],
    places: Iterable[str],
    documents: dict[str, Document],
    mistakes: list[str],
    unread: list[Path],
) -> dict[str, Found]:
    """Every file of these places as `model` by its name; documents are noted under `<model> <name>`, files with
    mistakes in `unread`."""
    kind = "source" if model is Source else "task_type"
    paths_of: defaultdict[str, list[Path]] = defaultdict(list)
    found: dict[str, Found] = {}
    for path in _files(places, mistakes):
        try:
            document = load_document(path)
        except ConfigError as error:
            mistakes.extend(error.mistakes)
            unread.append(path)
            continue
        value, wrong = read_model(model, document)
        mistakes.extend(wrong)
        if value is None:
            unread.append(path)
            continue
        name: str = getattr(value, kind)
        paths_of[name].append(path)
        if name != path.stem:
            mistakes.append(
                f"{document.where((kind,))}: {kind} {name!r} stands in a file of another name; call it {name}.yaml"
            )
        found.setdefault(name, value)
        documents.setdefault(f"{model.__name__} {name}", document)
    for name, paths in paths_of.items():
        if len(paths) > 1:
            mistakes.append(f"{paths[1]}: {kind} {name!r} is also defined in {paths[0]}; names are used once")
    return found


def files_of(place: str) -> list[Path]:
    """The YAML files of a folder or glob, sorted."""
    pattern = f"{place}/*.yaml" if Path(place).is_dir() else place
    return sorted(Path(match) for match in glob(pattern, recursive=True))


def _files(places: Iterable[str], mistakes: list[str]) -> list[Path]:
    found: list[Path] = []
    for place in places:
        paths = files_of(place)
        if not paths:
            mistakes.append(
                f"{place}: no YAML file is there ({_looked_in(place)}); correct `sources` or `templates` in the "
                "pipeline file"
            )
        found.extend(paths)
    return found


def _looked_in(place: str) -> str:
    """The folder of a place, in full: a relative one is easily taken for somewhere else."""
    wanted = Path(place).absolute()
    folder = wanted.parent if wanted.suffix or set("*?[") & set(wanted.name) else wanted
    return f"looked in {folder}" if folder.is_dir() else f"there is no folder {folder}"


def _language_mistakes(catalog: Catalog) -> list[str]:
    """Tasks that no wording is left for."""
    found = []
    for task in catalog.tasks.values():
        if not task.templates and task.task_type.templates:
            name, document = task.task_type.task_type, catalog.documents[f"Source {task.source.source}"]
            known = {text.language for text in task.task_type.templates}
            found.append(
                f"{document.where(('tasks', name))}: prompt_language: {name!r} has no wording in "
                f"{task.prompt_language!r}{nearest(str(task.prompt_language), known)}"
            )
    return found


def _rules(pipeline: Pipeline, mistakes: list[str]) -> Iterator[tuple[ClusterRules, Document]]:
    """The files of cluster rules, each with its document."""
    for place in pipeline.cluster_rules:
        try:
            document = load_document(Path(place))
        except ConfigError as error:
            mistakes.extend(error.mistakes)
            continue
        rules, wrong = read_model(ClusterRules, document)
        mistakes.extend(wrong)
        if rules is not None:
            yield rules, document


def _cluster_mistakes(catalog: Catalog, unread: Iterable[Path]) -> list[str]:
    """Related clusters that no task may belong to: probably a misspelt name."""
    clusters = {task_type.task_cluster or name for name, task_type in catalog.task_types.items()}
    clusters |= set(catalog.placing.pins.values())
    clusters |= {cluster for path in unread for cluster in (path.stem, *_clusters_in(path))}
    return [
        document.mistake(("related", place), f"no task has the cluster {cluster!r}{nearest(cluster, clusters)}")
        for rules, document in catalog.rules
        for place, group in enumerate(rules.related)
        for cluster in group
        if cluster not in clusters and rules.unknown_names == "error"
    ]


def _clusters_in(path: Path) -> list[str]:
    """The cluster that a file with mistakes names, as far as its text tells."""
    try:
        return TASK_CLUSTER.findall(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return []
