"""A task of questions with options, and its pairs in the forms that a test wants."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from taskmill.udfs.fields import FieldType, parse_field_type
from taskmill.udfs.forms.plans import FormPlan
from taskmill.udfs.forms.wordings import facts_of
from taskmill.udfs.pair_checks.registry import CHECKS, CheckPlan
from taskmill.udfs.rendering.batches import pair_renderer, refused_renderer
from taskmill.udfs.rendering.plans import Draw, RenderPlan, Template

Row = dict[str, Any]
TASK = "quiz.qa"
FIELDS = {"question": "text", "options": "list<text>", "label": "choice", "why": "text?", "passage": "text?"}
LETTERED = Template("lettered", "{{ question }}\n{{ choices | lettered }}\n\nGive the letter.", "{{ label | letter }}")
BULLETED = Template("bulleted", "Pick one:\n{{ choices | bulleted }}\n\n{{ question }}", "{{ choices[label] }}")
IN_TEXT = Template("in_text", "{{ question }} {{ choices | either_or }}", "{{ choices[label] }}")
OPEN = Template("open", "{{ question }}\nAnswer:", "{{ choices[label] }}")
SENTENCE = Template("sentence", "Tell me: {{ question }}", "It is {{ choices[label] }}.")
ASK = Template("ask", "Ask for {{ choices[label] }}.", "{{ question }}", inverts=True)
REASONED = Template("reasoned", "{{ question }} Why?", "{{ why }} So {{ choices[label] }}", needs=("why",))


def types(fields: Mapping[str, str] = FIELDS) -> dict[str, FieldType]:
    return {name: parse_field_type(text) for name, text in fields.items()}


def plan_of(
    templates: Sequence[Template],
    forms: FormPlan | None,
    choices: tuple[str, ...] | str | None = "options",
    answer: str | None = "label",
    fields: Mapping[str, str] = FIELDS,
    as_written: bool = False,
    **more: Any,
) -> RenderPlan:
    """A plan; of the forms only what a configuration says need be given."""
    kinds = types(fields)
    if forms is not None:
        held_in = choices if isinstance(choices, str) else None
        answers = forms.answers or ((answer,) if answer else ())
        facts = [facts_of(one, answer, answers, forms.explanation, held_in, as_written) for one in templates]
        labels = tuple(name for name, kind in kinds.items() if kind.is_labels)
        forms = replace(forms, wordings=tuple(facts), answer=answer, answers=answers, labels=labels)
    checks = CheckPlan({name: check.severity for name, check in CHECKS.items()})
    return RenderPlan(
        TASK, "qa", "c", 0, choices, answer, kinds, tuple((one.name, one) for one in templates), Draw(20), forms=forms,
        **{"checks": checks, **more},
    )  # fmt: skip


def batch_of(rows: Mapping[str, Row]) -> pa.RecordBatch:
    """A batch of examples: fields by id."""
    found = [{"task": TASK, "example_id": name, "fields": json.dumps(fields)} for name, fields in rows.items()]
    return pa.RecordBatch.from_pylist(found)


def quiz(count: int, options: int = 4, **more: Any) -> dict[str, Row]:
    """Examples by id, whose right option says so and stands in each place equally often."""
    found = {}
    for number in range(count):
        label = number % options
        texts = [f"wrong {number} {place}" for place in range(options)]
        texts[label] = f"right {number}"
        found[f"e{number}"] = {
            "question": f"What about {number}?", "options": texts, "label": label, "why": None, "passage": None, **more,
        }  # fmt: skip
    return found


def pairs_of(plan: RenderPlan, rows: Mapping[str, Row], slices: Sequence[int] = ()) -> list[Row]:
    """The pairs of these examples, with the names of their templates; `slices` are where the batch is cut."""
    return list(_told(plan, pair_renderer, rows, slices))


def refused_of(plan: RenderPlan, rows: Mapping[str, Row]) -> list[Row]:
    """What is refused of these examples."""
    return list(_told(plan, refused_renderer, rows, ()))


def _told(plan: RenderPlan, renderer: Any, rows: Mapping[str, Row], slices: Sequence[int]) -> Iterator[Row]:
    batch = batch_of(rows)
    batches = [
        batch.slice(start, end - start) for start, end in zip((0, *slices), (*slices, batch.num_rows), strict=True)
    ]
    for found in renderer({plan.task: plan}, ("example_id",))(batches):
        for row in found.to_pylist():
            if "number" in row:
                row["template"] = plan.templates[row["number"]][1].name
                row["form"] = (row["form"] or "").split()
                row["choices"] = row["choices"] or (list(plan.choices) if isinstance(plan.choices, tuple) else None)
            yield row
