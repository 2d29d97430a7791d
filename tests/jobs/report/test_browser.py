"""The page in a browser: its one script runs, nothing from data does, and the filter works without network."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from taskmill.jobs.report.build import sections_of
from taskmill.jobs.report.page import rendered_page
from tests.jobs.report.material import EVIL, material, pair

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
ATTACK = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome on the PATH")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    made = material(
        pairs=[*material().pairs, pair("c1", "attack.gist", ATTACK), pair("c2", "long.gist", "a b " * 250_000)]
    )
    path = tmp_path / "report.html"
    path.write_text(rendered_page("The report", "of a test", sections_of(made)), encoding="utf-8")
    return path


def shown(page: Path, folder: Path, fragment: str = "") -> str:
    """The document once its script has run."""
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", "--dump-dom")
    done = subprocess.run(
        [str(BROWSER), *options, page.as_uri() + fragment], check=True, capture_output=True, text=True, timeout=120
    )
    return done.stdout


def test_the_filter_shows_pairs_by_their_labels_and_data_does_nothing(page: Path, tmp_path: Path) -> None:
    document = shown(page, tmp_path, "#only=gist%20attack")
    assert "1 of 5 pairs" in document
    assert len(re.findall(r"<article[^>]* hidden", document)) == 4
    assert not re.search(r"<form[^>]* hidden", document)
    assert "<title>The report</title>" in document
    assert EVIL.split(">")[0].replace("<", "&lt;") in document
