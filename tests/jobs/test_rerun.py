"""Runs after the first: what is up to date is left alone, what changed is done again, what left is gone."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest
from pyspark.sql import DataFrame

from taskmill.jobs.errors import StepError
from taskmill.jobs.report.changes_section import changes_section
from taskmill.jobs.report.gathering import gather
from taskmill.jobs.report.page import figures
from taskmill.jobs.run import STEPS
from taskmill.jobs.storage.tables import Table
from taskmill.jobs.storage.warehouse import Warehouse
from tests.conftest import NOTES, SENTIMENT, Row, Runner, make_project, read_table, versions, write, write_lines


@pytest.fixture(scope="module")
def undisturbed(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project with its tables, made by one run."""
    folder = tmp_path_factory.mktemp("undisturbed")
    make_project(folder)
    run_pipeline(folder / "pipeline.yaml", folder / "tables")
    return folder


@pytest.fixture
def project(undisturbed: Path, tmp_path: Path) -> Path:
    """A copy of the small project and its tables: as after a first run."""
    return Path(shutil.copytree(undisturbed, tmp_path / "project"))


def content(tables: Path) -> dict[str, list[Row]]:
    """The rows of every table that a run leaves, without what tells the runs apart, in a stable order."""
    found = {}
    for name in ("examples", "duplicates", "groups", "contamination", "tasks", "templates", "pairs", "quarantine"):
        rows = [{key: value for key, value in row.items() if key != "run_id"} for row in read_table(tables, name)]
        found[name] = sorted(rows, key=str)
    return found


def test_a_second_run_writes_no_new_version(run_pipeline: Runner, project: Path) -> None:
    before = versions(project / "tables")
    run_pipeline(project / "pipeline.yaml", project / "tables")
    assert versions(project / "tables") == before


@pytest.mark.slow
def test_a_relative_root_is_under_the_working_folder(
    run_pipeline: Runner, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = versions(project / "tables")
    monkeypatch.chdir(project)
    run_pipeline(project / "pipeline.yaml", Path("tables"))
    assert versions(project / "tables") == before


def test_editing_one_wording_changes_only_its_tasks_rows(run_pipeline: Runner, project: Path) -> None:
    tables = project / "tables"
    (first,) = {pair["run_id"] for pair in read_table(tables, "pairs")}
    write(project / "templates/sentiment.yaml", SENTIMENT.replace("Good or bad?", "Is that good or bad?"))
    second = run_pipeline(project / "pipeline.yaml", tables)
    runs = {(pair["task"], pair["run_id"]) for pair in read_table(tables, "pairs")}
    assert runs == {("notes.gist", first), ("reviews.sentiment", second.run_id)}
    assert sum("Is that good or bad?" in pair["prompt"] for pair in read_table(tables, "pairs")) == 20
    assert {row["step"] for row in read_table(tables, "ledger") if row["run_id"] == second.run_id} == {
        "cluster_tasks",  # wordings are part of what makes tasks alike
        "deduplicate_pairs",
        "render",
    }


@pytest.mark.slow
def test_rows_of_a_removed_source_leave(run_pipeline: Runner, project: Path) -> None:
    tables = project / "tables"
    (project / "sources/notes.yaml").unlink()
    run_pipeline(project / "pipeline.yaml", tables)
    for name in ("examples", "pairs", "tasks"):
        assert {row["task"] for row in read_table(tables, name)} == {"reviews.sentiment"}, name
    before = versions(tables)
    run_pipeline(project / "pipeline.yaml", tables)
    assert versions(tables) == before


def test_a_changed_file_is_read_again_and_gives_what_a_fresh_run_gives(run_pipeline: Runner, project: Path) -> None:
    rows = [{"id": number, "text": f"New review {number}.", "label": 3 * (number == 4)} for number in range(5)]
    write_lines(project / "data/reviews/two.jsonl", [*rows, rows[0]])
    run_pipeline(project / "pipeline.yaml", project / "tables")
    run_pipeline(project / "pipeline.yaml", project / "fresh")
    assert content(project / "tables") == content(project / "fresh")
    assert [row["reasons"] for row in read_table(project / "tables", "quarantine")] == [["label_out_of_range"]]


@pytest.mark.slow
def test_the_report_tells_what_the_newest_run_changed(run_pipeline: Runner, project: Path) -> None:
    (project / "sources/notes.yaml").unlink()
    write_lines(project / "data/reviews/two.jsonl", [{"id": 99, "text": "New.", "label": 1}])
    material = gather(run_pipeline(project / "pipeline.yaml", project / "tables"))
    assert len(material.runs) == 2
    section = changes_section(material)
    assert section is not None and section.notices == ["1 task of the run before is gone: notes.gist."]
    rows = figures([section])["changes"]["figures"]["Tasks"]
    assert [
        (row["task"], row["rows before"], row["rows now"], row["pairs before"], row["pairs now"]) for row in rows
    ] == [
        ("notes.gist", 12, None, 12, None),
        ("reviews.sentiment", 20, 21, 40, 42),
    ]


@pytest.mark.slow
def test_repeated_texts_come_back_when_the_pair_they_repeated_leaves(run_pipeline: Runner, project: Path) -> None:
    """Two sources share a text; the one that is preferred leaves, and the other's pair has to appear."""
    notes = [
        {"note": f"The note {number} says that it rains.", "gist": f"Something else {number}."} for number in range(12)
    ]
    write_lines(project / "data/copy.jsonl", notes)
    other = NOTES.replace("source: notes", "source: copy\npriority: 1").replace("notes.jsonl", "copy.jsonl")
    write(project / "sources/copy.yaml", other)
    template = '  - {name: say, inverts: true, prompt: "Say something.", response: "{{ text }}"}\n'
    write(project / "templates/gist.yaml", (project / "templates/gist.yaml").read_text() + template)
    tables = project / "tables"
    run_pipeline(project / "pipeline.yaml", tables)
    say = [pair["task"] for pair in read_table(tables, "pairs") if pair["template"] == "say"]
    assert say == ["copy.gist"] * 12
    (project / "sources/copy.yaml").unlink()
    run_pipeline(project / "pipeline.yaml", tables)
    assert sum(pair["template"] == "say" for pair in read_table(tables, "pairs")) == 12


@pytest.mark.slow
def test_wordings_that_meet_in_one_text_leave_one_pair(run_pipeline: Runner, project: Path) -> None:
    template = (
        """  - {name: again, prompt: "{% if text %}Shorten: {% endif %}{{ text }}", response: "{{ summary }}"}\n"""
    )
    write(project / "templates/gist.yaml", (project / "templates/gist.yaml").read_text() + template)
    run_pipeline(project / "pipeline.yaml", project / "tables")
    assert sum(pair["task"] == "notes.gist" for pair in read_table(project / "tables", "pairs")) == 12
    noted = [row for row in read_table(project / "tables", "duplicates") if row["rule"] == "same-text-1"]
    assert len(noted) == 12
    before = versions(project / "tables")
    run_pipeline(project / "pipeline.yaml", project / "tables")
    assert versions(project / "tables") == before


SLOW = [
    pytest.param(name, marks=pytest.mark.slow) for name in ("pairs", "quarantine", "duplicates", "tasks", "templates")
]


@pytest.mark.parametrize("table", ["examples", "ledger", *SLOW])
def test_a_run_that_dies_after_writing_a_table_is_completed(
    table: str, run_pipeline: Runner, undisturbed: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change is half done and then taken back: the next run gives what was there before it."""
    write_lines(
        project / "data/reviews/two.jsonl", [{"id": 50, "text": "New.", "label": 1}, {"text": "Bad.", "label": 9}]
    )
    gist = project / "templates/gist.yaml"
    write(gist, gist.read_text().replace("Shorten:", "Cut:"))
    real = Warehouse._write

    def write_and_die(self: Warehouse, written: Table, rows: DataFrame, options: dict[str, str]) -> None:
        real(self, written, rows, options)
        if written.name == table:
            raise StepError("killed")

    with monkeypatch.context() as patch, contextlib.suppress(StepError):
        patch.setattr(Warehouse, "_write", write_and_die)
        run_pipeline(project / "pipeline.yaml", project / "tables")
    write(gist, gist.read_text().replace("Cut:", "Shorten:"))
    (project / "data/reviews/two.jsonl").unlink()
    run_pipeline(project / "pipeline.yaml", project / "tables")
    assert content(project / "tables") == content(undisturbed / "tables")


def test_on_error_stop_fails_the_step_and_names_the_source(run_pipeline: Runner, project: Path) -> None:
    write_lines(project / "data/reviews/bad.jsonl", [{"id": 99, "text": "Odd.", "label": 9}])
    path = project / "sources/reviews.yaml"
    write(path, path.read_text() + "on_error: stop\n")
    with pytest.raises(StepError, match="reviews has rows that cannot be used"):
        run_pipeline(project / "pipeline.yaml", project / "tables")


@pytest.mark.slow
def test_templates_are_dealt_evenly_and_independently_of_the_rest(run_pipeline: Runner, project: Path) -> None:
    conf = project / "pipeline.yaml"
    write(conf, conf.read_text() + "templates_per_example: 1\ndraw: dealt\n")
    run_pipeline(conf, project / "tables")
    dealt = [
        pair["template"] for pair in read_table(project / "tables", "pairs") if pair["task"] == "reviews.sentiment"
    ]
    # Two of the inverted pairs could be equal only if two reviews were, and none are: every example has its pair.
    assert sorted([dealt.count("is_it_good"), dealt.count("write_one")]) == [10, 10]


@pytest.mark.slow
def test_pair_ids_do_not_depend_on_partitions_or_other_sources(run_pipeline: Runner, project: Path) -> None:
    run_pipeline(project / "pipeline.yaml", project / "tables")
    (project / "sources/notes.yaml").unlink()
    write_lines(project / "data/reviews/two.jsonl", [{"id": 50, "text": "One more.", "label": 1}])
    run_pipeline(project / "pipeline.yaml", project / "other")
    first = {pair["pair_id"]: pair["response"] for pair in read_table(project / "tables", "pairs")}
    second = {pair["pair_id"]: pair["response"] for pair in read_table(project / "other", "pairs")}
    shared = {
        pair["pair_id"] for pair in read_table(project / "tables", "pairs") if pair["task"] == "reviews.sentiment"
    }
    assert shared <= set(second)
    assert all(first[pair_id] == second[pair_id] for pair_id in shared)


@pytest.mark.slow
def test_steps_run_one_by_one_give_what_a_run_gives(run_pipeline: Runner, undisturbed: Path, project: Path) -> None:
    tables = project / "single"
    for step in STEPS:
        run_pipeline(project / "pipeline.yaml", tables, only=[step])
    assert content(tables) == content(undisturbed / "tables")
