"""Previews: of task types, and from rows in a file to pairs in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.catalog.catalog import Catalog
from taskmill.jobs.command import Options, load
from taskmill.jobs.commands import preview
from taskmill.jobs.commands.preview import render_file, show
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.errors import ConfigError, TableError

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
TASK_TYPE = """\
task_type: quiz
description: Answer.
fields: {question: text, options: list<text>, label: choice, hint: "text?"}
answer: label
choices: options
examples:
  - {question: "Which [bold]flies[/bold]?", options: [bird, fish], label: 0}
templates:
  - name: plain
    prompt: "{{ question }} {{ options | comma_list }}"
    response: "{{ choices[label] }}"
  - name: hinted
    needs: [hint]
    prompt: "{{ question }} ({{ hint }})"
    response: "{{ choices[label] }}"
"""
ROWS: list[Any] = [
    {"question": "Which swims?", "options": ["bird", "fish"], "label": 1, "hint": None},
    {"question": "Which flies?", "options": ["bird", "fish"], "label": 0, "hint": "feathers"},
    {"question": None, "options": ["bird", "fish"], "label": 0},
    {"question": "Which crawls?", "options": ["ant", "owl"], "label": 2},
]
KERNELS = {"tier": "kernels"}
PAIRS: list[Any] = [
    {"row": 0, "template": "plain", **KERNELS, "choices": ["bird", "fish"],
     "parts": ["Which swims? bird, fish", "fish"]},
    {"row": 0, "template": "hinted", **KERNELS, "error": "not_drawn", "detail": "needs hint"},
    {"row": 1, "template": "plain", **KERNELS, "choices": ["bird", "fish"],
     "parts": ["Which flies? bird, fish", "bird"]},
    {"row": 1, "template": "hinted", **KERNELS, "choices": ["bird", "fish"],
     "parts": ["Which flies? (feathers)", "bird"]},
    {"row": 2, "template": "plain", **KERNELS, "error": "missing_field", "detail": "question"},
    {"row": 2, "template": "hinted", **KERNELS, "error": "missing_field", "detail": "question"},
    {"row": 3, "template": "plain", **KERNELS, "error": "undefined_value",
     "detail": "UndefinedError: list object has no element 2"},
    {"row": 3, "template": "hinted", **KERNELS, "error": "not_drawn", "detail": "needs hint"},
]  # fmt: skip


def files(tmp_path: Path, rows: list[Any], task_type: str = TASK_TYPE) -> tuple[Path, Path, Path]:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "quiz.yaml").write_text(task_type, encoding="utf-8")
    return tmp_path / "rows.jsonl", tmp_path / "quiz.yaml", tmp_path / "pairs.jsonl"


def written(out: Path) -> list[Any]:
    return [json.loads(line) for line in out.read_text(encoding="utf-8").split("\n") if line]


def test_render_file_writes_pairs_and_refusals(tmp_path: Path) -> None:
    rows, templates, out = files(tmp_path, ROWS)
    render_file(rows, templates, out, None)
    assert written(out) == PAIRS


def test_render_file_takes_one_wording(tmp_path: Path) -> None:
    rows, templates, out = files(tmp_path, ROWS[:2])
    render_file(rows, templates, out, "hinted")
    assert written(out) == [PAIRS[1], PAIRS[3]]


@pytest.mark.parametrize("text", ["a\u2028b", "a\u0085b", "a\u001eb", '你 é \\n "q"'], ids=ascii)
def test_render_file_keeps_every_letter(tmp_path: Path, text: str) -> None:
    rows, templates, out = files(tmp_path, [{"question": text, "options": ["x", "y"], "label": 0}])
    render_file(rows, templates, out, "plain")
    assert [line["parts"] for line in written(out)] == [[f"{text} x, y", "x"]]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([{"question": "q", "options": 5, "label": 0}], "options", id="no-list"),
        pytest.param([{"question": "q", "options": ["a", "b"], "label": "b"}], "label", id="label-as-text"),
    ],
)
def test_render_file_refuses_rows_of_other_types(tmp_path: Path, rows: list[Any], expected: str) -> None:
    paths = files(tmp_path, rows)
    render_file(*paths, None)
    assert all("error" in line for line in written(paths[2]))


@pytest.mark.parametrize(
    ("rows", "task_type", "template", "expected"),
    [
        pytest.param(["{"], TASK_TYPE, None, "line 1: not valid JSON", id="no-json"),
        pytest.param(["", "[1]"], TASK_TYPE, None, "line 2: not a JSON object", id="no-object"),
        pytest.param([], TASK_TYPE, "palin", "no wording 'palin' (it has: hinted, plain). Did you mean 'plain'?",
                     id="unknown-wording"),
        pytest.param([], TASK_TYPE.replace("question }} (", "qestion }} ("), None, "line 14: hinted.prompt: 'qestion'",
                     id="mistake-in-a-wording"),
        pytest.param([], TASK_TYPE.replace("answer:", "anwser:"), None, "Did you mean 'answer'?", id="unknown-key"),
    ],
)  # fmt: skip
def test_render_file_refuses(
    tmp_path: Path, rows: list[Any], task_type: str, template: str | None, expected: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        render_file(*files(tmp_path, rows, task_type), template)
    assert expected in str(caught.value)


@pytest.mark.parametrize("given", [(True, False), (False, True)], ids=["only-rows", "only-templates"])
def test_render_file_needs_both_files(tmp_path: Path, given: tuple[bool, bool]) -> None:
    rows, templates, out = files(tmp_path, [])
    with pytest.raises(ConfigError, match=r"both --in ROWS\.jsonl and --templates"):
        render_file(rows if given[0] else None, templates if given[1] else None, out, None)


def test_render_file_says_which_file_is_missing(tmp_path: Path) -> None:
    rows, templates, out = files(tmp_path, [])
    with pytest.raises(ConfigError, match=r"gone\.jsonl'?: cannot be read"):
        render_file(tmp_path / "gone.jsonl", templates, out, None)
    with pytest.raises(ConfigError, match=r"gone\.yaml: cannot be read"):
        render_file(rows, tmp_path / "gone.yaml", out, None)
    with pytest.raises(ConfigError, match="--out"):
        render_file(rows, templates, tmp_path / "gone" / "out.jsonl", None)


def test_render_file_shows_square_brackets_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"question": "Which [bold]flies[/bold]?", "options": ["bird", "fish"], "label": 0}
    rows, templates, _ = files(tmp_path, [row])
    render_file(rows, templates, None, None)
    assert "Which [bold]flies[/bold]? bird, fish" in capsys.readouterr().out


@pytest.fixture(scope="module")
def loaded() -> tuple[Pipeline, Catalog]:
    """The bundled sample, read once: checking all of it takes a second."""
    return load(Options())


@pytest.mark.parametrize("name", sorted(path.stem for path in TEMPLATES.glob("*.yaml")))
def test_show_previews_every_task_type(
    name: str,
    loaded: tuple[Pipeline, Catalog],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(preview, "load", lambda _options: loaded)
    show(Options(), name, 3, None)
    shown = capsys.readouterr().out
    assert shown.count(f"{name} · ") >= 8
    assert "refused" not in shown


def test_show_refuses_unknown_names() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'summarization'"):
        show(Options(), "sumarization", 1, None)


def test_show_says_how_to_get_a_sources_examples(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="taskmill run --only ingest"):
        show(Options(tables=str(tmp_path)), "cafe_reviews", 1, None)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            "harbour_reviews", ["harbour_reviews.sentiment_classification: form few_shot is made"], id="shots"
        ),
        pytest.param("museum_reading", ["museum_reading.extractive_qa: form multi_turn is made"], id="dialogues"),
        pytest.param("cafe_reviews", [], id="none"),
    ],
)
def test_show_says_which_forms_only_runs_make(
    source: str, expected: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(preview, "_stored_fields", lambda root, task, count: (["a" * 32], [task.task_type.examples[0]]))
    show(Options(), source, 1, None)
    told = [line for line in capsys.readouterr().out.splitlines() if "made" in line and "form" in line]
    assert [line[: len(start)] for line, start in zip(told, expected, strict=True)] == expected


@pytest.mark.parametrize("count", [1, 19, 20, 1_100])
def test_render_file_gives_a_line_for_each_row_and_wording(tmp_path: Path, count: int) -> None:
    """However many rows are rendered at once."""
    rows = [{**ROWS[number % 4], "question": f"Q{number}"} for number in range(count)]
    paths = files(tmp_path, rows)
    render_file(*paths, None)
    lines = written(paths[2])
    assert [(line["row"], line["template"]) for line in lines] == [
        (row, name) for row in range(count) for name in ("plain", "hinted")
    ]
    assert all(line["parts"][0].startswith(f"Q{line['row']} ") for line in lines if "parts" in line)


PUBLISHED = """\
dataset: trec
templates:
  6c55ac28-c4e3-4b3b-a4cd-79bcf5e2fb47: !Template
    answer_choices: Cat ||| Dog
    id: 6c55ac28-c4e3-4b3b-a4cd-79bcf5e2fb47
    jinja: "{{ text_a }} {% if label == 2 %}{% else %}? ||| {{ answer_choices[label] }}{% endif %}"
    metadata: !TemplateMetadata {choices_in_prompt: false, languages: [en], metrics: [Accuracy], original_task: true}
    name: which
    reference: ''
"""


def published_lines(tmp_path: Path, **switches: bool) -> list[Any]:
    rows = [{"text-a": "Miaow ||| purr", "label": 0}, {"text-a": "Woof", "label": -1}, {"text-a": "?", "label": 2}]
    rows_file, templates, out = files(tmp_path, rows, PUBLISHED)
    render_file(rows_file, templates, out, None, "promptsource", **switches)
    return written(out)


def test_render_file_renders_published_templates(tmp_path: Path) -> None:
    same = {"template": "which", "tier": "kernels", "choices": ["Cat", "Dog"]}
    assert published_lines(tmp_path, guards=False) == [
        {"row": 0, **same, "parts": ["Miaow ||| purr ?", "Cat"]},
        {"row": 1, **same, "parts": ["Woof ?", "Dog"]},
        {"row": 2, **same, "parts": ["?"]},
    ]


def test_render_file_guards_published_templates(tmp_path: Path) -> None:
    guarded = published_lines(tmp_path)[1]
    assert guarded["error"] == "label_out_of_range"
    assert guarded["detail"] == "LabelError: -1 is not an index into 2 items"
