"""Files of decisions, JSON Lines or CSV, into rows of `decisions`: every line is checked, and all mistakes are told."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from taskmill.jobs.errors import ReviewError
from taskmill.jobs.review.decisions import SAID, decision_id, moment_text
from taskmill.udfs.rendering.columns import is_unicode
from taskmill.udfs.review.verdicts import COMMENT, DECISIONS, FIX, FLAGGED, PAIR, RANDOM, SCOPES, TASK, TEMPLATE

Row = dict[str, Any]
NAMES = tuple(name for name in SAID if name != "decided_at")
IDENTIFIES = {PAIR: ("task", "example_id", "template"), TEMPLATE: ("template",), TASK: ("task",)}


@dataclass(frozen=True)
class Line:
    """A decision as found in a file. `where` names file and line."""

    where: str
    said: Row


@dataclass
class Read:
    """What was found in files: decisions, mistakes, and how many lines decide nothing."""

    lines: list[Line] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    undecided: int = 0


def read_files(paths: Iterable[Path]) -> Read:
    """The decisions in these files. A line of a sample that nobody has filled in decides nothing, and is no mistake.

    Raises:
        ReviewError: for a file that cannot be read at all.
    """
    read = Read()
    for path in paths:
        for number, raw in _raw_lines(path):
            where = f"{path}, line {number}"
            if isinstance(raw, str):
                read.mistakes.append(f"{where}: {raw}")
            elif raw.get("decision") is None or (isinstance(raw["decision"], str) and not raw["decision"].strip()):
                read.undecided += 1
            else:
                said, mistakes = checked_line(raw)
                read.mistakes += [f"{where}: {mistake}" for mistake in mistakes]
                read.lines.append(Line(where, said))
    return read


def checked_line(raw: Mapping[str, Any]) -> tuple[Row, list[str]]:
    """What a line says, with nothing for what is empty, and what is wrong with it."""
    said: Row = {name: _text(raw, name) for name in NAMES}
    said["scope"] = said["scope"] or PAIR
    mistakes = [
        f"{name} is {type(raw[name]).__name__}, and should be text"
        for name in (*NAMES, "decided_at")
        if raw.get(name) is not None and not isinstance(raw[name], str)
    ]
    mistakes += [f"{name} has half of a surrogate pair, which no encoding can write"
                 for name in NAMES if said[name] and not is_unicode(said[name])]  # fmt: skip
    for name, known in (("scope", SCOPES), ("decision", DECISIONS), ("drawn", (RANDOM, FLAGGED))):
        if said[name] and said[name] not in known:
            mistakes.append(f"{name} {said[name]!r} is none of {', '.join(known)}{nearest(said[name], known)}")
    if not said["reviewer"]:
        mistakes.append("reviewer is missing: name who decided")
    elif not said["reviewer"].isprintable():
        mistakes.append(
            f"reviewer {said['reviewer']!r} has characters that a terminal would obey or hide; leave them out"
        )
    missing = [name for name in IDENTIFIES.get(said["scope"], ()) if not said[name]]
    if missing:
        mistakes.append(f"a decision on a {said['scope']} needs {' and '.join(missing)}")
    if said["scope"] == TEMPLATE and bool(said["task"]) == bool(said["task_type"]):
        mistakes.append("a decision on a template needs either task_type, or task for one task alone")
    mistakes += _wrong_fix(said)
    if said["decision"] == COMMENT and not said["comment"]:
        mistakes.append("decision 'comment' needs a comment")
    try:
        said["decided_at"] = moment(_text(raw, "decided_at"))
    except ValueError as error:
        mistakes.append(str(error))
    if said["scope"] != PAIR:  # a pair has its task type from its task
        said["example_id"] = None
    else:
        said["task_type"] = None
    return said, mistakes


def moment(text: str | None) -> datetime:
    """A time with a zone.

    Raises:
        ValueError: saying what is wrong.
    """
    if text is None:
        raise ValueError("decided_at is missing: write when, as in 2026-01-31T14:25:30Z")
    try:
        found = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)
    except ValueError as error:
        raise ValueError(f"decided_at {text!r} is no time: write it as in 2026-01-31T14:25:30Z") from error
    if found.tzinfo is None:
        raise ValueError(f"decided_at {text!r} has no zone: write {text}Z for UTC, or +02:00 behind it")
    try:
        return found.astimezone(timezone.utc)
    except OverflowError as error:
        raise ValueError(f"decided_at {text!r} is before the year 1 or after 9999 in UTC: correct it") from error


def as_row(said: Mapping[str, Any], run_id: str) -> Row:
    """The row of `decisions`."""
    return {**said, "decision_id": decision_id(said), "run_id": run_id}


def unknown_names(said: Mapping[str, Any], tasks: Mapping[str, Collection[str]], types: Mapping[str, Collection[str]],
                  examples: Collection[tuple[str, str]] | None) -> Iterator[str]:  # fmt: skip
    """What a decision names and there is not.

    Args:
        tasks, types: names of tasks and task types, each with the names of its templates.
        examples: task and id of those of the examples that decisions name, which exist; None where nobody knows yet.
    """
    task, task_type, template = said["task"], said["task_type"], said["template"]
    if task and task not in tasks:
        yield f"there is no task {task!r}{nearest(task, tasks)}"
        return
    if task_type and task_type not in types:
        yield f"there is no task type {task_type!r}{nearest(task_type, types)}"
        return
    known = tasks[task] if task else types.get(task_type or "", ())
    if said["scope"] in (PAIR, TEMPLATE) and template not in known:
        yield f"{task or task_type} has no template {template!r}{nearest(template, known)}"
    if said["scope"] == PAIR and examples is not None and (task, said["example_id"]) not in examples:
        yield f"{task} has no example {said['example_id']!r}; its content may have changed since it was sampled"


def nearest(name: str, known: Iterable[str]) -> str:
    """`. Did you mean 'x'?`, or nothing."""
    near = get_close_matches(name, list(known), n=1)
    return f". Did you mean {near[0]!r}?" if near else ""


def write_decisions(rows: Iterable[Mapping[str, Any]], out: Path) -> int:
    """Writes stored decisions as a file that can be imported, JSON Lines or, for `.csv`, CSV; gives their number."""
    ordered = sorted(rows, key=lambda row: (row["decided_at"], row["decision_id"]))
    lines = [{name: _written(row[name]) for name in SAID} for row in ordered]
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8", newline="") as file:
        if out.suffix.lower() == ".csv":
            writer = csv.DictWriter(file, SAID)
            writer.writeheader()
            writer.writerows(lines)
        else:
            file.writelines(
                json.dumps({name: value for name, value in line.items() if value is not None}, ensure_ascii=False)
                + "\n"
                for line in lines
            )
    return len(lines)


def _written(value: Any) -> Any:
    return moment_text(value) if isinstance(value, datetime) else value


def _wrong_fix(said: Row) -> Iterator[str]:
    fixed = [name for name in ("fixed_prompt", "fixed_response") if said[name] is not None]
    if said["decision"] == FIX:
        if said["scope"] != PAIR:
            yield f"a {said['scope']} cannot be fixed by a decision: reject it, or change its file"
        if not fixed:
            yield "decision 'fix' needs fixed_prompt or fixed_response"
        for name in fixed:
            if not said[name].strip():
                yield f"{name} is blank; reject the pair instead"
    elif fixed:
        yield f"{fixed[0]} is given, but decision is {said['decision']!r}; write 'fix', or leave the text out"


def _raw_lines(path: Path) -> Iterator[tuple[int, Row | str]]:
    """Number and content of each line, or what is wrong with it."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ReviewError(f"{path}: cannot be read ({error.strerror}); give a file of decisions") from error
    except UnicodeDecodeError as error:
        raise ReviewError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    if path.suffix.lower() == ".csv":
        yield from _csv_rows(path, text)
        return
    for number, line in enumerate(text.split("\n"), start=1):  # a text may hold other line breaks, such as U+2028
        if line.strip():
            yield number, _json_object(line)


def _json_object(line: str) -> Row | str:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        return f"is no JSON: {error.msg}, column {error.colno}"
    except (ValueError, RecursionError) as error:  # numbers too long, and nesting too deep, for Python
        return f"is no JSON that can be read: {error}"
    return found if isinstance(found, dict) else "is no JSON object"


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, Row | str]]:
    csv.field_size_limit(2**31 - 1)  # texts of a megabyte are no mistake
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = reader.fieldnames or ()
        if "decision" not in columns:
            raise ReviewError(f"{path}: has no column decision (it has: {', '.join(columns) or 'nothing'})")
        for row in reader:
            if None in row:
                yield reader.line_num, f"has more cells than the {len(columns)} columns"
            else:
                yield reader.line_num, dict(row)
    except csv.Error as error:
        raise ReviewError(f"{path}, line {reader.line_num}: is no CSV: {error}") from error


def _text(raw: Mapping[str, Any], name: str) -> str | None:
    """The value as text; None where it is absent or empty. Texts of fixes keep their white space."""
    value = raw.get(name)
    if not isinstance(value, str):
        return None
    value = value if name.startswith("fixed_") else value.strip()
    return value or None
