"""The parts of a pipeline file about personal data and sensitive themes: what becomes of what is found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, StrictStr, model_validator

from taskmill.jobs.configuration.mistakes import nearest
from taskmill.jobs.configuration.values import Frozen, OrOff, Share, Text
from taskmill.udfs.personal_data.kinds import KINDS
from taskmill.udfs.sensitive.themes import THEMES, TOXICITY

ANNOTATE, REDACT, QUARANTINE, OFF = "annotate", "redact", "quarantine", "off"
ACTIONS, CONSEQUENCES = (ANNOTATE, REDACT, QUARANTINE, OFF), (ANNOTATE, QUARANTINE, OFF)
PLACE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
ABOUT = ("*toxic*", "*toxif*", "*hate*", "*offens*", "*abusive*", "*insult*", "*stereotyp*", "*stereoset*", "*crows*",
         "*cyberbully*", "*civil_comments*", "*misogyn*", "*sexis*")  # fmt: skip

Action = Annotated[Literal["annotate", "redact", "quarantine", "off"], OrOff]
Consequence = Annotated[Literal["annotate", "quarantine", "off"], OrOff]


def _word_for_all(names: Sequence[str], words: Sequence[str]) -> Callable[[Any], Any]:
    """A word alone is short for a map with that word for each name."""

    def spread(value: Any) -> Any:
        word = OFF if value is False else value
        if not isinstance(word, str):
            return value
        if word not in words:
            raise ValueError(f"{word!r} is no word for all of them{nearest(word, words)}")
        return dict.fromkeys(names, word)

    return spread


def _checked_place(value: str) -> str:
    if not PLACE.fullmatch(value):
        raise ValueError(f"{value!r} names no function; write package.module:function")
    return value


def _known_theme(name: str) -> str:
    if name not in {*THEMES, TOXICITY}:
        raise ValueError(f"there is no theme {name!r}{nearest(name, [*THEMES, TOXICITY])}")
    return name


About = Annotated[StrictStr, AfterValidator(_known_theme)]


class Actions(Frozen):
    """What becomes of each kind of personal data; None where nothing is said of it."""

    email: Action | None = None
    phone: Action | None = None
    card: Action | None = None
    iban: Action | None = None
    ip: Action | None = None
    national_id: Action | None = None
    name: Action | None = None

    _spread = model_validator(mode="before")(_word_for_all(KINDS, ACTIONS))

    @property
    def said(self) -> dict[str, str]:
        return {kind: action for kind in KINDS if (action := getattr(self, kind)) is not None}


class Consequences(Frozen):
    """What becomes of examples with each sensitive theme; None where nothing is said of it."""

    insult: Consequence | None = None
    hate: Consequence | None = None
    violence: Consequence | None = None
    self_harm: Consequence | None = None
    sexual: Consequence | None = None
    drugs: Consequence | None = None
    weapons: Consequence | None = None

    _spread = model_validator(mode="before")(_word_for_all(THEMES, CONSEQUENCES))

    @property
    def said(self) -> dict[str, str]:
        return {theme: word for theme in THEMES if (word := getattr(self, theme)) is not None}


class PersonalData(Actions):
    """What becomes of personal data in examples: `annotate`, where nothing else is said.

    Attributes:
        tasks: what is said of some tasks, by name or glob; later ones win.
        engine: who looks: our own rules, or Presidio, which is an extra.
    """

    tasks: Mapping[Text, Actions] = {}
    engine: Literal["builtin", "presidio"] = "builtin"

    def actions(self, task: str) -> dict[str, str]:
        """Of each kind for this task."""
        found = dict.fromkeys(KINDS, ANNOTATE) | self.said
        for pattern, own in self.tasks.items():
            if fnmatchcase(task, pattern):
                found |= own.said
        return found


class Sensitive(Consequences):
    """What becomes of examples with sensitive themes: `annotate`, where nothing else is said.

    Attributes:
        tasks: what is said of some tasks, by name or glob; later ones win.
        about: names or globs of tasks that are about such themes. They are not quarantined for them, unless `tasks`
            has them by their full names.
        classifier: `package.module:function` that scores texts; without one, small lexicons do.
        threshold: score (0 to 1) from which on a text is of a theme.
    """

    tasks: Mapping[Text, Consequences] = {}
    about: tuple[Text, ...] = ABOUT
    classifier: Annotated[StrictStr, AfterValidator(_checked_place)] | None = None
    threshold: Share = 0.7

    def consequences(self, task: str, about: Sequence[str] = ()) -> dict[str, str]:
        """Of each theme for this task.

        Args:
            about: the themes that its task type is about.
        """
        found = dict.fromkeys(THEMES, ANNOTATE) | self.said
        for pattern, own in self.tasks.items():
            if fnmatchcase(task, pattern):
                found |= own.said
        named = self.tasks[task].said if task in self.tasks else {}
        of_all = TOXICITY in about or any(fnmatchcase(task, pattern) for pattern in self.about)
        spared = {theme for theme in THEMES if (of_all or theme in about) and theme not in named}
        return {theme: ANNOTATE if word == QUARANTINE and theme in spared else word for theme, word in found.items()}
