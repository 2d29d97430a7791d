"""Which mixtures are made again after a change: those that it concerns, and no others."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from taskmill.jobs.context import Context
from taskmill.jobs.mix import run_named
from taskmill.jobs.mixing.states import CHANGED, UNFINISHED, UP_TO_DATE, mixture_states
from taskmill.jobs.report.gathering import gather
from taskmill.jobs.report.mixtures_section import mixtures_section
from taskmill.jobs.report.page import figures
from tests.conftest import (
    GIST,
    NOTES,
    REVIEWS,
    SENTIMENT,
    Runner,
    make_project,
    read_table,
    versions,
    write,
    write_lines,
)

MIXTURES = {
    "of_notes": "parts: {own: {tasks: [notes], rule: t0, maximum: 99}}\n",
    "of_reviews": "parts: {own: {tasks: ['rev*']}}\n",
    "of_all": "",
}
# It reads all fields, so that only texts tell that its pairs are equal: one of them stays.
SAY = """  - {name: say, prompt: "Say{% if text %} it.{% endif %}", response: "{{ 'Rain' if summary else '' }}"}\n"""


@pytest.fixture(scope="module")
def undisturbed(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of three mixtures with its tables, made by one run."""
    folder = tmp_path_factory.mktemp("stale")
    make_project(folder)
    write(folder / "templates/gist.yaml", GIST + SAY)
    write(folder / "pipeline.yaml", (folder / "pipeline.yaml").read_text() + "mixtures: [mixtures]\n")
    for name, text in MIXTURES.items():
        write(folder / f"mixtures/{name}.yaml", f"mixture: {name}\nsplit: all\n{text}")
    run_pipeline(folder / "pipeline.yaml", folder / "tables")
    return folder


@pytest.fixture
def project(undisturbed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(undisturbed, tmp_path / "project"))


def made_by(project: Path) -> Mapping[str, str]:
    """The run that made each mixture."""
    return {row["mixture"]: row["run_id"] for row in read_table(project / "tables", "mixture")}


def remade(run_pipeline: Runner, project: Path) -> tuple[Context, set[str]]:
    """Runs the pipeline again; which mixtures it made."""
    context = run_pipeline(project / "pipeline.yaml", project / "tables")
    return context, {name for name, run_id in made_by(project).items() if run_id == context.run_id}


def test_a_task_that_is_rendered_again_remakes_the_mixtures_that_take_it(run_pipeline: Runner, project: Path) -> None:
    write(project / "templates/sentiment.yaml", SENTIMENT.replace("Good or bad?", "Is that good or bad?"))
    context, found = remade(run_pipeline, project)
    assert found == {"of_reviews", "of_all"}
    before = versions(project / "tables")
    run_named(context, ["of_notes"])
    context.ledger.flush()
    assert versions(project / "tables") == before
    assert {row["task"] for row in read_table(project / "tables", "mixture") if row["mixture"] == "of_notes"} == {
        "notes.gist"
    }


def test_the_report_says_which_mixtures_hold_and_where_their_pairs_went(run_pipeline: Runner, project: Path) -> None:
    context, found = remade(run_pipeline, project)
    assert not found
    material = gather(context)
    assert material.mixtures == dict.fromkeys(MIXTURES, UP_TO_DATE)
    section = mixtures_section(material)
    assert section is not None
    told = figures([section])["mixtures"]["figures"]
    pairs = Counter(pair["task"] for pair in read_table(project / "tables", "pairs"))
    assert [tuple(row.values()) for row in told["rules of of_notes"]] == [
        ("all pairs", None, None, pairs.total()), ("no_part", pairs["reviews.sentiment"], 1, pairs["notes.gist"]),
    ]  # fmt: skip
    repeats = dict.fromkeys(MIXTURES, 0)
    for row in read_table(project / "tables", "mixture"):
        repeats[row["mixture"]] += row["repeats"]
    for part in ("By task cluster", "By language"):
        shown: Counter[str] = Counter()
        for row in told[part]:
            shown[row["mixture"]] += row["pairs with repeats"]
        assert shown == repeats
    write(project / "mixtures/of_reviews.yaml", "mixture: of_reviews\nseed: 3\n")
    (project / "mixtures/of_all.yaml").unlink()
    context.ledger.begin("mix", ["of_notes"])
    states = mixture_states(context, material.tasks)
    assert states.pop("of_all").startswith("cannot be made again: there is no mixture 'of_all'")
    assert states == {"of_notes": UNFINISHED, "of_reviews": CHANGED}


def test_a_new_source_remakes_the_mixtures_that_take_it(run_pipeline: Runner, project: Path) -> None:
    more = REVIEWS.replace("source: reviews", "source: more").replace("reviews/*", "more/*")
    write(project / "sources/more.yaml", more)
    write_lines(project / "data/more/one.jsonl", [{"id": n, "text": f"Snow on day {n}.", "label": 0} for n in range(9)])
    assert remade(run_pipeline, project)[1] == {"of_all"}


def test_a_mixture_is_remade_when_its_tasks_lose_pairs_to_those_of_another(run_pipeline: Runner, project: Path) -> None:
    """Whatever a task's own pairs depend on stays as it was; but some leave, and later come back, for another's."""
    own = [row for row in read_table(project / "tables", "mixture") if row["mixture"] == "of_notes"]
    stars = [{"note": f"A telescope shows star {n}.", "gist": f"Star {n}."} for n in range(12)]
    write_lines(project / "data/stars.jsonl", stars)
    other = NOTES.replace("source: notes", "source: stars\npriority: 1").replace("notes.jsonl", "stars.jsonl")
    write(project / "sources/stars.yaml", other)
    assert "of_notes" in remade(run_pipeline, project)[1]
    fewer = [row for row in read_table(project / "tables", "mixture") if row["mixture"] == "of_notes"]
    assert (len(own), len(fewer)) == (13, 12)
    (project / "sources/stars.yaml").unlink()
    assert "of_notes" in remade(run_pipeline, project)[1]
    again = [row for row in read_table(project / "tables", "mixture") if row["mixture"] == "of_notes"]
    assert {row["pair_id"] for row in again} == {row["pair_id"] for row in own}


def test_scores_of_wordings_matter_where_a_mixture_goes_by_them(run_pipeline: Runner, project: Path) -> None:
    for name in ("of_notes", "of_reviews"):
        with (project / f"mixtures/{name}.yaml").open("a", encoding="utf-8") as file:
            file.write("templates: weighted\n")
    pairs = read_table(project / "tables", "pairs")
    ids = {pair["template"]: (pair["template_id"], pair["task_type"]) for pair in pairs}
    (project / "mixtures/of_all.yaml").unlink()
    context = run_pipeline(project / "pipeline.yaml", project / "tables", only=("ingest",))
    for good in (0.9, 0.5):
        scores = [(*ids["is_it_good"], good), (*ids["write_one"], 0.2), (*ids["short"], 0.7)]
        frame = context.spark.createDataFrame(scores, "template_id string, task_type string, score double")
        frame.write.format("delta").mode("overwrite").save(f"{project}/tables/wording_scores")
        found = remade(run_pipeline, project)[1]
    assert found == {"of_reviews"}
