"""Where the pairs of every task went, into a mixture or by which of its rules out of it: as rows, and as lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    """What a mixture has of a task: pairs, how many these are with repeats, and the tokens of these."""

    pairs: int = 0
    repeated: int = 0
    tokens: int = 0


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

    def rows(self, run_id: str) -> list[dict[str, Any]]:
        """The account as rows of its table, without what is zero."""
        common = {"mixture": self.mixture, "run_id": run_id}
        left_out: list[dict[str, Any]] = [
            {"task": task, "place": rule, "pairs": pairs, "repeated": 0, "tokens": 0, "share": None}
            for (rule, task), pairs in sorted(self.dropped.items())
        ]
        inside: list[dict[str, Any]] = [
            {"task": task, "place": IN_MIXTURE, "pairs": one.pairs, "repeated": one.repeated, "tokens": one.tokens,
             "share": self.shares.get(task, 0.0)}
            for task, one in sorted(self.taken.items())
        ]  # fmt: skip
        return [{**row, **common} for row in (*left_out, *inside)]


def planned(mixture: str, cells: Mapping[CellKey, Cell], plan: Plan, before: Mapping[tuple[str, str], int]) -> Account:
    """The account of a plan; its tokens are those of pairs of mean length.

    Args:
        before: what was left out before there was a plan.
    """
    found: dict[str, Taken] = {}
    distinct = plan.distinct
    for key, count in plan.counts.items():
        one, cell = found.get(key.task, Taken()), cells[key]
        found[key.task] = Taken(
            one.pairs + distinct[key], one.repeated + count,
            one.tokens + round(count * cell.tokens / cell.pairs),
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
    left = account.entered
    grid.add_row("all pairs", "", "", f"{left:,}")
    for rule in ORDER:
        own = {task: pairs for (name, task), pairs in account.dropped.items() if name == rule}
        if own:
            left -= sum(own.values())
            grid.add_row(rule, f"{sum(own.values()):,}", f"{len(own):,}", f"{left:,}")
    if account.repeated != account.pairs:
        grid.add_row("repeats", f"+{account.repeated - account.pairs:,}", "", f"{account.repeated:,}")
    return grid


def _tasks_grid(account: Account, width: int) -> Grid:
    columns = ("pairs", "left out", "taken", "with repeats", "share", "asked for")
    rows = [_task_row(account, task) for task in account.tasks]
    widths = [max(len(name), *(len(row[place]) for row in rows)) if rows else len(name)
              for place, name in enumerate(columns)]  # fmt: skip
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column(
        "task", overflow="ellipsis", no_wrap=True, max_width=max(MIN_TASK_CHARS, width - sum(widths) - 2 * len(widths))
    )
    for name, chars in zip(columns, widths, strict=True):
        grid.add_column(name, justify="right", min_width=chars, no_wrap=True)
    for task, row in zip(account.tasks, rows, strict=True):
        grid.add_row(task, *row)
    return grid


def _task_row(account: Account, task: str) -> Sequence[str]:
    one = account.taken.get(task, Taken())
    out = sum(pairs for (_, name), pairs in account.dropped.items() if name == task)
    share = one.repeated / account.repeated if account.repeated else 0.0
    return (
        f"{one.pairs + out:,}", f"{out:,}" if out else "·", f"{one.pairs:,}" if one.pairs else "·",
        f"{one.repeated:,}" if one.repeated != one.pairs else "·", f"{share:.2%}" if share else "·",
        f"{account.shares.get(task, 0.0):.2%}",
    )  # fmt: skip
