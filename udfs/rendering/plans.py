"""What the render UDF needs to know of a task, as plain values that travel to the workers by closure.

Templates travel as source text: compiled ones do not pickle.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.udfs.ids import draw_order, hashed

DIALECT = "native"


@dataclass(frozen=True)
class Template:
    """One wording. `needs` are optional fields it cannot do without, `uses` all fields it reads."""

    name: str
    prompt: str
    response: str
    language: str = "en"
    inverts: bool = False
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    dialect: str = DIALECT

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
    """A task as rendering sees it. `choices` is a fixed list, the name of the field that holds them, or None."""

    task: str
    task_type: str
    task_cluster: str
    fold: int
    choices: tuple[str, ...] | str | None
    answer: str
    answer_is_choice: bool
    templates: tuple[tuple[str, Template], ...]  # template_id, template
    draw: Draw
    max_prompt_chars: int
    max_response_chars: int
    max_render_seconds: float

    def choices_of(self, fields: Mapping[str, Any]) -> list[str] | None:
        if isinstance(self.choices, str):
            return list(fields[self.choices])
        return None if self.choices is None else list(self.choices)

    def drawn(self, example_id: str, fields: Mapping[str, Any]) -> list[tuple[str, Template]]:
        """The templates this example is rendered with, in the order of the file.

        Those whose needed fields it has, all or `draw.count` of them; the same wherever the example is processed.
        """
        eligible = [pair for pair in self.templates if all(fields.get(need) is not None for need in pair[1].needs)]
        count = self.draw.count
        if count is None or count >= len(eligible):
            return eligible
        if self.draw.boundaries is None:
            order = draw_order(self.draw.seed, "template", example_id, [name for name, _ in eligible])
            return [eligible[index] for index in sorted(order[:count])]
        share = bisect.bisect_left(self.draw.boundaries, dealing_key(self.draw.seed, example_id))
        first = share * len(eligible) // (len(self.draw.boundaries) + 1)
        return [eligible[index] for index in sorted((first + step) % len(eligible) for step in range(count))]


def dealing_key(seed: int, example_id: str) -> str:
    """Where an example stands in the order in which templates are dealt, as sortable text."""
    return hashed(*dealing_parts(seed), example_id)


def dealing_parts(seed: int) -> tuple[str, str]:
    """What is hashed before the example id, here and where Spark computes the same key."""
    return str(seed), "deal"
