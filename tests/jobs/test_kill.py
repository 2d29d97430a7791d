"""A run that is killed with SIGKILL at a random moment, and run again, gives what an undisturbed run gives."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import GIST, SENTIMENT, Runner, make_project, read_table, write, write_lines

KILLS_BY_SEED = 2


@pytest.fixture(scope="module")
def undisturbed(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The changed project and its tables made by one run, and roughly how long a run takes as a process."""
    folder = tmp_path_factory.mktemp("undisturbed")
    make_project(folder, compares=True)
    change(folder)
    begun = time.monotonic()
    assert start(folder).wait(timeout=300) == 0
    return folder, time.monotonic() - begun


def change(folder: Path) -> None:
    """Every kind of change at once: new rows, bad rows, an edited wording, a source less."""
    write_lines(
        folder / "data/reviews/two.jsonl", [{"id": 50, "text": "New.", "label": 1}, {"text": "Bad.", "label": 9}]
    )
    write(folder / "templates/sentiment.yaml", SENTIMENT.replace("Good or bad?", "Is that good or bad?"))
    write(folder / "templates/gist.yaml", GIST.replace("Shorten:", "Cut:"))


def start(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "taskmill.jobs.cli", "run", "-q"]
    places = ["--conf", str(folder / "pipeline.yaml"), "--tables", str(folder / "tables")]
    return subprocess.Popen([*command, *places], start_new_session=True)


def pairs_of(folder: Path) -> dict[str, tuple[str, str, int]]:
    return {
        row["pair_id"]: (row["prompt"], row["response"], row["fold"]) for row in read_table(folder / "tables", "pairs")
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_killed_run_is_completed_by_the_next(seed: int, undisturbed: tuple[Path, float], tmp_path: Path) -> None:
    finished, seconds = undisturbed
    moments = random.Random(seed)
    make_project(tmp_path, compares=True)
    if seed % 2:  # the change is then an update of tables that are there; else everything is new
        assert start(tmp_path).wait(timeout=300) == 0
    change(tmp_path)
    for name in ("reviews/one.jsonl", "reviews/two.jsonl", "notes.jsonl"):
        shutil.copystat(finished / "data" / name, tmp_path / "data" / name)
    for _ in range(KILLS_BY_SEED):
        process = start(tmp_path)
        time.sleep(moments.uniform(0.3, 1.0) * seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
    assert start(tmp_path).wait(timeout=300) == 0
    assert pairs_of(tmp_path) == pairs_of(finished)
    quarantined = [
        {tuple(row["reasons"]) for row in read_table(folder / "tables", "quarantine")}
        for folder in (tmp_path, finished)
    ]
    assert quarantined[0] == quarantined[1]
    for name in ("duplicates", "groups", "contamination"):
        rows = [sorted(map(str, read_table(folder / "tables", name))) for folder in (tmp_path, finished)]
        assert rows[0] == rows[1], name
    assert [row["task"] for row in read_table(tmp_path / "tables", "tasks")] == ["notes.gist", "reviews.sentiment"]
