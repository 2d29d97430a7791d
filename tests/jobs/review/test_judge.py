"""A model judges a sample: what it says becomes decisions that advise, and what it fails to say is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.errors import ReviewError, StepError
from taskmill.jobs.models.budgets import Budget
from taskmill.jobs.models.client import KEY, Settings
from taskmill.jobs.review.decision_files import read_files
from taskmill.jobs.review.judge import Judging, read_sample, run
from taskmill.udfs.review.verdicts import ACCEPT, REJECT, Decision, Item, judged_twice, verdicts
from tests.jobs.models.endpoint import SECRET, Say, serving

PAIR = {"scope": "pair", "task": "quiz.qa", "template": "plain", "template_id": "t", "drawn": "random"}


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(KEY, SECRET)
    rows = [{**PAIR, "example_id": name, "prompt": f"Ask {name}", "response": "x" * 9000} for name in ("a", "b", "c")]
    path = tmp_path / "sample.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def judging(sample: Path, url: str | None, **values: Any) -> Judging:
    settings = Settings("small", url, temperature=0.0, timeout_seconds=5, retries=0)
    return Judging(sample, sample.parent / "judged.jsonl", settings, Budget(), answers=sample.parent / "a.db", **values)


def verdict(said: str, **more: Any) -> str:
    return json.dumps({"verdict": said, "score": 4, "reason": "clear\nand right", **more})


def test_what_a_model_says_becomes_decisions_that_can_be_imported(sample: Path) -> None:
    def script(asked: str, before: int) -> Say:
        assert len(json.loads(asked)["response"]) < 8100
        return Say(verdict("reject" if "Ask b" in asked else "accept"))

    with serving(script) as endpoint:
        assert run(judging(sample, endpoint.url)).startswith("3 pairs judged, 1 rejected")
        run(judging(sample, endpoint.url))
        assert len(endpoint.seen) == 3
    read = read_files([sample.parent / "judged.jsonl"])
    assert read.mistakes == []
    found = [(line.said["example_id"], line.said["decision"], line.said["reviewer"]) for line in read.lines]
    assert found == [("a", ACCEPT, "model:small"), ("b", REJECT, "model:small"), ("c", ACCEPT, "model:small")]
    assert read.lines[0].said["comment"] == "4/5 clear and right"
    assert SECRET not in (sample.parent / "judged.jsonl").read_text()


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(Say("I think it is fine."), id="chat"),
        pytest.param(Say(verdict("maybe")), id="no-verdict"),
        pytest.param(Say(verdict("accept", score=9)), id="no-score"),
        pytest.param(Say(json.dumps({"verdict": ["accept"], "score": 4})), id="list-of-verdicts"),
        pytest.param(Say(json.dumps({"verdict": "accept", "score": [4]})), id="list-of-scores"),
        pytest.param(Say("[" * 100_000), id="too-deep"),
        pytest.param(Say(status=500), id="no-answer"),
    ],
)
def test_pairs_that_were_not_judged_are_told_and_the_others_written(sample: Path, bad: Say) -> None:
    told = "2 pairs judged, 0 rejected.* Not judged: (unreadable_answer|http_500): 1"
    answers = serving(lambda asked, before: bad if "Ask b" in asked else Say(verdict("accept")))
    with answers as endpoint, pytest.raises(StepError, match=told):
        run(judging(sample, endpoint.url))
    assert len((sample.parent / "judged.jsonl").read_text().splitlines()) == 2


def test_a_reason_that_no_encoding_can_write_loses_nothing(sample: Path) -> None:
    with serving(lambda asked, before: Say(verdict("accept", reason="good \ud83d"))) as endpoint:
        run(judging(sample, endpoint.url))
    read = read_files([sample.parent / "judged.jsonl"])
    assert (len(read.lines), read.mistakes) == (3, [])
    assert read.lines[0].said["comment"] == "4/5 good ?"


def test_a_text_may_hold_any_line_break(sample: Path) -> None:
    row = {**PAIR, "example_id": "d", "prompt": "one\u2028two\x85three", "response": "yes"}
    sample.write_text(json.dumps(row, ensure_ascii=False) + "\n\n", encoding="utf-8")
    assert [item["prompt"] for item in read_sample(sample)] == ["one\u2028two\x85three"]


def test_where_nothing_can_be_written_nothing_is_asked(sample: Path) -> None:
    with serving(lambda asked, before: Say(verdict("accept"))) as endpoint:
        asked = judging(sample, endpoint.url)
        asked.out.mkdir()
        with pytest.raises(ReviewError, match="--out .*: cannot be written .*; name another file"):
            run(asked)
        assert endpoint.seen == []


def test_a_file_that_is_no_sample_is_told(sample: Path) -> None:
    sample.write_text('{"prompt": "p"}\n')
    with pytest.raises(ReviewError, match="line 1: no prompt and response; give the sample.jsonl"):
        run(judging(sample, None, offline=True))


def test_a_model_advises_and_binds_nothing() -> None:
    item = Item("pair", "quiz.qa", example_id="a", template="plain")
    said = [Decision("1", item, ACCEPT, "ana", 1), Decision("2", item, REJECT, "model:small", 2)]
    assert verdicts(said)[item].kind == ACCEPT
    assert verdicts(said[1:]) == {}
    assert judged_twice(said) == {("ana", "model:small"): [(item, ACCEPT, REJECT)]}
