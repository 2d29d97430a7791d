"""The same run through spark-submit on a standalone cluster with two worker processes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import Runner, read_table

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_cluster_gives_the_pairs_of_local_mode(run_pipeline: Runner, project: Path) -> None:
    run_pipeline(project / "pipeline.yaml", project / "local")
    command = [ROOT / "scripts/standalone_cluster", ROOT / "jobs/run.py"]
    arguments = ["--conf", project / "pipeline.yaml", "--tables", project / "cluster"]
    done = subprocess.run([*command, *arguments], cwd=project, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    pairs = {
        where: {row["pair_id"]: row for row in read_table(project / where, "pairs")} for where in ("local", "cluster")
    }
    assert pairs["cluster"].keys() == pairs["local"].keys()
    for pair_id, pair in pairs["local"].items():
        assert {**pair, "run_id": ""} == {**pairs["cluster"][pair_id], "run_id": ""}
