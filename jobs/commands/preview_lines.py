"""What previews and checks render without Spark: every wording over every row, each with its parts or its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from taskmill.jobs.catalog.task import Task, templates_of
from taskmill.jobs.catalog.template_checks import CHECK_LIMITS, with_choices
from taskmill.jobs.configuration.config import TaskType
from taskmill.udfs.ids import hashed
from taskmill.udfs.rendering import native, promptsource
from taskmill.udfs.rendering.dialects import tier
from taskmill.udfs.rendering.plans import PublishedTemplate, Template
from taskmill.udfs.rendering.rendered import Rendered
from taskmill.udfs.rendering.row_sets import rows_of_dicts

Row = Mapping[str, Any]
FEW_ROWS = 20  # below, rendering them one by one is done before Arrow has warmed up
NOT_DRAWN = "not_drawn"  # the wording needs an optional field that the row does not have


@dataclass(frozen=True)
class Line:
    """One wording over one row: `parts` (prompt and response; a published template may give others), or `reason`."""

    row: int
    template: str
    tier: str
    parts: tuple[str, ...] = ()
    choices: tuple[str, ...] | None = None
    reason: str | None = None
    detail: str | None = None
    inverts: bool = False

    def as_json(self) -> str:
        """The line as `preview --out` writes it."""
        found: dict[str, Any] = {"row": self.row, "template": self.template, "tier": self.tier}
        if self.reason is not None:
            found |= {"error": self.reason, "detail": self.detail}
        else:
            found |= {"choices": self.choices, "parts": self.parts}
        return json.dumps(found, ensure_ascii=False)


@dataclass(frozen=True)
class NativeWordings:
    """Wordings of a task type.

    Attributes:
        choices: a fixed list, the name of the field that holds them, or None.
    """

    task_type: TaskType
    choices: tuple[str, ...] | str | None
    templates: tuple[Template, ...]

    def lines(self, rows: Sequence[Row], first: int = 0) -> Iterator[Line]:
        """Every wording over every row, row after row; rows are numbered from `first`."""
        by_template = [self._lines_of(template, rows, first) for template in self.templates]
        for of_row in zip(*by_template, strict=True):
            yield from of_row

    def named(self, only: str | None) -> NativeWordings:
        """All of them, or the one of this name (none where there is no such)."""
        return replace(self, templates=tuple(one for one in self.templates if only in {None, one.name}))

    def _lines_of(self, template: Template, rows: Sequence[Row], first: int) -> list[Line]:
        used = tier(template)[0]
        names = [{**dict.fromkeys(self.task_type.fields), **row} for row in rows]
        wrong = [self._unfit(template, row) for row in names]
        fit = [position for position, reason in enumerate(wrong) if reason is None]
        examples = [with_choices(names[position], self.choices) for position in fit]
        outcome = dict(zip(fit, _rendered(template, examples, _ids(rows, fit)), strict=True))
        outcome |= {position: reason for position, reason in enumerate(wrong) if reason is not None}
        return [self._line(template, used, names[at], first + at, outcome[at]) for at in range(len(rows))]

    def _line(self, template: Template, used: str, names: Row, row: int, found: Rendered) -> Line:
        if found.reason is not None:
            return Line(row, template.name, used, reason=found.reason, detail=found.detail, inverts=template.inverts)
        choices = with_choices(names, self.choices).get("choices")
        return Line(
            row, template.name, used, (found.prompt, found.response),
            None if choices is None else tuple(choices), inverts=template.inverts,
        )  # fmt: skip

    def _unfit(self, template: Template, row: Row) -> Rendered | None:
        """Why ingest would not have let this row through, or not to this wording."""
        kinds = self.task_type.field_types
        missing = [name for name, kind in kinds.items() if row[name] is None and not kind.optional]
        if missing:
            return Rendered(reason="missing_field", detail=", ".join(missing))
        needed = [name for name in template.needs if row[name] is None]
        if needed:
            return Rendered(reason=NOT_DRAWN, detail=f"needs {', '.join(needed)}")
        if isinstance(self.choices, str) and not isinstance(row[self.choices], list):
            return Rendered(reason="bad_value", detail=f"{self.choices} is not a list")
        return None


@dataclass(frozen=True)
class PublishedWordings:
    """Templates of a published file, over rows as they are."""

    templates: tuple[PublishedTemplate, ...]

    def lines(self, rows: Sequence[Row], first: int = 0) -> Iterator[Line]:
        """Every template over every row, row after row; rows are numbered from `first`."""
        ids = _ids(rows, range(len(rows)))
        by_template = [
            (template, tier(template)[0], promptsource.render_published(template, rows, ids, CHECK_LIMITS))
            for template in self.templates
        ]
        for row in range(len(rows)):
            for template, used, found in by_template:
                parts = found[row]
                yield Line(
                    first + row, template.name, used, parts.parts, parts.choices, parts.reason, parts.detail
                )  # fmt: skip

    def named(self, only: str | None) -> PublishedWordings:
        """All of them, or the one of this name (none where there is no such)."""
        return replace(self, templates=tuple(one for one in self.templates if only in {None, one.name}))


Wordings = NativeWordings | PublishedWordings


def wordings_of(task_type: TaskType, choices: tuple[str, ...] | str | None) -> NativeWordings:
    """The wordings of a task type."""
    return NativeWordings(task_type, choices, templates_of(task_type))


def wordings_of_task(task: Task) -> Wordings:
    """The wordings of a task: its task type's, or the published templates of its source."""
    return PublishedWordings(task.published) if task.published else wordings_of(task.task_type, task.choices)


def _rendered(template: Template, rows: Sequence[Row], ids: Sequence[str]) -> list[Rendered]:
    if len(rows) < FEW_ROWS:
        return [native.render_row(template, row, CHECK_LIMITS) for row in rows]
    found = native.render_rows(template, rows_of_dicts(rows, ids), CHECK_LIMITS)
    sides = zip(found.prompts.to_pylist(), found.responses.to_pylist(), strict=True)
    return [found.alone.get(place, Rendered(*texts)) for place, texts in enumerate(sides)]


def _ids(rows: Sequence[Row], positions: Sequence[int]) -> list[str]:
    """What draws depend on: a row's content, never its place in the file."""
    return [hashed(json.dumps(rows[position], sort_keys=True, default=str)) for position in positions]
