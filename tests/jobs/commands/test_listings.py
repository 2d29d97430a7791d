"""Lists of sources and wordings, without Spark."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from taskmill.jobs.command import Options, load
from taskmill.jobs.commands import listings
from tests.conftest import REVIEWS, Runner, make_project, write


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is printed, on a wide terminal."""
    out = io.StringIO()
    monkeypatch.setattr(listings, "Console", lambda **_: Console(file=out, width=200))
    return out


def words(out: io.StringIO) -> list[list[str]]:
    return [line.split() for line in out.getvalue().splitlines()]


def test_sources_are_listed_with_what_their_last_reading_gave(
    tmp_path: Path, shown: io.StringIO, run_pipeline: Runner
) -> None:
    make_project(tmp_path)
    write(tmp_path / "sources/reviews.yaml", REVIEWS.replace("language: en", "language: [de, lower(text)]"))
    _, catalog = load(Options(tmp_path / "pipeline.yaml"))
    listings.show_sources(catalog, str(tmp_path / "tables"))
    assert words(shown)[1:] == [
        ["notes", "CC0-1.0", "en", "gist", "·", "·"],
        ["reviews", "CC0-1.0", "de,", "by", "row", "sentiment", "·", "·"],
    ]
    run_pipeline(tmp_path / "pipeline.yaml", tmp_path / "tables", only=["ingest"])
    listings.show_sources(catalog, str(tmp_path / "tables"))
    assert words(shown)[-2] == ["notes", "CC0-1.0", "en", "gist", "12", "12"]


def test_wordings_are_counted_by_type_and_language(tmp_path: Path, shown: io.StringIO) -> None:
    make_project(tmp_path)
    gist = tmp_path / "templates/gist.yaml"
    more = '  - {name: kurz, language: de, prompt: "Kurz: {{ text }}", response: "{{ summary }}"}\n'
    gist.write_text(gist.read_text(encoding="utf-8") + more, encoding="utf-8")
    listings.show_wordings(load(Options(tmp_path / "pipeline.yaml"))[1])
    found: list[Any] = words(shown)
    assert found == [["task", "type", "en", "de"], ["gist", "1", "1"], ["sentiment", "2", "·"], ["total", "3", "1"]]
