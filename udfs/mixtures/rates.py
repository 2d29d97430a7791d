"""Sampling rates of tasks and wordings: a rule gives every one a rate, parts of a mixture share them out.

- proportional (Raffel et al. 2020, "Exploring the Limits of Transfer Learning", section 3.5.2; FLAN: Wei et al. 2022,
  maximum 3,000; OPT-IML: Iyer et al. 2022, 4,096): the number of examples, at most a maximum.
- t0 (Sanh et al. 2022, "Multitask Prompted Training"): every wording of a task has the number of its examples as its
  rate; where a task has more than the maximum, the maximum divided by the number of its wordings, as a whole number.
- temperature (Raffel et al. 2020): the proportional rate to the power of 1 / temperature.
- equal: the same for every task.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np

Key = tuple[str, str]  # task, template
Numbers = np.ndarray[Any, np.dtype[np.float64]]
Counts = np.ndarray[Any, np.dtype[np.int64]]


class _Sortable(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


Item = TypeVar("Item", bound=_Sortable)


@dataclass(frozen=True)
class TaskSize:
    """A task: how many examples it has, and how many pairs of each wording.

    Attributes:
        pairs: by template; every wording has at most `examples` pairs.
    """

    task: str
    examples: int
    pairs: Mapping[str, int]


@dataclass(frozen=True)
class Part:
    """A part of a mixture.

    Attributes:
        tasks: names or globs; a task belongs to the first part that has it.
        rule: proportional, t0, temperature or equal.
        maximum: of a rate; None for no bound.
        share: of the whole mixture; None for what its rates come to.
    """

    name: str
    tasks: tuple[str, ...] = ("*",)
    rule: str = "proportional"
    maximum: int | None = None
    temperature: float = 1.0
    share: float | None = None

    def has(self, task: str) -> bool:
        """Whether the part names the task; whole names are looked up, however many there are."""
        return task in self._names or any(fnmatchcase(task, pattern) for pattern in self._globs)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.tasks)

    @cached_property
    def _globs(self) -> tuple[str, ...]:
        return tuple(name for name in self.tasks if set("*?[") & set(name))


def rates(task: TaskSize, part: Part) -> dict[str, float]:
    """The rate of every wording of a task; together they are the task's."""
    if not task.examples or not any(task.pairs.values()):
        return dict.fromkeys(task.pairs, 0.0)
    if part.rule == "t0":
        is_large = part.maximum is not None and task.examples > part.maximum
        if is_large and part.maximum is not None:
            return dict.fromkeys(task.pairs, float(part.maximum // len(task.pairs)))
        return {name: float(count) for name, count in task.pairs.items()}
    whole = _RULES[part.rule](task.examples, part)
    total = sum(task.pairs.values())
    return {name: whole * count / total for name, count in task.pairs.items()}


def _proportional(examples: int, part: Part) -> float:
    return float(examples if part.maximum is None else min(examples, part.maximum))


def _tempered(examples: int, part: Part) -> float:
    return float(_proportional(examples, part) ** (1 / part.temperature))


_RULES: Mapping[str, Callable[[int, Part], float]] = {
    "proportional": _proportional, "temperature": _tempered, "equal": lambda examples, part: 1.0,
}  # fmt: skip
RULES = (*_RULES, "t0")


def part_of(task: str, parts: Sequence[Part]) -> Part | None:
    """The first part that names a task; None for a task in none, which is then left out."""
    return next((part for part in parts if part.has(task)), None)


def shares(tasks: Sequence[TaskSize], parts: Sequence[Part]) -> dict[Key, float]:
    """The share of every wording in the whole mixture: 0 to 1, 1 together (or nothing, where no task has a rate).

    A part with a share has exactly that; the others divide what is left by their rates. The shares of parts without
    tasks go to the others in proportion.
    """
    found: dict[str, dict[Key, float]] = {part.name: {} for part in parts}
    for task in tasks:
        part = part_of(task.task, parts)
        if part is not None:
            found[part.name] |= {(task.task, name): rate for name, rate in rates(task, part).items()}
    sums = {name: sum(values.values()) for name, values in found.items()}
    fixed = {part.name: part.share for part in parts if part.share is not None and sums[part.name]}
    free = sum(sums[part.name] for part in parts if part.share is None)
    left = max(0.0, 1 - sum(fixed.values())) if free else 0.0
    weights = {name: fixed[name] if name in fixed else left * sums[name] / free if free else 0.0 for name in sums}
    whole = sum(weights.values())
    return {
        key: weights[name] / whole * rate / sums[name]
        for name, values in found.items()
        for key, rate in values.items()
        if whole and sums[name]
    }


def counts(
    shared: Mapping[Item, float], available: Mapping[Item, int], budget: int, epochs: float = 1.0
) -> dict[Item, int]:
    """How many pairs of each a budget buys: by share, never more than `epochs` times what there is.

    What a small one cannot give goes to the others in proportion, until the budget is spent or nothing is left.
    Fractions are rounded as by Webster (Balinski and Young 1982, "Fair Representation"): the next pair goes to the one
    with the lowest (count + 1/2) / share, then by name. So a larger budget takes from nobody what a smaller one gave,
    which largest remainders do.

    Returns:
        A count for each that has a share; they add up to the budget, or to all there is.
    """
    keys = sorted(key for key, share in shared.items() if share > 0)
    share = np.array([shared[key] for key in keys], np.float64)
    most = np.array([int(available.get(key, 0) * epochs) for key in keys], np.int64)
    target = min(budget, int(most.sum()))
    if not keys or target == most.sum():
        return dict(zip(keys, most.tolist(), strict=True))
    if len(keys) == 1:
        return {keys[0]: target}
    low, high = _between(share, most, target)
    due = -1
    while due != target and low < (middle := (low + high) / 2) < high:
        seats = int(_seats(share, most, middle).sum())
        low, high, due = (middle, high, seats) if seats <= target else (low, middle, due)
    found = _seats(share, most, low)
    waiting = [((count + 0.5) / share[place], place) for place, count in enumerate(found) if count < most[place]]
    heapq.heapify(waiting)
    for _ in range(target - int(found.sum())):  # those that become due at the same moment
        _, place = heapq.heappop(waiting)
        found[place] += 1
        if found[place] < most[place]:
            heapq.heappush(waiting, ((found[place] + 0.5) / share[place], place))
    return dict(zip(keys, found.tolist(), strict=True))


def _between(share: Numbers, most: Counts, target: int) -> tuple[float, float]:
    """Moments at which no more, and at least as many, are due as are wanted: near each other while nothing is used up,
    since rounding moves each count by no more than one."""
    near = [max(0.0, (target + slack) / float(share.sum())) for slack in (-len(share), len(share))]
    low = near[0] if _seats(share, most, near[0]).sum() <= target else 0.0
    high = near[1] if _seats(share, most, near[1]).sum() > target else float(((most + 0.5) / share).max())
    return low, high


def _seats(share: Numbers, most: Counts, moment: float) -> Counts:
    """How many of each are due: those n for which (n + 1/2) / share is no later."""
    found = np.floor(share * moment + 0.5)
    found -= (found - 0.5) / share > moment  # where the product was rounded to the other side
    found += (found + 0.5) / share <= moment
    return np.minimum(found, most).astype(np.int64)
