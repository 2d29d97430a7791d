"""Which wordings an example may get, where draws decide: inverted or not, options shown or not, reasoning or not.

A draw is one of the example, so that the share of examples is that of the configuration whatever the number of
wordings of either kind. A draw that would leave an example without any wording is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from taskmill.udfs.draws import Numbers, chances, decided, keys_of
from taskmill.udfs.forms.plans import NO_REASONS, REASONS_FIRST, FormPlan, WordingFacts

if TYPE_CHECKING:
    from taskmill.udfs.rendering.columns import Column

Mask = npt.NDArray[np.bool_]


def form_keys(plan: FormPlan, ids: Sequence[str]) -> Numbers:
    """What the draws of these examples begin with, uint64, shape (n,)."""
    return keys_of(plan.seed, "form", ids)


def narrowed(eligible: Mask, plan: FormPlan, ids: Sequence[str], columns: Mapping[str, Column]) -> Mask:
    """The wordings that are left to each example, bool, shape (examples, templates).

    Args:
        eligible: those it could have.
        columns: of the examples, at least those of `FormPlan.narrowed_by` that they have.
    """
    keys = form_keys(plan, ids)
    left = eligible
    for rows, is_left in _draws(plan, keys, columns):
        fewer = left & (~rows[:, None] | is_left)
        left = np.where(np.any(fewer, axis=1, keepdims=True), fewer, left)
    return left


def _draws(plan: FormPlan, keys: Numbers, columns: Mapping[str, Column]) -> Iterator[tuple[Mask, Mask]]:
    """For each decision the examples it is about, and for each of them the wordings it leaves."""
    if plan.inverted is not None:
        drawn = np.asarray(chances(decided(keys, plan.seed, "inverted")) < plan.inverted)
        yield np.ones(len(keys), np.bool_), np.equal(drawn[:, None], _are(plan, inverts))
    # What else is drawn is about the answer, which an inverted wording does not ask for.
    if plan.options.listed is not None and plan.answer is not None:
        drawn = lists_options(plan, keys)
        fits = np.where(drawn[:, None], _are(plan, can_list), _are(plan, can_hide))
        yield np.ones(len(keys), np.bool_), fits | _are(plan, inverts)
    if plan.reasoning is not None:
        drawn = reasons_first(plan, keys)
        fits = np.where(drawn[:, None], _are(plan, reasons), _are(plan, answers_only))
        yield has_explanation(plan, columns, len(keys)), fits | _are(plan, inverts)


def reasons_first(plan: FormPlan, keys: Numbers) -> Mask:
    """Which examples are answered with what explains the answer before it."""
    return np.asarray(chances(decided(keys, plan.seed, "reasoning")) < (plan.reasoning or 0.0))


def lists_options(plan: FormPlan, keys: Numbers) -> Mask:
    """For which examples the options are shown by wordings that do not do so by themselves."""
    return np.asarray(chances(decided(keys, plan.seed, "listed")) < (plan.options.listed or 0.0))


def has_explanation(plan: FormPlan, columns: Mapping[str, Column], size: int) -> Mask:
    """Which examples have every field that explains the answer; none where there is no such field."""
    found = np.full(size, bool(plan.explanation))
    for name in plan.explanation:
        values = columns[name].items(size) if name in columns else [None] * size
        found &= np.fromiter((value is not None for value in values), np.bool_, size)
    return found


def _are(plan: FormPlan, holds: object) -> npt.NDArray[np.bool_]:
    return np.array([one is not None and holds(one) for one in plan.wordings], np.bool_)  # type: ignore[operator]


def inverts(facts: WordingFacts) -> bool:
    return facts.inverts


def can_list(facts: WordingFacts) -> bool:
    return facts.lists or facts.takes_block


def can_hide(facts: WordingFacts) -> bool:
    return not facts.lists


def reasons(facts: WordingFacts) -> bool:
    return facts.reasons == REASONS_FIRST


def answers_only(facts: WordingFacts) -> bool:
    return facts.reasons == NO_REASONS
