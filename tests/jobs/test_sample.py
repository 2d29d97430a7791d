"""The bundled sample: every planted flaw is found where it belongs, and nothing else is lost."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from taskmill.jobs.command import bundled_conf
from taskmill.jobs.context import Context
from taskmill.jobs.report.build import run as report
from taskmill.jobs.report.gathering import gather
from taskmill.jobs.run import STEPS
from taskmill.jobs.storage.ledger import Counts
from tests.conftest import Row, Runner, read_table

FLAWS = yaml.safe_load((bundled_conf() / "sample/data/FLAWS.yaml").read_text(encoding="utf-8"))
TABLES = ("examples", "duplicates", "tasks", "templates", "pairs", "quarantine", "ledger")


@pytest.fixture(scope="module")
def sample_run(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Context:
    return run_pipeline(bundled_conf() / "sample.yaml", tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def sample(sample_run: Context) -> dict[str, list[Row]]:
    return {name: read_table(Path(sample_run.pipeline.tables), name) for name in TABLES}


def _flat(text: str) -> str:
    """A row's JSON as the text of its values, so that quotes in it are not escaped."""
    value = json.loads(text)
    return "\n".join(str(part) for part in value.values()) if isinstance(value, dict) else str(value)


def _sources(flaw: Row) -> list[str]:
    return flaw["source"] if isinstance(flaw["source"], list) else [flaw["source"]]


def _holding(rows: list[Row], flaw: Row, column: str) -> list[Row]:
    return [row for row in rows if row["source"] in _sources(flaw) and flaw["where"] in _flat(row[column])]


def _flaws(table: str) -> list[Any]:
    found = [flaw for flaw in FLAWS if flaw["expected"]["table"] == table]
    return [pytest.param(flaw, id=f"{_sources(flaw)[0]}: {flaw['flaw']}: {flaw['where']:.30}") for flaw in found]


@pytest.mark.parametrize("flaw", _flaws("quarantine"))
def test_refused_rows_are_quarantined_with_reason_and_row(flaw: Row, sample: dict[str, list[Row]]) -> None:
    is_file = flaw["expected"]["reason"] == "unreadable_file"
    rows = sample["quarantine"]
    found = [row for row in rows if flaw["where"] in row["file"]] if is_file else _holding(rows, flaw, "row")
    found = [row for row in found if flaw["expected"]["reason"] in row["reasons"]]
    assert len(found) == flaw["count"]
    assert all(row["file"] for row in found)


@pytest.mark.parametrize("flaw", [flaw for flaw in _flaws("duplicates") if "survivor" in flaw.values[0]])
def test_equal_examples_leave_one_survivor(flaw: Row, sample: dict[str, list[Row]]) -> None:
    (example,) = _holding(sample["examples"], flaw, "fields")
    (duplicate,) = [row for row in sample["duplicates"] if row["example_id"] == example["example_id"]]
    assert (duplicate["kind"], duplicate["removed"]) == ("exact", True)
    assert duplicate["kept_task"] == f"{flaw['survivor']}.{flaw['task']}"
    assert not [pair for pair in sample["pairs"] if pair["example_id"] == example["example_id"]]


@pytest.mark.parametrize("flaw", [flaw for flaw in _flaws("duplicates") if "survivor" not in flaw.values[0]])
def test_contradicting_examples_stay_and_are_noted(flaw: Row, sample: dict[str, list[Row]]) -> None:
    ids = {row["example_id"] for row in _holding(sample["examples"], flaw, "fields")}
    noted = [row for row in sample["duplicates"] if row["example_id"] in ids and row["kind"] == "conflict"]
    assert len(ids) == flaw["count"]
    assert len(noted) == flaw["count"] - 1
    assert not any(row["removed"] for row in noted)
    assert ids <= {pair["example_id"] for pair in sample["pairs"]}


@pytest.mark.parametrize("flaw", _flaws("examples"))
def test_copies_and_flags_are_on_the_example(flaw: Row, sample: dict[str, list[Row]]) -> None:
    found = _holding(sample["examples"], flaw, "fields")
    assert len(found) == flaw["count"]
    if "copies" in flaw["expected"]:
        assert [row["copies"] for row in found] == [flaw["expected"]["copies"]]
    else:
        assert all(flaw["expected"]["flag"] in row["flags"] for row in found)
        flags = {row["example_id"]: row["flags"] for row in found}
        pairs = [pair for pair in sample["pairs"] if pair["example_id"] in flags]
        assert pairs and all(pair["flags"] == flags[pair["example_id"]] for pair in pairs)


@pytest.mark.parametrize("flaw", _flaws("pairs"))
def test_template_code_in_data_comes_out_verbatim(flaw: Row, sample: dict[str, list[Row]]) -> None:
    (example,) = _holding(sample["examples"], flaw, "fields")
    pairs = [pair for pair in sample["pairs"] if pair["example_id"] == example["example_id"]]
    assert pairs
    assert all(flaw["expected"]["verbatim"] in pair["prompt"] + pair["response"] for pair in pairs)


def test_nothing_is_quarantined_that_was_not_planted(sample: dict[str, list[Row]]) -> None:
    planted = Counter()
    for flaw in FLAWS:
        if flaw["expected"]["table"] == "quarantine":
            planted[flaw["source"]] += flaw["count"]
    assert Counter(row["source"] for row in sample["quarantine"]) == planted


def test_ledger_sums_close_for_every_step_and_task(sample: dict[str, list[Row]]) -> None:
    numbers = list(Counts().__dict__)
    for row in sample["ledger"]:
        assert Counts(**{name: row[name] for name in numbers}).missing == 0, row
    steps = {row["step"] for row in sample["ledger"]}
    assert steps == {*STEPS, "sign"} - {"mix"}, "the sample names no mixtures"


def test_no_two_pairs_have_the_same_prompt_and_response(sample: dict[str, list[Row]]) -> None:
    texts = Counter((pair["prompt"], pair["response"]) for pair in sample["pairs"])
    assert max(texts.values()) == 1
    assert len({pair["pair_id"] for pair in sample["pairs"]}) == len(sample["pairs"])
    assert all(pair["pair_id"] == pair["example_id"][:20] + pair["template_id"][:12] for pair in sample["pairs"])


def test_benchmarks_are_examples_but_never_pairs(sample: dict[str, list[Row]]) -> None:
    benchmarks = {row["task"] for row in sample["tasks"] if row["role"] == "benchmark"}
    assert benchmarks
    assert benchmarks <= {row["task"] for row in sample["examples"]}
    assert not benchmarks & {pair["task"] for pair in sample["pairs"]}


def test_a_cluster_is_in_one_fold_and_related_clusters_are_together(sample: dict[str, list[Row]]) -> None:
    folds: dict[str, set[int]] = {}
    for pair in sample["pairs"]:
        folds.setdefault(pair["task_cluster"], set()).add(pair["fold"])
    assert all(len(found) == 1 for found in folds.values())
    assert folds["paraphrase"] == folds["inference"]


def test_pairs_carry_provenance_and_gold(sample: dict[str, list[Row]]) -> None:
    for pair in sample["pairs"]:
        assert pair["source"] and pair["revision"] and pair["licence"] and pair["languages"] and pair["split"]
        assert pair["prompt_chars"] == len(pair["prompt"])
        if pair["gold_index"] is not None:
            assert 0 <= pair["gold_index"] < len(pair["choices"])
        assert not (pair["inverts"] and pair["gold_index"] is not None)


def test_sample_is_as_broad_as_promised(sample: dict[str, list[Row]]) -> None:
    assert len({row["source"] for row in sample["examples"]}) >= 12
    assert len({row["task_type"] for row in sample["examples"]}) >= 10
    assert len({tag for row in sample["examples"] for tag in row["languages"]}) >= 5


def test_report_counts_what_is_in_the_tables(sample_run: Context, sample: dict[str, list[Row]], tmp_path: Path) -> None:
    report(sample_run, tmp_path / "new folder" / "report.html")
    assert "<script>" in (tmp_path / "new folder" / "report.html").read_text(encoding="utf-8")
    written = json.loads((tmp_path / "new folder" / "report.json").read_text(encoding="utf-8"))["sections"]
    told = {f"{anchor}: {name}": rows for anchor, one in written.items() for name, rows in one["figures"].items()}
    pairs, examples = sample["pairs"], sample["examples"]

    def counts(name: str, key: str, number: str) -> dict[str, int]:
        return {row[key]: row[number] for row in told[name] if row[number]}

    tags = Counter(tag for pair in pairs for tag in set(pair["languages"]))
    assert counts("languages: Languages of the data", "tag", "pairs") == tags
    assert counts("licences: Licences", "licence", "pairs") == Counter(pair["licence"] for pair in pairs)
    assert counts("funnel: By task", "task", "pairs") == Counter(pair["task"] for pair in pairs)
    assert counts("quality: Flags", "flag", "pairs") == Counter(flag for pair in pairs for flag in pair["flags"])
    assert counts("refused: Reasons", "reason", "rows") == Counter(
        reason for row in sample["quarantine"] for reason in row["reasons"]
    )
    wordings = {
        (row["task type"], row["wording"]): row["pairs"] for row in told["wordings: All wordings"] if row["pairs"]
    }
    assert wordings == Counter((pair["task_type"], pair["template"]) for pair in pairs)
    for table, name, column in (
        (pairs, "Prompts", "prompt"),
        (pairs, "Responses", "response"),
        (examples, "Answers", "answer"),
    ):
        lengths: dict[str, list[int]] = {}
        for row in table:
            lengths.setdefault(row["task"], []).append(len(row[column]))
        by_task = {row["task"]: row for row in told[f"lengths: {name}"]}
        assert by_task.keys() == lengths.keys()
        for task, found in lengths.items():
            assert by_task[task]["longest"] == max(found)
            assert by_task[task]["mean"] == pytest.approx(sum(found) / len(found))
            middle = sorted(found)[(len(found) - 1) // 2]
            assert middle / 1.5 <= by_task[task]["median, about"] <= middle * 1.5
    labels = told["labels: Labels"]
    assert labels
    for row in labels:
        answers = Counter(one["answer"] for one in examples if one["task"] == row["task"])
        assert answers.most_common(1)[0][1] == answers[row["most frequent"]]
        assert row["labels"] == len(answers)


def test_report_shows_pairs_of_every_cluster_as_they_are(sample_run: Context, sample: dict[str, list[Row]]) -> None:
    shown = gather(sample_run).pairs
    by_id = {pair["pair_id"]: pair for pair in sample["pairs"]}
    assert {row["task_cluster"] for row in shown} == {pair["task_cluster"] for pair in sample["pairs"]}
    for row in shown:
        assert {name: row[name] for name in ("prompt", "response", "flags", "fold")} == {
            name: by_id[row["pair_id"]][name] for name in ("prompt", "response", "flags", "fold")
        }
    forms = {tag for pair in sample["pairs"] for tag in pair["form"]}
    assert {tag for row in shown for tag in row["form"]} == forms
    assert forms == {
        "answer:label", "compound", "examples:2+1", "inverted", "options:brackets", "options:bullets",
        "options:in_text", "options:letters", "options:none", "options:numbers", "order:shuffled", "reasoning:first",
        "reasoning:none", "shots:1", "shots:2", "shrunk:context", "system", "turns:2", "turns:3",
    }  # fmt: skip
    flagged = {row["task"] for row in shown if row["flags"]}
    assert flagged == {pair["task"] for pair in sample["pairs"] if pair["flags"]}


@pytest.mark.slow
def test_table_folders_hold_pairs_by_cluster(run_pipeline: Runner, project: Path, tmp_path: Path) -> None:
    run_pipeline(project / "pipeline.yaml", tmp_path / "tables")
    folders = {path.name for path in (tmp_path / "tables/pairs").iterdir() if path.name.startswith("task_cluster=")}
    assert folders == {"task_cluster=sentiment", "task_cluster=gist"}
