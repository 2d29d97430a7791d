"""What people say about clusters, as opposed to what similarity finds: pins, and which tasks belong together or apart.

A pin in a file of cluster rules counts before one of a source's task, and that before one of a task type. What
contradicts itself is a mistake that names both lines.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import combinations

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import Source, nearest
from taskmill.jobs.configuration.positions import Document, KeyPath
from taskmill.jobs.configuration.settings import ClusterRules

NOT_OF_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Placing:
    """What is settled before similarity is looked at.

    Attributes:
        pins: task -> cluster, for the tasks that are pinned.
        origins: task -> what pins it: `rules`, `source` or `task_type`.
        lineages: source -> the name of its lineage; equal for sources of one origin.
        related: clusters that are never on the two sides of a fold.
        together, apart: tasks that must, or must not, share a cluster.
    """

    pins: Mapping[str, str]
    origins: Mapping[str, str]
    lineages: Mapping[str, str]
    related: tuple[tuple[str, ...], ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    apart: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Said:
    """Something that a rule says of some tasks, and where."""

    tasks: tuple[str, ...]
    where: str
    what: str


def placed(
    tasks: Mapping[str, Task], rules: Sequence[tuple[ClusterRules, Document]], documents: Mapping[str, Document]
) -> tuple[Placing, list[str]]:
    """What the rules and the tasks' own files settle, and every mistake and contradiction in it."""
    mistakes: list[str] = []
    pins, origins, lines = _pins(tasks, rules, documents, mistakes)
    sources = {task.source.source: task.source for task in tasks.values()}
    siblings = [names for one, _ in rules for names in one.siblings]
    together = [said for rule in rules for said in _lists("together", tasks, rule, mistakes)]
    apart = [said for rule in rules for said in _lists("apart", tasks, rule, mistakes)]
    mistakes += _contradictions(pins, lines, together, apart)
    related = tuple(names for one, _ in rules for names in one.related)
    pairs = {pair for said in apart for pair in combinations(sorted(said.tasks), 2)}
    return (
        Placing(
            pins, origins, lineages_of(sources.values(), siblings), related,
            tuple(said.tasks for said in together), tuple(sorted(pairs)),
        ),
        mistakes,
    )  # fmt: skip


def _pins(
    tasks: Mapping[str, Task],
    rules: Sequence[tuple[ClusterRules, Document]],
    documents: Mapping[str, Document],
    mistakes: list[str],
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Each pinned task's cluster, what pins it, and the line."""
    pins: dict[str, str] = {}
    origins: dict[str, str] = {}
    lines: dict[str, str] = {}
    for one, document in rules:
        for cluster, patterns in one.pins.items():
            for place, pattern in enumerate(patterns):
                where = document.where(("pins", cluster, place))
                for name in _named(pattern, tasks, one, document.mistake(("pins", cluster, place), "{}"), mistakes):
                    if pins.get(name, cluster) != cluster:
                        mistakes.append(
                            f"{where}: {name!r} is pinned to {cluster!r} here, and to {pins[name]!r} in {lines[name]}"
                        )
                    pins[name], origins[name], lines[name] = cluster, "rules", where
    for name, task in tasks.items():
        kind, own, where = _own_pin(task, documents)
        if own is not None and name not in pins:
            pins[name], origins[name], lines[name] = own, kind, where
    return pins, origins, lines


def _own_pin(task: Task, documents: Mapping[str, Document]) -> tuple[str, str | None, str]:
    """What pins the task (its source's file before its type's), the cluster, and the line."""
    source, task_type = task.source.source, task.task_type.task_type
    for kind, cluster, name, key_path in (
        ("source", task.mapping.task_cluster, f"Source {source}", ("tasks", task_type, "task_cluster")),
        ("task_type", task.task_type.task_cluster, f"TaskType {task_type}", ("task_cluster",)),
    ):
        if cluster is not None:
            document = documents.get(name) or documents.get(f"Source {source}")
            return kind, cluster, document.where(key_path) if document else name
    return "task_type", None, ""


def _lists(
    key: str, tasks: Mapping[str, Task], rule: tuple[ClusterRules, Document], mistakes: list[str]
) -> Iterator[_Said]:
    rules, document = rule
    for place, patterns in enumerate(getattr(rules, key)):
        key_path: KeyPath = (key, place)
        told = document.mistake(key_path, "{}")
        found = [_named(pattern, tasks, rules, told, mistakes) for pattern in patterns]
        yield _Said(tuple(sorted({name for names in found for name in names})), document.where(key_path), key)


def _named(pattern: str, tasks: Mapping[str, Task], rules: ClusterRules, told: str, mistakes: list[str]) -> list[str]:
    """The tasks that a name or glob means: of a task, or of a source."""
    found = [name for name, task in tasks.items() if fnmatchcase(name, pattern) or _is_source(task.source, pattern)]
    if not found and rules.unknown_names == "error":
        known = {*tasks, *(task.source.source for task in tasks.values())}
        mistakes.append(told.format(f"no task or source is called {pattern!r}{nearest(pattern, known)}"))
    return found


def _is_source(source: Source, pattern: str) -> bool:
    return fnmatchcase(source.source, pattern) or normal_name(pattern) in _names(source)


def _contradictions(
    pins: Mapping[str, str], lines: Mapping[str, str], together: Sequence[_Said], apart: Sequence[_Said]
) -> Iterator[str]:
    """Tasks that must be in one cluster but are pinned to several or kept apart, and the other way round."""
    for said in together:
        pinned = sorted(task for task in said.tasks if task in pins)
        for one, other in combinations(pinned, 2):
            if pins[one] != pins[other]:
                yield (
                    f"{said.where}: {one!r} and {other!r} must be together, but {lines[one]} pins the one to "
                    f"{pins[one]!r} and {lines[other]} the other to {pins[other]!r}"
                )
                break
    for said in apart:
        for one, other in combinations(said.tasks, 2):
            if one in pins and pins[one] == pins.get(other):
                yield (
                    f"{said.where}: {one!r} and {other!r} must be apart, but {lines[one]} and {lines[other]} pin both "
                    f"to {pins[one]!r}"
                )
            for joined in together:
                if {one, other} <= set(joined.tasks):
                    yield f"{said.where}: {one!r} and {other!r} must be apart, but {joined.where} puts them together"


def normal_name(name: str) -> str:
    """A source's name without what spellings differ in: case, and all but letters and digits."""
    return NOT_OF_A_NAME.sub("", name.lower())


def _names(source: Source) -> set[str]:
    return {normal_name(name) for name in (source.source, *source.aliases, *source.parents)}


def lineages_of(sources: Iterable[Source], siblings: Iterable[Sequence[str]] = ()) -> dict[str, str]:
    """The lineage of each source: sources that share a name, an alias, a parent or a list of siblings are of one.

    A lineage is called by the least of its sources' names.
    """
    own = {source.source: _names(source) for source in sources}
    joined = _merged([*own.values(), *({normal_name(name) for name in names} for names in siblings)])
    members: defaultdict[int, list[str]] = defaultdict(list)
    for name, names in own.items():
        members[joined[next(iter(names))]].append(name)
    return {name: min(found) for found in members.values() for name in found}


def _merged(groups: Iterable[set[str]]) -> dict[str, int]:
    """The number of the connected component of each name, where groups link their names."""
    component: dict[str, int] = {}
    holding: defaultdict[int, set[str]] = defaultdict(set)
    for number, names in enumerate(groups):
        for old in {component[name] for name in names if name in component}:
            holding[number] |= holding.pop(old)
        holding[number] |= names
        component.update(dict.fromkeys(holding[number], number))
    return component
