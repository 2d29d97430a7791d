"""YAML with the line of every key and value, so that a mistake can be shown where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from taskmill.jobs.errors import ConfigError

# The safe loader in C where the installation has it: a catalog of hundreds of files is read in a tenth of the time.
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A YAML file: its plain value, and the line (from 1) of every key path in it.

    `text_lines` holds where the text of a scalar begins: a block scalar's text begins on the line after its key.
    """

    path: Path
    value: Any
    lines: Mapping[KeyPath, int] = field(repr=False, default_factory=dict)
    text_lines: Mapping[KeyPath, int] = field(repr=False, default_factory=dict)

    def line(self, key_path: KeyPath) -> int:
        """The line of this key path, or of its nearest parent that stands in the file."""
        while key_path and key_path not in self.lines:
            key_path = key_path[:-1]
        return self.lines.get(key_path, 1)

    def where(self, key_path: KeyPath = ()) -> str:
        return f"{self.path}, line {self.line(key_path)}"

    def mistake(self, key_path: KeyPath, what: str) -> str:
        """A message about what stands under this key path."""
        return f"{self.where(key_path)}: {'.'.join(map(str, key_path))}: {what}"


def load_document(path: Path) -> Document:
    """Reads one YAML file safely.

    Raises:
        ConfigError: if the file cannot be read, is no YAML, or says one key twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        node = yaml.compose(text, Loader=SAFE_LOADER)
        value = yaml.load(text, Loader=SAFE_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise ConfigError(f"{where}: not valid YAML: {_problem(error, text)}") from error
    if node is None:
        return Document(path, {})
    try:
        lines, text_lines = _noted_lines(path, node)
    except RecursionError as error:
        raise ConfigError(
            f"{path}: an alias (`*name`) refers to what it stands in, or the file is nested too deep"
        ) from error
    return Document(path, value, lines, text_lines)


def _problem(error: yaml.YAMLError, text: str) -> str:
    """What the parser found, with what it does not say: the character it stops at, or that it noticed late."""
    problem, mark = str(getattr(error, "problem", None) or error), getattr(error, "problem_mark", None)
    if mark is None:
        return problem
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "tab" in problem or ("cannot start any token" in problem and line[mark.column : mark.column + 1] == "\t"):
        return "a tab; tabs are not allowed before a key or value, indent with spaces"
    if "cannot start any token" in problem:
        return f"{line[mark.column : mark.column + 1]!r} cannot begin a value; put the value in quotes"
    if "did not find expected" in problem or "could not find expected" in problem:
        return f"{problem}; the line above may be what is wrong"
    return problem


def _noted_lines(path: Path, node: yaml.Node) -> tuple[dict[KeyPath, int], dict[KeyPath, int]]:
    lines: dict[KeyPath, int] = {}
    text_lines: dict[KeyPath, int] = {}
    for key_path, found, line in _walk(node, (), node.start_mark.line + 1):
        if key_path in lines:
            raise ConfigError(f"{path}, line {line}: {key_path[-1]!r} stands here a second time")
        lines[key_path] = line
        text_lines[key_path] = found.start_mark.line + (2 if getattr(found, "style", None) in {"|", ">"} else 1)
    return lines, text_lines


def _walk(node: yaml.Node, key_path: KeyPath, line: int) -> Iterator[tuple[KeyPath, yaml.Node, int]]:
    yield key_path, node, line
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            yield from _walk(child, (*key_path, key.value), key.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _walk(child, (*key_path, index), child.start_mark.line + 1)
