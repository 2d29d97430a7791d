"""The examples that may be chosen: those whose pairs a mixture may take, with what is known of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.mixing.candidates import Setting, candidates
from taskmill.udfs.mixtures.rates import TaskSize, counts, shares

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from taskmill.jobs.context import Context

GROUP = ("task_cluster", "language")  # examples are chosen within a cluster and language
Group = tuple[str, str]


@dataclass(frozen=True)
class Sizes:
    """How many examples there are of each (task, cluster, language), and how many of each group were taken before."""

    examples: Mapping[tuple[str, str, str], int]
    taken: Mapping[Group, int]

    @property
    def whole(self) -> int:
        return sum(self.examples.values())

    @property
    def groups(self) -> Counter[Group]:
        found: Counter[Group] = Counter()
        for (_, *group), number in self.examples.items():
            found[group[0], group[1]] += number
        return found


def pool(context: Context, setting: Setting) -> DataFrame:
    """A row an example: example_id, task, task_cluster, language, label, quality (the mean over its pairs)."""
    free = candidates(context, setting, with_selection=False).where("rule IS NULL")
    return free.groupBy("example_id").agg(
        *(F.max(name).alias(name) for name in ("task", "task_cluster", "language", "label")),
        F.avg("quality").alias("quality"),
    )  # fmt: skip


def sizes_of(examples: DataFrame) -> Sizes:
    """Counts over the pool; column is_taken."""
    rows = examples.groupBy("task", *GROUP).agg(F.count(F.lit(1)).alias("all"), F.count_if("is_taken").alias("taken"))
    found: dict[tuple[str, str, str], int] = {}
    taken: Counter[Group] = Counter()
    for row in rows.collect():
        found[row["task"], row["task_cluster"], row["language"]] = row["all"]
        taken[row["task_cluster"], row["language"]] += row["taken"]
    return Sizes(found, taken)


def budgets(sizes: Sizes, setting: Setting, wanted: int) -> dict[Group, int]:
    """How many examples each group gives to a round: by the shares that the mixture's parts give to its tasks, what
    earlier rounds took counted in."""
    tasks: Counter[str] = Counter()
    for (task, *_), number in sizes.examples.items():
        tasks[task] += number
    rated = shares([TaskSize(task, number, {"": number}) for task, number in sorted(tasks.items())], setting.parts)
    shared: defaultdict[Group, float] = defaultdict(float)
    for (task, cluster, language), number in sorted(sizes.examples.items()):
        shared[cluster, language] += rated.get((task, ""), 0.0) * number / tasks[task]
    groups = sizes.groups
    whole = counts(shared, groups, wanted + sum(sizes.taken.values()))
    free = {group: groups[group] - sizes.taken.get(group, 0) for group in groups}
    missing = {group: float(max(0, whole.get(group, 0) - sizes.taken.get(group, 0))) for group in groups}
    return {group: count for group, count in counts(missing, free, wanted).items() if count}
