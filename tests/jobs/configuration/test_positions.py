"""Lines of keys in YAML files, and the mistakes that YAML alone has."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.configuration.positions import load_document
from taskmill.jobs.errors import ConfigError

TEXT = """\
# a comment
source: snli

tasks:
  nli:
    fields: {premise: a, hypothesis: b}
templates:
  - name: one
    prompt: |-
      first
      second
  - name: two
    prompt: "quoted
      text"
nothing:
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("key_path", "line"),
    [
        pytest.param((), 2, id="file"),
        pytest.param(("source",), 2, id="scalar"),
        pytest.param(("tasks", "nli"), 5, id="nested"),
        pytest.param(("tasks", "nli", "fields", "hypothesis"), 6, id="flow"),
        pytest.param(("templates", 1), 12, id="item"),
        pytest.param(("templates", 1, "prompt"), 13, id="key-of-an-item"),
        pytest.param(("tasks", "nli", "choices"), 5, id="missing-key-has-its-parents-line"),
        pytest.param(("gone", "deep"), 2, id="missing-parents"),
        pytest.param(("nothing",), 15, id="null"),
    ],
)
def test_line_of_a_key(tmp_path: Path, key_path: tuple[str | int, ...], line: int) -> None:
    document = load_document(write(tmp_path, TEXT))
    assert document.line(key_path) == line
    assert document.where(key_path) == f"{tmp_path / 'file.yaml'}, line {line}"


def test_text_lines_are_where_a_text_begins(tmp_path: Path) -> None:
    document = load_document(write(tmp_path, TEXT))
    lines = TEXT.splitlines()
    assert lines[document.text_lines["templates", 0, "prompt"] - 1].strip() == "first"
    assert lines[document.text_lines["templates", 1, "prompt"] - 1].strip() == 'prompt: "quoted'


def test_an_empty_file_is_an_empty_mapping(tmp_path: Path) -> None:
    assert load_document(write(tmp_path, "# nothing\n")).value == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", "line 3: 'a' stands here a second time", id="key-twice"),
        pytest.param("x:\n  a: 1\n  a: 1\n", "line 3: 'a' stands here a second time", id="nested-key-twice"),
        pytest.param("x: [{a: 1,\n  a: 2}]\n", "line 2: 'a' stands here a second time", id="key-twice-in-an-item"),
        pytest.param("a: [1\nb: 2\n", "line 2: not valid YAML", id="open-bracket"),
        pytest.param("a: b: c\n", "line 1: not valid YAML: mapping values are not allowed", id="colon"),
        pytest.param("a:\n\tb: 1\n", "line 2: not valid YAML: a tab; tabs are not allowed", id="tab"),
        pytest.param("a: 1\n\tb: 2\n", "line 2: not valid YAML: a tab; tabs are not allowed", id="tab-after-a-value"),
        pytest.param("a: @b\n", "line 1: not valid YAML: '@' cannot begin a value; put the value in quotes", id="sign"),
        pytest.param("a:\n  b: 1\n c: 2\n", "line 3: not valid YAML: did not find expected key; the line above may be "
                     "what is wrong", id="indentation"),
        pytest.param("a: !!python/object:os.system x\n", "line 1: not valid YAML", id="python-tag"),
        pytest.param("a: &a [*a]\n", "file.yaml", id="alias-to-itself"),
    ],
)  # fmt: skip
def test_load_document_says_where_a_file_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_document(write(tmp_path, text))
    assert str(caught.value).startswith(f"{tmp_path / 'file.yaml'}")
    assert message in str(caught.value)


def test_load_document_says_that_a_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml: cannot be read"):
        load_document(tmp_path / "gone.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\n")
    with pytest.raises(ConfigError, match=r"latin\.yaml: cannot be read"):
        load_document(tmp_path / "latin.yaml")
