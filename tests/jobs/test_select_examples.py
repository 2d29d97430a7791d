"""Rounds over the tables: as many as asked for, none twice, the same whatever the partitions, by any scores."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.mix import run_named
from taskmill.jobs.select_examples import run_round
from tests.conftest import Runner, make_project, read_table, versions, write, write_lines

TOPICS = {
    "boats": "the boat sails from the harbour over the sea with a captain and a crew",
    "bread": "the baker kneads the dough and bakes bread in the oven for breakfast",
    "stars": "the telescope shows distant stars and planets in the night sky",
    "money": "the bank transfers the money to an account and charges a small fee",
}
SIZES = {"boats": 100, "bread": 12, "stars": 8, "money": 8}  # of reviews
MIXTURES = {
    "covering": "parts: {a: {tasks: [reviews]}}\nselect: {examples: 8}\n",
    "labelled": "parts: {a: {tasks: [reviews]}}\nselect: {examples: 10, label_coverage: true}\n",
    "scored": "parts: {a: {tasks: [reviews]}}\nselect: {examples: 5, by: {loss: {across: spread}}}\n",
    "everything": "caps: {example: 1}\nselect: {examples: 14, by: {diversity: 1, rarity: 0.5, quality: 0.5}}\n",
    "plain": "",
}


@pytest.fixture(scope="module")
def made(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = tmp_path_factory.mktemp("select")
    make_project(folder)
    for name, text in MIXTURES.items():
        write(folder / f"mixtures/{name}.yaml", f"mixture: {name}\nsplit: all\n{text}")
    rows: list[dict[str, Any]] = []
    for topic, count in SIZES.items():
        for number in range(count):
            text = f"{TOPICS[topic]} {number}"
            rows.append({"id": len(rows), "text": text, "label": int(len(rows) % 16 == 0)})
    write_lines(folder / "data/reviews/one.jsonl", rows)
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables")
    object.__setattr__(context.pipeline, "mixtures", (str(folder / "mixtures"),))
    return context


def chosen(context: Context, name: str, number: int = 1) -> list[dict[str, Any]]:
    rows = read_table(Path(context.warehouse.root), "selections")
    return [row for row in rows if (row["mixture"], row["round"]) == (name, number)]


def examples(context: Context) -> dict[str, dict[str, Any]]:
    return {row["example_id"]: row for row in read_table(Path(context.warehouse.root), "examples")}


def test_rounds_cover_what_there_is_and_never_repeat(made: Context) -> None:
    run_round(made, "covering")
    first = {row["example_id"] for row in chosen(made, "covering")}
    known = examples(made)
    assert {topic for topic in SIZES for one in first if TOPICS[topic] in known[one]["fields"]} == set(TOPICS)
    before = versions(Path(made.warehouse.root))
    run_round(made, "covering")  # a round that was made stays
    assert versions(Path(made.warehouse.root)) == before
    with pytest.raises(ConfigError, match="--round 3: the next round of 'covering' is 2"):
        run_round(made, "covering", 3)
    run_round(made, "covering", 2, examples=20)
    second = {row["example_id"] for row in chosen(made, "covering", 2)}
    assert (len(first), len(second), len(first & second)) == (8, 20, 0)
    run_round(made, "covering", 1, examples=9, anew=True)
    again = {row["example_id"] for row in chosen(made, "covering")}
    assert len(again) == 9 and not again & second
    run_round(made, "covering", 3, examples=500)
    assert sum(len(chosen(made, "covering", number)) for number in (1, 2, 3)) == sum(SIZES.values())
    with pytest.raises(TableError, match="no example is left to choose for 'covering'"):
        run_round(made, "covering", 4)


def test_labels_are_covered_evenly(made: Context) -> None:
    run_round(made, "labelled")
    known = examples(made)
    assert Counter(known[row["example_id"]]["answer"] for row in chosen(made, "labelled")) == {"bad": 5, "good": 5}


@pytest.mark.slow
def test_scores_of_pairs_choose_where_wordings_disagree(made: Context, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'loss' is no score of its own; name the table"):
        run_round(made, "scored")
    with pytest.raises(TableError, match="there is no Delta table and there are no parquet files"):
        run_round(made, "scored", scores=str(tmp_path / "none"))
    pairs = [pair for pair in read_table(Path(made.warehouse.root), "pairs") if pair["task"] == "reviews.sentiment"]
    ids = sorted({pair["example_id"] for pair in pairs})
    wanted = set(ids[10:15])
    losses = [
        (pair["pair_id"], 9.0 + (pair["template"] == "write_one") * (4.0 if pair["example_id"] in wanted else 1.0))
        for pair in pairs
    ]
    frame = made.spark.createDataFrame(losses, "pair_id string, losses double")
    frame.write.parquet(str(tmp_path / "losses"))
    with pytest.raises(ConfigError, match="column 'loss' is not there .*Did you mean 'losses'"):
        run_round(made, "scored", scores=str(tmp_path / "losses"))
    frame.withColumnRenamed("losses", "loss").write.format("delta").save(str(tmp_path / "loss"))
    run_round(made, "scored", scores=str(tmp_path / "loss"))
    rows = chosen(made, "scored")
    assert {row["example_id"] for row in rows} == wanted
    assert all(dict(row["scores"])["loss"] == row["score"] > 0.9 for row in rows)


def test_a_mixture_takes_pairs_of_chosen_examples_alone(made: Context) -> None:
    run_named(made, ["everything"])
    selected = {row["example_id"] for row in chosen(made, "everything")}
    rows = [row for row in read_table(Path(made.warehouse.root), "mixture") if row["mixture"] == "everything"]
    assert len(selected) == 14
    assert {row["example_id"] for row in rows} == selected
    assert {row["task"] for row in rows} == {"reviews.sentiment", "notes.gist"}
    account = [
        row for row in read_table(Path(made.warehouse.root), "mixture_account") if row["mixture"] == "everything"
    ]
    assert sum(row["pairs"] for row in account) == 2 * sum(SIZES.values()) + 12
    with pytest.raises(ConfigError, match="'plain' has no `select`"):
        run_round(made, "plain")


@pytest.mark.slow
def test_a_choice_does_not_depend_on_partitions(made: Context) -> None:
    before = made.spark.conf.get("spark.sql.shuffle.partitions")
    found = []
    try:
        for partitions in (1, 2, 7):
            made.spark.conf.set("spark.sql.shuffle.partitions", str(partitions))
            run_round(made, "everything", anew=True)
            rows = chosen(made, "everything")
            found.append(sorted((row["task"], row["place"], row["example_id"], row["score"]) for row in rows))
    finally:
        made.spark.conf.set("spark.sql.shuffle.partitions", str(before))
    assert found[0] == found[1] == found[2]
