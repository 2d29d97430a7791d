"""The command line: exit codes, messages, and no traceback for what an operator gets wrong. Spark is not started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from taskmill.jobs.cli import app

TASK_TYPE = """\
task_type: qa
description: Answer.
fields: {question: text, answer: text}
answer: answer
examples: [{question: "Why?", answer: Because.}]
templates:
  - {name: plain, prompt: "Q: {{ question }}", response: "{{ answer }}"}
"""


def taskmill(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def pipeline(folder: Path, task_type: str = TASK_TYPE, source: str = "") -> str:
    for name in ("templates", "sources", "data"):
        (folder / name).mkdir()
    (folder / "templates" / "qa.yaml").write_text(task_type)
    (folder / "sources" / "squad.yaml").write_text(
        "source: squad\nrevision: r1\nlicence: MIT\nlanguage: en\nread: {format: text, path: a.txt}\nsplit: train\n"
        f"tasks: {{qa: {{question: q, answer: a}}}}\n{source}"
    )
    (folder / "data" / "a.txt").touch()
    (folder / "pipeline.yaml").write_text("data: data\nsources: [sources]\ntemplates: [templates]\n")
    return str(folder / "pipeline.yaml")


def test_check_passes_the_bundled_sample() -> None:
    done = taskmill("check")
    assert done.exit_code == 0
    assert done.stdout.startswith("no mistakes: ")


def test_check_counts_and_lists_what_there_is(tmp_path: Path) -> None:
    done = taskmill("check", "--conf", pipeline(tmp_path), "-v")
    assert done.exit_code == 0
    counts, curve = done.stdout.split("near-duplicates: ")
    assert counts == (
        f"  squad.qa: cluster by similarity, 1 template, MIT\n"
        f"  qa/plain: kernels\n"
        f"no mistakes: 1 source, 1 task, 1 task type, 1 template (data: {tmp_path}/data)\n"
    )
    assert curve.startswith("Jaccard >= 0.8, 32 bands of 8; about 99.98% of them are found\n")
    assert "Jaccard similarity of a pair" in curve


def test_check_tells_every_mistake_and_exits_with_2(tmp_path: Path) -> None:
    conf = pipeline(tmp_path, TASK_TYPE.replace("{{ question", "{{ qestion"), "licens: MIT\n")
    done = taskmill("check", "--conf", conf)
    assert (done.exit_code, done.stdout) == (2, "")
    lines = done.stderr.splitlines()
    assert all(line.startswith("ConfigError: ") for line in lines[:-1])
    assert lines[-1] == f"{len(lines) - 1} mistakes; nothing was run"
    assert any("qa.yaml, line 7: plain.prompt: 'qestion' is not a field" in line for line in lines)
    assert any("squad.yaml, line 8: licens: unknown key" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        pytest.param(
            ["check", "--conf", "/no/such.yaml"], 2, "--conf '/no/such.yaml': there is no such file", id="conf"
        ),
        pytest.param(["check", "--set", "folds"], 2, "write key=value", id="set-without-value"),
        pytest.param(["check", "--set", "folds=none"], 2, "folds", id="set-wrong-value"),
        pytest.param(["check", "--set", "folds.x=1"], 2, "folds", id="set-below-a-number"),
        pytest.param(["check", "--set", "data=/no/such"], 2, "there is no folder '/no/such'", id="data"),
        pytest.param(["run", "--conf", "/no/such.yaml"], 2, "there is no such file", id="run-without-conf"),
        pytest.param(["export", "--out", "x", "--conf", "/no/such.yaml"], 2, "there is no such file", id="export"),
        pytest.param(["preview", "sumarization"], 2, "Did you mean 'summarization'?", id="preview-unknown"),
        pytest.param(["preview"], 2, "--in", id="preview-of-nothing"),
        pytest.param(["preview", "summarization", "--template", "no_such"], 2, "no wording 'no_such'", id="wording"),
        pytest.param(["preview", "summarization", "--out", "/no/such"], 2, "--out", id="out-without-in"),
        pytest.param(["preview", "summarization", "-n", "0"], 2, "-n", id="no-examples"),
        pytest.param(
            ["preview", "cafe_reviews", "--tables", "/no/such"], 1, "taskmill run --only ingest", id="no-table"
        ),
        pytest.param(["run", "--log", "jsn"], 2, "'text', 'json'", id="log"),
        pytest.param(["run", "--tables", __file__], 1, "is a file, and the tables need a folder", id="tables-a-file"),
        pytest.param(["run", "--tables", f"{__file__}/x"], 1, "no folder that can be written", id="tables-in-a-file"),
        pytest.param(["chek"], 2, "chek", id="unknown-command"),
    ],
)
def test_mistakes_of_the_operator(arguments: list[str], code: int, expected: str) -> None:
    done = taskmill(*arguments)
    assert done.exit_code == code, (done.output, done.exception)
    assert expected in done.output
    assert "Traceback" not in done.output


def test_export_without_tables_fails_and_creates_nothing(tmp_path: Path) -> None:
    tables = tmp_path / "NOT_THERE"
    done = taskmill("export", "--out", str(tmp_path / "out"), "--tables", str(tables))
    assert done.exit_code == 1
    assert f"TableError: export needs table 'pairs' under {str(tables)!r}, which does not exist" in done.output
    assert list(tmp_path.iterdir()) == []


def test_preview_shows_a_task_types_own_examples() -> None:
    done = taskmill("preview", "summarization")
    assert done.exit_code == 0
    assert "summarization · " in done.stdout


def test_preview_renders_a_file_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "qa.yaml").write_text(TASK_TYPE)
    (tmp_path / "rows.jsonl").write_text(
        '{"question": "Why?", "answer": "So."}\n\n{"question": "How?", "answer": null}\n'
    )
    out = tmp_path / "pairs.jsonl"
    done = taskmill(
        "preview", "--in", f"{tmp_path}/rows.jsonl", "--templates", f"{tmp_path}/qa.yaml", "--out", str(out)
    )
    assert done.exit_code == 0
    said = " ".join(done.output.split())
    assert said.startswith("2 lines written to")
    assert "1 of them refused" in said
    assert [json.loads(line) for line in out.read_text().splitlines()] == [
        {"row": 0, "template": "plain", "tier": "kernels", "choices": None, "parts": ["Q: Why?", "So."]},
        {"row": 1, "template": "plain", "tier": "kernels", "error": "missing_field", "detail": "answer"},
    ]  # fmt: skip


def test_help_names_every_command() -> None:
    done = taskmill("--help")
    assert done.exit_code == 0
    assert all(name in done.stdout for name in ("run", "check", "preview", "export", "doctor"))


def test_check_and_preview_do_not_load_spark() -> None:
    """They answer in a second; importing PySpark's SQL alone takes longer."""
    code = (
        "import sys; from typer.testing import CliRunner; from taskmill.jobs.cli import app\n"
        "for command in (['check'], ['preview', 'summarization'], ['--help']):\n"
        "    assert CliRunner().invoke(app, command).exit_code == 0\n"
        "print([name for name in sys.modules if name.startswith(('pyspark.sql', 'py4j', 'pandas'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
