"""Published promptsource templates as native task types: what they become, and what is refused, with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from taskmill.jobs.catalog.catalog import load_catalog
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.imports.convert import run_import
from taskmill.jobs.imports.promptsource import convert, convert_dataset
from taskmill.jobs.imports.task_types import CHECKS, Import, yaml_text
from taskmill.udfs.rendering.promptsource import PublishedTemplate

SAME = "{{s1}} and {{s2}}, the same? ||| {{ answer_choices[label] }}"


def converted(*templates: tuple[str, str, str | None]) -> Import:
    """What becomes of templates, given as name, jinja and answer choices."""
    return convert_dataset("user/some-set", [PublishedTemplate(*template) for template in templates])


def refusal(jinja: str, answer_choices: str | None = None) -> str:
    """The reason and detail for which a single template is refused."""
    found = converted(("one", jinja, answer_choices))
    assert found.task_types == ()
    (refused,) = found.refused
    assert (refused.origin, refused.template) == ("user/some-set", "one")
    return f"{refused.reason}: {refused.detail}"


def test_a_list_of_choices_becomes_a_task_type() -> None:
    found = converted(
        ("Are they?", SAME, "no ||| yes "),
        ("list", "{{s1}}\n\n{{s2}}\nPick: {{answer_choices | join(', ')}} ||| {{answer_choices[label]}}", "no|||yes"),
        ("Not equal", "Do {{s1}} and {{s2}} differ? ||| {{ answer_choices[label] }}", "different ||| equal"),
        ("another one", "Say {{s1}} in other words. ||| {{s2}}", None),
    )
    assert found.refused == ()
    first, second = found.task_types
    assert (
        yaml_text(first)
        == """\
# Converted from the promptsource templates of user/some-set.
task_type: user_some_set
task_cluster: user_some_set
description: "What the promptsource templates of user/some-set ask for."
fields: {s1: text, s2: text, label: choice}
answer: label
choices: ["no", "yes"]
templates:
  - name: are_they  # Are they?
    prompt: "{{s1}} and {{s2}}, the same?"
    response: "{{ choices[label] }}"
  - name: list
    prompt: |-
      {{s1}}

      {{s2}}
      Pick: {{choices | join(', ')}}
    response: "{{choices[label]}}"
  - name: another_one  # another one
    inverts: true
    prompt: "Say {{s1}} in other words."
    response: "{{s2}}"
"""
    )
    assert (second.name, second.choices, second.task_cluster) == (
        "user_some_set_2", ("different", "equal"), "user_some_set",
    )  # fmt: skip


def test_columns_get_valid_names_and_choices_another_one() -> None:
    jinja = "{{Question}} {{ choices.text | join(' / ') }} {% set options_2 = choices.text %} ||| {{ answerKey }}"
    (task_type,) = converted(("one", jinja, None)).task_types
    assert dict(task_type.fields) == {
        "question": "text", "options": "struct<text: list<text>>", "answer_key": "text",
    }  # fmt: skip
    assert task_type.answer == "answer_key"
    assert task_type.wordings[0].prompt.startswith("{{question}} {{ options.text | join(' / ') }}")
    assert "question (Question), options (choices), answer_key (answerKey)" in task_type.notes[1]


def test_a_local_name_does_not_become_the_choices() -> None:
    jinja = "{% set choices = s | upper %}{{choices}} {{ answer_choices[0] }}? ||| {{ answer_choices[label] }}"
    (task_type,) = converted(("one", jinja, "yes ||| no")).task_types
    assert task_type.wordings[0].prompt == "{% set choices_here = s | upper %}{{choices_here}} {{ choices[0] }}?"


def test_a_list_field_can_hold_the_choices() -> None:
    (task_type,) = converted(
        ("one", "{{q}} {{ answer_choices | join(', ') }} ||| {{ answer_choices[label] }}", "{{ opts | join('|||') }}"),
    ).task_types
    assert dict(task_type.fields) == {"q": "text", "label": "choice", "opts": "list<text>"}
    assert task_type.choices == "opts"
    assert task_type.wordings[0].prompt == "{{q}} {{ choices | join(', ') }}"
    assert task_type.notes[1] == "For texts in opts without white space at their ends: promptsource strips choices."


def test_choices_that_no_label_indexes_are_written_out() -> None:
    (task_type,) = converted(
        ("fixed", "{{q}} {{ answer_choices | join(', ') }} ||| {{ a }}", "x ||| y"),
        ("field", "{{q}} Which? {{ answer_choices | join(', ') }} ||| {{ a }}", "{{ opts | join(' ||| ') }}"),
    ).task_types
    assert task_type.choices is None
    assert [wording.prompt for wording in task_type.wordings] == [
        """{{q}} {{ ["x", "y"] | join(', ') }}""",
        "{{q}} Which? {{ opts | join(', ') }}",
    ]


def test_a_column_compared_with_indexes_of_the_choices_is_one() -> None:
    jinja = "{{s}} ||| {% if label == 1 %}{{ answer_choices[0] }}{% else %}{{ answer_choices[1] }}{% endif %}"
    (task_type,) = converted(("one", jinja, "yes ||| no")).task_types
    assert (task_type.fields["label"], task_type.choices) == ("choice", ("yes", "no"))


def test_what_the_prompt_sets_is_set_for_the_response_too() -> None:
    jinja = "{% set first = words.split(' ')[0] %}{{words}} ||| {{ first }}"
    (task_type,) = converted(("one", jinja, None)).task_types
    assert task_type.wordings[0].response == "{% set first = words.split(' ')[0] %}{{ first }}"


def test_lists_that_must_have_items_are_noted() -> None:
    (task_type,) = converted(("one", "{{q}} ||| {{ answers.text[1] }}", None)).task_types
    assert dict(task_type.fields) == {"q": "text", "answers": "struct<text: list<text>>"}
    assert task_type.notes[1] == "For rows with at least 2 items in answers: of others promptsource prints less."


@pytest.mark.parametrize(
    ("jinja", "answer_choices", "expected"),
    [
        pytest.param("{{ ['a', 'b'] | choice }} {{s}} ||| {{t}}", None, "it draws at random", id="choice"),
        pytest.param("{{s}} ||| {{ l | random }}", None, "it draws at random", id="random"),
        pytest.param("{% set l = [] %}{{ l.append(s) or '' }}{{s}} ||| {{t}}", None, "changes a list", id="append"),
        pytest.param("{{s}} ||| {{ d.update({'a': 1}) }}", None, "it changes a list or struct", id="update"),
        pytest.param("{{s}}", None, "not one prompt and one response", id="no-response"),
        pytest.param("{{s}} ||| a ||| b", None, "not one prompt and one response", id="three-parts"),
        pytest.param("{% if l %}{{s}} ||| {{t}}{% endif %}", None, "||| stands inside a block", id="in-a-block"),
        pytest.param("{% if l == 1 %}{{s}}{% endif %} ||| {{t}}", None, "it leaves rows out", id="condition"),
        pytest.param(SAME, "{{a}} ||| {{b}}", "other ones for each example", id="choices-of-each-example"),
        pytest.param(SAME, "one", "not two or more different", id="one-choice"),
        pytest.param(SAME, "one ||| one", "not two or more different", id="a-choice-twice"),
        pytest.param(SAME, None, "it names answer_choices, and has none", id="no-choices"),
        pytest.param("{% for a, b in zip(s, t) %}{{a}}{% endfor %} ||| {{t}}", None, "do not have: zip()", id="zip"),
        pytest.param("{{ s | most_frequent }} ||| {{t}}", None, "native templates do not have", id="unknown-filter"),
        pytest.param("{% macro m() %}{% endmacro %}{{s}} ||| {{t}}", None, "native templates do not have", id="macro"),
        pytest.param("{{ '%s' % s }} ||| {{t}}", None, "what native templates may not", id="format"),
        pytest.param("{{ s.encode() }} ||| {{t}}", None, "native templates do not have: .encode()", id="method"),
        pytest.param("{{s}} {{ {'x': 'a'}[s] }} ||| {{t}}", None, "relies on undefined values", id="missing-key"),
        pytest.param("{{s}} ||| {{ ['a', 'b'][k] }}", None, "relies on undefined values", id="index-out-of-range"),
        pytest.param("{{s}} ||| {{ s.a.b }}{{ s.upper() }}", None, "columns fit no field types", id="two-uses"),
        pytest.param("{{s | tojson}} ||| {{t}}", None, "it renders differently", id="another-filter"),
        pytest.param("{{s}} ||| {{s}}", None, f"{CHECKS}: the response 'qzmark s' is copied", id="checks"),
        pytest.param("Say it. ||| it", None, "it reads no column", id="nothing-read"),
        pytest.param("{{ s }", None, "its Jinja cannot be read: line 1", id="syntax"),
    ],
)  # fmt: skip
def test_what_is_not_lossless_is_refused(jinja: str, answer_choices: str | None, expected: str) -> None:
    assert expected in refusal(jinja, answer_choices)


def test_a_wording_that_goes_takes_its_fields_along() -> None:
    found = converted(
        ("kept", SAME, "no ||| yes"),
        ("gone", "{{ s1 | tojson }} {{ more.part }} ||| {{ answer_choices[label] }}", "no ||| yes"),
    )
    (task_type,) = found.task_types
    assert list(task_type.fields) == ["s1", "s2", "label"]
    assert [refused.template for refused in found.refused] == ["gone"]


def test_columns_used_in_two_ways_make_two_task_types() -> None:
    found = converted(
        ("list", "{{ l | join(', ') }} ||| {{t}}", None), ("text", "{{ l | upper }} ||| {{t}}", None),
    )  # fmt: skip
    assert [dict(task_type.fields) for task_type in found.task_types] == [
        {"l": "list<text>", "t": "text"},
        {"l": "text", "t": "text"},
    ]


def published(folder: Path, dataset: str, *jinja: str) -> Path:
    templates = "".join(
        f"  id{place}: !Template\n    name: wording {place}\n    jinja: {text!r}\n    answer_choices: no ||| yes\n"
        for place, text in enumerate(jinja)
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "templates.yaml"
    path.write_text(f"dataset: {dataset}\ntemplates:\n{templates}", encoding="utf-8")
    return path


def test_run_import_writes_files_that_the_catalog_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published(tmp_path / "in" / "one", "one", SAME, "{{ s1 | choice }} ||| {{s2}}")
    published(tmp_path / "in" / "a" / "b", "a/b", SAME)
    out = tmp_path / "out" / "templates"
    assert run_import("promptsource", tmp_path / "in", out) == 0
    assert sorted(path.name for path in out.iterdir()) == ["a_b.yaml", "one.yaml"]
    said = capsys.readouterr().out
    assert "one.yaml: 1 wording\n" in said
    assert "refused: one: 'wording 1': it draws at random: the filter choice\n" in said
    assert "2 of 3 templates converted, into 2 task types\n" in said
    source = tmp_path / "s.yaml"
    fields = {"s1": "a", "s2": "b", "label": "0"}
    source.write_text(yaml.safe_dump({
        "source": "s", "revision": "1", "licence": "MIT", "language": "en", "split": "'train'",
        "read": {"format": "table", "table": "c.s.t"}, "tasks": {"one": fields},
    }), encoding="utf-8")  # fmt: skip
    catalog = load_catalog(Pipeline(sources=(str(source),), templates=(str(out),)))
    assert sorted(catalog.task_types) == ["a_b", "one"]


def test_run_import_leaves_files_alone_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = published(tmp_path / "in", "one", SAME)
    (tmp_path / "one.yaml").write_text("mine", encoding="utf-8")
    assert run_import("promptsource", path, tmp_path) == 1
    assert "a file of this name is there already" in capsys.readouterr().out
    assert (tmp_path / "one.yaml").read_text(encoding="utf-8") == "mine"
    assert run_import("promptsource", path, tmp_path, overwrite=True) == 0
    assert (tmp_path / "one.yaml").read_text(encoding="utf-8") != "mine"


def test_run_import_tells_by_its_code_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    broken = tmp_path / "broken.yaml"
    broken.write_text("{", encoding="utf-8")
    nothing = published(tmp_path / "nothing", "none", "{{ s | choice }} ||| {{t}}")
    codes = [run_import("promptsource", path, tmp_path) for path in (tmp_path / "nowhere", empty, broken, nothing)]
    assert codes == [2, 2, 2, 1]
    assert run_import("prompt-source", nothing, tmp_path) == 2
    assert "Did you mean 'promptsource'?" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_reported_beside_the_others(tmp_path: Path) -> None:
    published(tmp_path / "good", "good", SAME)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "templates.yaml").write_text("dataset: d\n", encoding="utf-8")
    found = convert(tmp_path)
    assert [task_type.name for task_type in found.task_types] == ["good"]
    assert "line 1: templates is missing" in str(found.refused[0])
