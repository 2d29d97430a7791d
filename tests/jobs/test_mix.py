"""Mixtures over the tables: rules are kept to the pair, every pair is accounted for, and nothing depends on chance."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.configuration.mixture_settings import Mixture
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, StepError, TableError
from taskmill.jobs.export import Export
from taskmill.jobs.export import run as export
from taskmill.jobs.mix import mix, run_named
from taskmill.jobs.storage.warehouse import Warehouse
from tests.conftest import NOTES, Runner, make_project, read_table, versions, write, write_lines

SEED = "held_out_examples: 0.1\n"
PINS = "cluster_rules: [rules.yaml]\nfolds: each_cluster\n"
RULES = "cluster_rules: rules\npins: {opinions: [reviews], summaries: [notes]}\n"


@pytest.fixture(scope="module")
def made(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> Context:
    """300 reviews, two in three of them bad, and 90 notes to train on, in two wordings and one."""
    folder = tmp_path_factory.mktemp("mix")
    make_project(folder)
    write(folder / "pipeline.yaml", (folder / "pipeline.yaml").read_text().replace("folds: 2\n", "") + PINS + SEED)
    write(folder / "rules.yaml", RULES)
    write(folder / "sources/notes.yaml", NOTES.replace("split: test", "split: train"))
    reviews = [{"id": n, "text": f"Review {n} of the cafe.", "label": int(n % 3 == 0)} for n in range(300)]
    notes = [{"note": f"The note {n} says that it rains.", "gist": f"Rain {n}."} for n in range(90)]
    write_lines(folder / "data/reviews/one.jsonl", reviews)
    write_lines(folder / "data/notes.jsonl", notes)
    return run_pipeline(folder / "pipeline.yaml", folder / "tables")


def mixed(context: Context, **rules: Any) -> list[dict[str, Any]]:
    """The rows of a mixture, with what `pairs` knows of each."""
    mixture = Mixture.model_validate({"mixture": "tried", **rules})
    mix(context, [mixture])
    context.ledger.flush()
    return rows_of(context, "tried")


def rows_of(context: Context, name: str) -> list[dict[str, Any]]:
    tables = Path(context.warehouse.root)
    pairs = {pair["pair_id"]: pair for pair in read_table(tables, "pairs")}
    rows = [row for row in read_table(tables, "mixture") if row["mixture"] == name]
    return [{**pairs[row["pair_id"]], **row} for row in rows]


def by(rows: Sequence[dict[str, Any]], *columns: str) -> dict[Any, int]:
    """Repeats by these columns."""
    counted: Counter[Any] = Counter()
    for row in rows:
        key = tuple(row[name] for name in columns)
        counted[key if len(columns) > 1 else key[0]] += row["repeats"]
    return dict(counted)


def account_of(context: Context, name: str = "tried") -> dict[tuple[str, str], int]:
    rows = read_table(Path(context.warehouse.root), "mixture_account")
    return {(row["task"], row["place"]): row["pairs"] for row in rows if row["mixture"] == name}


REVIEWS, NOTE = "reviews.sentiment", "notes.gist"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param({"parts": {"all": {"rule": "t0", "maximum": 500_000}}}, {REVIEWS: 600, NOTE: 90}, id="t0"),
        pytest.param(
            {"parts": {"a": {"clusters": ["opinions"], "share": 0.25}, "b": {"clusters": ["summ*"], "share": 0.75}},
             "budget": {"pairs": 80}}, {REVIEWS: 20, NOTE: 60}, id="fixed-shares-of-clusters"),
        pytest.param({"caps": {"cluster": 40}, "budget": {"pairs": 10_000}}, {REVIEWS: 40, NOTE: 40}, id="cap"),
    ],
)  # fmt: skip
def test_rules_give_the_numbers_they_say(made: Context, rules: dict[str, Any], expected: dict[str, int]) -> None:
    rows = mixed(made, **rules)
    found = by(rows, "task")
    assert found == expected
    assert len({row["pair_id"] for row in rows}) == len(rows)
    account = account_of(made)
    assert sum(account.values()) == 690
    assert {task: account[task, "mixture"] for task in found} == dict(Counter(row["task"] for row in rows))


def test_pairs_are_repeated_and_a_cap_is_of_different_ones(made: Context) -> None:
    rows = mixed(made, epochs=2, caps={"task": 37}, budget={"pairs": 100})
    assert sum(row["repeats"] for row in rows) == 100
    assert {row["repeats"] for row in rows} == {1, 2}
    assert Counter(row["task"] for row in rows) == {REVIEWS: 37, NOTE: 26}  # of 74 and 26 by rate


def test_an_example_has_no_more_pairs_than_its_cap_and_wordings_are_even(made: Context) -> None:
    rows = mixed(made, caps={"example": 1}, templates="even")
    assert max(Counter(row["example_id"] for row in rows).values()) == 1
    account = account_of(made)
    assert account[REVIEWS, "cap_example"] == 300
    wordings = by([row for row in rows if row["task"] == REVIEWS], "template")
    assert sum(wordings.values()) == 300
    assert all(abs(count - 150) < 45 for count in wordings.values())  # as draws fall: 5 standard deviations


def test_labels_are_balanced(made: Context) -> None:
    rows = mixed(made, balance_labels=1, inverts=False, budget={"pairs": 10_000})
    assert by([row for row in rows if row["task"] == REVIEWS], "gold_index") == {0: 100, 1: 100}
    assert account_of(made)[REVIEWS, "inverts"] == 300
    assert account_of(made)[REVIEWS, "balance_labels"] == 100


def test_a_fold_and_what_else_is_held_out_stay_out(made: Context) -> None:
    pairs = read_table(Path(made.warehouse.root), "pairs")
    fold = next(pair["fold"] for pair in pairs if pair["task"] == NOTE)
    rows = mixed(made, fold=fold)
    assert {row["task"] for row in rows} == {REVIEWS}
    assert not any(row["held_out_example"] for row in rows)
    held_out = sum(pair["task"] == REVIEWS and pair["held_out_example"] for pair in pairs)
    assert held_out and account_of(made)[REVIEWS, "held_out"] == held_out
    assert account_of(made)[NOTE, "held_out"] == 90


def test_a_smaller_budget_lies_within_a_larger_one(made: Context) -> None:
    taken: set[str] = set()
    for budget in (50, 51, 10_000):
        found = {row["pair_id"] for row in mixed(made, budget={"pairs": budget}, balance_labels=1.5)}
        assert taken <= found
        assert len(found) == min(budget, 690 - sum(
            pairs for (_, place), pairs in account_of(made).items() if place == "balance_labels"))  # fmt: skip
        taken = found


def test_a_token_budget_is_met_to_within_a_pair_or_so(made: Context) -> None:
    rows = mixed(made, budget={"tokens": 900})
    tokens = sum(row["tokens"] for row in rows)
    assert 850 < tokens < 950
    lengths = [-(-(row["prompt_chars"] + row["response_chars"]) // 4) for row in rows]
    assert lengths == [row["tokens"] for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_what_is_taken_does_not_depend_on_partitions(made: Context, partitions: int) -> None:
    before = made.spark.conf.get("spark.sql.shuffle.partitions")
    made.spark.conf.set("spark.sql.shuffle.partitions", str(partitions))
    try:
        rules = {"caps": {"example": 1}, "epochs": 2, "budget": {"pairs": 450}, "description": str(partitions)}
        made.ledger.entries.pop(("mix", "tried"), None)
        rows = mixed(made, **rules)
    finally:
        made.spark.conf.set("spark.sql.shuffle.partitions", str(before))
    found = sorted((row["pair_id"], row["repeats"], row["weight"]) for row in rows)
    assert sum(repeats for _, repeats, _ in found) == 450
    EXPECTED.setdefault("rows", found)
    assert found == EXPECTED["rows"]


EXPECTED: dict[str, Any] = {}  # what the first number of partitions gave


def test_a_mixture_that_is_up_to_date_writes_nothing(made: Context) -> None:
    mixed(made, budget={"pairs": 30})
    before = versions(Path(made.warehouse.root))
    mixed(made, budget={"pairs": 30})
    mixed(made, budget={"pairs": 30}, description="Said in other words.")
    assert versions(Path(made.warehouse.root)) == before
    mixed(made, budget={"pairs": 31})
    after = versions(Path(made.warehouse.root))
    assert {name for name in after if after[name] != before[name]} == {"mixture", "mixture_account", "ledger"}


@pytest.mark.slow
@pytest.mark.parametrize("table", ["mixture", "mixture_account"])
def test_a_mixture_that_dies_after_writing_a_table_is_made_again(
    made: Context, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = mixed(made, budget={"pairs": 60})
    real = Warehouse._write

    def write_and_die(self: Warehouse, written: Any, rows: Any, options: dict[str, str]) -> None:
        real(self, written, rows, options)
        if written.name == table:
            raise StepError("killed")

    with monkeypatch.context() as patch, pytest.raises(StepError, match="killed"):
        patch.setattr(Warehouse, "_write", write_and_die)
        mixed(made, budget={"pairs": 20})
    rows = mixed(made, budget={"pairs": 60})  # the change is taken back
    assert {row["pair_id"] for row in rows} == {row["pair_id"] for row in wanted}


def test_a_dry_run_writes_nothing_and_tells_what_would_be(made: Context, capsys: pytest.CaptureFixture[str]) -> None:
    before = versions(Path(made.warehouse.root))
    made.messages.level = 0
    try:
        run_named(made, ["flan_2021"], dry_run=True)
    finally:
        made.messages.level = -1
    told = capsys.readouterr().out
    assert "mixture flan_2021 (a plan; nothing was written): 390 pairs of 2 tasks" in told
    assert any(line.split() == ["cap_example", "300", "1", "390"] for line in told.splitlines())
    assert max(map(len, told.splitlines())) <= 80
    assert versions(Path(made.warehouse.root)) == before


def test_wordings_weigh_by_their_scores_and_bad_ones_are_dropped(made: Context) -> None:
    with pytest.raises(TableError, match="Run `taskmill templates rank` with the same --tables first"):
        mixed(made, templates="weighted")
    pairs = read_table(Path(made.warehouse.root), "pairs")
    ids = {pair["template"]: pair["template_id"] for pair in pairs}
    rows = [
        (ids["is_it_good"], "sentiment", "is_it_good", 9, 0.9),
        (ids["write_one"], "sentiment", "write_one", 9, 0.1),
    ]
    scores = made.spark.createDataFrame(
        rows, "template_id string, task_type string, template string, pairs long, score double"
    )
    scores.write.format("delta").save(f"{made.warehouse.root}/wording_scores")
    weighted = mixed(made, templates="weighted", budget={"pairs": 130})
    assert by(weighted, "template") == {"is_it_good": 90, "write_one": 10, "short": 30}
    kept = mixed(made, templates="weighted", drop_below=0.3)
    assert by(kept, "template") == {"is_it_good": 300, "short": 90}
    assert account_of(made)[REVIEWS, "drop_below"] == 300


def lines(folder: Path) -> list[list[dict[str, Any]]]:
    """The rows of every file, in order."""
    return [[json.loads(line) for line in path.read_text().splitlines()] for path in sorted(folder.glob("*.json"))]


def test_shards_are_even_shuffled_and_hold_every_repeat(
    made: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskmill.jobs.mixing.shards.STRETCH_PAIRS", 90)  # put in order in four stretches
    name = preset_like(made, "shards", "epochs: 1.5\nparts: {all: {rule: equal}}\nbudget: {pairs: 400}\n")
    run_named(made, [name])
    export(made, Export("chat", "jsonl", str(tmp_path / "out"), mixture=name, shards=7))
    shards = lines(tmp_path / "out/train")
    assert sorted(map(len, shards)) == [57, 57, 57, 57, 57, 57, 58]
    wanted = {row["pair_id"]: row["repeats"] for row in rows_of(made, name)}
    assert Counter(row["pair_id"] for shard in shards for row in shard) == wanted
    weights = {row["pair_id"]: row["weight"] for row in rows_of(made, name)}
    assert all(row["weight"] == weights[row["pair_id"]] for shard in shards for row in shard)
    for shard in shards:
        changes = sum(one["task"] != other["task"] for one, other in zip(shard, shard[1:], strict=False))
        assert changes > 10  # tasks alternate
    export(made, Export("chat", "jsonl", str(tmp_path / "again"), mixture=name, shards=7))
    assert lines(tmp_path / "again/train") == shards
    attribution = json.loads((tmp_path / "out/attribution.json").read_text())
    assert attribution["pairs"] == 400


def preset_like(context: Context, name: str, text: str) -> str:
    """Writes a file of a mixture beside the pipeline's own and lets the pipeline name it."""
    folder = Path(context.warehouse.root).parent / "mixtures"
    write(folder / f"{name}.yaml", f"mixture: {name}\n{text}")
    object.__setattr__(context.pipeline, "mixtures", (str(folder),))
    return name


def test_a_mixture_of_a_fold_is_exported_with_what_the_fold_holds_out(made: Context, tmp_path: Path) -> None:
    name = preset_like(made, "beside", "fold: 0\n")
    with pytest.raises(TableError, match="run `taskmill mix beside` first"):
        export(made, Export("text", "jsonl", str(tmp_path / "out"), mixture=name))
    run_named(made, [name])
    export(made, Export("text", "jsonl", str(tmp_path / "out"), mixture=name))
    sides = {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()}
    assert sides == {"train", "held_out", "held_out_examples"}
    preset_like(made, "beside", "fold: 1\n")
    with pytest.raises(TableError, match="by other rules; run `taskmill mix beside` again"):
        export(made, Export("text", "jsonl", str(tmp_path / "more"), mixture=name))
    with pytest.raises(ConfigError, match="is made for fold 1"):
        export(made, Export("text", "jsonl", str(tmp_path / "more"), fold=0, mixture=name))


def test_an_unknown_mixture_is_told_with_the_nearest(made: Context) -> None:
    with pytest.raises(ConfigError, match="there is no mixture 'flan_2012'.*Did you mean 'flan_2021'"):
        run_named(made, ["flan_2012"])
