"""What the render UDF needs to know of a task, as plain values that travel to the workers by closure.

Templates travel as source text: compiled ones do not pickle.
"""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from taskmill.udfs.draws import keys_of, mixed
from taskmill.udfs.fields import FieldType
from taskmill.udfs.forms.few_shot import FewShot
from taskmill.udfs.forms.narrowing import narrowed
from taskmill.udfs.forms.plans import FormPlan
from taskmill.udfs.forms.siblings import MultiTurn
from taskmill.udfs.ids import hashed
from taskmill.udfs.pair_checks.checks import BYTES_A_TOKEN
from taskmill.udfs.pair_checks.registry import CheckPlan
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.columns import Column, Constant, Mask
from taskmill.udfs.rendering.row_sets import RowSet

IN_DATA, IN_PROMPT = "data", "prompt"  # the language of a response: the example's first, or the wording's
NATIVE_DIALECT, PROMPTSOURCE_DIALECT = "native", "promptsource"


@dataclass(frozen=True)
class Template:
    """One wording of the native dialect.

    Attributes:
        follow_up: its prompt in a dialogue, where the text that it is about was shown before; None for no dialogues.
        needs: optional fields it cannot do without.
        uses: all fields it reads.
        answers_in: the language of the response: `data`, `prompt`, or the field that holds its tag.
    """

    name: str
    prompt: str
    response: str
    language: str = "en"
    inverts: bool = False
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    answers_in: str = IN_DATA
    follow_up: str | None = None
    dialect = NATIVE_DIALECT

    def template_id(self, task_type: str) -> str:
        """Hash of names and text: an edited wording is another template."""
        return hashed(
            task_type,
            self.name,
            self.dialect,
            self.language,
            self.prompt,
            self.response,
            str(self.inverts),
            *self.needs,
            *([] if self.follow_up is None else ["follow_up", self.follow_up]),
        )


@dataclass(frozen=True)
class PublishedTemplate:
    """A template of a published promptsource collection; see `promptsource` for what the dialect means.

    Attributes:
        jinja: prompt and response, with `|||` between them.
        answer_choices: a template that gives the choices with `|||` between them, or None.
        id: the UUID it is published under.
        choices_in_prompt: what its authors say; with guards, a choice the prompt leaves out is then an error.
        guards: whether labels that are no index, None in a slot and empty choices are errors.
        truncate: whether what is printed is cut after 2,048 characters.
        uses: all columns it reads.
    """

    name: str
    jinja: str
    answer_choices: str | None = None
    id: str = ""
    language: str = "en"
    choices_in_prompt: bool | None = None
    guards: bool = True
    truncate: bool = True
    uses: tuple[str, ...] = ()
    inverts = False
    answers_in = IN_DATA
    needs: tuple[str, ...] = field(default=(), init=False)
    dialect = PROMPTSOURCE_DIALECT

    def template_id(self, task_type: str) -> str:
        """Hash of names, text and switches."""
        switches = (str(self.guards), str(self.truncate), str(self.choices_in_prompt))
        return hashed(
            task_type, self.name, self.dialect, self.language, self.jinja, str(self.answer_choices), *switches
        )


AnyTemplate = Template | PublishedTemplate
FALLBACK = "en"  # the language of a wording for data in a language that has none
LABELS_DDL = (
    "number int, task string, task_type string, task_cluster string, fold int, template_id string, template string, "
    "inverts boolean, prompt_language string, answers_in string, fixed_choices array<string>"
)


@dataclass(frozen=True)
class Draw:
    """Which templates an example gets.

    Attributes:
        count: templates per example; None for all.
        boundaries: for even dealing, the upper ends of equal shares of the task's example ids, one fewer than shares;
            None to draw by hash.
    """

    seed: int
    count: int | None = None
    boundaries: tuple[str, ...] | None = None


@dataclass(frozen=True)
class RenderPlan:
    """A task as rendering sees it.

    Attributes:
        choices: a fixed list, the name of the field that holds them, or None.
        answer: the field with the index of the gold choice; None where the answer is no choice.
        fields: the fields of the task type; empty where they are a source's own columns.
        templates: template_id and template, in the order of the file.
        follows_data: whether an example gets the wordings in a language of its own alone.
        first_number: the templates of all tasks that are rendered together are numbered; the number of its first.
        checks: what is looked for in its pairs.
        rejected: names of templates none of whose pairs are wanted, and who said so.
        forms: the forms that its pairs may take; None for as the wordings are.
        few_shot: how pairs show solved examples; None where they show none.
        multi_turn: how they become dialogues; None where none does.
        pool: the examples that they may show, as `exhibits.packed` packs them; empty for none.
    """

    task: str
    task_type: str
    task_cluster: str
    fold: int
    choices: tuple[str, ...] | str | None
    answer: str | None
    fields: Mapping[str, FieldType]
    templates: tuple[tuple[str, AnyTemplate], ...]
    draw: Draw
    limits: Limits = Limits()
    follows_data: bool = False
    first_number: int = 0
    checks: CheckPlan = CheckPlan()
    rejected: Mapping[str, str] = field(default_factory=dict)
    forms: FormPlan | None = None
    few_shot: FewShot | None = None
    multi_turn: MultiTurn | None = None
    pool: bytes = field(default=b"", repr=False)

    @property
    def shown_bytes(self) -> int:
        """What is shown in front of the prompts of an example, about; 0 for most tasks."""
        if self.few_shot is None or not self.pool:
            return 0
        return int(self.few_shot.rate * self.few_shot.max_tokens * BYTES_A_TOKEN)

    @property
    def most_drawn(self) -> int:
        """Templates an example gets at most."""
        return len(self.templates) if self.draw.count is None else min(self.draw.count, len(self.templates))

    def labels(self) -> Iterator[dict[str, Any]]:
        """What all pairs of one template share, for each template by its `number`."""
        for number, (template_id, template) in enumerate(self.templates, start=self.first_number):
            has_fixed = isinstance(self.choices, tuple) and self.has_gold(template)
            yield {
                "number": number, "task": self.task, "task_type": self.task_type, "task_cluster": self.task_cluster,
                "fold": self.fold, "template_id": template_id, "template": template.name,
                "inverts": template.inverts, "prompt_language": template.language, "answers_in": template.answers_in,
                "fixed_choices": list(self.choices or ()) if has_fixed else None,
            }  # fmt: skip

    def has_gold(self, template: AnyTemplate) -> bool:
        """An inverted wording has no gold choice: it asks for something else."""
        return self.answer is not None and not template.inverts

    def with_choices(self, rows: RowSet) -> RowSet:
        """The rows with the name `choices`, where the task has some."""
        if self.choices is None:
            return rows
        if isinstance(self.choices, str):
            return rows.with_column("choices", rows.columns[self.choices])
        return rows.with_column("choices", Constant(list(self.choices)))

    def drawn(self, ids: Sequence[str], columns: Mapping[str, Column], languages: Sequence[str] = ()) -> Mask:
        """Which templates each example is rendered with, bool, shape (examples, templates).

        Those whose needed fields it has, all or `draw.count` of them; the same wherever the example is processed.

        Args:
            languages: of each example a JSON list of tags; not needed where wordings do not follow the data.
        """
        eligible = np.ones((len(ids), len(self.templates)), np.bool_)
        if self.follows_data:
            eligible = self._in_own_languages(languages)
        for position, (_, template) in enumerate(self.templates):
            for need in template.needs:
                values = columns[need].items(len(ids)) if need in columns else [None] * len(ids)
                eligible[:, position] &= [value is not None for value in values]
        if self.forms is not None and self.forms.narrows:
            eligible = narrowed(eligible, self.forms, ids, columns)
        count = self.draw.count
        if count is None or count >= len(self.templates):
            return eligible
        if self.draw.boundaries is None:
            return _first(self._draw_keys(ids), eligible, count)
        return self._dealt(ids, eligible, count)

    def _in_own_languages(self, languages: Sequence[str]) -> Mask:
        """Which templates speak a language of each example."""
        templates = [template for _, template in self.templates]
        masks: dict[str, Mask] = {}  # there are few different lists
        for text in set(languages):
            masks[text] = np.zeros(len(templates), np.bool_)
            masks[text][in_languages_of(templates, json.loads(text))] = True
        return np.array([masks[text] for text in languages]).reshape(len(languages), len(templates))

    def _draw_keys(self, ids: Sequence[str]) -> npt.NDArray[np.uint64]:
        """A random number for every example and template; a template's does not depend on where it stands."""
        examples = keys_of(self.draw.seed, "template", ids)
        templates = keys_of(self.draw.seed, "template", [name for name, _ in self.templates])
        return mixed(examples[:, None] ^ templates[None, :])

    def _dealt(self, ids: Sequence[str], eligible: Mask, count: int) -> Mask:
        """From the template that the example's share begins with, and on round the list."""
        boundaries = self.draw.boundaries or ()
        found = np.zeros_like(eligible)
        for row, name in enumerate(ids):
            places = np.flatnonzero(eligible[row])
            share = bisect.bisect_left(boundaries, dealing_key(self.draw.seed, name))
            first = share * len(places) // (len(boundaries) + 1)
            found[row, np.roll(places, -first)[:count]] = True
        return found


def in_languages(templates: Sequence[AnyTemplate], tags: Iterable[str]) -> list[int]:
    """Places of the templates in one of these languages; `pt` includes `pt-BR`, and not the other way round."""
    wanted = tuple(tags)
    return [
        place
        for place, template in enumerate(templates)
        if any(template.language == tag or template.language.startswith(f"{tag}-") for tag in wanted)
    ]


def in_languages_of(templates: Sequence[AnyTemplate], data: Iterable[str]) -> list[int]:
    """Places of the templates in a language of the data, whatever the region; English ones where there is none."""
    return in_languages(templates, {tag.split("-")[0] for tag in data}) or in_languages(templates, [FALLBACK])


def numbered(plans: Iterable[RenderPlan]) -> Iterator[RenderPlan]:
    """The plans with their templates numbered from 0 on."""
    number = 0
    for plan in plans:
        yield replace(plan, first_number=number)
        number += len(plan.templates)


def _first(keys: npt.NDArray[np.uint64], eligible: Mask, count: int) -> Mask:
    """The `count` eligible places of each row with the lowest keys."""
    ranked = np.where(eligible, keys, np.iinfo(np.uint64).max)
    chosen = np.argsort(ranked, axis=1, kind="stable")[:, :count]
    found = np.zeros_like(eligible)
    np.put_along_axis(found, chosen, True, axis=1)
    return found & eligible


def dealing_key(seed: int, example_id: str) -> str:
    """Where an example stands in the order in which templates are dealt, as sortable text."""
    return hashed(*dealing_parts(seed), example_id)


def dealing_parts(seed: int) -> tuple[str, str]:
    """What is hashed before the example id, here and where Spark computes the same key."""
    return str(seed), "deal"
