"""What the report says of personal data and sensitive themes, and what it does not."""

from __future__ import annotations

import json

import pytest

from taskmill.jobs.report.page import figures, rendered_page
from taskmill.jobs.report.safety_samples import sample
from taskmill.jobs.report.safety_section import safety_section
from taskmill.jobs.report.tallies import Tallies
from taskmill.udfs.personal_data.recognise import recognised
from tests.jobs.report.material import EVIL, NOTES, REVIEWS, material


def test_kinds_and_themes_have_their_counts() -> None:
    section = safety_section(material())
    assert section is not None
    told = figures([section])["safety"]["figures"]
    assert told["Personal data"] == [
        {"kind": "email", "examples flagged": 7, "examples redacted": 3, "rows refused": 0},
        {"kind": "card", "examples flagged": 2, "examples redacted": 0, "rows refused": 3},
    ]
    assert told["Sensitive themes"] == [
        {"theme": "drugs", "examples flagged": 0, "rows refused": 5},
        {"theme": "violence", "examples flagged": 4, "rows refused": 0},
    ]
    by_task = {(row["task"], row["found"]): (row["examples"], row["rows refused"]) for row in told["Safety by task"]}
    assert by_task[REVIEWS, "personal_email"] == (7, 0)
    assert by_task[REVIEWS, "personal_data card"] == (0, 1)
    assert (NOTES, "other_language") not in by_task
    assert section.notices == ["2 examples have payment cards: see `personal_data` in docs/safety.md."]
    assert EVIL not in rendered_page("t", "s", [section])


def test_nothing_found_is_no_section() -> None:
    assert safety_section(material(tallies=Tallies(()), safety_samples=())) is None


@pytest.mark.parametrize(
    ("texts", "flag", "expected"),
    [
        (["Nothing.", "x" * 99 + " Ask a@example.org, flat 12" + "y" * 99], "personal_email",
         "x" * 35 + " Ask [EMAIL], flat ##" + "y" * 31),
        (["Pay 4111 1111 1111 1111 or ask a@example.org"], "personal_card", "Pay [CARD] or ask [EMAIL]"),
        (["Ask [PHONE]."], "redacted_phone", "Ask [PHONE]."),
        (["Nothing."], "personal_card", ""),
    ],
)  # fmt: skip
def test_samples_are_masked(texts: list[str], flag: str, expected: str) -> None:
    assert sample(json.dumps({"texts": texts}), ["en"], flag, recognised) == expected


def test_a_row_that_is_cut_off_gives_what_is_whole() -> None:
    assert sample('{"a":"Ask a@example.org","b":"Ask c@exa', ["en"], "personal_email", recognised) == "Ask [EMAIL]"
