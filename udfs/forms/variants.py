"""Which form each pair of a template gets: draws over whole columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskmill.udfs.draws import Numbers, chances, decided, picked
from taskmill.udfs.forms.narrowing import has_explanation, lists_options, reasons_first
from taskmill.udfs.forms.plans import (
    MOST_LETTERED,
    NO_REASONS,
    OWN,
    STYLES,
    ExampleForms,
    FormPlan,
    Variant,
    WordingFacts,
)
from taskmill.udfs.forms.wordings import LABELS
from taskmill.udfs.rendering.columns import Constant, Mask
from taskmill.udfs.rendering.row_sets import RowSet

Codes = npt.NDArray[np.int64]
NAMES = (OWN, *STYLES)
LETTERED = [NAMES.index(name) for name in ("letters", "brackets")]


def drawn_variants(
    plan: FormPlan, facts: WordingFacts, template_id: str, examples: RowSet, keys: Numbers
) -> tuple[tuple[Variant, ...], Codes]:
    """The different variants of a wording that are drawn, and which of them each row has, int64, shape (n,)."""
    styles = _styles(plan, facts, template_id, examples, keys)
    has_label = np.isin(styles, [NAMES.index(name) for name in LABELS])
    reasons = _adds_reasons(plan, facts, examples, keys)
    by_label = has_label & ~reasons & _chosen(plan, keys, "label", template_id, plan.options.by_label)
    if by_label.any():
        by_label &= facts.takes_words & _has_gold(plan, examples)
    good, bad = _example_counts(plan.examples, facts, examples)
    shows = _chosen(plan, keys, "examples", template_id, plan.examples.rate)
    columns = (styles, by_label, reasons, good * shows, bad * shows)
    told = np.stack([np.asarray(column, np.int64) for column in columns], axis=1)
    different, codes = np.unique(told, axis=0, return_inverse=True)
    variants = [
        Variant(NAMES[style], bool(label), bool(why), good_ones, bad_ones)
        for style, label, why, good_ones, bad_ones in different.tolist()
    ]
    return tuple(variants), np.asarray(codes, np.int64).reshape(-1)


def wants_shuffling(plan: FormPlan, facts: WordingFacts, template_id: str, keys: Numbers) -> tuple[Numbers, Mask]:
    """What the order of each row's options is drawn from, and which rows are to have a drawn one: some of those that
    show them."""
    wanted = _chosen(plan, keys, "shuffled", template_id, plan.options.shuffled)
    if not facts.lists:
        wanted &= lists_options(plan, keys) & facts.takes_block
    return decided(keys, plan.seed, "order", template_id), wanted


def system_messages(plan: FormPlan, template_id: str, language: str, keys: Numbers) -> pa.StringArray:
    """The system message of each row, null for none."""
    texts = plan.system.texts_for(language)
    if not texts or not plan.system.rate:
        return pa.nulls(len(keys), pa.string())
    which = picked(decided(keys, plan.seed, "system message", template_id), [1.0] * len(texts))
    is_drawn = _chosen(plan, keys, "system", template_id, plan.system.rate)
    return pa.array(texts, pa.string()).take(pa.array(which, mask=~is_drawn))


def _chosen(plan: FormPlan, keys: Numbers, decision: str, template_id: str, rate: float) -> Mask:
    return np.asarray(chances(decided(keys, plan.seed, decision, template_id)) < rate)


def _styles(plan: FormPlan, facts: WordingFacts, template_id: str, examples: RowSet, keys: Numbers) -> Codes:
    """The style of each row's options, as a place in `NAMES`."""
    options, none = plan.options, np.zeros(examples.size, np.int64)
    if plan.answer is None or not (facts.takes_style or (facts.takes_block and options.listed)):
        return none
    weights = dict(options.styles) or {OWN: 1.0}
    if facts.takes_block:  # it has no style of its own
        weights = {name: weight for name, weight in weights.items() if name != OWN} or {"bullets": 1.0}
    numbers = decided(keys, plan.seed, "style", template_id)
    places = np.array([NAMES.index(name) for name in weights], np.int64)
    styles = places[picked(numbers, list(weights.values()))]
    if facts.takes_block:
        styles = np.where(lists_options(plan, keys), styles, 0)
    too_long = np.isin(styles, LETTERED) & (_option_counts(examples) > MOST_LETTERED)
    return np.where(too_long, NAMES.index("numbers"), styles)


def _has_gold(plan: FormPlan, examples: RowSet) -> Mask:
    """Rows whose label points to one of their options: any other number would make a label too."""
    labels = examples.columns[str(plan.answer)].items(examples.size)
    counts = _option_counts(examples).tolist()
    return np.fromiter(
        (isinstance(label, int) and 0 <= label < count for label, count in zip(labels, counts, strict=False)),
        np.bool_,
        examples.size,
    )


def _option_counts(examples: RowSet) -> Codes:
    column = examples.columns["choices"]
    if isinstance(column, Constant):
        return np.full(examples.size, len(column.value))
    values = column.items(examples.size)
    return np.fromiter((len(one) if isinstance(one, list) else 0 for one in values), np.int64, examples.size)


def _adds_reasons(plan: FormPlan, facts: WordingFacts, examples: RowSet, keys: Numbers) -> Mask:
    """Rows to be answered with reasons by a wording that asks for none."""
    if not (plan.reasoning and facts.reasons == NO_REASONS and facts.takes_words) or facts.inverts:
        return np.zeros(examples.size, np.bool_)
    if not set(plan.explanation).isdisjoint(facts.prompt_uses):
        return np.zeros(examples.size, np.bool_)
    return reasons_first(plan, keys) & has_explanation(plan, examples.columns, examples.size)


def _example_counts(forms: ExampleForms, facts: WordingFacts, examples: RowSet) -> tuple[Codes, Codes]:
    """How many right and wrong examples of the task could stand before each row's prompt."""
    none = np.zeros(examples.size, np.int64)
    if not forms.rate or facts.inverts or not facts.takes_words:
        return none, none
    kinds = ((forms.good, forms.most_good), (forms.bad, forms.most_bad))
    if {forms.good, forms.bad} & {*facts.prompt_uses, *facts.response_uses}:
        return none, none  # it shows them in its own way
    good, bad = (_lengths(examples, name, most) for name, most in kinds)
    return good, bad


def _lengths(examples: RowSet, name: str | None, most: int) -> Codes:
    if name is None or name not in examples.columns:
        return np.zeros(examples.size, np.int64)
    values = examples.columns[name].items(examples.size)
    return np.fromiter((min(most, len(one)) if isinstance(one, list) else 0 for one in values), np.int64, examples.size)
