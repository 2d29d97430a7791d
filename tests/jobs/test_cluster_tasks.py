"""Clusters and folds from the tables: what similarity does, what stays when tasks come, and a proof that can fail."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from taskmill.jobs.clusters.clusterings import newest_version, show_diff
from taskmill.jobs.clusters.task_samples import constant_fields, sampled_examples
from taskmill.jobs.command import Options
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, StepError
from taskmill.jobs.export import Export
from taskmill.jobs.export import run as export
from taskmill.jobs.folds.fold_proof import violations
from taskmill.jobs.folds.folds import fold_plans
from taskmill.jobs.folds.folds import run as folds
from taskmill.jobs.report.build import run as report
from taskmill.jobs.storage.ledger import RENDER
from tests.conftest import Runner, read_table, versions, write, write_lines

KINDS = {  # name of a source -> what its tasks bring as instruction, input and answer
    "judge": (
        "Decide whether the {topic} review is good or bad.",
        "The {topic} was visited {n} times",
        ("good", "bad"),
    ),
    "ask": ("Write a question about the passage on the {topic}.", "Passage: the {topic} opened in {n}", ()),
}
TOPICS = ("harbour", "garden", "violin", "glacier", "market", "engine")
SOURCE = """\
source: {name}
revision: r1
licence: MIT
language: en
{more}
read: {{format: json, path: "{name}.jsonl", schema: "told string, given string, answer string"}}
split: train
tasks:
  instructed: {{told: told, given: given, answer: answer}}
"""
INSTRUCTED = """\
task_type: instructed
description: Do what is told.
fields: {told: text, given: text, answer: text}
answer: answer
templates:
  - {name: plain, prompt: "{{ told }} {{ given }}", response: "{{ answer }}"}
"""
PIPELINE = """\
data: data
sources: [sources]
templates: [templates]
folds: 2
near_duplicates: {mode: off}
contamination: {mode: off}
cluster_rules: [rules.yaml]
"""
RULES = "cluster_rules: rules\n"


def add(folder: Path, kind: str, topic: str, more: str = "") -> None:
    told, given, answers = KINDS[kind]
    name = f"{kind}_{topic}"
    rows = [
        {
            "told": told.format(topic=topic),
            "given": given.format(topic=topic, n=1900 + number),
            "answer": answers[number % 2] if answers else f"When was {number} at the {topic}?",
        }
        for number in range(14)
    ]
    write(folder / f"sources/{name}.yaml", SOURCE.format(name=name, more=more))
    write_lines(folder / f"data/{name}.jsonl", rows)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, run_pipeline: Runner) -> tuple[Path, Context]:
    """Tasks of two kinds about five topics each, of one task type that nothing pins."""
    folder = tmp_path_factory.mktemp("clusters")
    write(folder / "pipeline.yaml", PIPELINE)
    write(folder / "rules.yaml", RULES)
    write(folder / "templates/instructed.yaml", INSTRUCTED)
    for kind in KINDS:
        for topic in TOPICS[:5]:
            add(folder, kind, topic)
    return folder, run_pipeline(folder / "pipeline.yaml", folder / "tables")


def clusters(folder: Path) -> dict[str, str]:
    return {row["task"]: row["task_cluster"] for row in read_table(folder / "tables", "tasks")}


def test_similar_tasks_share_a_cluster_with_a_name_and_a_fold(made: tuple[Path, Context]) -> None:
    folder, _ = made
    rows = read_table(folder / "tables", "tasks")
    assert {(row["source"].split("_")[0], row["task_cluster"]) for row in rows} == {
        ("judge", clusters(folder)["judge_garden.instructed"]),
        ("ask", clusters(folder)["ask_garden.instructed"]),
    }
    assert len({row["fold"] for row in rows}) == len(set(clusters(folder).values())) == 2
    for row in rows:
        assert row["cluster_origin"] == "similarity"
        assert 0.5 < row["confidence"] <= 1.0
        assert re.fullmatch("[a-z][a-z0-9_]*", row["task_cluster"])
        assert row["nearest_cluster"] not in (None, row["task_cluster"])
        assert len(row["similar_tasks"]) == 3
        assert all(one["task"].startswith(row["source"].split("_")[0]) for one in row["similar_tasks"])


def test_samples_are_the_lowest_ids_and_their_instruction_is_known(made: tuple[Path, Context]) -> None:
    folder, context = made
    kept = {row["task"]: row["example_count"] for row in read_table(folder / "tables", "tasks")}
    examples = sampled_examples(context, kept, 5)
    assert {task: len(found) for task, found in examples.items()} == dict.fromkeys(kept, 5)
    stored = read_table(folder / "tables", "examples")
    for task, found in examples.items():
        lowest = sorted((row["example_id"], row["fields"]) for row in stored if row["task"] == task)[:5]
        assert [one.fields["given"] for one in found] == [json.loads(fields)["given"] for _, fields in lowest]
        assert set(constant_fields(found)) == {"told"}


def test_a_new_task_moves_no_other(
    made: tuple[Path, Context], run_pipeline: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _ = made
    before, first = clusters(folder), read_table(folder / "tables", "tasks")
    pairs = {row["pair_id"]: row["run_id"] for row in read_table(folder / "tables", "pairs")}
    add(folder, "judge", TOPICS[5])
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables")
    after = clusters(folder)
    assert after.pop("judge_engine.instructed") == before["judge_garden.instructed"]
    assert after == before
    assert {row["task"]: row["fold"] for row in first}.items() <= {
        row["task"]: row["fold"] for row in read_table(folder / "tables", "tasks")
    }.items()
    assert newest_version(context).number == 2
    written = {row["pair_id"]: row["run_id"] for row in read_table(folder / "tables", "pairs")}
    assert pairs.items() <= written.items(), "only the pairs of the new task were written"
    options = Options(folder / "pipeline.yaml", str(folder / "tables"))
    show_diff(options, 1, None)
    assert capsys.readouterr().out.splitlines()[0] == "version 1 -> 2: 1 task new"
    with pytest.raises(ConfigError, match=r"there is no version 7 of the clusters \(there are: 1, 2\)"):
        show_diff(options, 7, None)


def test_a_run_with_nothing_to_do_makes_no_version(made: tuple[Path, Context], run_pipeline: Runner) -> None:
    folder, _ = made
    before = versions(folder / "tables")
    run_pipeline(folder / "pipeline.yaml", folder / "tables")
    assert versions(folder / "tables") == before


@pytest.mark.slow
def test_pins_and_lists_overrule_similarity(made: tuple[Path, Context], run_pipeline: Runner) -> None:
    folder, _ = made
    earlier = clusters(folder)
    pins = "pins: {mine: [judge_garden]}\napart: [[ask_harbour, ask_violin]]\ntogether: [[ask_market, judge_market]]\n"
    write(folder / "rules.yaml", RULES + pins)
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables")
    found = clusters(folder)
    assert found["judge_garden.instructed"] == "mine"
    assert found["ask_harbour.instructed"] != found["ask_violin.instructed"]
    assert found["ask_market.instructed"] == found["judge_market.instructed"]
    assert violations(context, [0, 1]) == []
    write(folder / "rules.yaml", RULES)
    run_pipeline(folder / "pipeline.yaml", folder / "tables")
    again = clusters(folder)
    assert again["judge_garden.instructed"] == "mine", "a cluster keeps the name that it had last"
    assert all((again[one] == again[other]) == (earlier[one] == earlier[other]) for one in earlier for other in earlier)


@pytest.mark.slow
def test_sources_of_one_origin_are_not_trained_on_beside_each_other(
    made: tuple[Path, Context], run_pipeline: Runner, tmp_path: Path
) -> None:
    folder, _ = made
    for kind in KINDS:
        add(folder, kind, "garden", more="parents: [Garden Data]")
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables")
    tasks = {row["task"]: row for row in read_table(folder / "tables", "tasks")}
    for kind, other in (("judge", "ask"), ("ask", "judge")):
        row, held_out = tasks[f"{kind}_garden.instructed"], tasks[f"{other}_garden.instructed"]
        assert row["excluded_folds"] == [held_out["fold"]]
        assert [(one["channel"], one["other"]) for one in row["exclusions"]] == [("same_source", held_out["task"])]
    for pair in read_table(folder / "tables", "pairs"):
        assert pair["excluded_folds"] == tasks[pair["task"]]["excluded_folds"]
    plan = fold_plans(context)
    assert all(set(one["cost"]) == {"same_source"} for one in plan)
    total = len(read_table(folder / "tables", "pairs"))
    for one in plan:
        assert total == sum(one[name] for name in ("unseen_clusters", "unseen_examples", "trained")) + sum(
            one["cost"].values()
        )
    folds(context, verify=True, as_json=False)
    export(context, Export("text", "jsonl", str(tmp_path / "out"), fold=0))
    sides = sorted(path.name for path in (tmp_path / "out").iterdir() if path.is_dir())
    assert sides == ["held_out", "held_out_examples", "train"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param(["folds=[[judge_harbour.instructed], [ask_market.instructed]]"], id="lists-of-tasks"),
        pytest.param(["folds=each_cluster", "held_out_tasks={each_cluster: 1}"], id="each-cluster-and-tasks-of-seen"),
    ],
)
def test_other_plans_hold_too(made: tuple[Path, Context], run_pipeline: Runner, overrides: Sequence[str]) -> None:
    folder, _ = made
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables", overrides)
    plan = fold_plans(context)
    assert len(plan) == 2
    assert violations(context, [0, 1]) == []
    tasks = read_table(folder / "tables", "tasks")
    held_out = {row["task"] for row in tasks if row["held_out_task"]}
    assert bool(held_out) == ("held_out_tasks" in overrides[-1])
    assert all(one["unseen_tasks"] > 0 for one in plan) == bool(held_out)
    if "harbour" in overrides[0]:
        assert {row["fold"] for row in tasks} == {-1, 0, 1}
        assert all(one["trained"] > 0 and one["unseen_clusters"] > 0 for one in plan)


@pytest.mark.slow
def test_many_tasks_are_compared_by_their_neighbours(
    made: tuple[Path, Context], run_pipeline: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same clusters as by comparing all, and the same tasks are most similar."""
    folder, _ = made
    run_pipeline(folder / "pipeline.yaml", folder / "tables", only=["cluster_tasks"])
    expected = {row["task"]: row for row in read_table(folder / "tables", "tasks")}
    monkeypatch.setattr("taskmill.jobs.clusters.cluster_assignment.ON_DRIVER", 4)
    run_pipeline(folder / "pipeline.yaml", folder / "tables", ["clusters.too_similar=0.95"], only=["cluster_tasks"])
    rows = read_table(folder / "tables", "tasks")
    for row in rows:
        same = [one["task"] for one in rows if one["task_cluster"] == row["task_cluster"]]
        assert same == [
            one["task"]
            for one in rows
            if expected[one["task"]]["task_cluster"] == expected[row["task"]]["task_cluster"]
        ]
        assert row["similar_tasks"] == expected[row["task"]]["similar_tasks"]
        assert row["confidence"] == pytest.approx(expected[row["task"]]["confidence"])


def test_a_violation_is_found_and_told(made: tuple[Path, Context], run_pipeline: Runner) -> None:
    """Labels that the tables should not have: a task in two folds, a group on two sides."""
    folder, _ = made
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables")
    spark, pairs = context.spark, f"delta.`{folder}/tables/pairs`"
    version = versions(folder / "tables")["pairs"]
    spark.sql(f"UPDATE {pairs} SET fold = 1 - fold WHERE task = 'ask_violin.instructed'")
    spark.sql(f"UPDATE {pairs} SET group_id = 'one' WHERE task LIKE 'judge_%'")
    spark.sql(f"UPDATE {pairs} SET held_out_example = true WHERE task = 'judge_violin.instructed'")
    found = {(one.channel, one.task) for one in violations(context, [0, 1])}
    assert ("same_cluster", "ask_violin.instructed") in found
    assert any(channel == "same_group" for channel, _ in found)
    with pytest.raises(StepError, match="same_cluster: ask_violin.instructed"):
        folds(context, verify=True, as_json=False)
    spark.sql(f"RESTORE TABLE {pairs} TO VERSION AS OF {version}")
    assert violations(context, [0, 1]) == []
    assert context.ledger.done(RENDER)


def test_the_report_is_one_file_and_its_figures(
    made: tuple[Path, Context], run_pipeline: Runner, tmp_path: Path
) -> None:
    folder, _ = made
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables")
    report(context, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<circle") == len(clusters(folder))
    sections = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["sections"]
    assert {row["task"] for row in sections["clusters"]["figures"]["Tasks"]} == set(clusters(folder))
    assert len(sections["folds"]["figures"]["plan"]) == 2
    assert "Nothing is on both sides of a fold." in sections["folds"]["said"]
