"""How the ranking of wordings is told."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from taskmill.jobs.commands.ranking_lines import show, show_json
from tests.conftest import Row


def row(template: str, score: float | None, *reasons: str, task_type: str = "qa", place: int | None = 1) -> Row:
    return {"task_type": task_type, "template": template, "language": "en", "place": place, "pairs": 1_234,
            "score": score, "reasons": list(reasons)}  # fmt: skip


ROWS = [
    row("good", 0.987),
    row("a_wording_whose_name_is_longer_than_its_column", 0.5, "[red]20[/red] of 40 refused", "90% like good", place=2),
    row("never", None, "no task uses it", place=None),
    row("gone", None, "rejected in review", place=None),
    row("other", 0.2, "\x1b[2Jodd", task_type="a_task_type_whose_name_is_longer_than_its_column"),
]


def told(worst: int | None, rows: list[Row] = ROWS) -> str:
    stream = StringIO()
    show(rows, worst, Console(file=stream, width=80, highlight=False))
    return stream.getvalue()


@pytest.mark.parametrize("worst", [None, 2], ids=["by task type", "worst"])
def test_show_fits_a_terminal_and_takes_nothing_for_markup(worst: int | None) -> None:
    out = told(worst)
    assert all(len(line) <= 80 for line in out.splitlines())
    words = {word for one in (ROWS[:2] if worst is None else ROWS[1:2]) for word in " ".join(one["reasons"]).split()}
    assert words <= set(out.replace(";", "").split())  # nothing is cut off at the right
    assert "[red]20[/red]" in out
    assert "\x1b" not in out
    assert out.splitlines()[-1] == "3 wordings ranked, 2 without a score"


def test_what_has_no_score_is_told_with_its_reason() -> None:
    out = told(None)
    assert "  no score, no task uses it: never\n" in out
    assert "  no score, rejected in review: gone\n" in out


def test_the_worst_of_all_task_types_come_first() -> None:
    lines = [line for line in told(2).splitlines() if "1,234" in line]
    assert [("0.200" in line, "0.500" in line) for line in lines] == [(True, False), (False, True)]


def test_without_pairs_the_next_command_is_told() -> None:
    assert told(None, ROWS[2:4]).endswith("without a score; `taskmill run` makes the pairs to measure\n")


def test_json_has_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    show_json(ROWS, None)
    assert json.loads(capsys.readouterr().out) == ROWS
    show_json(ROWS, 1)
    assert [one["template"] for one in json.loads(capsys.readouterr().out)] == ["other"]
