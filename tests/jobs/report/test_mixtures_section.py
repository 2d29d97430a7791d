"""What the report says of mixtures: the figures of their accounts, and whether they still hold."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from taskmill.jobs.mixing.account import accounts_of, show
from taskmill.jobs.mixing.states import CHANGED, UP_TO_DATE
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.mixtures_section import MOST_DRAWN, MOST_MIXTURES, MOST_ROWS, mixtures_section
from taskmill.jobs.report.page import Section, figures, rendered_page
from taskmill.jobs.storage.ledger import DONE, SELECT, STARTED, Counts, Entry
from tests.jobs.report.material import EVIL, NOTES, REVIEWS, entries, material, mixture_account


def made(names: list[str], state: str = UP_TO_DATE, **others: Any) -> Material:
    rows = [row for name in names for row in mixture_account(name)]
    states = dict.fromkeys(names, state)
    stored = {"mixture_account": rows}
    return material(stored=lambda name: stored.get(name, []), **{"mixtures": states, **others})


def told(section: Section | None) -> dict[str, list[dict[str, Any]]]:
    assert section is not None
    found: dict[str, list[dict[str, Any]]] = figures([section])["mixtures"]["figures"]
    return found


def test_rules_and_tasks_have_the_figures_that_a_dry_run_prints() -> None:
    found = told(mixtures_section(made(["balanced"])))
    assert [tuple(row.values()) for row in found["rules of balanced"]] == [
        ("all pairs", None, None, 104), ("cap_example", 25, 2, 79), ("rates", 4, 1, 75),
        ("with repeats", None, None, 85),
    ]  # fmt: skip
    assert found["tasks of balanced"][0] == {
        "task": REVIEWS, "pairs": 84, "left out": 24, "taken": 60, "with repeats": 70, "share": pytest.approx(70 / 85),
        "asked for": 0.75,
    }  # fmt: skip
    out = io.StringIO()
    show(accounts_of(mixture_account())["balanced"], Console(file=out, width=200), is_plan=True)
    printed = [line.split() for line in out.getvalue().splitlines()]
    for row in found["rules of balanced"][1:3]:
        assert [str(value) for value in row.values()] in printed
    assert [NOTES, "20", "5", "15", "·", "17.65%", "25.00%"] in printed


def test_clusters_and_languages_share_all_pairs_with_repeats() -> None:
    found = told(mixtures_section(made(["balanced"])))
    clusters = {row["cluster"]: (row["pairs with repeats"], row["asked for"]) for row in found["By task cluster"]}
    assert clusters == {"opinions": (70, 0.75), EVIL: (15, 0.25)}
    assert [(row["language"], row["pairs with repeats"]) for row in found["By language"]] == [("English (en)", 85)]
    assert sum(row["share"] for row in found["By task cluster"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("state", "notices"),
    [
        (UP_TO_DATE, []),
        (CHANGED, ["1 mixture not up to date: balanced. `taskmill mix NAME` makes one again, and export refuses it "
                   "until then."]),
    ],
)  # fmt: skip
def test_a_mixture_that_does_not_hold_any_more_is_told(state: str, notices: list[str]) -> None:
    section = mixtures_section(made(["balanced"], state))
    assert told(section)["Mixtures"] == [
        {"mixture": "balanced", "state": state, "pairs": 75, "with repeats": 85, "left out": 29, "tasks": 2,
         "tokens": 1600, "made by run": "r"}
    ]  # fmt: skip
    assert section is not None and section.notices == notices


def test_a_mixture_that_was_stopped_before_it_had_an_account_is_told() -> None:
    found = told(mixtures_section(made([], mixtures={"begun": "not finished"})))
    assert [(row["mixture"], row["state"], row["pairs"]) for row in found["Mixtures"]] == [("begun", "not finished", 0)]
    assert "By task cluster" not in found


def test_rounds_are_those_of_the_ledger() -> None:
    rounds = {
        (SELECT, "by far 10"): Entry(DONE, "", Counts(rows_in=50, rows_out=8, not_selected=42)),
        (SELECT, "by far 9"): Entry(STARTED, "", Counts()),
    }
    found = told(mixtures_section(made([], entries={**entries(), **rounds}, mixtures={})))
    assert [tuple(row.values()) for row in found["Rounds of selection"]] == [
        ("by far", 9, 0, 0, "not finished"), ("by far", 10, 8, 50, "stands"),
    ]  # fmt: skip


def test_there_is_no_section_without_mixtures() -> None:
    assert mixtures_section(made([])) is None


def test_many_mixtures_are_told_within_bounds_those_that_want_attention_first() -> None:
    names = [f"m{number:03}" for number in range(2 * MOST_MIXTURES)]
    states = {**dict.fromkeys(names, UP_TO_DATE), names[-1]: CHANGED}
    section = mixtures_section(made(names, mixtures=states))
    found = told(section)
    assert len(found["Mixtures"]) == MOST_MIXTURES and found["Mixtures"][0]["mixture"] == names[-1]
    assert sum(name.startswith("rules of") for name in found) == MOST_MIXTURES
    assert sum(name.startswith("tasks of") for name in found) == MOST_DRAWN
    assert len(found["By task cluster"]) <= MOST_ROWS
    assert section is not None
    assert "The first 40 of 80, those that are not up to date before others." in rendered_page("t", "s", [section])


def test_names_and_states_from_files_stay_text() -> None:
    section = mixtures_section(made([EVIL], f"cannot be made again: {EVIL}"))
    assert section is not None
    page = rendered_page("t", "s", [section])
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert len(re.findall("<svg", page)) == 6  # three pictures, each for wide pages and narrow ones
