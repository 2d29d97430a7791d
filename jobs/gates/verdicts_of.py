"""The verdicts on a task: every gate that has something to say of it, given what was counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.gates.option_counts import OptionCounts
from taskmill.jobs.gates.shapes import Shape, examples_by_language, idle_templates
from taskmill.jobs.gates.text_samples import TextSample
from taskmill.udfs.gates import answers, coverage, definitions, options
from taskmill.udfs.gates.answers import AnswerCounts, Conflicts
from taskmill.udfs.gates.giveaways import lexical_giveaway
from taskmill.udfs.gates.verdicts import BLOCK, PASS, WARN, Limits, Verdict

NO_SAMPLE = TextSample(0, {}, (), False)


@dataclass(frozen=True)
class Statistics:
    """What was counted of a task.

    Attributes:
        examples: after deduplication.
        answers: None for a task without examples, and where only templates know the answer.
        rows, refused: rows read, and of these those whose label is none of the choices.
    """

    examples: int
    rows: int = 0
    refused: int = 0
    answers: AnswerCounts | None = None
    conflicts: Conflicts = Conflicts(0, 0)
    options: OptionCounts | None = None
    shapes: Sequence[Shape] = ()
    texts: TextSample = field(default=NO_SAMPLE)


def verdicts_of(
    task: Task, found: Statistics, limits: Mapping[str, Limits], excepted: frozenset[str]
) -> Iterator[tuple[Verdict, bool]]:
    """What each gate with limits says of a task, and whether it is excepted, and passes for that.

    A benchmark is not rendered in any case: it is warned of where another task would be blocked.
    """
    for verdict in filter(None, _said(task, found, limits)):
        if verdict.verdict != PASS and verdict.gate in excepted:
            yield replace(verdict, verdict=PASS, evidence=f"excepted: {verdict.evidence}"), True
        elif verdict.verdict == BLOCK and task.is_benchmark:
            yield replace(verdict, verdict=WARN), False
        else:
            yield verdict, verdict.gate in excepted


def _said(task: Task, found: Statistics, limits: Mapping[str, Limits]) -> Iterator[Verdict | None]:
    if "too_few_examples" in limits:
        yield answers.too_few_examples(found.examples, limits["too_few_examples"])
    if "outside_choices" in limits and task.choices is not None:
        yield coverage.outside_choices(found.refused, found.rows, limits["outside_choices"])
    if not found.examples:
        return
    yield from _of_answers(task, found, limits)
    yield from _of_templates(task, found, limits)
    if "sparse_language" in limits:
        yield coverage.sparse_language(examples_by_language(found.shapes), limits["sparse_language"])
    if found.options is not None and "position_bias" in limits:
        yield options.position_bias(found.options.places, limits["position_bias"])
    if found.options is not None and "length_bias" in limits:
        yield options.length_bias(found.options.longest, found.options.shortest, limits["length_bias"])


def _of_answers(task: Task, found: Statistics, limits: Mapping[str, Limits]) -> Iterator[Verdict | None]:
    if found.answers is None:
        return
    for gate in (answers.single_output, answers.majority, answers.label_entropy):
        if gate.__name__ in limits:
            yield gate(found.answers, limits[gate.__name__])
    if "conflicting_outputs" in limits:
        limit, has_choices = limits["conflicting_outputs"], task.choices is not None
        yield answers.conflicting_outputs(found.conflicts, found.answers, limit, has_choices=has_choices)
    if found.texts.has_labels and "lexical_giveaway" in limits:
        yield lexical_giveaway(found.texts.giveaways, found.texts.examples, limits["lexical_giveaway"])
    if "outside_definition" in limits:
        told = definitions.constant_definition(found.texts.constants)
        yield definitions.outside_definition(told, found.answers, limits["outside_definition"])


def _of_templates(task: Task, found: Statistics, limits: Mapping[str, Limits]) -> Iterator[Verdict]:
    """A field that the source does not map makes templates idle by design: task types are written for many sources."""
    filled = [name for name in task.task_type.fields if name in task.mapping.fields]
    idle = idle_templates(task, found.shapes)
    if "unused_field" in limits:
        used = [template.uses for template in task.templates if template.name not in idle]
        used.append(tuple(task.task_type.shows.values()))  # by forms, where these show examples
        present = {name for shape in found.shapes for name in shape.present}
        empty = {name for template in task.templates for name in template.needs} - present
        yield coverage.unused_field([name for name in filled if name not in empty], used, limits["unused_field"])
    if "idle_template" in limits:
        needs = {template.name: template.needs for template in task.templates}
        meant = {name: why for name, why in idle.items() if set(needs[name]).issubset(filled)}
        limit = limits["idle_template"]
        yield coverage.idle_template(meant, len(task.templates), len(idle) - len(meant), limit)
