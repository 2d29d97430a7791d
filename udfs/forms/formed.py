"""One template over some examples, each in the form that is drawn for it.

What a form changes in the values (the order of the options, a shorter passage) is changed before rendering; what it
changes in the text makes another wording (`wordings.rewritten`), and the rows that share one are rendered together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskmill.udfs.draws import Numbers
from taskmill.udfs.forms.fitting import fitted
from taskmill.udfs.forms.orders import shuffled
from taskmill.udfs.forms.plans import SHUFFLED, SYSTEM, FormPlan, Variant, WordingFacts, tags_of
from taskmill.udfs.forms.variants import drawn_variants, system_messages, wants_shuffling
from taskmill.udfs.forms.wordings import rewritten
from taskmill.udfs.rendering.columns import Mask
from taskmill.udfs.rendering.dialects import render_rows
from taskmill.udfs.rendering.plans import AnyTemplate, RenderPlan, Template
from taskmill.udfs.rendering.rendered import Rendered, RenderedRows
from taskmill.udfs.rendering.row_sets import RowSet


@dataclass(frozen=True)
class Formed:
    """Pairs of one template.

    Attributes:
        examples: their values as they were rendered.
        forms: string, n rows: the tags of each pair's form with a blank between them, null for none; None for none
            at all.
        systems: string, n rows: the system message, null for none; None for none at all.
    """

    rendered: RenderedRows
    examples: RowSet
    forms: pa.StringArray | None = None
    systems: pa.StringArray | None = None


def render_formed(plan: RenderPlan, place: int, examples: RowSet, keys: Numbers) -> Formed:
    """The pairs of many rows.

    Args:
        place: of the template in the plan, which has forms.
        keys: of the rows, as `narrowing.form_keys` gives them.
    """
    forms = plan.forms
    assert forms is not None, plan.task
    template_id, template = plan.templates[place]
    facts = forms.wordings[place] if place < len(forms.wordings) else None
    systems = system_messages(forms, template_id, template.language, keys)
    is_shuffled = np.zeros(examples.size, np.bool_)
    variants: tuple[Variant, ...] = (Variant(),)
    codes = np.zeros(examples.size, np.int64)
    if facts is not None and isinstance(template, Template):
        examples, is_shuffled = _ordered(plan, forms, facts, template_id, examples, keys)
        variants, codes = drawn_variants(forms, facts, template_id, examples, keys)
    drawn = _Drawn(plan, forms, template, template_id, facts, variants, codes)
    rendered, examples, shrunk = fitted(forms, facts, examples, systems, drawn.render)
    return Formed(rendered, examples, _told(drawn, is_shuffled, systems, shrunk), systems)


@dataclass(frozen=True)
class _Drawn:
    """A template with the variant that each row has."""

    plan: RenderPlan
    forms: FormPlan
    template: AnyTemplate
    template_id: str
    facts: WordingFacts | None
    variants: Sequence[Variant]
    codes: npt.NDArray[np.int64]

    def render(self, rows: npt.NDArray[np.int64], examples: RowSet) -> RenderedRows:
        """The pairs of these examples, which are those of `rows`."""
        codes = self.codes[rows]
        groups = [np.flatnonzero(codes == code) for code in np.unique(codes)]
        pieces = [self._rendered(int(codes[group[0]]), examples.select(group)) for group in groups]
        return pieces[0] if len(pieces) == 1 else _merged(groups, pieces)

    def _rendered(self, code: int, examples: RowSet) -> RenderedRows:
        template = self.template
        if isinstance(template, Template) and self.facts is not None:
            template = rewritten(template, self.facts, self.variants[code], self.forms)
        return render_rows(template, self.template_id, examples, self.plan.draw.seed, self.plan.limits)


def _ordered(
    plan: RenderPlan, forms: FormPlan, facts: WordingFacts, template_id: str, examples: RowSet, keys: Numbers
) -> tuple[RowSet, Mask]:
    """The examples with the order of their options drawn, and those of which it was."""
    nowhere = np.zeros(examples.size, np.bool_)
    if not (forms.options.shuffled and forms.labels) or plan.choices is None:
        return examples, nowhere
    numbers, wanted = wants_shuffling(forms, facts, template_id, keys)
    held_in = plan.choices if isinstance(plan.choices, str) else None
    read = [
        name for name in {*facts.prompt_uses, *facts.response_uses, *forms.explanation}
        if name in plan.fields and plan.fields[name].kind == "text"
    ]  # fmt: skip
    return shuffled(examples, numbers, wanted, held_in, forms.labels, sorted(read))


def _merged(groups: Sequence[npt.NDArray[np.int64]], pieces: Sequence[RenderedRows]) -> RenderedRows:
    """The pieces in the order of the rows they are for."""
    order = pa.array(np.argsort(np.concatenate(groups)))
    alone: dict[int, Rendered] = {}
    for group, piece in zip(groups, pieces, strict=True):
        alone |= {int(group[row]): found for row, found in piece.alone.items()}
    return RenderedRows(
        pa.concat_arrays([piece.prompts for piece in pieces]).take(order),
        pa.concat_arrays([piece.responses for piece in pieces]).take(order),
        dict(sorted(alone.items())),
    )


def _told(drawn: _Drawn, is_shuffled: Mask, systems: pa.StringArray, shrunk: pa.StringArray) -> pa.StringArray:
    """The tags of each row, null for none."""
    facts, cut = drawn.facts, shrunk.dictionary_encode()
    of_variant = [() if facts is None else tuple(tags_of(facts, one, drawn.forms)) for one in drawn.variants]
    of_cut = [*cut.dictionary.to_pylist(), None]
    has_system = np.asarray(systems.is_valid())
    columns = (drawn.codes, is_shuffled, has_system, np.asarray(cut.indices.fill_null(len(of_cut) - 1)))
    told = np.stack([np.asarray(column, np.int64) for column in columns], axis=1)
    different, places = np.unique(told, axis=0, return_inverse=True)
    texts = [
        " ".join([*of_variant[code], *[SHUFFLED] * moved, *[SYSTEM] * system, *filter(None, [of_cut[name]])]) or None
        for code, moved, system, name in different.tolist()
    ]
    return pa.array(texts, pa.string()).take(pa.array(places.reshape(-1)))
