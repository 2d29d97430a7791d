"""Public datasets as they are published, where TASKMILL_SHARED_DATA says they lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from taskmill.jobs.command import bundled_conf
from taskmill.jobs.storage.ledger import INGEST
from tests.conftest import Runner, read_table

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
# Rows as published: JSON Lines, TSV without a header, CSV with line breaks in cells, unquoted TSV, JSON documents.
SUBSET = {"gsm8k": 8_792, "mgsm": 1_750, "banking77": 10_003, "gap": 2_454, "klue_nli": 3_000, "jglue_jnli": 2_434}


@needs_data
def test_sources_give_every_published_row(run_pipeline: Runner, tmp_path: Path) -> None:
    names = ", ".join(str(bundled_conf() / f"sources/{name}.yaml") for name in SUBSET)
    overrides = [f"data={DATA}", f"sources=[{names}]", "templates_per_example=1"]
    context = run_pipeline(bundled_conf() / "pipeline.yaml", tmp_path / "tables", overrides)
    rows = {task.split(".")[0]: entry.counts.rows_in for task, entry in context.ledger.done(INGEST).items()}
    assert rows == SUBSET
    assert not read_table(tmp_path / "tables", "quarantine")
    # The first 250 test problems of gsm8k are mgsm's English ones, and mgsm is a benchmark.
    leaks = [row for row in read_table(tmp_path / "tables", "duplicates") if row["kind"] == "exact"]
    assert sum(row["task"].startswith("gsm8k.") and row["kept_task"].startswith("mgsm.") for row in leaks) == 250


@needs_data
@pytest.mark.slow
def test_all_sources_convert_and_every_sum_closes(run_pipeline: Runner, tmp_path: Path) -> None:
    overrides = [f"data={DATA}", "templates_per_example=1"]
    context = run_pipeline(bundled_conf() / "pipeline.yaml", tmp_path / "tables", overrides)
    entries = context.ledger.entries
    assert len({task for step, task in entries if step == INGEST}) >= 39
    assert all(entry.counts.missing == 0 for entry in entries.values())
    texts = [(pair["prompt"], pair["response"]) for pair in read_table(tmp_path / "tables", "pairs")]
    assert len(texts) == len(set(texts))
