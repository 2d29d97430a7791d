"""Forms of pairs from the pipeline file to tables and exported files, with sums that close."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.command import Options, load
from taskmill.jobs.commands import preview
from taskmill.jobs.context import Context
from taskmill.jobs.export import Export
from taskmill.jobs.export import run as export
from tests.conftest import Row, Runner, make_project, read_table, write

QUIZ = """\
task_type: sentiment
description: Is a review good?
fields: {text: text, label: choice}
answer: label
choices: [bad, good, mixed]
shrinks: [text]
templates:
  - {name: which, prompt: "{{ text }} Good or bad?", response: "{{ choices[label] }}"}
  - {name: pick, prompt: "Pick one for: {{ text }}\\n{{ choices | bulleted }}", response: "{{ choices[label] }}"}
  - {name: write_one, inverts: true, prompt: "Write a {{ choices[label] }} review.", response: "{{ text }}"}
"""
FORMS = """\
forms:
  tasks:
    reviews.*:
      options: {listed: 0.6, styles: {letters: 1, numbers: 1}, by_label: 0.5, shuffled: 1.0}
      inverted: 0.3
      system: {rate: 0.5, messages: [Be brief.]}
"""


@pytest.fixture(scope="module")
def written(run_pipeline: Runner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Context, Path]:
    folder = tmp_path_factory.mktemp("forms")
    make_project(folder)
    write(folder / "templates/sentiment.yaml", QUIZ)
    write(folder / "pipeline.yaml", (folder / "pipeline.yaml").read_text() + FORMS)
    return run_pipeline(folder / "pipeline.yaml", folder / "tables"), folder


def pairs_of(folder: Path) -> dict[str, Row]:
    return {pair["pair_id"]: pair for pair in read_table(folder / "tables", "pairs")}


def test_pairs_have_their_form_and_sums_close(written: tuple[Context, Path]) -> None:
    pairs = pairs_of(written[1])
    formed = [pair for pair in pairs.values() if pair["task"] == "reviews.sentiment"]
    answers = {row["example_id"]: row["answer"] for row in read_table(written[1] / "tables", "examples")}
    assert {pair["example_id"] for pair in formed} == {pair["example_id"] for pair in formed if pair["form"]}
    assert {pair["system"] for pair in formed} == {"Be brief.", None}
    for pair in formed:
        assert ("system" in pair["form"]) == (pair["system"] is not None)
        assert ("inverted" in pair["form"]) == pair["inverts"] == (pair["gold_index"] is None)
        if not pair["inverts"]:
            assert sorted(pair["choices"]) == ["bad", "good", "mixed"]
            assert pair["choices"][pair["gold_index"]] == answers[pair["example_id"]]
            by_label = "answer:label" in pair["form"]
            label = {"options:letters": "ABC", "options:numbers": "123"}.get(pair["form"][0], "")
            assert pair["response"] == (label[pair["gold_index"]] if by_label else answers[pair["example_id"]])
    assert {tuple(pair["choices"]) for pair in formed if "order:shuffled" in pair["form"]} > {("bad", "good", "mixed")}
    assert all(pair["form"] == [] and pair["system"] is None for pair in pairs.values() if pair not in formed)
    rows = [row for row in read_table(written[1] / "tables", "ledger") if row["task"] == "reviews.sentiment"]
    (counted,) = [row for row in rows if row["step"] == "deduplicate_pairs" and row["status"] == "done"]
    assert (counted["rows_in"], counted["rows_out"]) == (60, len(formed))
    assert counted["not_selected"] == 60 - len(formed)


@pytest.mark.parametrize("form", ["chat", "prompt_completion", "alpaca", "text"])
def test_exports_do_not_lose_the_system_message(written: tuple[Context, Path], tmp_path: Path, form: str) -> None:
    export(written[0], Export(form, "jsonl", str(tmp_path / "out")))
    lines = [
        json.loads(line) for path in (tmp_path / "out/train").glob("*.json") for line in path.read_text().splitlines()
    ]
    pairs = pairs_of(written[1])
    assert {line["pair_id"] for line in lines} == pairs.keys()
    for line in lines:
        pair = pairs[line["pair_id"]]
        system, prompt, response = pair["system"], pair["prompt"], pair["response"]
        asked = prompt if system is None else f"{system}\n\n{prompt}"
        messages = [{"role": "user", "content": prompt}, {"role": "assistant", "content": response}]
        expected: dict[str, dict[str, Any]] = {
            "chat": {"messages": [{"role": "system", "content": system}, *messages] if system else messages},
            "prompt_completion": {"prompt": asked, "completion": response},
            "alpaca": {"instruction": asked, "input": "", "output": response},
            "text": {"text": f"{asked}\n\n{response}"},
        }
        assert expected[form].items() <= line.items()


def test_a_preview_shows_the_pairs_as_they_are_in_the_tables(
    written: tuple[Context, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    options = Options(written[1] / "pipeline.yaml", str(written[1] / "tables"))
    preview.show(options, "reviews", 30, None)
    told = capsys.readouterr().out
    for pair in pairs_of(written[1]).values():
        if pair["task"] == "reviews.sentiment":
            assert f"{pair['system'] or ''}\n\n{pair['prompt']}\n{pair['response']}\n".strip() in told
            assert ", ".join(pair["form"]) in told


def test_another_rate_renders_its_tasks_again_and_no_others(
    run_pipeline: Runner, written: tuple[Context, Path]
) -> None:
    folder = written[1]
    before = pairs_of(folder)
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables", ["forms.system={rate: 0.0}", "report=false"])
    assert pairs_of(folder) == before  # the task sets its own
    write(folder / "pipeline.yaml", (folder / "pipeline.yaml").read_text().replace("rate: 0.5", "rate: 1.0"))
    context = run_pipeline(folder / "pipeline.yaml", folder / "tables")
    after = pairs_of(folder)
    assert after.keys() == before.keys()
    for name, pair in after.items():
        mine = pair["task"] == "reviews.sentiment"
        assert (pair["run_id"] == context.run_id) == mine
        assert pair["prompt"] == before[name]["prompt"]
        assert (pair["system"] == "Be brief.") == mine


def test_every_mistake_in_forms_is_told(project: Path) -> None:
    wrong = """\
forms:
  options: {styles: {leters: 1}, shufled: 1}
  inverted: 1.5
  system: {rate: 0.5}
"""
    write(project / "pipeline.yaml", (project / "pipeline.yaml").read_text() + wrong)
    with pytest.raises(Exception) as told:
        load(Options(project / "pipeline.yaml", str(project / "tables")))
    for said in ("'leters'", "Did you mean 'letters'", "'shuffled'", "forms.inverted", "messages: [You are"):
        assert said in str(told.value)
