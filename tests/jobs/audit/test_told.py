"""How the findings of an audit are told."""

from __future__ import annotations

from taskmill.jobs.audit.build import TaskAudit
from taskmill.jobs.audit.mentions import Hint
from taskmill.jobs.audit.told import page, text


def test_a_sentence_from_data_steers_no_terminal_and_no_page() -> None:
    hint = Hint("gender.female", "bossy", 2, "0123456789", "She was \x1b[2Jbossy\u202e <b>there</b>.")
    found = [TaskAudit("t.qa", 10, 10, 0, False, {"gender.female": 2}, [], [], [hint])]
    told = text(found, 100)
    assert "She was  [2Jbossy  <b>there</b>. (01234567)" in told
    assert all(one.isprintable() or one == "\n" for one in told)
    assert "<b>there" not in page(found, 100, "warehouse")
