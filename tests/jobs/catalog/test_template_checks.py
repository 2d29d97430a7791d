"""Mistakes of task types, each told with file, line and the nearest right name."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
import yaml

from taskmill.jobs.catalog.template_checks import mistakes_of, used_fields
from taskmill.jobs.configuration.config import TaskType, read_model
from taskmill.jobs.configuration.positions import load_document

CHOICE = """\
task_type: nli
description: Does it follow?
fields: {premise: text, hypothesis: text, label: choice}
answer: label
choices: ["Yes", "No"]
examples:
  - {premise: p, hypothesis: h, label: 0}
templates:
  - name: first
    prompt: |-
      {{ premise }}

      {{ hypothesis }} {{ choices | either_or }}
    response: "{{ choices[label] }}"
  - name: second
    inverts: true
    prompt: "Write after {{ premise }} so that it is {{ choices[label] }}"
    response: "{{ hypothesis }}"
"""
TEXT = """\
task_type: qa
description: Answer.
fields: {question: text, answer: text, score: number, names: list<text>, hint: "text?"}
answer: answer
templates:
  - name: first
    prompt: "{{ question }} {{ score }} {{ names | join }}{% if hint %}{{ hint }}{% endif %}"
    response: "It is {{ answer }}."
"""
LIBRARY = sorted((Path(__file__).resolve().parents[3] / "templates").glob("*.yaml"))


def mistakes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "nli.yaml"
    path.write_text(text, encoding="utf-8")
    document = load_document(path)
    task_type, wrong = read_model(TaskType, document)
    assert task_type is not None, wrong
    return [message.removeprefix(f"{tmp_path}/") for message in mistakes_of(task_type, document)]


def wording(prompt: str, response: str, name: str = "third", more: str = "") -> str:
    """One more template, whose prompt begins on its third line."""
    return f"  - name: {name}\n{more}    prompt: |-\n{indent(prompt, ' ' * 6)}\n    response: |-\n      {response}\n"


@pytest.mark.parametrize("text", [CHOICE, TEXT], ids=["choice", "text"])
def test_a_sound_task_type_has_no_mistakes(tmp_path: Path, text: str) -> None:
    assert mistakes(tmp_path, text) == []


@pytest.mark.parametrize(
    ("prompt", "response", "expected"),
    [
        pytest.param(
            "{{ premise }}\n\nand {{ hypotesis }}", "{{ choices[label] }}",
            "line 23: third.prompt: 'hypotesis' is not a field of task type 'nli' (it has: choices, hypothesis, label, "
            "premise, range). Did you mean 'hypothesis'?", id="undefined-name-on-the-third-line",
        ),
        pytest.param("{{ premise }}", "{{ choices[lable] }}", "line 23: third.response: 'lable' is not a field",
                     id="undefined-name-in-the-response"),
        pytest.param("{{ premise }}\n{{ premise | uper }}", "{{ choices[label] }}",
                     "line 22: third.prompt: No filter named 'uper'", id="unknown-filter"),
        pytest.param("{{ premise | uper }}", "{{ choices[label] }}", "Did you mean 'upper'?", id="nearest-filter"),
        pytest.param("{{ premise is strng }}", "{{ choices[label] }}", "Did you mean 'string'?", id="nearest-test"),
        pytest.param("{% if premise is strng %}a{% endif %}", "{{ choices[label] }}", "Did you mean 'string'?",
                     id="nearest-test-in-an-if"),
        pytest.param("a\nb\n{% if premise %}c", "{{ choices[label] }}", "line 23: third.prompt: Unexpected end of",
                     id="open-if"),
        pytest.param("{{ premise }", "{{ choices[label] }}", "line 21: third.prompt: unexpected '}'", id="open-slot"),
        pytest.param("{% include 'x' %}", "{{ choices[label] }}", "line 21: third.prompt: 'include' is not allowed",
                     id="include"),
        pytest.param("{{ premise.__class__ }}", "{{ choices[label] }}", "template_refused", id="attack"),
        pytest.param("{{ premise.nosuch }}", "{{ choices[label] }}", "line 19: third: this gold answer cannot occur",
                     id="no-such-attribute"),
        pytest.param("{{ premise }}", "{% if label == 0 %}Yes{% endif %}",
                     "line 19: third: this gold answer cannot occur when label is 1: empty_response",
                     id="gold-answer-that-cannot-occur"),
        pytest.param("{{ premise }}", "{{ ['Yes'][label] }}", "this gold answer cannot occur when label is 1: undef",
                     id="index-that-cannot-occur"),
        pytest.param("{{ premise }} {{ choices[label] }}", "{{ choices[label] }}",
                     "line 19: third: the response 'Yes' is copied into its own prompt", id="answer-in-the-prompt"),
        pytest.param("{{ premise }}", "Yes", "line 19: third: the response is the same for every label", id="constant"),
        pytest.param("{{ premise }}\n{{ hypothesis }}  {{ choices | either_or }}", "{{ choices[label] }}",
                     "line 19: third: the same wording as 'first'; remove one", id="same-wording"),
    ],
)  # fmt: skip
def test_mistakes_of_a_wording(tmp_path: Path, prompt: str, response: str, expected: str) -> None:
    found = mistakes(tmp_path, CHOICE + wording(prompt, response))
    assert any(expected in message for message in found), found
    assert all(message.startswith("nli.yaml, line ") for message in found)


@pytest.mark.parametrize(
    "head",
    ["|-", ">-", "|", "|2-"],
    ids=["literal", "folded", "literal-kept", "with-indentation"],
)
def test_line_of_an_undefined_name_in_a_block_scalar(tmp_path: Path, head: str) -> None:
    step = " " * 6
    text = f"  - name: third\n    prompt: {head}\n{step}{{{{ premise }}}}\n{step}{{{{ nosuch }}}}\n    response: r\n"
    whole = CHOICE + text
    right = next(number for number, line in enumerate(whole.splitlines(), 1) if "nosuch" in line)
    assert any(f"line {right}: third.prompt: 'nosuch'" in found for found in mistakes(tmp_path, whole))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("answer: label", "answer: lable", ["line 4: answer: no field 'lable'", "Did you mean 'label'?"],
                     id="answer"),
        pytest.param("answer: label", "answer: label\nexplanation: [why]", ["line 5: explanation: no field 'why'"],
                     id="explanation"),
        pytest.param("label: choice}", 'label: "choice?"}', ["line 4: answer: 'label' is optional"], id="optional"),
        pytest.param("label: choice}", "label: integer}", ["line 5: choices: no field has the type choice"],
                     id="choices-without-a-choice"),
        pytest.param('["Yes", "No"]', "premise", ["line 5: choices: 'premise' is not a field of type list<text>"],
                     id="choices-in-a-text"),
        pytest.param('["Yes", "No"]', "optoins", ["line 5: choices: 'optoins' is not a field"], id="choices-nowhere"),
        pytest.param('["Yes", "No"]', '["Yes", "Yes"]', ["line 5: choices: two or more different"], id="choices-twice"),
        pytest.param('["Yes", "No"]', '["Yes"]', ["line 5: choices: two or more different"], id="one-choice"),
        pytest.param("label: choice}", "label: choice, range: text}", ["line 3: fields: 'range' has a meaning"],
                     id="field-named-range"),
        pytest.param("label: choice}", "label: choice, extra: text}", ["line 3: fields: no wording uses 'extra'"],
                     id="unused-field"),
        pytest.param("hypothesis: h,", "hypotesis: h,",
                     ["line 7: examples: no field 'hypotesis'", "Did you mean 'hypothesis'?"], id="example-field"),
        pytest.param("hypothesis: h,", "hypothesis: null,", ["line 7: examples: the field 'hypothesis' is missing"],
                     id="example-null"),
        pytest.param("name: second", "name: first", ["line 15: first: this name is used twice"], id="name-twice"),
        pytest.param("    inverts: true\n", "    inverts: true\n    needs: [hypothesis]\n",
                     ["line 17: second: needs: every example has 'hypothesis'"], id="needs-a-required-field"),
        pytest.param("    inverts: true\n", "    inverts: true\n    needs: [reason]\n",
                     ["line 17: second: needs: no field 'reason'"], id="needs-no-field"),
    ],
)  # fmt: skip
def test_mistakes_of_a_contract(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    assert old in CHOICE
    found = mistakes(tmp_path, CHOICE.replace(old, new, 1))
    assert any(all(part in message for part in expected) for message in found), found


def test_choices_that_no_wording_uses(tmp_path: Path) -> None:
    text = CHOICE.replace(" {{ choices | either_or }}", "").replace(
        "{{ choices[label] }}", "{% if label == 0 %}Yes{% else %}No{% endif %}"
    )
    assert mistakes(tmp_path, text) == [
        "nli.yaml, line 5: choices: no wording uses them; write {{ choices[label] }} in a response"
    ]


@pytest.mark.parametrize(
    ("prompt", "response"),
    [
        pytest.param("{{ question }} {{ answer }}", "{{ answer }}", id="whole"),
        pytest.param("{{ question }} Is it {{ answer }}?", "It is {{ answer }}.", id="inside-a-sentence"),
        pytest.param("{{ question }} {{ answer | upper }}", "{{ answer | upper }}", id="changed"),
    ],
)
def test_an_answer_that_stands_in_its_own_prompt(tmp_path: Path, prompt: str, response: str) -> None:
    found = mistakes(tmp_path, TEXT + wording(prompt, response))
    assert any("third" in message and "prompt" in message for message in found), found


def test_a_number_that_stands_in_its_own_prompt(tmp_path: Path) -> None:
    text = TEXT.replace("answer: answer\n", "answer: score\n").replace("{{ score }}", "{{ answer }}")
    text = text.replace("It is {{ answer }}.", "It is {{ score }}.")
    assert mistakes(tmp_path, text) == []
    found = mistakes(tmp_path, text + wording("{{ question }} {{ score }}", "{{ score }}"))
    assert any("copied into its own prompt" in message for message in found), found


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param("{% for a in [1] %}" * 25 + "x" + "{% endfor %}" * 25, id="loops"),
        pytest.param("{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}", id="brackets"),
        pytest.param("{{ " + "1" * 5_000 + " }}", id="number"),
        pytest.param("{{ 1" + "+1" * 250 + " }}", id="sum"),
    ],
)
def test_a_template_that_python_cannot_compile_is_a_mistake(tmp_path: Path, prompt: str) -> None:
    found = mistakes(tmp_path, CHOICE + wording(prompt, "{{ choices[label] }}"))
    assert any("third" in message for message in found)


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = CHOICE.replace("answer: label", "answer: lable") + wording("{{ nosuch }} {{ noone }}", "{{ x | uper }}")
    found = "\n".join(mistakes(tmp_path, text))
    assert all(part in found for part in ("'lable'", "'nosuch'", "'noone'", "'uper'"))


def test_used_fields_are_those_of_both_halves_in_the_order_of_the_type(tmp_path: Path) -> None:
    path = tmp_path / "nli.yaml"
    path.write_text(CHOICE.replace('["Yes", "No"]', "options").replace("premise: text", "options: list<text>, premise: "
                    "text"), encoding="utf-8")  # fmt: skip
    task_type, _ = read_model(TaskType, load_document(path))
    assert task_type is not None
    assert used_fields(task_type, task_type.templates[0]) == ("options", "premise", "hypothesis", "label")


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_library_has_no_mistakes_and_enough_wordings(path: Path) -> None:
    document = load_document(path)
    task_type, wrong = read_model(TaskType, document)
    assert wrong == []
    assert task_type is not None
    assert mistakes_of(task_type, document) == []
    assert len(task_type.templates) >= 8
    assert len(task_type.examples) >= 2
    assert task_type.task_cluster or path.stem == "instructed_task"  # which may ask for anything


def test_library_is_large_enough_and_its_files_are_named_for_their_types() -> None:
    assert len(LIBRARY) >= 15
    assert [yaml.safe_load(path.read_text(encoding="utf-8"))["task_type"] for path in LIBRARY] == [
        path.stem for path in LIBRARY
    ]
