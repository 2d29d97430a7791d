"""Super-NaturalInstructions task files (Wang et al. 2022) to native task types, one a file.

The wordings are the texts of Tk-Instruct: the definition alone, two positive examples alone, and both, which the paper
found best; negative examples and explanations gained nothing there, and are left out. A file's own texts stand in the
wordings as they are, whatever braces they hold.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from taskmill.jobs.errors import ConfigError
from taskmill.jobs.imports.equal_renderings import Row, RowMaker, trial
from taskmill.jobs.imports.task_types import (
    Import,
    ImportedType,
    NotConvertedError,
    Refused,
    Wording,
    checked_type,
    literal,
    settled,
    valid_name,
)

EXAMPLE_COUNT = 2
FIELDS = {"input": "text", "output": "text"}
LANGUAGES = {"English": "en"}  # every published definition is in English
UNKNOWN_LANGUAGE = "und"
PARTS = {  # wording -> whether it has the definition, and how many examples
    "definition": (True, 0),
    "two_examples": (False, EXAMPLE_COUNT),
    "definition_and_two_examples": (True, EXAMPLE_COUNT),
}
NO_TASK = "it is no task of Super-NaturalInstructions"
TOO_FEW = "the task has fewer than two positive examples"
# Tk-Instruct ends a text with a full stop unless it ends with a sign of ASCII.
STOP = f"{{% if (input | trim)[-1] not in {json.dumps(string.punctuation)} %}}.{{% endif %}}"
INSTANCE = f"Now complete the following example -\nInput: {{{{ input | trim }}}}{STOP}\nOutput:"


def convert(path: Path) -> Import:
    """The task type of a task file, or those of every `*.json` directly in a folder.

    Raises:
        ConfigError: if no such file is there, or the one that is named is no task.
    """
    if not path.is_dir():
        return convert_task(valid_name(path.stem, default="task"), path.name, _read(path))
    found = Import()
    names: list[str] = []
    for file in sorted(path.glob("*.json")):
        names.append(valid_name(file.stem, names, "task"))
        try:
            found += convert_task(names[-1], file.name, _read(file))
        except ConfigError as error:
            found += Import((), tuple(Refused(file.name, name, NO_TASK, str(error)) for name in PARTS))
    if not names:
        raise ConfigError(f"{path}: no task file (*.json) is there")
    return found


def _read(path: Path) -> Mapping[str, Any]:
    try:
        task = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}, line {error.lineno}: not valid JSON: {error.msg}") from error
    if not isinstance(task, dict) or not _definition(task):
        raise ConfigError(f"{path}, line 1: Definition is missing; a task file has one")
    return task


def convert_task(name: str, origin: str, task: Mapping[str, Any]) -> Import:
    """The task type of one task: its definition is the description, its first category the cluster."""
    examples = list(_examples(task))
    refused = [Refused(origin, wording, TOO_FEW, f"it has {len(examples)}") for wording, (_, count) in PARTS.items()
               if count > len(examples)]  # fmt: skip
    made = {wording: parts for wording, parts in PARTS.items() if parts[1] <= len(examples)}
    category = _first(task.get("Categories"))
    task_type = ImportedType(
        name=name,
        description=_definition(task),
        fields=FIELDS,
        answer="output",
        wordings=tuple(
            Wording(wording, literal(_head(task, *parts)) + INSTANCE, "{{ output }}", _language(task), origin=wording)
            for wording, parts in made.items()
        ),
        task_cluster=valid_name(category, default="category") if category else None,
        notes=(f"Converted from the Super-NaturalInstructions task {origin}.",),
    )
    rows = RowMaker(checked_type(task_type).field_types, {}, None).rows()
    kept = []
    for wording in task_type.wordings:
        try:
            trial(task_type, wording, partial(_expected, _head(task, *made[wording.name]))).check(rows)
        except NotConvertedError as error:
            refused.append(Refused(origin, wording.name, error.reason, error.detail))
        else:
            kept.append(wording)
    return Import((), tuple(refused)) + settled(replace(task_type, wordings=tuple(kept)), origin)


def _head(task: Mapping[str, Any], has_definition: bool, count: int) -> str:
    """What stands before the instance."""
    parts = [f"Definition: {_stopped(_definition(task))}\n\n"] if has_definition else []
    for number, (given, wanted) in enumerate(list(_examples(task))[:count], start=1):
        parts.append(f" Positive Example {number} -\nInput: {_stopped(given)}\n Output: {_stopped(wanted)}\n\n")
    return "".join(parts).lstrip()


def _expected(head: str, row: Row) -> list[str]:
    """What Tk-Instruct makes of a row."""
    instance = f"Now complete the following example -\nInput: {_stopped(row['input'])}\nOutput: "
    return [(head + instance).strip(), row["output"].strip()]


def _stopped(text: str) -> str:
    """The text with a full stop, unless it ends with a sign."""
    text = text.strip()
    return text if text.endswith(tuple(string.punctuation)) else f"{text}."


def _definition(task: Mapping[str, Any]) -> str:
    return _first(task.get("Definition")).strip()


def _examples(task: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Input and output of each positive example."""
    examples = task.get("Positive Examples")
    for example in examples if isinstance(examples, list) else []:
        given, wanted = (example.get(key) for key in ("input", "output")) if isinstance(example, dict) else ("", "")
        if isinstance(given, str) and isinstance(wanted, str):
            yield given, wanted


def _language(task: Mapping[str, Any]) -> str:
    return LANGUAGES.get(_first(task.get("Instruction_language")) or "English", UNKNOWN_LANGUAGE)


def _first(value: Any) -> str:
    """The text itself, or the first of a list: older files have texts where newer ones have lists."""
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) else ""
