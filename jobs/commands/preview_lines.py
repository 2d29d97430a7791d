"""What previews and checks render without Spark: every wording over every row, each with its parts or its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from taskmill.jobs.catalog.task import Task, templates_of
from taskmill.jobs.catalog.template_checks import CHECK_LIMITS, with_choices
from taskmill.jobs.configuration.config import TaskType
from taskmill.udfs.forms.formed import render_formed
from taskmill.udfs.forms.narrowing import form_keys
from taskmill.udfs.forms.plans import FormPlan
from taskmill.udfs.ids import hashed
from taskmill.udfs.rendering import native, promptsource
from taskmill.udfs.rendering.dialects import tier
from taskmill.udfs.rendering.plans import Draw, PublishedTemplate, RenderPlan, Template
from taskmill.udfs.rendering.rendered import Rendered, RenderedRows
from taskmill.udfs.rendering.row_sets import rows_of_dicts

Row = Mapping[str, Any]
FEW_ROWS = 20  # below, rendering them one by one is done before Arrow has warmed up
NOT_DRAWN = "not_drawn"  # the wording needs an optional field that the row does not have


@dataclass(frozen=True)
class Line:
    """One wording over one row: `parts` (prompt and response; a published template may give others), or `reason`.

    `form` has the tags of its form, `system` the system message.
    """

    row: int
    template: str
    tier: str
    parts: tuple[str, ...] = ()
    choices: tuple[str, ...] | None = None
    reason: str | None = None
    detail: str | None = None
    inverts: bool = False
    form: tuple[str, ...] = ()
    system: str | None = None

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
        plan: of a task whose pairs take forms.
    """

    task_type: TaskType
    choices: tuple[str, ...] | str | None
    templates: tuple[Template, ...]
    plan: RenderPlan | None = None

    def lines(self, rows: Sequence[Row], first: int = 0, ids: Sequence[str] = ()) -> Iterator[Line]:
        """Every wording over every row, row after row; rows are numbered from `first`.

        Args:
            ids: of the rows, on which draws depend; made from their content where there are none.
        """
        by_template = [self._lines_of(template, rows, first, ids) for template in self.templates]
        for of_row in zip(*by_template, strict=True):
            yield from of_row

    def named(self, only: str | None) -> NativeWordings:
        """All of them, or the one of this name (none where there is no such)."""
        return replace(self, templates=tuple(one for one in self.templates if only in {None, one.name}))

    def _lines_of(self, template: Template, rows: Sequence[Row], first: int, ids: Sequence[str]) -> list[Line]:
        used = tier(template)[0]
        names = [{**dict.fromkeys(self.task_type.fields), **row} for row in rows]
        wrong = [self._unfit(template, row) for row in names]
        fit = [position for position, reason in enumerate(wrong) if reason is None]
        examples = [with_choices(names[position], self.choices) for position in fit]
        own_ids = [ids[position] for position in fit] if ids else _ids(rows, fit)
        if self.plan is not None and template in self._placed:
            found = self._formed(self.plan, template, examples, own_ids, used)
            lines = dict(zip(fit, found, strict=True))
        else:
            outcome = dict(zip(fit, _rendered(template, examples, own_ids), strict=True))
            lines = {at: self._line(template, used, names[at], first + at, one) for at, one in outcome.items()}
        for at, reason in enumerate(wrong):
            if reason is not None:
                lines[at] = self._line(template, used, names[at], first + at, reason)
        return [replace(lines[at], row=first + at) for at in range(len(rows))]

    @property
    def _placed(self) -> list[object]:
        """The templates that the task uses, in the order of its plan."""
        return [] if self.plan is None else [template for _, template in self.plan.templates]

    def _formed(
        self, plan: RenderPlan, template: Template, examples: Sequence[Row], ids: Sequence[str], used: str
    ) -> list[Line]:
        """The lines of these examples in their forms."""
        if not examples or plan.forms is None:
            return []
        found = render_formed(
            plan, self._placed.index(template), rows_of_dicts(examples, ids), form_keys(plan.forms, ids)
        )
        size, columns = len(examples), found.examples.columns
        choices = columns["choices"].items(size) if "choices" in columns else [None] * size
        assert found.forms is not None and found.systems is not None
        told = zip(_each(found.rendered), choices, found.forms.to_pylist(), found.systems.to_pylist(), strict=False)
        return [
            replace(
                self._line(template, used, {} if own is None else {"choices": own}, 0, one, own),
                form=tuple((tags or "").split()),
                system=system,
            )
            for one, own, tags, system in told
        ]

    def _line(self, template: Template, used: str, names: Row, row: int, found: Rendered, choices: Any = None) -> Line:
        if found.reason is not None:
            return Line(row, template.name, used, reason=found.reason, detail=found.detail, inverts=template.inverts)
        if choices is None:
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

    def lines(self, rows: Sequence[Row], first: int = 0, ids: Sequence[str] = ()) -> Iterator[Line]:
        """Every template over every row, row after row; as for native ones."""
        ids = ids or _ids(rows, range(len(rows)))
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


def wordings_of_task(task: Task, forms: FormPlan | None = None) -> Wordings:
    """The wordings of a task: its task type's, or the published templates of its source."""
    if task.published:
        return PublishedWordings(task.published)
    found = wordings_of(task.task_type, task.choices)
    if forms is None:
        return found
    plan = RenderPlan(
        task.name, task.task_type.task_type, "", 0, task.choices, forms.answer, task.known_fields,
        tuple((one.template_id(task.task_type.task_type), one) for one in task.templates), Draw(forms.seed),
        CHECK_LIMITS, forms=forms,
    )  # fmt: skip
    return replace(found, plan=plan)


def _rendered(template: Template, rows: Sequence[Row], ids: Sequence[str]) -> list[Rendered]:
    if len(rows) < FEW_ROWS:
        return [native.render_row(template, row, CHECK_LIMITS) for row in rows]
    return _each(native.render_rows(template, rows_of_dicts(rows, ids), CHECK_LIMITS))


def _each(found: RenderedRows) -> list[Rendered]:
    sides = zip(found.prompts.to_pylist(), found.responses.to_pylist(), strict=True)
    return [found.alone.get(place, Rendered(*texts)) for place, texts in enumerate(sides)]


def _ids(rows: Sequence[Row], positions: Sequence[int]) -> list[str]:
    """What draws depend on: a row's content, never its place in the file."""
    return [hashed(json.dumps(rows[position], sort_keys=True, default=str)) for position in positions]
