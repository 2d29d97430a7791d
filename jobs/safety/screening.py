"""Screens of tasks, from what the pipeline file says of personal data and sensitive themes, and where they are put to
use: candidates before ids are made of them, examples for their flags."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from taskmill.jobs.catalog.task import Task
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.configuration.safety_settings import ANNOTATE, QUARANTINE, REDACT
from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.safety.lexicon_files import load_lexicons
from taskmill.udfs.ids import fingerprint
from taskmill.udfs.personal_data.presidio import require
from taskmill.udfs.personal_data.recognise import RULES
from taskmill.udfs.screening.candidates import candidate_screen
from taskmill.udfs.screening.flags import flags_column
from taskmill.udfs.screening.screens import LOOK, NO, PRESIDIO, YES, Screen, Search, classifier_of, has_points
from taskmill.udfs.sensitive.lexicon import Lexicon

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

NO_FLAGS = "CAST(array() AS array<string>)"
lexicons = lru_cache(1)(load_lexicons)


def screen_of(pipeline: Pipeline, task: Task) -> Screen:
    """What is looked for in the examples of a task, and what becomes of it."""
    actions = pipeline.personal_data.actions(task.name)
    words = pipeline.sensitive.consequences(task.name, task.task_type.about)
    fields = task.known_fields
    points = LOOK if task.published else YES if has_points(fields) else NO
    return Screen(
        annotate=_having(actions, ANNOTATE),
        redact=_having(actions, REDACT),
        quarantine=_having(actions, QUARANTINE),
        themes=_having(words, ANNOTATE),
        refused_themes=_having(words, QUARANTINE),
        points=points,
        languages=task.languages,
    )


def _having(words: dict[str, str], wanted: str) -> frozenset[str]:
    return frozenset(name for name, word in words.items() if word == wanted)


def screening_digest(pipeline: Pipeline, task: Task) -> str:
    """Stands for what decides about the flags, the redaction and the refusals of a task."""
    screen = screen_of(pipeline, task)
    classifier = pipeline.sensitive.classifier or _lexicon_digest() if screen.themes or screen.refused_themes else None
    personal = (sorted(screen.annotate), sorted(screen.redact), sorted(screen.quarantine))
    themes = (sorted(screen.themes), sorted(screen.refused_themes), classifier, pipeline.sensitive.threshold)
    return fingerprint(RULES, pipeline.personal_data.engine, personal, themes, screen.points)


@lru_cache(1)
def _lexicon_digest() -> str:
    return fingerprint({name: (one.strong, one.weak) for name, one in lexicons().items()})


def search_of(pipeline: Pipeline) -> Search:
    """Who looks.

    Raises:
        ConfigError: if a package or the named classifier is missing.
    """
    sensitive, engine = pipeline.sensitive, pipeline.personal_data.engine
    if engine == PRESIDIO:
        try:
            require()
        except ImportError as error:
            raise ConfigError(f"personal_data: {error}") from error
    if sensitive.classifier is not None:
        try:
            classifier_of(sensitive.classifier)
        except (ImportError, AttributeError) as error:
            raise ConfigError(
                f"sensitive.classifier: {sensitive.classifier!r} cannot be imported ({error}); install its package "
                "where this runs and on every worker, or correct the name"
            ) from error
    return Search(engine, sensitive.classifier, sensitive.threshold, _used_lexicons(sensitive.classifier))


def _used_lexicons(classifier: str | None) -> dict[str, Lexicon]:
    return lexicons() if classifier is None else {}


def _screens(pipeline: Pipeline, tasks: Iterable[Task]) -> dict[str, Screen]:
    """By task. Equal ones are one object: they travel to the workers, once for thousands of tasks."""
    known: dict[Screen, Screen] = {}
    found = {task.name: screen_of(pipeline, task) for task in tasks}
    return {name: known.setdefault(screen, screen) for name, screen in found.items()}


def screened(context: Context, tasks: Iterable[Task], candidates: DataFrame) -> DataFrame:
    """The candidates of these tasks after redaction, those that must not go on with a reason in `found`. Where nothing
    is to be changed or refused they do not leave the JVM."""
    acting = {name: screen for name, screen in _screens(context.pipeline, tasks).items() if screen.acts}
    if not acting:
        return candidates
    return candidates.mapInArrow(candidate_screen(acting, search_of(context.pipeline)), candidates.schema)


def found_flags(context: Context) -> Column:
    """The flags of examples (columns task, fields, languages) for what stands in their texts."""
    screens = _screens(context.pipeline, context.catalog.tasks.values())
    flagging = {name: screen for name, screen in screens.items() if screen.flags}
    if not flagging:
        return F.expr(NO_FLAGS)
    column: Column = flags_column(flagging, search_of(context.pipeline))("task", "fields", "languages")
    return column
