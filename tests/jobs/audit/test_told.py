"""How the findings of an audit are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.audit.build import TaskAudit, write_page
from taskmill.jobs.audit.mentions import Hint
from taskmill.jobs.audit.told import page, text
from taskmill.jobs.errors import ConfigError


def test_a_sentence_from_data_steers_no_terminal_and_no_page() -> None:
    hint = Hint("gender.female", "bossy", 2, "0123456789", "She was \x1b[2Jbossy\u202e <b>there</b>.")
    found = [TaskAudit("t.qa", 10, 10, 0, False, {"gender.female": 2}, [], [], [hint])]
    told = text(found, 100)
    assert "She was  [2Jbossy  <b>there</b>. (01234567)" in told
    assert all(one.isprintable() or one == "\n" for one in told)
    assert "<b>there" not in page(found, 100, "warehouse")


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    write_page(tmp_path / "new/page.html", "<p>")
    assert (tmp_path / "new/page.html").read_text() == "<p>"
    with pytest.raises(ConfigError, match="--out .*new': cannot be written .*; name another file"):
        write_page(tmp_path / "new", "<p>")
