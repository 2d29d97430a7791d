"""Published promptsource files as they are: two tags, keys of other versions, names in the root."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.catalog.promptsource_files import published_name, read_published
from taskmill.jobs.errors import ConfigError

PUBLISHED = """\
dataset: glue
subset: mrpc
templates:
  0c1d: !Template
    answer_choices: no ||| yes
    id: 0c1d
    jinja: 'Is {{sentence1}} the same as

      {{sentence2}}? ||| {{ answer_choices[label] }}'
    metadata: !TemplateMetadata
      choices_in_prompt: false
      languages:
      - de
      - en
      metrics:
      - Pearson correlation
      - Something Else
      original_task: true
    name: same
    reference: ''
    task_template: stray
  0a2b: !Template
    answer_choices: null
    jinja: '{{sentence1}} ||| {{sentence2}}'
    name: again
"""


def written(folder: Path, text: str, name: str = "templates.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_published(written(folder, text))
    return [mistake.removeprefix(f"{folder}/") for mistake in caught.value.mistakes]


def test_read_published_gives_every_template_sorted_by_name(tmp_path: Path) -> None:
    again, same = read_published(written(tmp_path, PUBLISHED))
    assert (again.name, again.jinja, again.answer_choices) == ("again", "{{sentence1}} ||| {{sentence2}}", None)
    assert (again.id, again.language, again.choices_in_prompt) == ("", "en", None)
    assert same.name == "same"
    assert same.jinja == "Is {{sentence1}} the same as\n{{sentence2}}? ||| {{ answer_choices[label] }}"
    assert same.answer_choices == "no ||| yes"
    assert (same.id, same.language, same.choices_in_prompt) == ("0c1d", "de", False)


def test_read_published_takes_the_folder_of_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, PUBLISHED)
    assert read_published(tmp_path) == read_published(path)
    assert published_name(tmp_path) == published_name(path) == "glue/mrpc"


def test_read_published_keeps_the_later_template_of_a_name(tmp_path: Path) -> None:
    later = "  0d3e: !Template\n    jinja: later ||| one\n    name: same\n"
    found = {template.name: template.jinja for template in read_published(written(tmp_path, PUBLISHED + later))}
    assert found == {"again": "{{sentence1}} ||| {{sentence2}}", "same": "later ||| one"}


def test_read_published_keeps_both_templates_of_a_key(tmp_path: Path) -> None:
    text = "dataset: d\ntemplates:\n  1: !Template {name: a, jinja: x}\n  1: !Template {name: b, jinja: y}\n"
    assert [template.name for template in read_published(written(tmp_path, text))] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("dataset: Zaid/coqa_expanded\ntemplates: {}\n", "Zaid/coqa_expanded"),
        ("dataset: somebody/their_set\nsubset: part\ntemplates: {}\n", "somebody/their_set/part"),
        ("dataset: imdb\ntemplates: {}\n", "imdb"),
    ],
)
def test_published_name_is_what_the_file_says(tmp_path: Path, text: str, name: str) -> None:
    folder = tmp_path / "elsewhere" / "altogether"
    folder.mkdir(parents=True)
    assert published_name(written(folder, text)) == name


def test_published_name_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="line 1: dataset is missing"):
        published_name(written(tmp_path, "templates: {}\n"))


def test_read_published_tells_every_mistake_with_its_line(tmp_path: Path) -> None:
    text = "dataset: d\ntemplates:\n  1: !Template {jinja: x}\n  2: !Template\n    name: b\n    answer_choices: 1\n"
    text += "  3: no\n"
    assert mistakes(tmp_path, text) == [
        "templates.yaml, line 3: name is missing; every template has a name and its jinja text",
        "templates.yaml, line 4: jinja is missing; every template has a name and its jinja text",
        "templates.yaml, line 4: answer_choices: a text or null, not 1; put it in quotes",
        "templates.yaml, line 7: a template is a map, not False",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("dataset: d\n", "line 1: templates is missing", id="no-templates"),
        pytest.param("dataset: d\ntemplates: [a]\n", "line 1: templates is missing", id="templates-is-a-list"),
        pytest.param("- a\n", "line 1: a file of promptsource is a map", id="a-list"),
        pytest.param("", "line 1: a file of promptsource is a map", id="empty"),
        pytest.param("dataset: d\ntemplates: {\n", "not valid YAML", id="broken"),
        pytest.param("dataset: d\ntemplates:\n  1: !Other {}\n", "line 3: not valid YAML", id="another-tag"),
        pytest.param("a: !!python/object/apply:os.getcwd []\n", "line 1: not valid YAML", id="python-object"),
        pytest.param("a: \x07\n", "not valid YAML: unacceptable character", id="not-text"),
    ],
)
def test_read_published_refuses_what_is_no_such_file(tmp_path: Path, text: str, expected: str) -> None:
    found = mistakes(tmp_path, text)
    assert len(found) == 1
    assert expected in found[0]


def test_read_published_needs_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_published(tmp_path / "nowhere")
