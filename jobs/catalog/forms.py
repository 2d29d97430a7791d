"""The forms that the pairs of a task may take, from the configuration and what its wordings say about themselves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.config import TaskType
from taskmill.jobs.configuration.form_settings import FewShotSettings, Forms, MultiTurnSettings
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.udfs.fields import FieldType
from taskmill.udfs.forms.few_shot import FewShot
from taskmill.udfs.forms.plans import ExampleForms, FormPlan, OptionForms, SystemForms, WordingFacts
from taskmill.udfs.forms.siblings import MultiTurn
from taskmill.udfs.forms.wordings import facts_of
from taskmill.udfs.rendering.plans import AnyTemplate, Template

OF_OTHERS = {"few_shot": FewShotSettings(), "multi_turn": MultiTurnSettings()}  # forms that need other examples


def form_plan(pipeline: Pipeline, task: Task) -> FormPlan | None:
    """The forms of a task's pairs, other than what they show of other examples; None where nothing is set."""
    forms, kind = pipeline.forms.of(task.name), task.task_type
    if forms is None or forms.model_copy(update=OF_OTHERS) == Forms():
        return None
    answer = kind.answer_fields[0] if kind.answer_is_choice else None
    return FormPlan(
        seed=pipeline.seed,
        options=OptionForms(
            forms.options.listed,
            tuple((name, weight) for name, weight in sorted(forms.options.styles.items()) if weight),
            forms.options.by_label,
            forms.options.shuffled,
        ),
        inverted=forms.inverted,
        reasoning=forms.reasoning if kind.explanation else None,
        examples=_examples(forms, kind),
        system=SystemForms(forms.system.rate, forms.system.by_language),
        max_tokens=forms.max_tokens,
        wordings=tuple(_facts(task, template, answer) for template in task.templates),
        answer=answer,
        labels=_labels(task),
        explanation=_explanation(kind),
        shrinks=kind.shrinks,
        answers=kind.answer_fields,
    )


def few_shot(pipeline: Pipeline, task: Task) -> FewShot | None:
    """How the pairs of a task show other examples of it; None where they show none."""
    forms = pipeline.forms.of(task.name)
    return None if forms is None else forms.few_shot.of_render


def multi_turn(pipeline: Pipeline, task: Task) -> MultiTurn | None:
    """How the pairs of a task become dialogues; None where none does."""
    forms = pipeline.forms.of(task.name)
    has_follow_up = any(isinstance(one, Template) and one.follow_up is not None for one in task.templates)
    return forms.multi_turn.of_render if forms is not None and has_follow_up else None


def _facts(task: Task, template: AnyTemplate, answer: str | None) -> WordingFacts | None:
    if not isinstance(template, Template):
        return None
    kind = task.task_type
    as_written = any(text.as_written for text in kind.templates if text.name == template.name)
    held_in = task.choices if isinstance(task.choices, str) else None
    return _facts_of(template, answer, kind.answer_fields, _explanation(kind), held_in, as_written)


_facts_of = lru_cache(maxsize=4096)(facts_of)  # the tasks of a type share its wordings


def _explanation(kind: TaskType) -> tuple[str, ...]:
    """The texts that explain the answer."""
    return tuple(name for name in kind.explanation if kind.field_types[name].kind == "text")


def _labels(task: Task) -> tuple[str, ...]:
    """The fields that point into the choices; none where one lies within a struct or a list of lists."""
    kinds = task.known_fields
    found = tuple(name for name, kind in kinds.items() if kind.is_labels)
    hidden = any(_holds_choice(kind) for name, kind in kinds.items() if name not in found)
    return () if hidden else found


def _holds_choice(kind: FieldType) -> bool:
    inner = [*(member for _, member in kind.members), *([kind.item] if kind.item is not None else [])]
    return kind.kind == "choice" or any(_holds_choice(one) for one in inner)


def _examples(forms: Forms, kind: TaskType) -> ExampleForms:
    shown = {role: name for role, name in kind.shows.items() if role != "definition"}
    return ExampleForms(
        rate=forms.examples.rate if shown else 0.0,
        definition=kind.shows.get("definition"),
        most_good=forms.examples.good,
        most_bad=forms.examples.bad,
        good=shown.get("good"),
        bad=shown.get("bad"),
        explained=all("explanation" in dict(_members(kind.field_types[name])) for name in shown.values()),
    )


def _members(kind: FieldType) -> Iterator[tuple[str, FieldType]]:
    yield from kind.item.members if kind.item is not None else ()
