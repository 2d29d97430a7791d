"""What is held out together, and what stays out of training meanwhile: a plan over names, without Spark.

Three levels of generalisation are planned at once: unseen clusters (folds), unseen tasks of seen clusters
(`held_out_tasks`) and, by a draw in `render`, unseen examples of seen tasks. A training set is a predicate:
`fold <> k AND NOT array_contains(excluded_folds, k) AND NOT held_out_task AND NOT held_out_example`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from taskmill.jobs.errors import ConfigError
from taskmill.udfs.ids import draw

EACH_CLUSTER = "each_cluster"
NEVER = -1  # the fold of a task that is in no fold: it is always trained on
RELATED, SAME_SOURCE, SIMILAR, SAME_WORDING = "related_cluster", "same_source", "similar_task", "same_wording"


@dataclass(frozen=True)
class PlannedTask:
    """What the plan needs to know of a task.

    Attributes:
        lineage: of its source: equal for sources of one origin.
        is_benchmark: benchmarks are held out of everything and have no fold.
    """

    name: str
    cluster: str
    lineage: str
    examples: int
    is_benchmark: bool = False


@dataclass(frozen=True, order=True)
class Exclusion:
    """A task that is not trained on while a fold is held out, which task of the fold it is like, and in what."""

    task: str
    fold: int
    channel: str
    other: str
    detail: str = ""


@dataclass(frozen=True, order=True)
class Alike:
    """Tasks of which none is trained on while another is held out, and what they have in common."""

    channel: str
    tasks: tuple[str, ...]
    detail: str = ""


@dataclass(frozen=True)
class FoldRules:
    """How folds are made.

    Attributes:
        folds: how many; `each_cluster`; or lists of the clusters or tasks to hold out, a fold each.
        related: clusters of which none is trained on while another is held out.
        held_out_tasks: lineages that every cluster with more than one of them keeps out of all training.
        turn: which ones: turns 0, 1, 2... go through all of a cluster's.
        before: cluster -> fold as it was; a cluster stays there unless it must not.
    """

    folds: int | str | Sequence[Sequence[str]]
    related: Sequence[Sequence[str]] = ()
    seed: int = 20
    held_out_tasks: int = 0
    turn: int = 0
    before: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FoldPlan:
    """The folds' names, each task's fold (`NEVER`: always trained on; benchmarks are not in it) and what else stays
    out."""

    names: tuple[str, ...]
    fold_of: Mapping[str, int]
    exclusions: tuple[Exclusion, ...]
    held_out_tasks: frozenset[str]

    def held_out(self, fold: int) -> list[str]:
        return sorted(task for task, own in self.fold_of.items() if own == fold)

    def trained_on(self, fold: int) -> list[str]:
        """The tasks that are trained on while this fold is held out."""
        out = {one.task for one in self.exclusions if one.fold == fold} | self.held_out_tasks
        return sorted(task for task, own in self.fold_of.items() if own != fold and task not in out)


def plan_folds(tasks: Sequence[PlannedTask], rules: FoldRules, alike: Iterable[Alike] = ()) -> FoldPlan:
    """The plan for these tasks, which keeps apart those of one lineage and those in `alike`.

    Raises:
        ConfigError: for a list of folds with a name that there is not, or with a task in two folds.
    """
    trained = [task for task in tasks if not task.is_benchmark]
    names, fold_of = _folds(trained, rules)
    exclusions = set(_by_relation(trained, fold_of, rules.related))
    for one in (*_of_one_source(trained), *alike):
        exclusions.update(_across_folds(one, fold_of))
    return FoldPlan(names, fold_of, tuple(sorted(exclusions)), _held_out_tasks(trained, rules))


def _folds(tasks: Sequence[PlannedTask], rules: FoldRules) -> tuple[tuple[str, ...], dict[str, int]]:
    clusters = sorted({task.cluster for task in tasks})
    if isinstance(rules.folds, int):
        sizes: defaultdict[str, int] = defaultdict(int)
        for task in tasks:
            sizes[task.cluster] += task.examples
        dealt = deal_folds(sizes, rules.folds, rules.related, rules.seed, rules.before)
        return tuple(map(str, range(rules.folds))), {task.name: dealt[task.cluster] for task in tasks}
    if isinstance(rules.folds, str):
        place = {cluster: fold for fold, cluster in enumerate(clusters)}
        return tuple(clusters), {task.name: place[task.cluster] for task in tasks}
    return _listed(tasks, clusters, rules.folds)


def _listed(
    tasks: Sequence[PlannedTask], clusters: Sequence[str], folds: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], dict[str, int]]:
    """The folds of lists of clusters and tasks."""
    fold_of = {task.name: NEVER for task in tasks}
    for fold, listed in enumerate(folds):
        for name in listed:
            named = [task.name for task in tasks if name in (task.cluster, task.name)]
            if not named:
                raise ConfigError(f"folds: {name!r} is neither a cluster nor a task (clusters: {', '.join(clusters)})")
            for task in named:
                if fold_of[task] not in (NEVER, fold):
                    raise ConfigError(f"folds: {task!r} is in fold {fold_of[task]} and, by {name!r}, in fold {fold}")
                fold_of[task] = fold
    return tuple("+".join(listed) for listed in folds), fold_of


def _by_relation(
    tasks: Sequence[PlannedTask], fold_of: Mapping[str, int], related: Sequence[Sequence[str]]
) -> Iterable[Exclusion]:
    """Tasks of a cluster related to one that is held out, when their folds are apart."""
    of_cluster: defaultdict[str, list[PlannedTask]] = defaultdict(list)
    for task in tasks:
        of_cluster[task.cluster].append(task)
    for names in related:
        for held_out in names:
            folds = {fold_of[task.name] for task in of_cluster[held_out]} - {NEVER}
            for other in set(names) - {held_out}:
                for task in of_cluster[other]:
                    for fold in folds - {fold_of[task.name]}:
                        yield Exclusion(task.name, fold, RELATED, held_out)


def _of_one_source(tasks: Sequence[PlannedTask]) -> Iterable[Alike]:
    """Super-NaturalInstructions leaves out the tasks of a source that a test task is from (Wang et al. 2022); here they
    are told by their origin, not by its spelling."""
    of_lineage: defaultdict[str, list[str]] = defaultdict(list)
    for task in tasks:
        of_lineage[task.lineage].append(task.name)
    return [Alike(SAME_SOURCE, tuple(names), lineage) for lineage, names in of_lineage.items() if len(names) > 1]


def _across_folds(alike: Alike, fold_of: Mapping[str, int]) -> Iterable[Exclusion]:
    """Each of the tasks stays out while another one of them is held out; the first of these is named."""
    first: dict[int, str] = {}
    present = sorted(name for name in alike.tasks if name in fold_of)
    for name in present:
        first.setdefault(fold_of[name], name)
    for name in present:
        for fold in first.keys() - {NEVER, fold_of[name]}:
            yield Exclusion(name, fold, alike.channel, first[fold], alike.detail)


def _held_out_tasks(tasks: Sequence[PlannedTask], rules: FoldRules) -> frozenset[str]:
    """The tasks of the lineages whose turn it is, in every cluster that keeps at least one to train on."""
    lineages: defaultdict[str, set[str]] = defaultdict(set)
    for task in tasks:
        lineages[task.cluster].add(task.lineage)
    chosen = set()
    for cluster, found in lineages.items():
        order = sorted(found, key=lambda lineage: (draw(rules.seed, "held_out_task", cluster, lineage), lineage))
        count = min(rules.held_out_tasks, len(order) - 1)
        begin = rules.turn * max(count, 1)
        chosen |= {(cluster, order[(begin + place) % len(order)]) for place in range(count)}
    return frozenset(task.name for task in tasks if (task.cluster, task.lineage) in chosen)


def deal_folds(
    sizes: Mapping[str, int],
    folds: int,
    related: Iterable[Sequence[str]],
    seed: int,
    before: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """The fold of each cluster: whole clusters, related ones together, the folds as equal in examples as that allows.

    Groups of related clusters are dealt from the largest to the smallest, each to the lightest fold (longest processing
    time first; Graham 1969). Equal sizes are ordered by a hash of seed and name. A group that was in a fold before
    stays in it, so that a fold only changes when its tasks do; one that came together from several goes to the fold of
    its largest cluster.

    Args:
        sizes: examples of each cluster.
        folds: how many; those left over stay empty.
        related: lists of clusters that are never apart; lists that share a cluster are one.
        before: cluster -> fold, of which folds that there no longer are do not count.
    """
    groups = merge_related(sizes, related)
    weight = {group: sum(sizes[cluster] for cluster in group) for group in groups}
    loads = [0] * folds
    fold_of: dict[str, int] = {}
    known = {name: fold for name, fold in (before or {}).items() if fold in range(folds)}
    staying = [group for group in groups if known.keys() & set(group)]
    for group in staying:
        largest = max(known.keys() & set(group), key=lambda name: (sizes[name], name))
        loads[known[largest]] += weight[group]
        fold_of.update(dict.fromkeys(group, known[largest]))
    new = [group for group in groups if group not in staying]
    for group in sorted(new, key=lambda group: (-weight[group], draw(seed, "fold", *group))):
        lightest = min(range(folds), key=lambda fold: (loads[fold], fold))
        loads[lightest] += weight[group]
        fold_of.update(dict.fromkeys(group, lightest))
    return fold_of


def merge_related(clusters: Iterable[str], related: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """The clusters in groups that must not be apart, each sorted."""
    present = set(clusters)
    related = [list(names) for names in related]
    group_of = {name: {name} for name in present.union(*related)}
    for names in related:
        merged = set().union(*(group_of[name] for name in names))
        group_of.update(dict.fromkeys(merged, merged))
    groups = {tuple(sorted(group & present)) for group in group_of.values()}
    return sorted(group for group in groups if group)
