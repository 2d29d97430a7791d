"""The page of a comparison: bars as long as what they stand for, and in a browser no harm from data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from taskmill.jobs.command import Options
from taskmill.jobs.comparison.compare import Wanted, compared
from taskmill.jobs.comparison.pictures import WIDE, share_bars
from taskmill.jobs.comparison.rows import Measure, Row
from taskmill.jobs.comparison.told import page
from taskmill.udfs.measures.jackknife import Estimate
from tests.browser import NO_BROWSER, chromium, open_browser
from tests.jobs.comparison.sets import diverse, templated, write_lines

EVIL = "<img src=x onerror=\"alert('1')\"></script><script>alert('2')</script> שלום \u202e"


def a_row(ours: Estimate | None, other: Estimate | None) -> Row:
    return Row(Measure("m", "a measure", "share"), ours, other)


def test_bars_are_as_long_as_their_shares_and_none_for_nothing() -> None:
    drawn = share_bars(
        [a_row(Estimate(0.5, 0.0, 9), Estimate(0.25, 0.02, 9)), a_row(Estimate(0.0, 0.0, 9), None)], "told"
    )
    broad = drawn.split('<div class="narrow">')[0]
    bars = re.findall(r'<rect [^>]*width="([\d.]+)" height="9" class="c(\d)"', broad)
    assert [(float(width), colour) for width, colour in bars] == [(0.5 * WIDE, "0"), (0.25 * WIDE, "1")]
    assert len(re.findall('class="c7"', broad)) == 1  # an exact value has no interval to show
    assert "a measure, theirs: 25.0 ±5.7 %" in broad


@pytest.mark.parametrize(
    "rows",
    [[], [a_row(None, None)], [a_row(Estimate(0.0, 0.0, 9), Estimate(0.0, 0.0, 9))],
     [Row(Measure("m", "a number"), Estimate(3.0, 0.1, 9), None)]],
    ids=["no rows", "unknown", "all 0", "no share"],
)  # fmt: skip
def test_nothing_is_drawn_where_there_is_no_share(rows: list[Row]) -> None:
    assert share_bars(rows, "told") == ""


@pytest.mark.skipif(chromium() is None, reason=NO_BROWSER)
def test_the_page_runs_nothing_of_data_asks_no_network_and_fits_a_phone(tmp_path: Path) -> None:
    rows = [{"prompt": f"{EVIL} {row['prompt']}", "completion": f"{row['completion']} {EVIL}"} for row in templated(60)]
    ours = write_lines(tmp_path / "<script>alert(3)<.jsonl", [*rows, {"messages": [{"role": EVIL, "content": "x"}]}])
    out = tmp_path / "page.html"
    out.write_text(
        page(compared(Options(), Wanted(write_lines(tmp_path / "b.jsonl", diverse(60)), ours=ours))), "utf-8"
    )
    with open_browser(tmp_path / "browser") as tab:
        for width in (1280, 390):
            tab.resize(width)
            tab.open(out)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert (tab.dialogs, tab.errors, tab.requests) == ([], [], [])
        assert tab.evaluate("document.querySelectorAll('img').length") == 0
        links = tab.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
        assert links and all(tab.evaluate(f"document.querySelector('{link}') !== null") for link in links)
