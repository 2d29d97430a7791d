"""What reviewers decided binds later runs: after a full re-run, after a rewording, and under another root."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.command import Options, load
from taskmill.jobs.context import new_run_id, open_context
from taskmill.jobs.errors import ReviewError
from taskmill.jobs.messages import Messages
from taskmill.jobs.review.import_decisions import run_export, run_import
from taskmill.jobs.review.sample import Sample
from taskmill.jobs.review.sample import run as run_sample
from taskmill.jobs.review.status import show_status
from tests.conftest import SENTIMENT, Row, Runner, make_project, read_table, versions, write, write_lines

TASK = "reviews.sentiment"
WHEN = "2026-01-31T14:25:30Z"


@pytest.fixture(scope="module")
def reviewed(run_pipeline: Runner, spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project after a run, with decisions imported: a reject, a fix, a rejected template of another task."""
    folder = tmp_path_factory.mktemp("reviewed")
    make_project(folder)
    run_pipeline(folder / "pipeline.yaml", folder / "tables")
    first, second = sorted(pairs_of(folder / "tables", "is_it_good"), key=lambda pair: pair["pair_id"])[:2]
    rows = [
        decision(first, "reject", comment="No review at all."),
        decision(second, "fix", fixed_response="neither <b>good</b> nor bad"),
        {"scope": "template", "task_type": "gist", "template": "short", "decision": "reject", "reviewer": "ana",
         "decided_at": WHEN},
    ]  # fmt: skip
    write_lines(folder / "decisions.jsonl", rows)
    import_files(spark, folder, folder / "decisions.jsonl")
    return folder


def pairs_of(tables: Path, template: str) -> list[Row]:
    return [pair for pair in read_table(tables, "pairs") if pair["template"] == template]


def decision(pair: Row, word: str, reviewer: str = "ana", when: str = WHEN, **more: str) -> Row:
    named = {name: pair[name] for name in ("task", "example_id", "template", "template_id")}
    return {**named, "decision": word, "reviewer": reviewer, "decided_at": when, "drawn": "random", **more}


def opened(spark: Any, folder: Path, tables: Path | None = None, level: int = -1) -> Any:
    pipeline, catalog = load(Options(folder / "pipeline.yaml", str(tables or folder / "tables")))
    return open_context(spark, pipeline, catalog, Messages(new_run_id(), level=level))


def import_files(spark: Any, folder: Path, *files: Path, tables: Path | None = None) -> None:
    run_import(opened(spark, folder, tables), files)


def test_decisions_bind_the_next_run_and_every_sum_closes(run_pipeline: Runner, reviewed: Path) -> None:
    tables, rows = reviewed / "tables", lines(reviewed / "decisions.jsonl")
    before = {pair["pair_id"]: pair for pair in read_table(tables, "pairs")}
    second = run_pipeline(reviewed / "pipeline.yaml", tables)
    after = {pair["pair_id"]: pair for pair in read_table(tables, "pairs")}
    left = {(before[one]["task"], before[one]["template"]) for one in set(before) - set(after)}
    assert left == {(TASK, "is_it_good"), ("notes.gist", "short")}
    assert len(before) - len(after) == 1 + 12
    refused = [row for row in read_table(tables, "quarantine") if row["reasons"] == ["rejected_in_review"]]
    assert len(refused) == 13
    (own,) = [row for row in refused if row["task"] == TASK]
    assert own["example_id"] == rows[0]["example_id"]
    assert own["detail"] == "is_it_good: by ana, 2026-01-31"
    (fixed,) = [pair for pair in after.values() if "fixed_in_review" in pair["flags"]]
    assert fixed["example_id"] == rows[1]["example_id"]
    assert fixed["response"] == "neither <b>good</b> nor bad"
    assert fixed["prompt"] == before[fixed["pair_id"]]["prompt"]
    entries = {row["task"]: row for row in read_table(tables, "ledger")
               if row["run_id"] == second.run_id and row["step"] == "render" and row["status"] == "done"}  # fmt: skip
    assert (entries[TASK]["rows_in"], entries[TASK]["quarantined"]) == (entries[TASK]["rows_out"] + 1, 1)
    assert entries["notes.gist"]["quarantined"] == 12

    state = versions(tables)
    run_pipeline(reviewed / "pipeline.yaml", tables)
    assert versions(tables) == state


def lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_reject_is_still_out_under_another_root_and_after_a_rewording(
    run_pipeline: Runner, spark: Any, reviewed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is left of the first run but the exported decisions; the template says something else by then."""
    exported = tmp_path / "decisions.csv"
    assert run_export(Options(reviewed / "pipeline.yaml", str(reviewed / "tables")), exported) == 3
    folder = tmp_path / "project"
    make_project(folder)
    write(folder / "templates/sentiment.yaml", SENTIMENT.replace("Good or bad?", "Is that good or bad?"))
    run_pipeline(folder / "pipeline.yaml", folder / "tables", only=["ingest"])
    import_files(spark, folder, exported)
    context = opened(spark, folder, level=0)
    from taskmill.jobs.run import run as run_steps

    run_steps(context)
    context.ledger.flush()
    said = " ".join(capsys.readouterr().err.split())
    assert "reviews.sentiment: 1 pair of template 'is_it_good' stays out though its wording has changed since" in said
    assert "1 pair of template 'is_it_good' stays as fixed though" in said
    rejected, fixed, _ = lines(reviewed / "decisions.jsonl")
    pairs = {pair["example_id"]: pair for pair in pairs_of(folder / "tables", "is_it_good")}
    assert len(pairs) == 19
    assert rejected["example_id"] not in pairs
    assert pairs[fixed["example_id"]]["response"] == fixed["fixed_response"]

    again = run_export(Options(folder / "pipeline.yaml", str(folder / "tables")), tmp_path / "again.csv")
    assert again == 3
    assert (tmp_path / "again.csv").read_bytes() == exported.read_bytes()


@pytest.mark.slow
def test_importing_twice_changes_nothing_and_a_later_accept_lifts_a_reject(
    run_pipeline: Runner, spark: Any, tmp_path: Path
) -> None:
    make_project(tmp_path)
    run_pipeline(tmp_path / "pipeline.yaml", tmp_path / "tables")
    (pair, *_) = pairs_of(tmp_path / "tables", "is_it_good")
    write_lines(tmp_path / "reject.jsonl", [decision(pair, "reject"), decision(pair, "reject")])
    import_files(spark, tmp_path, tmp_path / "reject.jsonl")
    state = versions(tmp_path / "tables")
    import_files(spark, tmp_path, tmp_path / "reject.jsonl")
    assert versions(tmp_path / "tables") == state
    assert len(read_table(tmp_path / "tables", "decisions")) == 1
    run_pipeline(tmp_path / "pipeline.yaml", tmp_path / "tables")
    assert len(pairs_of(tmp_path / "tables", "is_it_good")) == 19

    others = [decision(pair, "accept", "ben", "2026-02-01T00:00:00Z")]
    write_lines(tmp_path / "other.jsonl", others)
    import_files(spark, tmp_path, tmp_path / "other.jsonl")
    run_pipeline(tmp_path / "pipeline.yaml", tmp_path / "tables")
    assert len(pairs_of(tmp_path / "tables", "is_it_good")) == 19  # nobody lifts another's reject

    write_lines(tmp_path / "own.jsonl", [decision(pair, "accept", when="2026-02-02T00:00:00Z")])
    import_files(spark, tmp_path, tmp_path / "own.jsonl")
    third = run_pipeline(tmp_path / "pipeline.yaml", tmp_path / "tables")
    assert len(pairs_of(tmp_path / "tables", "is_it_good")) == 20
    assert {row["task"] for row in read_table(tmp_path / "tables", "ledger") if row["run_id"] == third.run_id} == {TASK}


def test_an_import_tells_all_mistakes_and_stores_nothing(spark: Any, reviewed: Path, tmp_path: Path) -> None:
    (pair, *_) = pairs_of(reviewed / "tables", "is_it_good")
    wrong = [
        decision({**pair, "task": "reviews.sentimen"}, "accept"),
        decision({**pair, "template": "is_it_god"}, "accept"),
        decision({**pair, "example_id": "f" * 32}, "accept"),
        decision(pair, "acept"),
        decision(pair, "accept"),
    ]
    write_lines(tmp_path / "wrong.jsonl", wrong)
    before = versions(reviewed / "tables")
    with pytest.raises(ReviewError) as caught:
        import_files(spark, reviewed, tmp_path / "wrong.jsonl")
    said = str(caught.value)
    assert "line 1: there is no task 'reviews.sentimen'. Did you mean 'reviews.sentiment'?" in said
    assert "line 2: reviews.sentiment has no template 'is_it_god'. Did you mean 'is_it_good'?" in said
    assert "line 3: reviews.sentiment has no example 'ffff" in said
    assert "line 4: decision 'acept' is none of accept" in said
    assert "4 mistakes; nothing was imported" in said
    assert versions(reviewed / "tables") == before


def test_a_sample_is_drawn_by_ids_and_shares_its_pairs_among_reviewers(
    spark: Any, reviewed: Path, tmp_path: Path
) -> None:
    context = opened(spark, reviewed)
    run_sample(context, Sample(tmp_path / "one", size=10, task="reviews.*", reviewers=2, overlap=0.5))
    run_sample(context, Sample(tmp_path / "two", size=10, task="reviews.*", reviewers=2, overlap=0.5))
    for name in ("review_1.html", "review_2.html", "sample.csv", "sample.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    items = lines(tmp_path / "one" / "sample.jsonl")
    assert len(items) == len({item["pair_id"] for item in items}) == 10
    assert sum(len(item["reviewers"]) == 2 for item in items) == 5
    by_template = [sum(item["template"] == name for item in items) for name in ("is_it_good", "write_one")]
    assert min(by_template) >= 4  # both wordings have about as many pairs
    decided = {row["example_id"] for row in lines(reviewed / "decisions.jsonl")[:2]}
    assert not decided & {item["example_id"] for item in items if item["template"] == "is_it_good"}


def test_status_tells_rates_of_random_pairs_and_a_limit_can_fail_it(
    reviewed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = Options(reviewed / "pipeline.yaml", str(reviewed / "tables"))
    show_status(options, as_json=True)
    (task,) = json.loads(capsys.readouterr().out)["tasks"]
    assert (task["task"], task["rejected"], task["fixed"], task["error_rate"]) == (TASK, 1, 1, 1.0)
    strict = Options(options.conf, options.tables, ("review.max_error_rate=0.05", "review.severity=error"))
    with pytest.raises(ReviewError, match="reviews.sentiment: 2 of 2 pairs drawn at random are wrong"):
        show_status(strict, as_json=False)
    assert "reviews.sentiment" in capsys.readouterr().out
