"""Tasks that must not be on the two sides of a fold, whatever their clusters: very similar ones, and those that share a
wording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from taskmill.jobs.clusters.cluster_assignment import Assignment
from taskmill.jobs.clusters.wordings import shared_wordings
from taskmill.jobs.folds.fold_plan import SAME_WORDING, SIMILAR, Alike

if TYPE_CHECKING:
    from taskmill.jobs.context import Context


def tasks_alike(context: Context, assignments: Mapping[str, Assignment]) -> Iterator[Alike]:
    """Each group of tasks that have something in common, and what."""
    least = context.pipeline.clusters.too_similar
    for name, one in assignments.items():
        for other in one.likeness.similar if one.likeness else ():
            if other.similarity >= least:
                pair = sorted((name, other.task))
                yield Alike(SIMILAR, (pair[0], pair[1]), f"similarity {other.similarity:.2f}")
    tasks = {name: task for name, task in context.catalog.tasks.items() if name in assignments}
    for words, names in shared_wordings(tasks).items():
        yield Alike(SAME_WORDING, names, words)
