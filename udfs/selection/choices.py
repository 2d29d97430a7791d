"""Which examples of a group to take, by several scores at once.

Every score is turned into ranks from 0 to 1 within the group, so that losses, lengths and shares can be compared; what
is unknown has the middle rank. The ranks are averaged by their weights (Borda's count). With diversity, the example
taken from each small cluster of like ones is that with the highest sum of this average and of its rank by how typical
it is, by their weights (`diverse`); without, those with the highest average are taken. With label coverage the budget
is first shared out among the labels, evenly within a task, and each label's examples are chosen by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taskmill.udfs.mixtures.rates import counts
from taskmill.udfs.selection.diverse import Indices, Scores, diverse, ranked
from taskmill.udfs.selection.vectors import Vectors

HIGH, LOW, MIDDLE = "high", "low", "middle"
UNKNOWN = 0.5


@dataclass(frozen=True)
class Wish:
    """What counts in a choice.

    Attributes:
        weights: of each score, above 0.
        prefer: score -> high, low or middle; high for those not named.
        diversity: its weight; 0 for a choice by scores alone.
        label_coverage: whether labels share the budget.
    """

    weights: Mapping[str, float]
    prefer: Mapping[str, str]
    diversity: float = 1.0
    label_coverage: bool = False


@dataclass(frozen=True)
class Choice:
    """Positions in the order of taking, the averaged score of every example, and its rank by each score."""

    taken: Indices
    score: Scores
    ranks: Mapping[str, Scores]


def chosen(
    scores: Mapping[str, Scores],
    labels: Sequence[tuple[str, str]],
    vectors: Vectors | None,
    earlier: npt.NDArray[np.bool_],
    budget: int,
    wish: Wish,
    seed: int,
) -> Choice:
    """The examples to take of a group.

    Args:
        scores: float64, shape (n,) each; nan for what is unknown.
        labels: task and label of each example; an empty label for none.
        vectors: float32, shape (n, dimensions); None without diversity.
        earlier: shape (n,): taken in another round. They cover what they cover and are not taken again.
    """
    size = len(labels)
    ranks = {name: preferred(values, wish.prefer.get(name, HIGH)) for name, values in scores.items()}
    whole = sum(wish.weights[name] for name in ranks)
    average = sum((wish.weights[name] / whole * ranks[name] for name in ranks), np.zeros(size))
    if not ranks:
        average += UNKNOWN
    found: list[Indices] = []
    for members, part in _sets(labels, earlier, budget, wish.label_coverage):
        if wish.diversity > 0 and vectors is not None:
            own = average[members] if ranks else None
            before = np.flatnonzero(earlier[members])
            places = diverse(vectors[members], part, seed, own, before, whole / wish.diversity)
        else:
            free = np.flatnonzero(~earlier[members])
            places = free[np.argsort(-average[members][free], kind="stable")][:part]
        found.append(members[places])
    return Choice(_by_turns(found), average, ranks)


def preferred(values: Scores, prefer: str = HIGH) -> Scores:
    """Ranks from 0 to 1, 1 for what is preferred; unknown values have the middle."""
    found = np.full(len(values), UNKNOWN)
    known = np.isfinite(values)
    if known.any():
        ranks = ranked(values[known])
        if prefer == LOW:
            ranks = 1 - ranks
        if prefer == MIDDLE:
            ranks = ranked(-np.abs(ranks - UNKNOWN))
        found[known] = ranks if known.sum() > 1 else UNKNOWN
    return found


def _sets(
    labels: Sequence[tuple[str, str]], earlier: npt.NDArray[np.bool_], budget: int, by_label: bool
) -> list[tuple[Indices, int]]:
    """What is chosen from by itself, with its part of the budget."""
    everything = np.arange(len(labels))
    if not by_label:
        return [(everything, budget)]
    sizes, tasks = Counter(labels), Counter(task for task, _ in labels)
    of_task = Counter(task for task, _ in sizes)
    shares = {one: tasks[one[0]] / of_task[one[0]] for one in sizes}
    taken = Counter(one for one, is_earlier in zip(labels, earlier.tolist(), strict=True) if is_earlier)
    # What rounds before took counts: together they are to be even.
    whole = counts(shares, sizes, budget + sum(taken.values()))
    wanted = {one: float(max(0, whole[one] - taken[one])) for one in sizes}
    parts = counts(wanted, {one: sizes[one] - taken[one] for one in sizes}, budget)
    places: dict[tuple[str, str], list[int]] = {one: [] for one in sizes}
    for place, one in enumerate(labels):
        places[one].append(place)
    return [(np.array(places[one], np.int64), parts.get(one, 0)) for one in sorted(sizes)]


def _by_turns(found: Sequence[Indices]) -> Indices:
    """One of each set by turns: the first of a round would be a smaller round."""
    longest = max((len(one) for one in found), default=0)
    return np.array([int(one[turn]) for turn in range(longest) for one in found if turn < len(one)], np.int64)
