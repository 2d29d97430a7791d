"""What came of one template over some examples: the pairs that are accepted, with what was found in them, and why the
others are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.pair_checks.checks import Pairs
from taskmill.udfs.pair_checks.registry import CHECKS, Found, checked_pairs
from taskmill.udfs.pair_checks.texts import Texts
from taskmill.udfs.pair_checks.wordings import own_marks, reshaped_fields
from taskmill.udfs.rendering.columns import Column, Constant, Indices, Values
from taskmill.udfs.rendering.plans import IN_DATA, IN_PROMPT, AnyTemplate, RenderPlan
from taskmill.udfs.rendering.rendered import RenderedRows
from taskmill.udfs.rendering.row_sets import RowSet


@dataclass(frozen=True)
class Outcome:
    """One template's part of a slice.

    Attributes:
        place: of the template in the plan.
        rows: of the slice, those the template was drawn for; other positions here are among these.
        repetitive: see `Pairs`; shared by the templates of a slice.
        fixed: positions of pairs whose text a reviewer wrote.
        formed, messages: tags of each pair's form, and its system message, null for none; None for none at all.
    """

    plan: RenderPlan
    place: int
    rows: Indices
    examples: RowSet
    rendered: RenderedRows
    repetitive: dict[str, bool] = field(default_factory=dict)
    fixed: frozenset[int] = frozenset()
    formed: pa.StringArray | None = None
    messages: pa.StringArray | None = None

    @property
    def template(self) -> AnyTemplate:
        return self.plan.templates[self.place][1]

    @cached_property
    def kept(self) -> Indices:
        """Positions of the accepted pairs."""
        return self._rendered_rows[self._accepted]

    @property
    def prompts(self) -> pa.StringArray:
        return self._of_accepted(self._sides[0])

    @property
    def responses(self) -> pa.StringArray:
        return self._of_accepted(self._sides[1])

    @property
    def warned(self) -> pa.StringArray:
        """Names of what each pair is warned of, with a blank between them; null for nothing."""
        return self._of_accepted(self._found.warnings)

    @property
    def quality(self) -> pa.DoubleArray:
        return self._of_accepted(pa.array(self._found.quality))

    @property
    def is_fixed(self) -> pa.BooleanArray:
        """Whether a reviewer wrote the text of each pair."""
        fixed = np.zeros(len(self.rows), np.bool_)
        fixed[list(self.fixed)] = True
        return pa.array(fixed[self.kept])

    @property
    def forms(self) -> pa.StringArray:
        """The tags of each pair's form, with a blank between them; null for none."""
        return self._of_kept(self.formed)

    @property
    def systems(self) -> pa.StringArray:
        """The system message of each pair; null for none."""
        return self._of_kept(self.messages)

    @property
    def gold(self) -> pa.Int32Array:
        """The index of the gold choice."""
        if self.plan.answer is None or not self.plan.has_gold(self.template):
            return pa.nulls(len(self.kept), pa.int32())
        labels = list(self.examples.columns[self.plan.answer].take(self.kept).items(len(self.kept)))
        return pa.array(labels, pa.int32())

    @property
    def response_languages(self) -> pa.StringArray:
        """The tag in the field that says in what language the template answers; null without such a field."""
        name = self.template.answers_in
        if name in {IN_DATA, IN_PROMPT} or name not in self.examples.columns:
            return pa.nulls(len(self.kept), pa.string())
        return pa.array(self.examples.columns[name].take(self.kept).items(len(self.kept)), pa.string())

    @property
    def choices(self) -> pa.ListArray:
        """The choices of each pair: those its template declares, else those in a field, where it has a gold one."""
        kind, column = pa.list_(pa.string()), self._own_choices
        if column is None:
            return pa.nulls(len(self.kept), kind)
        if isinstance(column, Constant):
            return pa.array([column.value], kind).take(pa.array(np.zeros(len(self.kept), np.int64)))
        return pa.array(list(column.take(self.kept).items(len(self.kept))), kind)

    def refused(self) -> Iterator[tuple[int, str, str | None]]:
        """Position, reason and detail of each pair that is none."""
        for row, found in self.rendered.alone.items():
            if found.reason is not None:
                yield row, found.reason, found.detail
        for position, name in self._found.errors.items():
            yield int(self._rendered_rows[position]), name, CHECKS[name].meaning

    @cached_property
    def _rendered_rows(self) -> Indices:
        """Positions of the rows that rendering made a pair of."""
        refused = [row for row, found in self.rendered.alone.items() if found.reason is not None]
        return np.delete(np.arange(len(self.rows)), refused) if refused else np.arange(len(self.rows))

    @cached_property
    def _found(self) -> Found:
        return checked_pairs(self._pairs(), self.plan.checks, own_marks(self.template))

    @cached_property
    def _accepted(self) -> Indices:
        """Of the pairs that rendering made, those that no check refuses."""
        made = np.arange(len(self._rendered_rows))
        return np.delete(made, list(self._found.errors)) if self._found.errors else made

    @cached_property
    def _sides(self) -> tuple[pa.StringArray, pa.StringArray]:
        """Prompts and responses of the pairs that rendering made."""
        return self._side("prompt"), self._side("response")

    def _pairs(self) -> Pairs:
        """What is checked; not kept, as it holds copies of the texts."""
        made, plan, template = self._rendered_rows, self.plan, self.template
        hidden = plan.checks.hidden
        texts = [name for name, kind in plan.fields.items() if kind.kind == "text"]
        reshaped = reshaped_fields(template, texts) if "lost_number" in plan.checks.severities else ()
        choices: Column | None = None
        if plan.has_gold(template):
            choices = self._own_choices
            if choices is None and isinstance(plan.choices, tuple):
                choices = Constant(list(plan.choices))
        return Pairs(
            prompts=Texts(self._sides[0]),
            responses=Texts(self._sides[1]),
            fields={name: self.examples.columns[name].take(made) for name in reshaped},
            choices=None if choices is None else choices.take(made),
            hidden=None if hidden is None or template.inverts else self.examples.columns[hidden].take(made),
            is_structured=plan.checks.is_structured and not template.inverts,
            reshaped=reshaped,
            max_tokens=plan.checks.max_tokens,
            max_ratio=plan.checks.max_ratio,
            repetitive=self.repetitive,
        )

    @cached_property
    def _own_choices(self) -> Column | None:
        """Choices that differ from pair to pair, or that the template declares itself."""
        column = self.rendered.choices
        if column is None and self.plan.choices is not None and self.plan.has_gold(self.template):
            column = self.examples.columns["choices"]
            if isinstance(self.plan.choices, tuple) and isinstance(column, Constant):
                column = None  # the order of the task's own list
        alone = {row: found.choices for row, found in self.rendered.alone.items() if found.choices is not None}
        if alone:
            values = list(column.items(len(self.rows))) if column is not None else [None] * len(self.rows)
            for row, choices in alone.items():
                values[row] = list(choices)
            column = Values(values)
        return column

    def _side(self, side: str) -> pa.StringArray:
        texts = self.rendered.prompts if side == "prompt" else self.rendered.responses
        alone = {row: found for row, found in sorted(self.rendered.alone.items()) if found.reason is None}
        if alone:
            mask = np.zeros(len(texts), np.bool_)
            mask[list(alone)] = True
            mine = pa.array([getattr(found, side) for found in alone.values()], pa.string())
            texts = pc.replace_with_mask(texts, pa.array(mask), mine)
        made = self._rendered_rows
        return texts if len(made) == len(texts) else texts.take(pa.array(made))

    def _of_kept(self, values: pa.StringArray | None) -> pa.StringArray:
        if values is None:
            return pa.nulls(len(self.kept), pa.string())
        return values if len(self.kept) == len(values) else values.take(pa.array(self.kept))

    def _of_accepted(self, values: pa.Array) -> pa.Array:
        return values if len(self._accepted) == len(values) else values.take(pa.array(self._accepted))
