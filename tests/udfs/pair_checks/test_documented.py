"""The page on quality says what the checks are."""

from __future__ import annotations

from pathlib import Path

from taskmill.udfs.pair_checks.registry import CHECKS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "quality.md"


def test_the_page_has_every_check_as_it_is() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert lines == [f"| `{one.name}` | {one.severity} | {one.penalty} | {one.meaning} |" for one in CHECKS.values()]
