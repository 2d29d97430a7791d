"""Sampling rates of tasks and wordings: a rule gives every one a rate, parts of a mixture share them out.

- proportional (Raffel et al. 2020, "Exploring the Limits of Transfer Learning", section 3.5.2; FLAN: Wei et al. 2022,
  maximum 3,000; OPT-IML: Iyer et al. 2022, 4,096): the number of examples, at most a maximum.
- t0 (Sanh et al. 2022, "Multitask Prompted Training"): every wording of a task has the number of its examples as its
  rate; where a task has more than the maximum, the maximum divided by the number of its wordings, as a whole number.
- temperature (Raffel et al. 2020): the proportional rate to the power of 1 / temperature.
- equal: the same for every task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

Key = tuple[str, str]  # task, template


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


def rates(task: TaskSize, part: Part) -> dict[str, float]:
    """The rate of every wording of a task; together they are the task's."""
    if not task.examples or not task.pairs:
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
    return next((part for part in parts if any(fnmatchcase(task, name) for name in part.tasks)), None)


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
    shared: Mapping[Key, float], available: Mapping[Key, int], budget: int, epochs: float = 1.0
) -> dict[Key, int]:
    """How many pairs of each wording a budget buys: by share, never more than `epochs` times what there is.

    What a small wording cannot give goes to the others in proportion, until the budget is spent or nothing is left
    (water filling). Fractions go to the largest remainders, then by name, so that the counts add up.
    """
    most = {key: int(available.get(key, 0) * epochs) for key in shared}
    open_keys, given, rest = (
        {key for key, share in shared.items() if share > 0 and most[key]},
        dict[Key, float](),
        float(budget),
    )
    while open_keys and rest > 0:
        whole = sum(shared[key] for key in open_keys)
        full = {key for key in open_keys if rest * shared[key] / whole >= most[key]}
        if not full:
            given |= {key: rest * shared[key] / whole for key in open_keys}
            break
        given |= {key: float(most[key]) for key in full}
        rest -= sum(most[key] for key in full)
        open_keys -= full
    return _rounded(given, most, min(budget, sum(most[key] for key, share in shared.items() if share > 0)))


def _rounded(given: Mapping[Key, float], most: Mapping[Key, int], total: int) -> dict[Key, int]:
    whole = {key: int(value) for key, value in given.items()}
    by_rest = sorted(given, key=lambda key: (whole[key] - given[key], key))
    for key in by_rest[: max(0, total - sum(whole.values()))]:
        whole[key] += whole[key] < most[key]
    return whole
