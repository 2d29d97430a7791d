"""How verdicts are told."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from taskmill.jobs.commands.gate_lines import COLUMNS, GATES, show, worst_first
from taskmill.jobs.storage import tables
from tests.conftest import Row


def row(task: str, gate: str, verdict: str, evidence: str = "seen", value: float = 0.5) -> Row:
    return {"task": task, "gate": gate, "verdict": verdict, "value": value, "limit": 0.9, "excepted": False,
            "evidence": evidence, "example_ids": ["0123456789abcdef"]}  # fmt: skip


ROWS = [
    row("a.qa", "majority", "pass"),
    row("b.qa", "label_entropy", "warn"),
    row("c.qa", "majority", "warn"),
    row("c.qa", "single_output", "block"),
]


@pytest.mark.parametrize("rows", [ROWS, ROWS[::-1]], ids=["in order", "reversed"])
def test_worst_first_keeps_tasks_together(rows: list[Row]) -> None:
    told = [(one["task"], one["gate"]) for one in worst_first(rows)]
    assert told == [("c.qa", "single_output"), ("c.qa", "majority"), ("b.qa", "label_entropy"), ("a.qa", "majority")]


def test_show_fits_a_terminal_and_takes_nothing_for_markup() -> None:
    stream = StringIO()
    long = row("d.qa", "majority", "warn", '[red]"x"[/red] ' + "word " * 40, 123456.0)
    show([*ROWS[2:], long], [*ROWS, long], Console(file=stream, width=80, highlight=False))
    lines = stream.getvalue().splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert '        [red]"x"[/red] word' in stream.getvalue()
    assert "  warn  majority  123,456 (limit 0.9)" in lines
    assert lines[-1] == "4 tasks, 1 task blocked; checks: 1 block, 3 warn, 1 pass"
    assert "        examples 0123456789ab" in lines


def test_names_are_those_of_the_contract() -> None:
    """They stand as text in `gate_lines`, which must not load Spark's types."""
    assert tables.GATES.name == GATES
    assert set(COLUMNS) <= set(tables.GATES.columns)
