"""Exported files: every form, both sides of a fold, nothing overwritten unasked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest

from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, TableError
from taskmill.jobs.export import Export
from taskmill.jobs.export import run as export
from tests.conftest import Runner, make_project, read_table, write


@pytest.fixture(scope="module")
def written(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Context, Path]:
    folder = tmp_path_factory.mktemp("export")
    make_project(folder)
    write(folder / "sources/notes.yaml", (folder / "sources/notes.yaml").read_text() + "do_not_train: true\n")
    return run_pipeline(folder / "pipeline.yaml", folder / "tables"), folder / "tables"


def lines(folder: Path) -> list[dict[str, Any]]:
    found = [line for path in folder.glob("*.json") for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in found]


def test_chat_has_messages_and_keeps_what_is_not_to_be_trained_on_out(
    written: tuple[Context, Path], tmp_path: Path
) -> None:
    context, tables = written
    export(context, Export("chat", "jsonl", str(tmp_path / "out")))
    pairs = {pair["pair_id"]: pair for pair in read_table(tables, "pairs") if not pair["do_not_train"]}
    found = {line["pair_id"]: line["messages"] for line in lines(tmp_path / "out/train")}
    assert found == {
        pair_id: [{"role": "user", "content": pair["prompt"]}, {"role": "assistant", "content": pair["response"]}]
        for pair_id, pair in pairs.items()
    }


@pytest.mark.parametrize("fold", [0, 1])
def test_a_fold_is_on_one_side_only(written: tuple[Context, Path], tmp_path: Path, fold: int) -> None:
    context, tables = written
    export(context, Export("prompt_completion", "parquet", str(tmp_path / "out"), fold=fold, labels=True))
    names = ("train", "held_out", "held_out_examples")
    sides = {side: ds.dataset(tmp_path / "out" / side).to_table().to_pylist() for side in names}
    pairs = {pair["pair_id"]: pair for pair in read_table(tables, "pairs")}
    assert all(row["fold"] != fold for row in sides["train"])
    assert {row["pair_id"] for row in sides["held_out"]} == {key for key, pair in pairs.items() if pair["fold"] == fold}
    new = {key for key, pair in pairs.items() if pair["fold"] != fold and pair["held_out_example"]}
    assert {row["pair_id"] for row in sides["held_out_examples"]} == new
    groups = {side: {pairs[row["pair_id"]]["group_id"] for row in rows} for side, rows in sides.items()}
    assert not groups["train"] & groups["held_out_examples"]
    assert not {row["task_cluster"] for row in sides["train"]} & {row["task_cluster"] for row in sides["held_out"]}


@pytest.mark.parametrize(
    ("form", "columns"),
    [
        ("alpaca", {"instruction", "input", "output"}),
        ("text", {"text"}),
        ("prompt_completion", {"prompt", "completion"}),
    ],
)
def test_forms_have_their_columns(written: tuple[Context, Path], tmp_path: Path, form: str, columns: set[str]) -> None:
    export(written[0], Export(form, "jsonl", str(tmp_path / "out"), labels=False))
    assert {frozenset(line) for line in lines(tmp_path / "out/train")} == {frozenset(columns)}


def test_what_is_there_is_not_overwritten_unasked(written: tuple[Context, Path], tmp_path: Path) -> None:
    export(written[0], Export("text", "jsonl", str(tmp_path / "out")))
    with pytest.raises(TableError, match="--overwrite"):
        export(written[0], Export("text", "jsonl", str(tmp_path / "out")))
    export(written[0], Export("text", "jsonl", str(tmp_path / "out"), overwrite=True))


def test_tables_without_pairs_are_not_exported(run_pipeline: Runner, tmp_path: Path) -> None:
    make_project(tmp_path)
    context = run_pipeline(tmp_path / "pipeline.yaml", tmp_path / "tables", only=["ingest"])
    with pytest.raises(TableError, match="table 'pairs' under .* has no rows"):
        export(context, Export("chat", "jsonl", str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "wrong", [Export("xml", "jsonl", "x"), Export("chat", "csv", "x"), Export("chat", "jsonl", "x", 9)]
)
def test_wrong_choices_are_refused_before_anything_is_read(written: tuple[Context, Path], wrong: Export) -> None:
    with pytest.raises(ConfigError, match="known|folds are 0 to 1"):
        export(written[0], wrong)
