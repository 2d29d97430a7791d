"""How often something happens to a wording's pairs, as far as the wording is to blame.

Wordings of one task type do not all meet the same examples: some need a field that few sources have, some are in one
language alone. So each is compared with its siblings on the same tasks: what happens to theirs as often is the data's
doing (indirect standardisation, as of death rates; Breslow and Day 1987, "Statistical Methods in Cancer Research",
volume II, chapter 2). And what is known from a few pairs is taken for half a truth: `WEIGHT` more are imagined, to
which it happens as it does to those of the siblings (additive smoothing). The lower end of Wilson's interval would not
do: it puts a faultless wording with three pairs below one that fails for every third of a thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

WEIGHT = 5.0  # pairs


@dataclass(frozen=True)
class Trials:
    """How often something could have happened and did to a wording's pairs of one task; it may happen in part."""

    wording: str
    task: str
    count: float
    events: float


@dataclass
class _Sum:
    count: float = 0.0
    events: float = 0.0

    def add(self, one: Trials | _Sum) -> None:
        self.count += one.count
        self.events += one.events


def attributed_rates(wordings: Collection[str], trials: Iterable[Trials], weight: float = WEIGHT) -> dict[str, float]:
    """The rate of each wording, 0 to 1: as if all had been used for all tasks alike, and that of its siblings where
    nothing is known of it.

    Args:
        wordings: all wordings of a task type.
        trials: of these wordings, at most one of a wording and task.
    """
    own: defaultdict[str, dict[str, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
    tasks: defaultdict[str, _Sum] = defaultdict(_Sum)
    for one in trials:
        own[one.wording][one.task].add(one)
        tasks[one.task].add(one)
    imagined = weight * (len(wordings) - 1)
    return {name: _rate(own.get(name, {}), tasks, weight, imagined) for name in wordings}


def _rate(own: Mapping[str, _Sum], tasks: Mapping[str, _Sum], weight: float, imagined: float) -> float:
    """The rate of the siblings on all tasks, and what the wording has more than they on its own."""
    whole, mine = _sum(tasks.values()), _sum(own.values())
    if not whole.count:
        return 0.0
    others = _share(whole.events - mine.events, whole.count - mine.count + imagined)
    usual, more = 0.0, 0.0
    for task, all_there in tasks.items():
        here = own.get(task, _Sum())
        siblings = _Sum(all_there.count - here.count, all_there.events - here.events)
        expected = _share(siblings.events + imagined * others, siblings.count + imagined)
        usual += expected * all_there.count / whole.count
        more += here.events - here.count * expected
    return min(1.0, max(0.0, usual + more / (mine.count + weight)))


def _sum(parts: Iterable[_Sum]) -> _Sum:
    whole = _Sum()
    for one in parts:
        whole.add(one)
    return whole


def _share(events: float, count: float) -> float:
    return events / count if count else 0.0
