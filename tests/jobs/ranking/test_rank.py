"""Bad wordings planted among the bundled ones, and what the ranking makes of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from deltalake import DeltaTable
from typer.testing import CliRunner

from taskmill.jobs.cli import app
from taskmill.jobs.command import bundled_conf
from taskmill.jobs.commands.ranking_lines import show
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.ranking.rank import rank
from tests.conftest import COMPARES_NOTHING, Row, Runner, read_table, write

SAMPLE = bundled_conf() / "sample"
SOURCES = ("harbour_reviews", "kitchen_nli", "almanac_questions", "workshop_sums")
LEGAL = "Kindly note that the following request is made in good faith and without any obligation whatsoever. " * 12
LABEL, ANSWER = "{{ choices[label] }}", "{{ answer }}"
# By task type and name: prompt, response, and what has to be said of it. `taskmill check` has nothing against any.
PLANTED = {
    "sentiment_classification": {
        "sees_no_text": ("Is whoever wrote this pleased or not? {{ choices | comma_list }}", LABEL,
                         "does not read text"),
        "long_winded": (f"{LEGAL}{{{{ text }}}} What does the writer feel? {{{{ choices | either_or }}}}", LABEL,
                        "characters of its own, its siblings"),
        "left_over": ("How does this sound to you? {{ text }}\n{{ choices | bulleted }}", f"||| {LABEL}",
                      "leftover_separator in 37 of 37 pairs"),
    },
    "natural_language_inference": {
        "sees_no_premise": ("Is it so that {{ hypothesis }}? Say one of {{ choices | comma_list }}.", LABEL,
                            "does not read premise"),
        "in_german": ("Lies bitte zuerst diesen Satz: {{ premise }} Stimmt es dann auch, dass "
                      "{{ hypothesis }}? Antworte mit einem "
                      "dieser Wörter: {{ choices | comma_list }}", LABEL, "seems to be de, not en"),
        "breaks_half_the_time": (
            "Given: {{ premise }} Claimed: {{ hypothesis }} Does one lead to the other? {{ choices | either_or }}"
            "{{ ['', ''][(premise | length) % 2 * 2] }}", LABEL, "refused (undefined_value)"),
    },
    "closed_book_qa": {
        "tells_the_end": ("{% set parts = answer.split(' ') %}Say what is asked for. {{ question }} It ends in "
                          "{{ parts[-1] }}.", ANSWER, "the answer stands in"),
        "from_my_memory": ("Answer from memory and as briefly as possible. I need the bare fact, no explanation.\n\n"
                           "{{ question }}", ANSWER, "like from_memory"),
        "shouts": ("ANSWER THE FOLLOWING QUESTION RIGHT NOW AND DO NOT WASTE A WORD ON IT: {{ question }}", ANSWER,
                   "mostly capitals"),
    },
    "math_word_problem": {
        "shows_the_steps": ("{{ question }} These are the steps: {{ rationale }} So what comes out?", ANSWER,
                            "prints rationale"),
        "sees_no_problem": ("What number do you get when you have gone through it all, step by step?", ANSWER,
                            "does not read question"),
    },
}  # fmt: skip
NEEDS = {"shows_the_steps": ["rationale"]}


@dataclass
class Ranked:
    """The tables of a run over the library with the planted wordings, and their ranking."""

    context: Context
    conf: Path
    rows: list[Row]

    @property
    def tables(self) -> Path:
        return Path(self.context.pipeline.tables)

    def of(self, task_type: str) -> list[Row]:
        return [row for row in self.rows if row["task_type"] == task_type]


@pytest.fixture(scope="module")
def ranked(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Ranked:
    folder = tmp_path_factory.mktemp("ranked")
    for task_type, wordings in PLANTED.items():
        library = yaml.safe_load((bundled_conf().parent / f"templates/{task_type}.yaml").read_text(encoding="utf-8"))
        library["templates"] += [
            {"name": name, "prompt": prompt, "response": response, "needs": NEEDS.get(name, [])}
            for name, (prompt, response, _) in wordings.items()
        ]
        write(folder / f"templates/{task_type}.yaml", yaml.safe_dump(library, allow_unicode=True))
    conf = folder / "pipeline.yaml"
    sources = ", ".join(str(SAMPLE / f"{name}.yaml") for name in SOURCES)
    write(
        conf,
        f"data: {SAMPLE / 'data'}\nsources: [{sources}]\ntemplates: [templates]\nfolds: 2\n"
        f"templates_per_example: all\n{COMPARES_NOTHING}",
    )
    context = run_pipeline(conf, folder / "tables")
    return Ranked(context, conf, [dict(row) for row in rank(context)])


@pytest.mark.parametrize("task_type", PLANTED)
def test_planted_wordings_are_last(task_type: str, ranked: Ranked) -> None:
    scored = [row for row in ranked.of(task_type) if row["score"] is not None]
    assert [row["place"] for row in scored] == list(range(1, len(scored) + 1))
    assert len(scored) > 10
    last = {row["template"] for row in scored[-len(PLANTED[task_type]) :]}
    assert last == set(PLANTED[task_type])


@pytest.mark.parametrize(
    ("task_type", "name", "said"),
    [pytest.param(kind, name, one[2], id=name) for kind, found in PLANTED.items() for name, one in found.items()],
)
def test_what_was_planted_is_said(task_type: str, name: str, said: str, ranked: Ranked) -> None:
    (row,) = [row for row in ranked.of(task_type) if row["template"] == name]
    assert said in row["reasons"][0]


def test_bundled_wordings_are_not_pulled_down_much(ranked: Ranked) -> None:
    """Inversions and wordings that need a field too: only what is planted scores low."""
    planted = {name for found in PLANTED.values() for name in found}
    own = [row for row in ranked.rows if row["score"] is not None and row["template"] not in planted]
    assert min(row["score"] for row in own) > 0.85
    assert max(row["score"] for row in ranked.rows if row["template"] in planted) < 0.8


def test_every_wording_has_a_row_and_a_reason_where_it_has_no_score(ranked: Ranked) -> None:
    stored = read_table(ranked.tables, "wording_scores")
    assert {row["template_id"] for row in stored} == {
        one.template_id(task_type) for task_type, one in ranked.context.catalog.templates
    }
    without = [row for row in stored if row["score"] is None]
    assert {row["template"][:3] for row in without} >= {"de_", "fr_", "ja_"}
    assert {reason for row in without for reason in row["reasons"]} == {"no task uses it"}
    assert all(row["pairs"] == 0 and row["place"] is None for row in without)


def test_pairs_are_those_of_the_table(ranked: Ranked) -> None:
    pairs = read_table(ranked.tables, "pairs")
    for row in ranked.rows:
        own = [pair for pair in pairs if pair["template_id"] == row["template_id"]]
        assert row["pairs"] == len(own)
        found = {name for pair in own for name in pair["warnings"]} - (
            {"long_response"} if own and own[0]["inverts"] else set()
        )
        assert set(dict(row["warned"])) == found


def test_ranking_again_writes_nothing(ranked: Ranked) -> None:
    place = str(ranked.tables / "wording_scores")
    before = DeltaTable(place).version()
    assert [dict(row) for row in rank(ranked.context)] == ranked.rows
    rank(ranked.context, "closed_*")
    assert DeltaTable(place).version() == before


def test_one_task_type_replaces_its_rows_alone(ranked: Ranked) -> None:
    from pyspark.sql import functions as F

    from taskmill.jobs.storage.scores_table import WORDING_SCORES

    warehouse = ranked.context.warehouse
    changed = warehouse.read(WORDING_SCORES).withColumn("pairs", F.lit(7).cast("long"))
    warehouse.replace(WORDING_SCORES, changed, "true")
    rank(ranked.context, "math_*")
    found = {row["task_type"]: row["pairs"] for row in read_table(ranked.tables, "wording_scores")}
    assert found.pop("math_word_problem") != 7
    assert set(found.values()) == {7}
    rank(ranked.context)
    assert {row["template_id"]: row["pairs"] for row in read_table(ranked.tables, "wording_scores")} == {
        row["template_id"]: row["pairs"] for row in ranked.rows
    }


def test_the_table_is_made_where_an_earlier_version_made_the_others(ranked: Ranked) -> None:
    shutil.rmtree(ranked.tables / "wording_scores")
    rank(ranked.context)
    assert len(read_table(ranked.tables, "wording_scores")) == len(ranked.rows)


def test_unknown_task_type_is_told_the_nearest(ranked: Ranked) -> None:
    with pytest.raises(ConfigError, match="no task type is called so.*Did you mean 'closed_book_qa'"):
        rank(ranked.context, "closed_bok_qa")


def test_the_command_tells_the_worst(ranked: Ranked, spark: Any) -> None:
    arguments = ["--conf", str(ranked.conf), "--tables", str(ranked.tables), "--no-write", "-q"]
    version = DeltaTable(str(ranked.tables / "wording_scores")).version()
    done = CliRunner().invoke(app, ["templates", "rank", "--worst", "3", "--json", *arguments])
    assert done.exit_code == 0, done.stderr
    worst = json.loads(done.stdout)
    scored = [row for row in ranked.rows if row["score"] is not None]
    assert [row["score"] for row in worst] == sorted(row["score"] for row in scored)[:3]
    assert DeltaTable(str(ranked.tables / "wording_scores")).version() == version


def test_show_fits_a_terminal(ranked: Ranked, capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    for worst in (None, 20):
        show(ranked.rows, worst, Console(width=80, highlight=False))
    out = capsys.readouterr().out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "no score, no task uses it: ar_" in out
