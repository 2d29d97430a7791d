"""The `forms` of a pipeline file: at which rates pairs take which forms, for all tasks and for some."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StrictInt, StrictStr, model_validator

from taskmill.jobs.configuration.mistakes import nearest
from taskmill.jobs.configuration.values import Count, Frozen, Share, Tag, Text
from taskmill.udfs.forms.few_shot import FewShot
from taskmill.udfs.forms.plans import OWN, STYLES
from taskmill.udfs.forms.siblings import MultiTurn


def _known_style(name: str) -> str:
    if name not in {OWN, *STYLES}:
        raise ValueError(f"there is no style of options {name!r}{nearest(name, [OWN, *STYLES])}")
    return name


Style = Annotated[StrictStr, AfterValidator(_known_style)]
Weight = Annotated[float, Field(ge=0)]
Number = Annotated[StrictInt, Field(ge=0)]


class OptionSettings(Frozen):
    """How options are shown.

    Attributes:
        listed: share of the examples whose prompts show them; None for as the wordings do.
        styles: weights of `letters` (A. Yes), `brackets` ((A) Yes), `numbers`, `bullets`, and `own` (as the wording
            does).
        by_label: share of the lists with labels that are answered by label.
        shuffled: share of the pairs whose options stand in a drawn order.
    """

    listed: Share | None = None
    styles: Mapping[Style, Weight] = {}
    by_label: Share = 0.0
    shuffled: Share = 0.0

    @model_validator(mode="after")
    def _has_a_style(self) -> OptionSettings:
        if self.styles and not sum(self.styles.values()):
            raise ValueError("styles: one of them needs a weight above 0")
        return self


class ExampleSettings(Frozen):
    """Worked examples that a task brings along: share of the pairs that show some, and at most how many right and wrong
    ones."""

    rate: Share = 0.0
    good: Number = 2
    bad: Number = 1


class SystemSettings(Frozen):
    """Share of the pairs with a system message, and the messages: a list for all wordings, or lists by language."""

    rate: Share = 0.0
    messages: Annotated[tuple[Text, ...], Field(min_length=1)] | Mapping[Tag, tuple[Text, ...]] = ()

    @model_validator(mode="after")
    def _has_messages(self) -> SystemSettings:
        if self.rate and not self.messages:
            raise ValueError("messages: a rate needs some, as in messages: [You are a careful assistant.]")
        return self

    @property
    def by_language(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Texts by language tag, `""` for all."""
        return tuple(self.messages.items()) if isinstance(self.messages, Mapping) else (("", self.messages),)


class FewShotSettings(Frozen):
    """How often pairs show examples, how many, within which length, and what stands between the parts.

    Attributes:
        rate: of a task's pairs that show any.
        shots: how many; one of these is drawn for each pair.
        max_tokens: of the whole pair, at four bytes of UTF-8 a token.
        before_answer, after_answer: what stands between a shown prompt and its response, and after that.
    """

    rate: Share = 0.0
    shots: Annotated[tuple[Count, ...], Field(min_length=1)] = (1, 2, 5)
    max_tokens: Count = 2048
    before_answer: Annotated[StrictStr, Field(min_length=1)] = "\n\n"
    after_answer: Annotated[StrictStr, Field(min_length=1)] = "\n\n\n"

    @property
    def of_render(self) -> FewShot | None:
        """As rendering takes it; None where no pair shows any."""
        return FewShot(**self.model_dump()) if self.rate else None


class MultiTurnSettings(Frozen):
    """Share of the examples, among those that ask about a text that others of their task ask about too, whose pairs
    are dialogues, of how many turns at most, and within which length."""

    rate: Share = 0.0
    turns: Annotated[StrictInt, Field(ge=2)] = 4
    max_tokens: Count = 2048

    @property
    def of_render(self) -> MultiTurn | None:
        """As rendering takes it; None where there are no dialogues."""
        return MultiTurn(**self.model_dump()) if self.rate else None


class Forms(Frozen):
    """Which forms pairs take; what is not set stays as the wordings are.

    Attributes:
        inverted: share of the examples that inverted wordings are used for.
        reasoning: share of the examples with an explanation that are answered with it before the answer; the others are
            answered without.
        max_tokens: of a pair, at four bytes of UTF-8 a token. A longer one loses some of what its task type `shrinks`.
    """

    options: OptionSettings = OptionSettings()
    inverted: Share | None = None
    reasoning: Share | None = None
    examples: ExampleSettings = ExampleSettings()
    system: SystemSettings = SystemSettings()
    few_shot: FewShotSettings = FewShotSettings()
    multi_turn: MultiTurnSettings = MultiTurnSettings()
    max_tokens: Count | None = None


class FormSettings(Forms):
    """`forms`, and what differs for some tasks, by name or glob; later ones win, key by key."""

    tasks: Mapping[Text, Forms] = {}

    def of(self, task: str) -> Forms | None:
        """The forms of a task; None where nothing is set."""
        found = self.model_dump(exclude_unset=True, exclude={"tasks"})
        for pattern, own in self.tasks.items():
            if fnmatchcase(task, pattern):
                found = _over(found, own.model_dump(exclude_unset=True))
        forms = Forms.model_validate(found)
        return None if forms == Forms() else forms


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """What is set above, and what is set below and not above; the weights of styles, and messages, go together."""
    found = dict(below)
    for key, value in above.items():
        is_section = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = _over(found[key], value) if is_section and key not in {"styles", "messages"} else value
    return found
