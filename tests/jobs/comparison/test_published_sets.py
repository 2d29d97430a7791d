"""Published instruction data, where TASKMILL_SHARED_DATA says it lies: what is known of it is what is found."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from taskmill.jobs.command import Options
from taskmill.jobs.comparison.compare import Wanted, compared
from taskmill.jobs.comparison.rows import OTHER, OURS
from tests.jobs.comparison.sets import write_lines

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")


@pytest.mark.slow
@pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
def test_word_problems_beside_defined_tasks(tmp_path: Path) -> None:
    """Each instance of Super-NaturalInstructions repeats the definition of its task; GSM8K has no template, one kind of
    task, and long answers."""
    rows = [
        {"instruction": task["Definition"][0], "input": one["input"], "output": one["output"][0]}
        for path in sorted(Path(DATA, "super_natural_instructions").rglob("task*.json"))
        for task in [json.loads(path.read_text(encoding="utf-8"))]
        for one in task["Instances"][:20]
    ]
    ours = write_lines(tmp_path / "defined.jsonl", rows)
    found = compared(Options(), Wanted(Path(DATA, "gsm8k/test.jsonl.gz"), ours=ours))
    assert found.other.reading.forms == {"question_answer": 1_319} and not found.other.reading.refused
    stronger = {row.measure.key: row.stronger for group in found.groups for row in group.rows}
    assert stronger["prompt_fixed_wording"] == stronger["prompt_shared_openings"] == OTHER
    assert stronger["verbs_different"] == stronger["closed_answers"] == OURS
    assert stronger["languages_effective"] is None
