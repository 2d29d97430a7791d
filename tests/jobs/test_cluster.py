"""The same run through spark-submit on a standalone cluster with two worker processes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Runner, read_table
from tests.jobs.duplicates.test_near_duplicates import make as near_duplicates
from tests.jobs.test_decontaminate import make as overlaps

ROOT = Path(__file__).resolve().parents[2]
COMPARED = ("duplicates", "contamination")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "settings", "kind"),
    [(near_duplicates, "words: 3", "near"), (overlaps, "", "same_question")],
    ids=["near-duplicates", "overlaps"],
)
def test_a_cluster_gives_the_tables_of_local_mode(
    run_pipeline: Runner, tmp_path: Path, make: Callable[[Path, str], Path], settings: str, kind: str
) -> None:
    pipeline = make(tmp_path, settings)
    run_pipeline(pipeline, tmp_path / "local")
    command = [ROOT / "scripts/standalone_cluster", ROOT / "jobs/run.py"]
    arguments = ["--conf", pipeline, "--tables", tmp_path / "cluster"]
    done = subprocess.run(
        [*command, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr[-5000:]
    for name in ("pairs", "duplicates", "groups", "contamination"):
        found = [rows_of(tmp_path / where, name) for where in ("local", "cluster")]
        assert found[0] == found[1], name
    assert kind in {row["kind"] for name in COMPARED for row in read_table(tmp_path / "local", name)}


def rows_of(tables: Path, name: str) -> list[str]:
    return sorted(str({**row, "run_id": ""}) for row in read_table(tables, name))
