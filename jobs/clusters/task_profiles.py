"""What is known of each task, from its files and a sample of its examples, as similarity wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.clusters.task_samples import SampledExample, constant_fields, languages_of, sampled_examples
from taskmill.jobs.clusters.wordings import literal_text
from taskmill.udfs.similarity.profiles import TaskProfile

if TYPE_CHECKING:
    from taskmill.jobs.context import Context


def task_profiles(context: Context, kept: Mapping[str, int]) -> list[TaskProfile]:
    """A profile of each task, sorted by name.

    Args:
        kept: task -> how many examples it has.
    """
    samples = sampled_examples(context, kept, context.pipeline.clusters.examples)
    return [profile_of(context.catalog.tasks[name], samples.get(name, ())) for name in sorted(kept)]


def profile_of(task: Task, examples: Sequence[SampledExample]) -> TaskProfile:
    """What is known of one task. Where the data bring the instruction (a field that all examples share), it is the
    task's own, and the wordings around it are not."""
    own = constant_fields(examples)
    fields = [name for name in task.task_type.content_fields if name not in own]
    told = list(own.values()) or [task.task_type.description, *map(literal_text, task.templates)]
    labels = task.choices if isinstance(task.choices, tuple) else ()
    return TaskProfile(
        task.name,
        instructions=tuple(told),
        fields=tuple(fields) if len(fields) > 1 else (),
        inputs=tuple(tuple(one.fields.get(name) or "" for name in fields) for one in examples),
        answers=tuple(one.answers for one in examples),
        labels=labels,
        languages=languages_of(examples),
    )
