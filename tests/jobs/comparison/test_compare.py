"""The whole comparison: of a set with itself, of a templated set with a diverse one, and how it is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from taskmill.jobs.cli import app
from taskmill.jobs.command import Options
from taskmill.jobs.comparison.compare import Wanted, compared
from taskmill.jobs.comparison.costs import Prices
from taskmill.jobs.comparison.rows import OTHER, OURS, Row
from taskmill.jobs.comparison.told import Comparison, page
from tests.jobs.comparison.sets import diverse, templated, write_lines, write_tables
from tests.jobs.report.test_sections import Cells

EVIL = "<script>alert('x')</script>\"&</script> שלום \u200b\u202e end"


def rows_of(found: Comparison) -> dict[str, Row]:
    return {row.measure.key: row for group in found.groups for row in group.rows}


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """One template beside a diverse set."""
    folder = tmp_path_factory.mktemp("apart")
    other = write_lines(folder / "other.jsonl", diverse())
    return compared(Options(tables=str(write_tables(folder / "tables", templated()))), Wanted(other))


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("same")
    rows = [*diverse(), *templated(60)]
    return compared(
        Options(),
        Wanted(write_lines(folder / "a.jsonl", rows), ours=write_lines(folder / "b.jsonl", rows[::-1])),
    )


def test_a_set_beside_itself_is_nowhere_stronger_and_all_in_common(same: Comparison) -> None:
    for key, row in rows_of(same).items():
        assert row.stronger is None, key
        assert (row.ours is None) == (row.other is None), key
        if row.ours is not None and row.other is not None:
            assert row.ours.value == pytest.approx(row.other.value), key
    for key in ("overlap_pairs", "overlap_prompts", "overlap_prompts_near", "overlap_responses_near"):
        row = rows_of(same)[key]
        assert row.ours is not None and row.ours.value == 1.0, key
    assert [one.text for one in same.sentences] == ["Neither is stronger in anything beyond noise."]


@pytest.mark.parametrize(
    ("key", "stronger"),
    [
        ("prompt_fixed_wording", OTHER), ("prompt_shared_openings", OTHER), ("prompt_compression", OTHER),
        ("prompt_equal", OTHER), ("requests_effective", OTHER), ("prompt_distinct_2", OTHER),
        ("response_vocabulary", OTHER), ("conflicts", OTHER), ("closed_answers", OURS), ("cost_per_pair", OURS),
        ("quality", None), ("languages_effective", None), ("prompt_chars_50", None), ("overlap_prompts", None),
    ],
)  # fmt: skip
def test_a_template_beside_a_diverse_set(apart: Comparison, key: str, stronger: str | None) -> None:
    row = rows_of(apart)[key]
    assert row.stronger == stronger, (row.ours, row.other)


def test_what_is_known_of_templates_is_told_of_ours_alone(apart: Comparison) -> None:
    row = rows_of(apart)["names_choice"]
    assert row.shown(OURS) == "100.0 %" and row.shown(OTHER) == "unknown"
    assert rows_of(apart)["stored_quality"].shown(OTHER) == "not stored"


def test_every_sentence_is_backed_by_a_row_that_says_the_same(apart: Comparison) -> None:
    assert 3 <= len(apart.sentences) <= 8
    rows = rows_of(apart).values()
    for sentence in apart.sentences:
        for side, name, one, other in re.findall(
            r"(ours|theirs) [^;(]*\(([^:]*): (.*?) against (.*?)\)", sentence.text, re.I
        ):
            row = next(each for each in rows if each.measure.name == name)
            assert row.stronger == side.lower()
            rest = OTHER if side.lower() == OURS else OURS
            assert (row.shown(side.lower(), False), row.shown(rest, False)) == (one, other)


def test_few_pairs_are_never_stronger(tmp_path: Path) -> None:
    ours, other = write_lines(tmp_path / "a.jsonl", templated(30)), write_lines(tmp_path / "b.jsonl", diverse(30))
    found = compared(Options(), Wanted(other, ours=ours))
    assert not [key for key, row in rows_of(found).items() if row.stronger and row.count < 50]
    one = write_lines(tmp_path / "one.jsonl", diverse(1))
    alone = compared(Options(), Wanted(one, ours=one))
    assert [each.text for each in alone.sentences] == [
        "With 1 pair to compare nothing can be said to be stronger; 50 of each set are needed."
    ]


def cost(found: Comparison, side: str) -> float:
    row = rows_of(found)["cost_per_pair"]
    estimate = row.ours if side == OURS else row.other
    assert estimate is not None
    return estimate.value


def test_costs_by_hand(tmp_path: Path) -> None:
    """Ours: 36 s for each of two steps at 2 an hour, over 110 pairs. Theirs: as the prices say."""
    rows = templated(100)
    assert len(rows) == 110
    tables = str(write_tables(tmp_path / "t", rows, seconds=36.0))
    prompts = [{"prompt": f"a b c {number}", "response": "d e"} for number in range(60)]
    other = write_lines(tmp_path / "b.jsonl", prompts)

    def by(prices: Prices) -> Comparison:
        return compared(Options(tables=tables), Wanted(other, prices=prices))

    found = by(Prices(hour=2.0, wage=19.0))
    assert cost(found, OURS) == pytest.approx(2 * 36 / 3600 * 2 / 110)
    assert cost(found, OTHER) == pytest.approx((1 + 2) / 60)  # `a b c` is shared and free: three words a pair
    assert cost(by(Prices(human_pair=1.5)), OTHER) == 1.5
    bytes_in = sum(len(row["prompt"]) for row in prompts) / 60
    assert cost(by(Prices(tokens_in=1e6, tokens_out=2e6)), OTHER) == pytest.approx((bytes_in + 2 * 3) / 4)


def test_multilingual_and_right_to_left_sets_are_measured(tmp_path: Path) -> None:
    hebrew = "ספר לי על ההיסטוריה של העיר הזאת ועל האנשים שגרו בה לפני מאה שנים"
    japanese = "この町の歴史について、百年前に住んでいた人々のことも含めて教えてください。"
    rows = [{"prompt": f"{hebrew} {n}" if n % 2 else f"{japanese}{n}", "completion": f"תשובה {n}"} for n in range(80)]
    path = write_lines(tmp_path / "a.jsonl", rows)
    found = rows_of(compared(Options(), Wanted(path, ours=path)))
    effective, english = found["languages_effective"].ours, found["english"].ours
    assert effective is not None and effective.value == pytest.approx(2.0, abs=0.05)
    assert english is not None and english.value == 0.0
    assert found["requests_effective"].ours is None


def test_text_from_data_stays_text_on_the_page(tmp_path: Path) -> None:
    rows = [{"prompt": f"{EVIL} write the {EVIL} {n}", "completion": EVIL} for n in range(60)]
    bad = [{"messages": [{"role": EVIL, "content": "x"}]}]
    path = write_lines(tmp_path / "<script>alert(1)<.jsonl", [*rows, *bad])
    html = page(compared(Options(), Wanted(path, ours=path)))
    parsed = Cells(html)
    assert parsed.tags.count("script") == 1
    assert "alert" not in html.split("<script>")[1].split("</script>")[0]
    assert not {name for name in parsed.attributes if name.startswith("on")}
    assert any("<script>alert(1)<.jsonl" in cell for cell in parsed.cells)
    assert any("unknown role" in cell and "<script>" in cell for cell in parsed.cells)
    assert "default-src 'none'" in html.replace("&#39;", "'")


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["compare", *arguments])


def test_the_command_writes_what_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ours, other = write_lines(tmp_path / "a.jsonl", templated()), write_lines(tmp_path / "b.jsonl", diverse())
    with other.open("a") as file:
        file.write("{broken\n")
    found = invoke(
        str(other), "--ours", str(ours), "--json", str(tmp_path / "x/c.json"), "--out", str(tmp_path / "x/c.html")
    )
    assert found.exit_code == 0, found.output
    lines = found.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines if str(tmp_path) not in line), max(lines, key=len)
    assert "1 record left out: no JSON" in " ".join(found.stdout.split())
    figures = json.loads((tmp_path / "x/c.json").read_text())
    assert figures["theirs"]["refused"][0]["first"] == [201]
    assert figures["ours"]["sampled_pairs"] == 220 and figures["ours"]["is_whole"] is True
    assert all(" ".join(sentence.split()) in " ".join(found.stdout.split()) for sentence in figures["sentences"])
    assert "In plain words" in (tmp_path / "x/c.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none.jsonl"], 2, "there is no such file"),
        (["a.jsonl", "--form", "alpacca"], 2, "Did you mean 'alpaca'?"),
        (["a.jsonl", "--ours", "a.jsonl", "--form", "dolly"], 2, "none of 5 records can be read"),
        (["a.jsonl", "--tables", "nowhere"], 1, "compare needs table 'pairs'"),
        (["a.jsonl", "--conf", "none.yaml"], 2, "there is no such file"),
        (["a.jsonl", "--ours", "a.jsonl", "--out", "a.jsonl/x.html"], 2, "cannot be written"),
    ],
    ids=["no file", "no form", "other form", "no tables", "no conf", "no place to write"],
)
def test_mistakes_have_exit_codes_and_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_lines(tmp_path / "a.jsonl", diverse(5))
    found = invoke(*arguments)
    assert found.exit_code == code
    assert said in " ".join(found.output.split())
