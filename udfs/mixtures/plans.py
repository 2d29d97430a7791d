"""How many pairs of everything a mixture takes, and which of its rules drops the others: worked out from counts alone.

Pairs that no rule of a mixture tells apart are a cell: those of one task, wording, language and label. Rules act one
after the other, each on what the one before it left: labels are balanced, then caps are kept, then rates share out the
budget. Whatever takes something from several cells takes it from all in proportion (`rates.counts`), so what a plan
keeps is composed as what there was. It never depends on the order of anything, and a larger budget takes no pair away.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from taskmill.udfs.mixtures.rates import Key, Part, TaskSize, counts, part_of, rates, shares

CAPS = ("template", "task", "source", "language", "cluster")  # in the order in which they are kept
BALANCE, RATES = "balance_labels", "rates"
EVEN, WEIGHTED, AS_THEY_ARE = "even", "weighted", "as_they_are"


class CellKey(NamedTuple):
    """What the pairs of a cell have in common; `label` is empty where there is none, or none is looked at."""

    task: str
    template: str
    language: str
    label: str


@dataclass(frozen=True)
class Cell:
    """How many pairs a cell has, and how many tokens these have together."""

    pairs: int
    tokens: int = 0


@dataclass(frozen=True)
class Task:
    """What rules know of a task: where it belongs, and how many examples its pairs are of."""

    source: str
    cluster: str
    examples: int


@dataclass(frozen=True)
class Rules:
    """The rules of a mixture.

    Attributes:
        caps: the most pairs of one template (of a task), task, source, language or cluster.
        balance: the most of one label of a task, as a multiple of its rarest; None for any number.
        templates: how the wordings of a task share its rate: by their pairs, evenly, or by `wording_weights`.
        wording_weights: template -> weight; one without any has the mean of those of its task.
        epochs: how often a pair may come.
        pairs, tokens: the budget; with neither, the mixture is what the rates come to.
    """

    parts: tuple[Part, ...] = (Part("all"),)
    caps: Mapping[str, int] = field(default_factory=dict)
    balance: float | None = None
    templates: str = AS_THEY_ARE
    wording_weights: Mapping[str, float] = field(default_factory=dict)
    epochs: float = 1.0
    pairs: int | None = None
    tokens: int | None = None


@dataclass(frozen=True)
class Plan:
    """What is taken.

    Attributes:
        counts: pairs of each cell, repeats counted; more than are left when these come several times.
        left: pairs of each cell that caps and balancing leave; no others are taken.
        weights: of each wording of a task: the share it should have over the share it has. 1 where pairs could be taken
            as the rates say; for training that weighs losses or draws by weights.
        shares: of each wording of a task, in the whole: what rates ask for, whatever there is.
        dropped: (rule, task) -> pairs that the rule leaves out.
    """

    counts: Mapping[CellKey, int]
    left: Mapping[CellKey, int]
    weights: Mapping[Key, float]
    shares: Mapping[Key, float]
    dropped: Mapping[tuple[str, str], int]

    @property
    def pairs(self) -> int:
        """How many there are with repeats."""
        return sum(self.counts.values())

    @property
    def distinct(self) -> dict[CellKey, int]:
        """How many different pairs of each cell are taken."""
        return {key: min(count, self.left[key]) for key, count in self.counts.items()}


Cells = Mapping[CellKey, Cell]
Available = dict[CellKey, int]


def plan(cells: Cells, tasks: Mapping[str, Task], rules: Rules) -> Plan:
    """What a mixture takes of these cells, and what each of its rules drops."""
    left: Available = {key: cell.pairs for key, cell in cells.items()}
    dropped: Counter[tuple[str, str]] = Counter()
    if rules.balance is not None:
        left = _noted(BALANCE, left, _balanced(left, rules.balance), dropped)
    for kind in CAPS:
        if kind in rules.caps:
            left = _noted(f"cap_{kind}", left, _capped(left, _group_of(kind, tasks), rules.caps[kind]), dropped)
    wanted = _wording_shares(left, tasks, rules)
    taken = _within_budget(left, cells, wanted, tasks, rules)
    _noted(RATES, left, {key: min(number, taken.get(key, 0)) for key, number in left.items()}, dropped)
    return Plan(
        {key: count for key, count in taken.items() if count}, left, _weights(taken, wanted), wanted, dict(dropped)
    )


def _noted(rule: str, before: Available, after: Available, dropped: Counter[tuple[str, str]]) -> Available:
    for key, count in before.items():
        if count > after[key]:
            dropped[rule, key.task] += count - after[key]
    return after


def _balanced(left: Available, ratio: float) -> Available:
    """No label of a task has more than `ratio` times the pairs of its rarest; pairs without a label stay."""
    labels: defaultdict[str, defaultdict[str, Available]] = defaultdict(lambda: defaultdict(dict))
    for key, count in left.items():
        if key.label and count:
            labels[key.task][key.label][key] = count
    found = dict(left)
    for own in labels.values():
        most = max(1, int(ratio * min(sum(pairs.values()) for pairs in own.values())))
        for pairs in own.values():
            found |= _at_most(pairs, most)
    return found


def _at_most(own: Available, most: int) -> Available:
    return counts(own, own, most) if sum(own.values()) > most else own


def _capped(left: Available, group_of: Callable[[CellKey], str | Key], most: int) -> Available:
    groups: defaultdict[str | Key, Available] = defaultdict(dict)
    for key, count in left.items():
        groups[group_of(key)][key] = count
    found = dict(left)
    for own in groups.values():
        found |= _at_most(own, most)
    return found


def _group_of(kind: str, tasks: Mapping[str, Task]) -> Callable[[CellKey], str | Key]:
    known: dict[str, Callable[[CellKey], str | Key]] = {
        "template": lambda key: (key.task, key.template),
        "task": lambda key: key.task,
        "source": lambda key: tasks[key.task].source,
        "language": lambda key: key.language,
        "cluster": lambda key: tasks[key.task].cluster,
    }
    return known[kind]


def _sizes(left: Available, tasks: Mapping[str, Task]) -> list[TaskSize]:
    wordings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for key, count in left.items():
        wordings[key.task][key.template] += count
    return [TaskSize(task, tasks[task].examples, found) for task, found in sorted(wordings.items())]


def _wording_shares(left: Available, tasks: Mapping[str, Task], rules: Rules) -> dict[Key, float]:
    """The share that every wording of every task should have of the mixture."""
    sizes = _sizes(left, tasks)
    found = shares(sizes, rules.parts)
    if rules.templates == AS_THEY_ARE:
        return found
    for size in sizes:
        names = [name for name, count in size.pairs.items() if count and (size.task, name) in found]
        weights = _wording_weights(names, rules)
        whole = sum(found.get((size.task, name), 0.0) for name in size.pairs)
        total = sum(weights.values())
        if total:
            found |= {(size.task, name): whole * weights[name] / total for name in names}
    return found


def _wording_weights(names: Sequence[str], rules: Rules) -> dict[str, float]:
    known = [rules.wording_weights[name] for name in names if name in rules.wording_weights]
    if rules.templates == EVEN or not known:
        return dict.fromkeys(names, 1.0)
    return {name: rules.wording_weights.get(name, sum(known) / len(known)) for name in names}


def _within_budget(
    left: Available, cells: Cells, wanted: Mapping[Key, float], tasks: Mapping[str, Task], rules: Rules
) -> dict[CellKey, int]:
    """The pairs to take of each cell. Tasks share the budget, wordings their task's part, cells their wording's."""
    deal = _Deal(left, wanted, rules.epochs)
    if rules.pairs is None and rules.tokens is None:
        return deal.of_tasks(_unbounded(left, tasks, rules))
    most = sum(deal.most.values())
    if rules.pairs is not None:
        most = min(most, rules.pairs)
    if rules.tokens is None:
        return deal.of_budget(most)
    return deal.of_budget(_pairs_of_tokens(deal, cells, rules.tokens, most))


def _pairs_of_tokens(deal: _Deal, cells: Cells, budget: int, most: int) -> int:
    """The most pairs whose tokens are within a budget, when the pairs of a cell are of its mean length.

    Tokens grow nearly evenly with pairs: the place is guessed between two known ones, and looked for on both sides.
    """

    def tokens(pairs: int) -> float:
        return sum(count * cells[key].tokens / cells[key].pairs for key, count in deal.of_budget(pairs).items())

    low, high, at_low, at_high = 0, most, 0.0, tokens(most)
    if at_high <= budget:
        return most
    is_even = True
    while high - low > 1:
        share = (budget - at_low) / (at_high - at_low) if is_even else 0.5
        is_even = not is_even
        first = min(high - 1, max(low + 1, low + int((high - low) * share)))
        for guess in (first, first + 1):
            if not low < guess < high:
                break
            found = tokens(guess)
            if found > budget:
                high, at_high = guess, found
                break
            low, at_low = guess, found
    return low


def _unbounded(left: Available, tasks: Mapping[str, Task], rules: Rules) -> dict[str, int]:
    """Without a budget: the pairs of each task when each has its rate, as far as it has so many; where parts have
    shares, the most at which no part has more than its rates come to."""
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    parts = {part.name: part for part in rules.parts}
    for size in _sizes(left, tasks):
        part = part_of(size.task, rules.parts)
        if part is not None and any(size.pairs.values()):
            rate = sum(rates(size, part).values()) * rules.epochs
            found[part.name][size.task] = min(rate, sum(size.pairs.values()) * rules.epochs)
    sums = {name: sum(values.values()) for name, values in found.items() if sum(values.values())}
    fixed: dict[str, float] = {name: share for name in sums if (share := parts[name].share) is not None}
    free = sum(value for name, value in sums.items() if name not in fixed)
    if not fixed:
        return {task: int(value) for values in found.values() for task, value in values.items()}
    rest = max(0.0, 1 - sum(fixed.values())) if free else 0.0
    wanted = {name: fixed[name] if name in fixed else rest * sums[name] / free for name in sums}
    scale = min(sums[name] / share for name, share in wanted.items() if share)
    return {
        task: int(scale * wanted[name] * value / sums[name]) for name in sums for task, value in found[name].items()
    }


class _Deal:
    """Deals out counts from tasks over wordings to cells, within what each has."""

    def __init__(self, left: Available, wanted: Mapping[Key, float], epochs: float) -> None:
        self.most = {key: int(count * epochs) for key, count in left.items()}
        self.left, self.wanted = left, wanted
        self.cells: defaultdict[Key, list[CellKey]] = defaultdict(list)
        self.wordings: defaultdict[str, list[Key]] = defaultdict(list)
        for key in left:
            self.cells[key.task, key.template].append(key)
        for wording in self.cells:
            if wanted.get(wording, 0.0) > 0:
                self.wordings[wording[0]].append(wording)
        self.of_wording = {wording: sum(self.most[key] for key in keys) for wording, keys in self.cells.items()}

    def of_budget(self, budget: int) -> dict[CellKey, int]:
        shared = {task: sum(self.wanted[one] for one in own) for task, own in self.wordings.items()}
        most = {task: sum(self.of_wording[one] for one in own) for task, own in self.wordings.items()}
        return self.of_tasks(counts(shared, most, budget))

    def of_tasks(self, given: Mapping[str, int]) -> dict[CellKey, int]:
        found: dict[CellKey, int] = {}
        for task, number in given.items():
            own = {one: self.wanted[one] for one in self.wordings.get(task, ())}
            for wording, count in counts(own, self.of_wording, number).items():
                cells = {key: float(self.left[key]) for key in self.cells[wording]}
                found |= counts(cells, self.most, count)
        return found


def _weights(taken: Mapping[CellKey, int], wanted: Mapping[Key, float]) -> dict[Key, float]:
    having: Counter[Key] = Counter()
    for key, count in taken.items():
        having[key.task, key.template] += count
    total = sum(having.values())
    return {key: wanted[key] * total / count for key, count in having.items() if count}
