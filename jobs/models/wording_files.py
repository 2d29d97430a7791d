"""Wordings added to the file of a task type, as a person would write them, and checked as the file is."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from taskmill.jobs.catalog.template_checks import mistakes_of
from taskmill.jobs.configuration.config import TaskType, TemplateText, read_model
from taskmill.jobs.configuration.positions import Document, load_document
from taskmill.jobs.errors import ConfigError

LAST_KEY = "templates"


class _Dumper(yaml.SafeDumper):
    """Text of several lines as a block, so that quotes and line breaks stay as they are typed."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def with_wordings(document: Document, wordings: Sequence[TemplateText]) -> str:
    """The text of the file with wordings more at its end; what was there stays as it is.

    Raises:
        ConfigError: if `templates` is not the last key of the file.
    """
    text = document.path.read_text(encoding="utf-8")
    last = max(((line, key[0]) for key, line in document.lines.items() if len(key) == 1), default=(0, ""))[1]
    if last != LAST_KEY or not re.search(rf"^{LAST_KEY}:\s*(?:#.*)?$", text, re.MULTILINE):
        raise ConfigError(f"{document.path}: new wordings go to the end of the file: make `{LAST_KEY}` its last key")
    blocks = [_block(wording) for wording in wordings]
    return "\n".join([text.rstrip("\n"), *(f"\n{block}" for block in blocks)]) + "\n"


def mistakes_with(document: Document, wordings: Sequence[TemplateText]) -> list[str]:
    """What would be wrong with the file if it had these wordings too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / document.path.name
        path.write_text(with_wordings(document, wordings), encoding="utf-8")
        read = load_document(path)
        task_type, mistakes = read_model(TaskType, read)
        found = mistakes if task_type is None else mistakes_of(task_type, read)
        return [mistake.replace(str(path), str(document.path)) for mistake in found]


def add_wordings(document: Document, wordings: Sequence[TemplateText]) -> None:
    """Writes the file with the wordings, all at once."""
    text = with_wordings(document, wordings)
    written = document.path.with_name(f".{document.path.name}.new")
    written.write_text(text, encoding="utf-8")
    written.replace(document.path)


def _block(wording: TemplateText) -> str:
    """One wording as an item of `templates`."""
    values: dict[str, Any] = wording.model_dump(exclude_defaults=True)
    first: dict[str, Any] = {
        key: values.pop(key)
        for key in ("name", "language", "inverts", "needs", "answers_in", "as_written")
        if key in values
    }
    if "needs" in first:
        first["needs"] = list(first["needs"])
    item: dict[str, Any] = {**first, **values}
    dumped = yaml.dump(
        [item], Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**9, default_flow_style=False
    )  # fmt: skip
    return "\n".join(f"  {line}" if line else "" for line in dumped.rstrip("\n").split("\n"))
