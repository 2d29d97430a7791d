"""FLAN 2021's patterns (Wei et al. 2021, `flan/templates.py`) to native task types.

The file is a Python module with a dict `PATTERNS`: task -> pairs of an input and a target text with slots `{field}`.
It is read as text and never run. A slot is a field's text as it is; `{options_}` and `{options_str}` are the block
`OPTIONS:` with one `- option` a line, and then the answer is one of the options. Any other brace is a brace.
Equal means equal up to white space at the ends, which no pair has here.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from taskmill.jobs.errors import ConfigError
from taskmill.jobs.imports.equal_renderings import Row, RowMaker, trial
from taskmill.jobs.imports.task_types import (
    Import,
    ImportedType,
    NotConvertedError,
    Refused,
    Wording,
    checked_type,
    is_reserved,
    literal,
    settled,
    valid_name,
)

FILE_NAME = "templates.py"
PATTERNS = "PATTERNS"
SLOT = re.compile(r"({\w*})", re.ASCII)  # as FLAN's own `format_from_feature_dictionary` finds them
OPTIONS_SLOTS = frozenset({"options_", "options_str"})
OPTIONS_HEAD = "OPTIONS:\n"
NO_PAIR = "it is not a pair of texts"
BY_CODE = "it is made by code, which is not run"
NO_SLOT = "its target has no slot"
NO_NAME = "it has a slot without a name"


@dataclass(frozen=True)
class Pattern:
    """A pair of texts with slots, and its place among the task's patterns, from 1."""

    number: int
    prompt: str
    target: str

    @property
    def origin(self) -> str:
        return f"pattern_{self.number}"


def convert(path: Path) -> Import:
    """The task types of FLAN's `templates.py`, or of the one in a folder.

    Raises:
        ConfigError: if there is no such file, it is no Python, or it has no dict `PATTERNS`.
    """
    path = path / FILE_NAME if path.is_dir() else path
    try:
        module = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}, line {getattr(error, 'lineno', None) or 1}: not valid Python: {error}") from error
    found, dicts = Import(), 0
    for statement in module.body:
        value = _patterns_value(statement)
        if value is not None:
            dicts += 1
            found += _convert_dict(value)
        elif _touches_patterns(statement):
            found += Import((), (Refused(PATTERNS, f"line {statement.lineno}", BY_CODE, _shown(statement)),))
    if not dicts:
        raise ConfigError(f"{path}, line 1: no dict {PATTERNS} is there; FLAN's templates.py has one")
    return found


def _patterns_value(statement: ast.stmt) -> ast.Dict | None:
    """The dict in `PATTERNS = {...}`."""
    if isinstance(statement, ast.Assign):
        targets: Sequence[ast.expr] = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return None
    is_patterns = any(isinstance(target, ast.Name) and target.id == PATTERNS for target in targets)
    return statement.value if is_patterns and isinstance(statement.value, ast.Dict) else None


def _touches_patterns(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Name) and node.id == PATTERNS for node in ast.walk(statement))


def _shown(node: ast.AST) -> str:
    return ast.unparse(node).splitlines()[0][:80]


def _convert_dict(patterns: ast.Dict) -> Import:
    found = Import()
    names: list[str] = []
    for key, value in zip(patterns.keys, patterns.values, strict=True):
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            shown = f"line {value.lineno}"
            found += Import((), (Refused(PATTERNS, shown, BY_CODE, _shown(value)),))
            continue
        if not isinstance(value, ast.List | ast.Tuple):
            found += Import((), (Refused(key.value, "all patterns", BY_CODE, _shown(value)),))
            continue
        part = _convert_task(key.value, valid_name(f"flan_{key.value}", names), value.elts)
        names += [task_type.name for task_type in part.task_types]
        found += part
    return found


def _convert_task(task: str, name: str, elements: Sequence[ast.expr]) -> Import:
    patterns: list[Pattern] = []
    refused: list[Refused] = []
    for number, element in enumerate(elements, start=1):
        try:
            patterns.append(_pattern(number, element))
        except NotConvertedError as error:
            refused.append(Refused(task, f"pattern_{number}", error.reason, error.detail))
    return Import((), tuple(refused)) + (_Task(task, name, patterns).converted() if patterns else Import())


def _pattern(number: int, element: ast.expr) -> Pattern:
    items = element.elts if isinstance(element, ast.Tuple | ast.List) else []
    texts = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if len(texts) != 2 or len(items) != 2:
        raise NotConvertedError(NO_PAIR, _shown(element))
    pattern = Pattern(number, *texts)
    if "" in (*slots(pattern.prompt), *slots(pattern.target)):
        raise NotConvertedError(NO_NAME)
    if not slots(pattern.target):
        raise NotConvertedError(NO_SLOT)
    return pattern


def slots(text: str) -> tuple[str, ...]:
    """The names of the slots in a text."""
    return tuple(part[1:-1] for part in SLOT.split(text)[1::2])


class _Task:
    """The patterns of one task: its fields, its answer, and its wordings."""

    def __init__(self, task: str, name: str, patterns: Sequence[Pattern]) -> None:
        self.task, self.patterns = task, patterns
        used = list(dict.fromkeys(slot for pattern in patterns for text in (pattern.prompt, pattern.target)
                                  for slot in slots(text)))  # fmt: skip
        self.has_options = not OPTIONS_SLOTS.isdisjoint(used)
        self.names: dict[str, str] = {}
        for slot in used:
            if slot not in OPTIONS_SLOTS:
                wanted = f"{slot}_field" if is_reserved(slot) else slot
                self.names[slot] = valid_name(wanted, self.names.values(), "field")
        self.options = valid_name("options", self.names.values())
        self.answer_slot = self._answer_slot()
        self.task_type = self._task_type(name)

    def converted(self) -> Import:
        """The task type with every wording that renders as its pattern does and has no mistakes."""
        maker = RowMaker(checked_type(self.task_type).field_types, {}, self.task_type.choices)
        rows, refused = maker.rows(), []
        for pattern, wording in zip(self.patterns, self.task_type.wordings, strict=True):
            try:
                trial(self.task_type, wording, partial(self._expected, pattern)).check(rows)
            except NotConvertedError as error:
                refused.append(Refused(self.task, pattern.origin, error.reason, error.detail))
        gone = {refusal.template for refusal in refused}
        kept = [wording for wording in self.task_type.wordings if wording.origin not in gone]
        return Import((), tuple(refused)) + settled(replace(self.task_type, wordings=tuple(kept)), self.task)

    def _answer_slot(self) -> str:
        """The slot that most targets consist of."""
        targets = [slots(pattern.target) for pattern in self.patterns]
        whole = Counter(target[0] for target, pattern in zip(targets, self.patterns, strict=True)
                        if pattern.target.strip() == f"{{{target[0]}}}")  # fmt: skip
        counted = whole or Counter(slot for target in targets for slot in target)
        return counted.most_common(1)[0][0]

    def _task_type(self, name: str) -> ImportedType:
        answer = self.names[self.answer_slot]
        fields = dict.fromkeys(self.names.values(), "text")
        if self.has_options:
            del fields[answer]
            fields |= {self.options: "list<text>", answer: "choice"}
        return ImportedType(
            name=name,
            description=f"What the FLAN patterns of {self.task} ask for.",
            fields=fields,
            answer=answer,
            wordings=tuple(self._wording(pattern) for pattern in self.patterns),
            choices=self.options if self.has_options else None,
            notes=tuple(self._notes()),
        )

    def _notes(self) -> Iterator[str]:
        yield f"Converted from the FLAN 2021 patterns of {self.task}."
        other = [f"{name} ({slot})" for slot, name in self.names.items() if name != slot]
        if other:
            yield f"Fields that have other names than their slots: {', '.join(other)}."

    def _wording(self, pattern: Pattern) -> Wording:
        return Wording(
            name=pattern.origin,
            prompt=self._source(pattern.prompt),
            response=self._source(pattern.target),
            inverts=set(slots(pattern.target)) != {self.answer_slot},
            origin=pattern.origin,
        )

    def _source(self, text: str) -> str:
        parts = SLOT.split(text.strip())
        for place, part in enumerate(parts):
            parts[place] = self._slot(part[1:-1]) if place % 2 else literal(part)
        return "".join(parts)

    def _slot(self, slot: str) -> str:
        if slot in OPTIONS_SLOTS:
            return OPTIONS_HEAD + "{{ choices | bulleted }}"
        name = self.names[slot]
        return f"{{{{ choices[{name}] }}}}" if self.has_options and slot == self.answer_slot else f"{{{{ {name} }}}}"

    def _expected(self, pattern: Pattern, row: Row) -> list[str]:
        """What FLAN's preprocessors and formatter make of a row."""
        values = {slot: row[name] for slot, name in self.names.items()}
        if self.has_options:
            options = row[self.options]
            values[self.answer_slot] = options[row[self.names[self.answer_slot]]]
            values |= dict.fromkeys(OPTIONS_SLOTS, OPTIONS_HEAD + "- " + "\n- ".join(options))
        texts = []
        for text in (pattern.prompt, pattern.target):
            parts = SLOT.split(text)
            texts.append("".join(values[part[1:-1]] if place % 2 else part for place, part in enumerate(parts)).strip())
        return texts
