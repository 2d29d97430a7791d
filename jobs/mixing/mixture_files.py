"""Files of mixtures, and the presets that come with the program; what is wrong in them, with nearest right names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from taskmill.jobs.bundled import bundled_conf
from taskmill.jobs.catalog.catalog import Catalog, files_of
from taskmill.jobs.catalog.cluster_rules import normal_name
from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import nearest, read_model
from taskmill.jobs.configuration.mixture_settings import Mixture
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.configuration.positions import Document, load_document
from taskmill.jobs.errors import ConfigError

PRESETS = "presets/mixtures"
MERGED = ("parts", "caps")  # what a mixture takes over of the one it is based on, key by key
KEY = "mixture"


@dataclass(frozen=True)
class MixtureFile:
    """A mixture as it stands in its file, with what it takes over, and the document to show mistakes in."""

    mixture: Mixture
    document: Document
    is_preset: bool


def load_mixture(pipeline: Pipeline, catalog: Catalog, name: str) -> Mixture:
    """The mixture of this name: of the pipeline's own files, or a preset.

    Raises:
        ConfigError: with every mistake of it; for an unknown name with the nearest.
    """
    documents, mistakes = _documents(pipeline)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    if name not in documents:
        raise ConfigError(
            f"there is no mixture {name!r}{nearest(name, documents)} Write one in a file that `mixtures` of the "
            "pipeline file names"
        )
    found, mistakes = _read(name, documents)
    if found is not None:
        mistakes += _unknown_names(found, catalog)
    if found is None or mistakes:
        raise ConfigError("\n".join(mistakes))
    return found.mixture


def own_mixtures(pipeline: Pipeline, catalog: Catalog) -> list[Mixture]:
    """The mixtures of the pipeline's own files, by name.

    Raises:
        ConfigError: with every mistake in them.
    """
    if not pipeline.mixtures:
        return []
    documents, mistakes = _documents(pipeline)
    found = []
    for name, (_, is_preset) in sorted(documents.items()):
        if not is_preset:
            one, wrong = _read(name, documents)
            mistakes += wrong
            if one is not None:
                mistakes += _unknown_names(one, catalog)
                found.append(one.mixture)
    if mistakes:
        raise ConfigError("\n".join(dict.fromkeys(mistakes)))
    return found


def presets() -> list[str]:
    """The names of the mixtures that come with the program."""
    return sorted(path.stem for path in bundled_conf().joinpath(PRESETS).glob("*.yaml"))


Documents = Mapping[str, tuple[Document, bool]]


def _documents(pipeline: Pipeline) -> tuple[dict[str, tuple[Document, bool]], list[str]]:
    """The document of every mixture by name, and whether it is a preset; a pipeline's own take the place of presets."""
    mistakes: list[str] = []
    found = {path.stem: (load_document(path), True) for path in sorted(bundled_conf().joinpath(PRESETS).glob("*.yaml"))}
    own: dict[str, Path] = {}
    for place in pipeline.mixtures:
        paths = files_of(place)
        if not paths:
            mistakes.append(f"{place}: no YAML file is there; correct `mixtures` in the pipeline file")
        for path in paths:
            try:
                document = load_document(path)
            except ConfigError as error:
                mistakes.extend(error.mistakes)
                continue
            name = document.value.get(KEY) if isinstance(document.value, dict) else None
            if not isinstance(name, str):
                mistakes.append(f"{document.where()}: {KEY} is missing; begin the file with `{KEY}: {path.stem}`")
            elif name in own:
                mistakes.append(f"{document.where((KEY,))}: {name!r} is also the mixture of {own[name]}; call one anew")
            else:
                own[name] = path
                found[name] = (document, False)
    return found, mistakes


def _read(name: str, documents: Documents) -> tuple[MixtureFile | None, list[str]]:
    document, is_preset = documents[name]
    value, mistakes = _merged(name, documents, ())
    if mistakes:
        return None, mistakes
    mixture, mistakes = read_model(Mixture, replace(document, value=value))
    return (None if mixture is None else MixtureFile(mixture, document, is_preset)), mistakes


def _merged(name: str, documents: Documents, seen: tuple[str, ...]) -> tuple[dict[str, Any], list[str]]:
    """What the file says, over what the mixture says that it is based on."""
    document = documents[name][0]
    value = document.value if isinstance(document.value, dict) else {}
    base = value.get("based_on")
    if not isinstance(base, str):
        return dict(value), []
    if base in (*seen, name):
        return {}, [document.mistake(("based_on",), f"{' -> '.join((*seen, name, base))} goes in a circle")]
    if base not in documents:
        return {}, [document.mistake(("based_on",), f"there is no mixture {base!r}{nearest(base, documents)}")]
    under, mistakes = _merged(base, documents, (*seen, name))
    found = {**deepcopy(under), **value}
    for key in MERGED:
        if isinstance(under.get(key), dict) and isinstance(value.get(key), dict):
            found[key] = _over(under[key], value[key])
    return found, mistakes


def _over(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {
        key: {**under[key], **value} if isinstance(under.get(key), dict) and isinstance(value, dict) else value
        for key, value in over.items()
    }
    return {**under, **both}


def _unknown_names(found: MixtureFile, catalog: Catalog) -> Iterator[str]:
    """Mistakes: names of parts that no task, source or cluster has."""
    if found.mixture.unknown_names == "ignore":
        return
    known = {*catalog.tasks, *(task.source.source for task in catalog.tasks.values())}
    clusters = {*catalog.placing.pins.values(), *catalog.task_types}
    for name, part in found.mixture.parts.items():
        for place, pattern in enumerate(part.tasks):
            if not any(is_called(task, pattern) for task in catalog.tasks.values()):
                yield found.document.mistake(
                    ("parts", name, "tasks", place), f"no task or source is called {pattern!r}{nearest(pattern, known)}"
                )
        for place, pattern in enumerate(part.clusters):
            # Clusters by similarity get their names from what is in them: only near misses are surely mistakes.
            near = nearest(pattern, clusters)
            if not any(fnmatchcase(one, pattern) for one in clusters) and "Did you mean" in near:
                yield found.document.mistake(
                    ("parts", name, "clusters", place), f"no cluster is called {pattern!r}{near}"
                )


def is_called(task: Task, pattern: str) -> bool:
    """Whether a name or glob means the task: its own name, its source's, or one of the source's aliases."""
    source = task.source
    if fnmatchcase(task.name, pattern) or fnmatchcase(source.source, pattern):
        return True
    return normal_name(pattern) in {normal_name(name) for name in (source.source, *source.aliases)}
