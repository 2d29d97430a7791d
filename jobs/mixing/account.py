"""Where the pairs of every task went, into a mixture or by which of its rules out of it: as rows, and as lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table as Grid

from taskmill.jobs.mixing.candidates import RULES
from taskmill.jobs.words import counted
from taskmill.udfs.mixtures.plans import BALANCE, CAPS, RATES, Cell, CellKey, Plan

IN_MIXTURE = "mixture"
ORDER = (*RULES, BALANCE, *(f"cap_{kind}" for kind in CAPS), RATES)
MIN_TASK_CHARS = 16


@dataclass(frozen=True)
class Taken:
    """What a mixture has of a task: pairs, and with their repeats how many, their tokens and their languages."""

    pairs: int = 0
    repeated: int = 0
    tokens: int = 0
    languages: Mapping[str, int] = field(default_factory=dict)


class RuleFigures(NamedTuple):
    """What a rule leaves out, of how many tasks, and how many pairs are then left."""

    rule: str
    pairs: int
    tasks: int
    left: int


class TaskFigures(NamedTuple):
    """What became of the pairs of a task; `share` is what it has of the mixture, `wanted` what the rates ask for."""

    task: str
    pairs: int
    left_out: int
    taken: int
    repeated: int
    share: float
    wanted: float


@dataclass(frozen=True)
class Account:
    """One mixture.

    Attributes:
        dropped: (rule, task) -> pairs left out.
        shares: of each task, as its rates ask for.
    """

    mixture: str
    taken: Mapping[str, Taken]
    dropped: Mapping[tuple[str, str], int]
    shares: Mapping[str, float]

    @property
    def entered(self) -> int:
        return self.pairs + sum(self.dropped.values())

    @property
    def pairs(self) -> int:
        return sum(one.pairs for one in self.taken.values())

    @property
    def repeated(self) -> int:
        return sum(one.repeated for one in self.taken.values())

    @property
    def tokens(self) -> int:
        return sum(one.tokens for one in self.taken.values())

    @property
    def tasks(self) -> list[str]:
        return sorted({*self.taken, *(task for _, task in self.dropped)})

    def of_rules(self) -> list[RuleFigures]:
        """What each rule leaves out, in the order in which they act; rules that leave nothing out are not told."""
        found, left = [], self.entered
        for rule in ORDER:
            own = [pairs for (name, _), pairs in self.dropped.items() if name == rule]
            if own:
                left -= sum(own)
                found.append(RuleFigures(rule, sum(own), len(own), left))
        return found

    def of_tasks(self) -> list[TaskFigures]:
        """What is taken of each task."""
        out: Counter[str] = Counter()
        for (_, task), pairs in self.dropped.items():
            out[task] += pairs
        return [self._of_task(task, out[task]) for task in self.tasks]

    def _of_task(self, task: str, out: int) -> TaskFigures:
        one = self.taken.get(task, Taken())
        share = one.repeated / self.repeated if self.repeated else 0.0
        return TaskFigures(task, one.pairs + out, out, one.pairs, one.repeated, share, self.shares.get(task, 0.0))

    def rows(self, run_id: str) -> list[dict[str, Any]]:
        """The account as rows of its table, without what is zero."""
        common = {"mixture": self.mixture, "run_id": run_id}
        left_out: list[dict[str, Any]] = [
            {"task": task, "place": rule, "pairs": pairs, "repeated": 0, "tokens": 0, "share": None, "languages": None}
            for (rule, task), pairs in sorted(self.dropped.items())
        ]
        inside: list[dict[str, Any]] = [
            {"task": task, "place": IN_MIXTURE, "pairs": one.pairs, "repeated": one.repeated, "tokens": one.tokens,
             "share": self.shares.get(task, 0.0), "languages": dict(one.languages)}
            for task, one in sorted(self.taken.items())
        ]  # fmt: skip
        return [{**row, **common} for row in (*left_out, *inside)]


def accounts_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Account]:
    """The accounts that rows of their table are of, by mixture."""
    taken: defaultdict[str, dict[str, Taken]] = defaultdict(dict)
    dropped: defaultdict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    shares: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        name, task = row["mixture"], row["task"]
        if row["place"] == IN_MIXTURE:
            taken[name][task] = Taken(row["pairs"], row["repeated"], row["tokens"], row["languages"] or {})
            shares[name][task] = row["share"] or 0.0
        else:
            dropped[name][row["place"], task] = row["pairs"]
    return {name: Account(name, taken[name], dropped[name], shares[name]) for name in sorted({*taken, *dropped})}


def planned(mixture: str, cells: Mapping[CellKey, Cell], plan: Plan, before: Mapping[tuple[str, str], int]) -> Account:
    """The account of a plan; its tokens are those of pairs of mean length.

    Args:
        before: what was left out before there was a plan.
    """
    found: dict[str, Taken] = {}
    languages: defaultdict[str, Counter[str]] = defaultdict(Counter)
    distinct = plan.distinct
    for key, count in plan.counts.items():
        one, cell = found.get(key.task, Taken()), cells[key]
        languages[key.task][key.language] += count
        found[key.task] = Taken(
            one.pairs + distinct[key], one.repeated + count,
            one.tokens + round(count * cell.tokens / cell.pairs), languages[key.task],
        )  # fmt: skip
    shares: Counter[str] = Counter()
    for (task, _), share in plan.shares.items():
        shares[task] += share  # type: ignore[assignment]
    return Account(mixture, found, {**before, **plan.dropped}, shares)


def show(account: Account, console: Console, is_plan: bool) -> None:
    """Prints what each rule leaves out, and what is taken of each task."""
    console.print(
        f"mixture {account.mixture}{' (a plan; nothing was written)' if is_plan else ''}: "
        f"{counted(account.repeated, 'pair')} of {counted(len(account.taken), 'task')}, "
        f"{'about ' if is_plan else ''}{counted(account.tokens, 'token')}"
    )
    console.print(_rules_grid(account))
    console.print()
    console.print(_tasks_grid(account, console.width))


def _rules_grid(account: Account) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column("rule")
    for name in ("leaves out", "tasks", "left"):
        grid.add_column(name, justify="right", no_wrap=True)
    grid.add_row("all pairs", "", "", f"{account.entered:,}")
    for rule, *figures in account.of_rules():
        grid.add_row(rule, *(f"{figure:,}" for figure in figures))
    if account.repeated != account.pairs:
        grid.add_row("repeats", f"+{account.repeated - account.pairs:,}", "", f"{account.repeated:,}")
    return grid


def _tasks_grid(account: Account, width: int) -> Grid:
    columns = ("pairs", "left out", "taken", "with repeats", "share", "asked for")
    tasks = account.of_tasks()
    rows = [_task_row(one) for one in tasks]
    widths = [max(len(name), *(len(row[place]) for row in rows)) if rows else len(name)
              for place, name in enumerate(columns)]  # fmt: skip
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column(
        "task", overflow="ellipsis", no_wrap=True, max_width=max(MIN_TASK_CHARS, width - sum(widths) - 2 * len(widths))
    )
    for name, chars in zip(columns, widths, strict=True):
        grid.add_column(name, justify="right", min_width=chars, no_wrap=True)
    for one, row in zip(tasks, rows, strict=True):
        grid.add_row(one.task, *row)
    return grid


def _task_row(one: TaskFigures) -> Sequence[str]:
    return (
        f"{one.pairs:,}", f"{one.left_out:,}" if one.left_out else "·", f"{one.taken:,}" if one.taken else "·",
        f"{one.repeated:,}" if one.repeated != one.taken else "·", f"{one.share:.2%}" if one.share else "·",
        f"{one.wanted:.2%}",
    )  # fmt: skip
