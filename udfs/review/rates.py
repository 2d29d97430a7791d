"""How each task came out of review: counts, its error rate with an interval, and how well reviewers agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from taskmill.udfs.review.statistics import cohens_kappa, wilson_interval
from taskmill.udfs.review.verdicts import ACCEPT, FIX, PAIR, RANDOM, REJECT, Decision, Item, judged_twice, verdicts

FAILED, OPEN, PASSED = "failed", "open", "passed"


@dataclass(frozen=True)
class Rate:
    """A task's reviewed pairs, as of the wordings in use.

    Attributes:
        outdated: pairs judged with wordings that are not in use any more; in no other number.
        drawn, errors: of those drawn at random, how many were looked at and rejected or fixed.
    """

    task: str
    accepted: int = 0
    rejected: int = 0
    fixed: int = 0
    outdated: int = 0
    drawn: int = 0
    errors: int = 0

    @property
    def reviewed(self) -> int:
        return self.accepted + self.rejected + self.fixed

    @property
    def error_rate(self) -> float | None:
        """Of random pairs alone: those with flags were looked for, and tell nothing of the rest."""
        return self.errors / self.drawn if self.drawn else None

    def interval(self, confidence: float) -> tuple[float, float]:
        return wilson_interval(self.errors, self.drawn, confidence)

    def standing(self, limit: float, confidence: float) -> str:
        """Failed when the whole interval is above the limit, passed when none of it is, else open."""
        lower, upper = self.interval(confidence)
        if lower > limit:
            return FAILED
        return PASSED if upper <= limit else OPEN


@dataclass(frozen=True)
class Agreement:
    """Two reviewers on the pairs of a task that both judged; kappa is None where chance alone gives full agreement."""

    task: str
    reviewers: tuple[str, str]
    items: int
    agreed: int
    kappa: float | None


def rates(
    decisions: Iterable[Decision], current: Mapping[tuple[str, str], str], adjudicators: Collection[str] = ()
) -> list[Rate]:
    """The rate of each task some of whose pairs were judged, sorted.

    Args:
        current: task and name of each template in use, and its id.
    """
    of_pairs = [one for one in decisions if one.item.scope == PAIR]
    at_random = {one.item for one in of_pairs if one.drawn == RANDOM}
    counts: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for item, verdict in verdicts(of_pairs, adjudicators).items():
        count = counts[item.task]
        if not _is_current(item, verdict.by, current):
            count["outdated"] += 1
            continue
        count[{ACCEPT: "accepted", REJECT: "rejected", FIX: "fixed"}[verdict.kind]] += 1
        if item in at_random:
            count["drawn"] += 1
            count["errors"] += verdict.kind != ACCEPT
    return [Rate(task, **count) for task, count in sorted(counts.items())]


def agreements(
    decisions: Iterable[Decision], adjudicators: Collection[str] = (), task: str | None = None
) -> list[Agreement]:
    """For every task and two reviewers of it how well they agree, sorted; for all tasks as one where `task` names
    it."""
    found = []
    of_pairs = [one for one in decisions if one.item.scope == PAIR]
    for reviewers, judged in sorted(judged_twice(of_pairs, adjudicators).items()):
        by_task: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for item, first, second in judged:
            by_task[item.task if task is None else task].append((first, second))
        for name, labels in by_task.items():
            agreed = sum(first == second for first, second in labels)
            found.append(Agreement(name, reviewers, len(labels), agreed, cohens_kappa(labels)))
    return sorted(found, key=lambda one: (one.task, one.reviewers))


def _is_current(item: Item, by: Decision, current: Mapping[tuple[str, str], str]) -> bool:
    """Whether the wording that was judged is in use; where nobody noted which it was, it is taken to be."""
    in_use = current.get((item.task, item.template))
    return in_use is not None and by.template_id in ("", in_use)
