"""FLAN's patterns as native task types: slots, the block of options, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.errors import ConfigError
from taskmill.jobs.imports.convert import run_import
from taskmill.jobs.imports.flan import convert
from taskmill.jobs.imports.task_types import Import, yaml_text

MODULE = '''\
"""Patterns."""
import os

os.nosuch  # fails when it is run
PATTERNS = {
    "nli": [
        ("{premise}\\n\\nDoes it follow that \\"{hypothesis}\\"?\\n\\n{options_}", "{answer}"),
        ("\\n\\nRead this: {premise} True or not: "
         "{hypothesis}", " {answer} "),
        ("Write a text of which one can say \\"{answer}\\".", "{premise}"),
    ],
}
'''


def converted(folder: Path, patterns: str) -> Import:
    path = folder / "templates.py"
    path.write_text(f"PATTERNS = {{{patterns}}}\n", encoding="utf-8")
    return convert(path)


def test_patterns_with_options_become_a_task_type_with_choices(tmp_path: Path) -> None:
    path = tmp_path / "templates.py"
    path.write_text(MODULE, encoding="utf-8")
    found = convert(tmp_path)
    assert found.refused == ()
    assert (
        yaml_text(found.task_types[0])
        == """\
# Converted from the FLAN 2021 patterns of nli.
task_type: flan_nli
description: "What the FLAN patterns of nli ask for."
fields: {premise: text, hypothesis: text, options: list<text>, answer: choice}
answer: answer
choices: options
templates:
  - name: pattern_1
    prompt: |-
      {{ premise }}

      Does it follow that "{{ hypothesis }}"?

      OPTIONS:
      {{ choices | bulleted }}
    response: "{{ choices[answer] }}"
  - name: pattern_2
    prompt: "Read this: {{ premise }} True or not: {{ hypothesis }}"
    response: "{{ choices[answer] }}"
  - name: pattern_3
    inverts: true
    prompt: |-
      Write a text of which one can say "{{ choices[answer] }}".
    response: "{{ premise }}"
"""
    )


def test_patterns_without_options_have_texts(tmp_path: Path) -> None:
    patterns = '"t": [("Say {a}.", "{b}"), ("{a}: say it", "{b}"), ("{b}", "{a} {b}!"), ("Talk.", "{a}")]'
    (task_type,) = converted(tmp_path, patterns).task_types
    assert dict(task_type.fields) == {"a": "text", "b": "text"}
    assert (task_type.answer, task_type.choices) == ("b", None)
    assert [wording.inverts for wording in task_type.wordings] == [False, False, True, True]


@pytest.mark.parametrize(
    ("prompt", "source"),
    [
        pytest.param("{{a}} {a}", "{{ '{' }}{{ a }}} {{ a }}", id="doubled"),
        pytest.param("{% {a} %} {#", "{{ '{' }}% {{ a }} %} {{ '{' }}#", id="marks-of-jinja"),
        pytest.param("{{a} {a b} {", "{{ '{' }}{{ a }} {a b} {{ '{' }}", id="open"),
        pytest.param("{ {a} }}", "{ {{ a }} }}", id="plain"),
    ],
)
def test_braces_that_are_no_slots_stay(tmp_path: Path, prompt: str, source: str) -> None:
    found = converted(tmp_path, f'"t": [({prompt!r}, "{{b}}")]')
    assert found.refused == ()
    assert found.task_types[0].wordings[0].prompt == source


def test_slots_get_valid_names(tmp_path: Path) -> None:
    patterns = '"2 x-Y": [("{Text} {choices} {range} {options}\\n{options_str}", "{no}")]'
    (task_type,) = converted(tmp_path, patterns).task_types
    assert task_type.name == "flan_2_x_y"
    assert list(task_type.fields) == ["text", "choices_field", "range_field", "options", "options_2", "no"]
    assert "text (Text), choices_field (choices), range_field (range)" in task_type.notes[1]
    assert '"no": choice' in yaml_text(task_type)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        pytest.param('"t": [("{a}",)]', "t: 'pattern_1': it is not a pair of texts: ('{a}',)", id="one-text"),
        pytest.param('"t": [("{a}", 1)]', "t: 'pattern_1': it is not a pair of texts", id="a-number"),
        pytest.param('"t": [("{a}" + x, "{b}")]', "t: 'pattern_1': it is not a pair of texts", id="an-expression"),
        pytest.param('"t": [("{a} {}", "{b}")]', "t: 'pattern_1': it has a slot without a name", id="no-name"),
        pytest.param('"t": [("{a}", "none")]', "t: 'pattern_1': its target has no slot", id="no-target"),
        pytest.param('"t": other["t"]', "t: 'all patterns': it is made by code, which is not run", id="other-patterns"),
        pytest.param("**other", "PATTERNS: 'line 1': it is made by code, which is not run: other", id="unpacked"),
        pytest.param('"t": [("{a}", "{b}"), ("{A}", "{b}"), (" {a}", "{b} ")]',
                     "t: 'pattern_3': taskmill check would refuse it: the same wording as 'pattern_1'", id="twice"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused(tmp_path: Path, patterns: str, expected: str) -> None:
    found = converted(tmp_path, patterns)
    assert len(found.refused) == 1
    assert expected in str(found.refused[0])


def test_code_that_changes_the_patterns_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "templates.py"
    path.write_text(MODULE + 'PATTERNS["b"] = PATTERNS["nli"]\nfor name in PATTERNS:\n  pass\n', encoding="utf-8")
    assert [str(refused) for refused in convert(path).refused] == [
        "PATTERNS: 'line 13': it is made by code, which is not run: PATTERNS['b'] = PATTERNS['nli']",
        "PATTERNS: 'line 14': it is made by code, which is not run: for name in PATTERNS:",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("PATTERNS = {", "line 1: not valid Python", id="syntax"),
        pytest.param("OTHER = {}", "no dict PATTERNS is there", id="no-patterns"),
        pytest.param("PATTERNS = dict()", "no dict PATTERNS is there", id="made-by-code"),
    ],
)
def test_what_is_no_such_module_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "templates.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=expected):
        convert(path)


def test_run_import_of_flan_gives_its_code(tmp_path: Path) -> None:
    path = tmp_path / "templates.py"
    path.write_text(MODULE, encoding="utf-8")
    assert run_import("flan", path, tmp_path / "out") == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["flan_nli.yaml"]
    assert run_import("flan", tmp_path / "out", tmp_path / "out") == 2
