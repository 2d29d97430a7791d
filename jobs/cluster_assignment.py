"""The cluster of every task: its pin, or where similarity puts it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from taskmill.jobs.cluster_names import cluster_names
from taskmill.jobs.task_profiles import task_profiles

if TYPE_CHECKING:
    from taskmill.jobs.cluster_rules import Placing
    from taskmill.jobs.clusterings import Version
    from taskmill.jobs.context import Context

BY_SIMILARITY, BY_TYPE = "similarity", "task_type"


@dataclass(frozen=True)
class Similar:
    """Another task, how similar it is (-1 to 1), and what makes it so."""

    task: str
    similarity: float
    shared: tuple[str, ...]

    def as_row(self) -> dict[str, Any]:
        return {"task": self.task, "similarity": self.similarity, "shared": list(self.shared)}


@dataclass(frozen=True)
class Likeness:
    """What similarity says of a task: how sure its cluster is (0 to 1), its mean similarity to every cluster, the
    nearest other one, the most similar tasks, and its place on a map."""

    confidence: float
    similarities: Mapping[str, float]
    nearest_cluster: str | None
    similar: tuple[Similar, ...]
    place: tuple[float, float]


@dataclass(frozen=True)
class Assignment:
    """A task's cluster, what put it there, and what similarity says of it; None where it was not asked."""

    cluster: str
    origin: str
    likeness: Likeness | None = None


def assign(context: Context, kept: Mapping[str, int], newest: Version) -> dict[str, Assignment]:
    """The cluster of each task.

    Args:
        kept: task -> how many examples it has.
        newest: the clustering before this one, which names are kept from.
    """
    placing = context.catalog.placing
    if context.pipeline.clusters.by == BY_TYPE:
        types = {name: context.catalog.tasks[name].task_type.task_type for name in kept}
        return {
            name: Assignment(placing.pins.get(name, types[name]), placing.origins.get(name, BY_TYPE)) for name in kept
        }
    return by_similarity(context, kept, newest)


def by_similarity(context: Context, kept: Mapping[str, int], newest: Version) -> dict[str, Assignment]:
    """Clusters of similar tasks, in which pins, `together` and `apart` are kept."""
    from taskmill.udfs.similarity.clusters import clustered, most_similar, similarities
    from taskmill.udfs.similarity.maps import map_places
    from taskmill.udfs.similarity.vectors import task_vectors

    placing = context.catalog.placing
    names = sorted(kept)
    place = {name: number for number, name in enumerate(names)}
    if not names:
        return {}
    vectors = task_vectors(task_profiles(context, kept))
    similarity = similarities(vectors)
    found = clustered(similarity, *constraints(placing, place))
    groups = _groups(names, found.numbers.tolist())
    called = cluster_names(
        groups,
        {name: placing.pins[name] for name in names if name in placing.pins},
        newest.clusters(),
        {name: context.catalog.tasks[name].task_type.task_type for name in names},
        lambda group: vectors.typical([place[name] for name in group]),
        reserved=set(placing.pins.values()),
    )
    places = map_places(similarity)
    assigned = {}
    for name, number in place.items():
        own = int(found.numbers[number])
        means = dict(zip(called, found.means[number].tolist(), strict=True))
        others = [other for other in called if other != called[own]]
        similar = tuple(
            Similar(names[other], float(similarity[number, other]), tuple(vectors.shared(number, other)))
            for other in most_similar(similarity, number)
        )
        likeness = Likeness(
            float(found.confidences[number]),
            means,
            max(others, key=lambda other: (means[other], other), default=None),
            similar,
            (float(places[number, 0]), float(places[number, 1])),
        )
        assigned[name] = Assignment(called[own], placing.origins.get(name, BY_SIMILARITY), likeness)
    return assigned


def constraints(placing: Placing, place: Mapping[str, int]) -> tuple[list[list[int]], list[tuple[int, int]]]:
    """Tasks that must share a cluster, and pairs that must not, by their places. Of clusters of pins, one task of each
    is kept apart from one of every other: the rest follows."""
    pinned: defaultdict[str, list[int]] = defaultdict(list)
    for name, cluster in placing.pins.items():
        if name in place:
            pinned[cluster].append(place[name])
    together = [*pinned.values(), *(_present(names, place) for names in placing.together)]
    apart = list(combinations(sorted(members[0] for members in pinned.values()), 2))
    apart += [(place[one], place[other]) for one, other in placing.apart if one in place and other in place]
    return [members for members in together if len(members) > 1], apart


def _present(names: Sequence[str], place: Mapping[str, int]) -> list[int]:
    return [place[name] for name in names if name in place]


def _groups(names: Sequence[str], numbers: Sequence[int]) -> list[Collection[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for name, number in zip(names, numbers, strict=True):
        found[number].append(name)
    return [found[number] for number in sorted(found)]
