"""Wordings that different tasks share: a model that has learnt one knows the form of the other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from taskmill.jobs.catalog.task import Task
from taskmill.udfs.rendering.plans import AnyTemplate, PublishedTemplate

SLOT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
WORD = re.compile(r"\w+")
FEWEST_WORDS = 8  # besides slots; a shorter wording, such as "{{ question }} Answer:", is what any task may have


def shared_wordings(tasks: Mapping[str, Task]) -> dict[str, tuple[str, ...]]:
    """The wordings that tasks of different types have, each with the tasks that have it.

    That tasks of one type share theirs is no news: where they are in different clusters, they are there for what they
    are about.
    """
    types: defaultdict[str, set[str]] = defaultdict(set)
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for name, task in tasks.items():
        for template in task.templates:
            words = literal_words(template)
            if len(words.replace("_", " ").split()) >= FEWEST_WORDS:
                types[words].add(task.task_type.task_type)
                holders[words].add(name)
    return {words: tuple(sorted(holders[words])) for words in sorted(types) if len(types[words]) > 1}


def literal_words(template: AnyTemplate) -> str:
    """The words of a prompt in lower case, `_` for each slot."""
    return " ".join(WORD.findall(SLOT.sub(" _ ", _prompt(template)).lower()))


def literal_text(template: AnyTemplate) -> str:
    """A prompt without its slots."""
    return SLOT.sub(" ", _prompt(template))


def _prompt(template: AnyTemplate) -> str:
    return template.jinja.split("|||")[0] if isinstance(template, PublishedTemplate) else template.prompt
