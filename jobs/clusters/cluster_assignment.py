"""The cluster of every task: its pin, or where similarity puts it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from taskmill.jobs.clusters.cluster_names import cluster_names
from taskmill.jobs.clusters.embedders import embedder_of
from taskmill.jobs.clusters.nearest_tasks import ON_DRIVER, nearest_tasks
from taskmill.jobs.clusters.task_profiles import task_profiles

if TYPE_CHECKING:
    from taskmill.jobs.catalog.cluster_rules import Placing
    from taskmill.jobs.clusters.clusterings import Version
    from taskmill.jobs.context import Context
    from taskmill.udfs.similarity.clusters import Clustering
    from taskmill.udfs.similarity.vectors import Matrix, Vectors

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
    from taskmill.udfs.similarity.vectors import task_vectors

    placing, names = context.catalog.placing, sorted(kept)
    if not names:
        return {}
    place = {name: number for number, name in enumerate(names)}
    vectors = task_vectors(task_profiles(context, kept), embedder=embedder_of(context.pipeline.clusters.embedder))
    found, nearest, places = compared(context, vectors, *constraints(placing, place))
    called = cluster_names(
        _groups(names, found.numbers.tolist()),
        {name: placing.pins[name] for name in names if name in placing.pins},
        newest.clusters(),
        {name: context.catalog.tasks[name].task_type.task_type for name in names},
        lambda group: vectors.typical([place[name] for name in group]),
        reserved=set(placing.pins.values()),
    )
    assigned = {}
    for name, number in place.items():
        own = called[int(found.numbers[number])]
        means = dict(zip(called, found.means[number].tolist(), strict=True))
        similar = tuple(
            Similar(names[other], similarity, tuple(vectors.shared(number, other)))
            for other, similarity in nearest[number]
        )
        likeness = Likeness(
            float(found.confidences[number]), means,
            max((other for other in called if other != own), key=lambda other: (means[other], other), default=None),
            similar, (float(places[number, 0]), float(places[number, 1])),
        )  # fmt: skip
        assigned[name] = Assignment(own, placing.origins.get(name, BY_SIMILARITY), likeness)
    return assigned


def compared(
    context: Context, vectors: Vectors, together: Sequence[Sequence[int]], apart: Sequence[tuple[int, int]]
) -> tuple[Clustering, list[list[tuple[int, float]]], Matrix]:
    """Clusters, for each task its most similar others, and places on a map. Up to `ON_DRIVER` tasks are all compared
    with each other; of more, each with its nearest neighbours."""
    from taskmill.udfs.similarity.clusters import SIMILAR_TASKS, clustered, most_similar, similarities
    from taskmill.udfs.similarity.graphs import clustered_graph
    from taskmill.udfs.similarity.maps import map_places, projected

    if vectors.rows.shape[0] > ON_DRIVER:
        edges = nearest_tasks(context, vectors)
        nearest: list[list[tuple[int, float]]] = [[] for _ in range(vectors.rows.shape[0])]
        for task, other, similarity in edges:
            if len(nearest[task]) < SIMILAR_TASKS:
                nearest[task].append((other, similarity))
        return clustered_graph(vectors, edges, together, apart), nearest, projected(vectors)
    all_pairs = similarities(vectors)
    nearest = [
        [(other, float(all_pairs[task, other])) for other in most_similar(all_pairs, task)]
        for task in range(len(all_pairs))
    ]
    return clustered(all_pairs, together, apart), nearest, map_places(all_pairs)


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
