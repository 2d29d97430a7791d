from __future__ import annotations

import csv
import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from taskmill.jobs.errors import ReviewError
from taskmill.jobs.review.decision_files import as_row, checked_line, read_files, unknown_names, write_decisions
from taskmill.jobs.review.decisions import SAID
from tests.conftest import Row, write, write_lines

GOOD = {
    "task": "a.t", "example_id": "e1", "template": "x", "decision": "accept", "reviewer": "ana",
    "decided_at": "2026-01-31T14:25:30Z",
}  # fmt: skip
WRONG = {
    "decision": ({"decision": "rejct"}, "'rejct' is none of accept, reject, fix, comment. Did you mean 'reject'?"),
    "scope": ({"scope": "pairs"}, "scope 'pairs' is none of pair, template, task. Did you mean 'pair'?"),
    "drawn": ({"drawn": "chosen"}, "drawn 'chosen' is none of random, flagged"),
    "reviewer": ({"reviewer": " "}, "reviewer is missing: name who decided"),
    "reviewer that steers": ({"reviewer": "a\x1b[2J"}, "'a\\x1b[2J' has characters that a terminal would obey"),
    "example": ({"example_id": None}, "a decision on a pair needs example_id"),
    "time": ({"decided_at": "yesterday"}, "decided_at 'yesterday' is no time: write it as in 2026-01-31T14:25:30Z"),
    "no time": ({"decided_at": ""}, "decided_at is missing: write when, as in 2026-01-31T14:25:30Z"),
    "no zone": ({"decided_at": "2026-01-31T14:25:30"}, "has no zone: write 2026-01-31T14:25:30Z for UTC"),
    "empty fix": ({"decision": "fix"}, "decision 'fix' needs fixed_prompt or fixed_response"),
    "blank fix": ({"decision": "fix", "fixed_prompt": " \n"}, "fixed_prompt is blank; reject the pair instead"),
    "fix unasked": ({"fixed_response": "yes"}, "fixed_response is given, but decision is 'accept'"),
    "fix of a task": ({"scope": "task", "decision": "fix", "fixed_prompt": "p"}, "a task cannot be fixed by"),
    "empty comment": ({"decision": "comment"}, "decision 'comment' needs a comment"),
    "template": ({"scope": "template", "task_type": "t"}, "needs either task_type, or task for one task alone"),
    "no year": ({"decided_at": "0001-01-01T00:00:00+05:00"}, "is before the year 1 or after 9999 in UTC"),
    "kind of decision": ({"decision": True}, "decision is bool, and should be text"),
    "kind": ({"reviewer": 7}, "reviewer is int, and should be text"),
    "surrogate": ({"comment": "\ud800"}, "comment has half of a surrogate pair"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), WRONG.values(), ids=WRONG)
def test_checked_line_says_what_is_wrong_and_how_to_mend_it(change: Row, expected: str) -> None:
    assert any(expected in mistake for mistake in checked_line({**GOOD, **change})[1])


def test_checked_line_finds_nothing_in_a_good_line_and_passes_other_keys_over() -> None:
    said, mistakes = checked_line({**GOOD, "prompt": "p", "reviewers": [1, 2], "task_type": "t"})
    assert mistakes == []
    assert said == {
        **dict.fromkeys(SAID), **GOOD, "scope": "pair",
        "decided_at": datetime(2026, 1, 31, 14, 25, 30, tzinfo=timezone.utc),
    }  # fmt: skip


def test_a_decision_is_the_same_in_whatever_zone_its_time_is_written() -> None:
    rows = [as_row(checked_line({**GOOD, "decided_at": when})[0], "run") for when in
            ("2026-01-31T14:25:30Z", "2026-01-31T16:25:30.000+02:00")]  # fmt: skip
    assert rows[0]["decision_id"] == rows[1]["decision_id"]


def test_every_mistake_is_told_with_its_line_and_undecided_lines_are_none(tmp_path: Path) -> None:
    lines = [json.dumps(GOOD), "", "{", "[1]", json.dumps({**GOOD, "decision": ""}), json.dumps({**GOOD, "scope": "x"})]
    write(tmp_path / "some.jsonl", "\n".join(lines))
    read = read_files([tmp_path / "some.jsonl"])
    assert [mistake.split(": ")[0][len(str(tmp_path)) + 1 :] for mistake in read.mistakes] == [
        "some.jsonl, line 3", "some.jsonl, line 4", "some.jsonl, line 6",
    ]  # fmt: skip
    assert read.undecided == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(json.dumps({**GOOD, "decision": True}), "decision is bool, and should be text", id="no text"),
        pytest.param('{"decision": ' + "[" * 100_000, "is no JSON that can be read", id="too deep"),
        pytest.param('{"decision": ' + "9" * 5_000 + "}", "is no JSON that can be read", id="too long a number"),
    ],
)
def test_a_line_that_decides_in_no_way_we_read_is_a_mistake(line: str, expected: str, tmp_path: Path) -> None:
    write(tmp_path / "some.jsonl", line + "\n")
    read = read_files([tmp_path / "some.jsonl"])
    assert (len(read.mistakes), read.undecided) == (1, 0)
    assert expected in read.mistakes[0]


@pytest.mark.parametrize("name", ["some.csv", "some.jsonl"])
def test_what_is_written_is_read_again_whatever_it_holds(name: str, tmp_path: Path) -> None:
    odd = 'a "quoted", text\nwith\r\nlines, \u2028 \x0b and =1+1; </script> שלום ' + "x" * 200_000
    fixed = {**GOOD, "decision": "fix", "fixed_response": f"  {odd}", "comment": odd.strip()}
    rows = [as_row(checked_line(line)[0], "run") for line in (GOOD, fixed)]
    assert write_decisions(rows, tmp_path / name) == 2
    read = read_files([tmp_path / name])
    assert read.mistakes == []
    found = [as_row(line.said, "run") for line in read.lines]
    assert sorted(found, key=lambda row: row["decision_id"]) == sorted(rows, key=lambda row: row["decision_id"])


def test_a_csv_tells_the_line_of_a_row_and_its_missing_columns(tmp_path: Path) -> None:
    with (tmp_path / "some.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, GOOD)
        writer.writeheader()
        writer.writerow({**GOOD, "template": "two\nlines"})
        writer.writerow({**GOOD, "reviewer": ""})
    (mistake,) = read_files([tmp_path / "some.csv"]).mistakes
    assert "some.csv, line 4: reviewer is missing" in mistake
    write(tmp_path / "other.csv", "task,verdict\n")
    with pytest.raises(ReviewError, match=r"has no column decision \(it has: task, verdict\)"):
        read_files([tmp_path / "other.csv"])


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match="none.jsonl: cannot be read"):
        read_files([tmp_path / "none.jsonl"])
    (tmp_path / "bytes.jsonl").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ReviewError, match="is not UTF-8"):
        read_files([tmp_path / "bytes.jsonl"])


UNKNOWN = {
    "task": ({"task": "a.tt"}, "there is no task 'a.tt'. Did you mean 'a.t'?"),
    "template": ({"template": "xx"}, "a.t has no template 'xx'"),
    "example": ({"example_id": "e2"}, "a.t has no example 'e2'"),
    "type": ({"scope": "template", "task": None, "task_type": "u"}, "there is no task type 'u'"),
}


@pytest.mark.parametrize(("change", "expected"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_names_are_told(change: Row, expected: str) -> None:
    said, _ = checked_line({**GOOD, **change})
    (found,) = unknown_names(said, {"a.t": ["x"]}, {"t": ["x"]}, {("a.t", "e1")})
    assert expected in found


def test_examples_are_not_missed_while_there_are_none(tmp_path: Path) -> None:
    write_lines(tmp_path / "some.jsonl", [GOOD])
    (line,) = read_files([tmp_path / "some.jsonl"]).lines
    assert list(unknown_names(line.said, {"a.t": ["x"]}, {}, None)) == []
