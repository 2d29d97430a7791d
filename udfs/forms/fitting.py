"""Pairs brought to their budget of tokens: what is too long loses some of its longest passage, and is rendered again.

Never shortened: the question, the options, the answer, and anything the response is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskmill.udfs.forms.budgets import level, shortened
from taskmill.udfs.forms.plans import SHRUNK, FormPlan, WordingFacts
from taskmill.udfs.pair_checks.checks import BYTES_A_TOKEN
from taskmill.udfs.rendering.columns import Values, byte_lengths
from taskmill.udfs.rendering.rendered import Rendered, RenderedRows
from taskmill.udfs.rendering.row_sets import RowSet

TURNS = 4  # a passage may be printed twice, or with escapes; then one cut is not enough
TOO_LONG = "too_many_tokens"
TOO_LONG_FOR_LIMITS = "prompt_too_long"  # of characters
Rows = npt.NDArray[np.int64]
Render = Callable[[Rows, RowSet], RenderedRows]


def fitted(
    forms: FormPlan, facts: WordingFacts | None, examples: RowSet, systems: pa.StringArray, render: Render
) -> tuple[RenderedRows, RowSet, pa.StringArray]:
    """The pairs within the budget, the examples as they were rendered for it, and what of each row was shortened.

    A pair that does not fit is refused as `too_many_tokens`.

    Args:
        systems: messages that count too, null for none.
        render: gives the pairs of some rows.
    """
    everyone = np.arange(examples.size)
    rendered = render(everyone, examples)
    if forms.max_tokens is None:
        return rendered, examples, pa.nulls(examples.size, pa.string())
    most = BYTES_A_TOKEN * forms.max_tokens
    extra = byte_lengths(systems.fill_null("")).astype(np.int64)
    shrinker = _Shrinker(forms, facts, examples)
    over = _sizes(rendered, everyone, shrinker) + extra - most
    for _ in range(TURNS):
        rows = shrinker.shrunk(np.flatnonzero(over > 0), over)
        if not len(rows):
            break
        examples = shrinker.examples()
        again = render(rows, examples.select(rows))
        rendered = _replaced(rendered, rows, again)
        over[rows] = _sizes(again, rows, shrinker) + extra[rows] - most
    alone = dict(rendered.alone)
    for row in np.flatnonzero(over > 0).tolist():
        if row in alone and alone[row].reason is not None:
            continue
        used = -(-int(over[row] + most) // BYTES_A_TOKEN)
        alone[row] = Rendered(reason=TOO_LONG, detail=f"about {used:,} tokens; the budget is {forms.max_tokens:,}")
    return RenderedRows(rendered.prompts, rendered.responses, alone, rendered.choices), examples, shrinker.told()


class _Shrinker:
    """The fields of some examples that may be shortened, and how they are by now."""

    def __init__(self, forms: FormPlan, facts: WordingFacts | None, examples: RowSet) -> None:
        self._forms, self._examples = forms, examples
        usable = () if facts is None else set(facts.prompt_uses) - set(facts.response_uses)
        names = [name for name in forms.shrinks if name in usable]
        self._texts = {name: list(examples.columns[name].items(examples.size)) for name in names}
        self._shrunk: dict[int, set[str]] = {}
        self._answers: dict[str, Sequence[object]] = {}

    def shrunk(self, rows: Rows, over: npt.NDArray[np.int64]) -> Rows:
        """Shortens these rows by what they are over, as far as they can be; gives those that changed."""
        changed = [row for row in rows.tolist() if self._shrink(row, int(over[row]))]
        return np.array(changed, np.int64)

    def examples(self) -> RowSet:
        """The examples as they are by now."""
        found = self._examples
        for name, values in self._texts.items():
            if any(name in names for names in self._shrunk.values()):
                found = found.with_column(name, Values(list(values)))
        return found

    def printed(self, row: int) -> int:
        """Bytes of what may be shortened."""
        values = (texts[row] for texts in self._texts.values())
        return sum(len(value.encode()) for value in values if isinstance(value, str))

    def told(self) -> pa.StringArray:
        """The tags of each row."""
        tags: list[str | None] = [None] * self._examples.size
        for row, names in self._shrunk.items():
            tags[row] = " ".join(SHRUNK + name for name in sorted(names))
        return pa.array(tags, pa.string())

    def _shrink(self, row: int, over: int) -> bool:
        """Whether the longest of the row's fields were shortened, by what is over or as far as they can be."""
        texts = {name: values[row] for name, values in self._texts.items() if isinstance(values[row], str)}
        most, has_changed = level([len(text.encode()) for text in texts.values()], over), False
        for name, text in texts.items():
            part = shortened(text, most, self._kept(row))
            if part is not None and part != text:
                self._texts[name][row] = part
                self._shrunk.setdefault(row, set()).add(name)
                has_changed = True
        return has_changed

    def _kept(self, row: int) -> list[str]:
        """The texts of the answer."""
        columns, size = self._examples.columns, self._examples.size
        if not self._answers:
            names = {*self._forms.answers, *(("choices",) if self._forms.answer else ())}
            self._answers = {name: list(columns[name].items(size)) for name in names if name in columns}
        found = [self._answers[name][row] for name in self._forms.answers if name in self._answers]
        if self._forms.answer and self._forms.answer in self._answers:
            options, label = self._answers["choices"][row], self._answers[self._forms.answer][row]
            if isinstance(options, list) and isinstance(label, int) and 0 <= label < len(options):
                found.append(options[label])
        return [text for text in found if isinstance(text, str)]


def _sizes(rendered: RenderedRows, rows: Rows, shrinker: _Shrinker) -> npt.NDArray[np.int64]:
    """Bytes of each pair, int64, shape (n,); 0 for what is none, unless that is so for its length.

    Args:
        rows: those that were rendered, of all.
    """
    sizes = byte_lengths(rendered.prompts).astype(np.int64) + byte_lengths(rendered.responses)
    for row, found in rendered.alone.items():
        if found.reason is None:
            sizes[row] = len(found.prompt.encode()) + len(found.response.encode())
        else:
            sizes[row] = shrinker.printed(int(rows[row])) if found.reason == TOO_LONG_FOR_LIMITS else 0
    return sizes


def _replaced(rendered: RenderedRows, rows: Rows, again: RenderedRows) -> RenderedRows:
    """The pairs with these rows as they are by now."""
    order = np.arange(len(rendered.prompts))
    order[rows] = len(order) + np.arange(len(rows))
    sides = [
        pa.concat_arrays(texts).take(pa.array(order))
        for texts in ((rendered.prompts, again.prompts), (rendered.responses, again.responses))
    ]
    mine = set(rows.tolist())
    alone = {row: found for row, found in rendered.alone.items() if row not in mine}
    alone |= {int(rows[row]): found for row, found in again.alone.items()}
    return RenderedRows(sides[0], sides[1], dict(sorted(alone.items())), rendered.choices)
