"""The checks of pairs by name: how grave each is unless a configuration says otherwise, and what it takes from a score.

The quality of a pair is the product of `1 - penalty` over what it was warned of: 1.0 where nothing was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskmill.udfs.pair_checks import checks
from taskmill.udfs.pair_checks.checks import Pairs
from taskmill.udfs.rendering.columns import Mask

ERROR, WARN, OFF = "error", "warn", "off"  # quarantines the pair, annotates it, is not looked for


@dataclass(frozen=True)
class PairCheck:
    """A check.

    Attributes:
        penalty: what it takes from the quality of a pair, 0 to 1.
        is_mark: whether it looks for marks in the text, which say nothing where a wording itself has them.
    """

    find: Callable[[Pairs], Mask]
    severity: str
    penalty: float
    is_mark: bool = False

    @property
    def name(self) -> str:
        return self.find.__name__

    @property
    def meaning(self) -> str:
        """What is wrong, in a sentence."""
        return " ".join((self.find.__doc__ or "").split()).split(".")[0]


CHECKS = {
    check.name: check
    for check in (
        PairCheck(checks.blank_side, ERROR, 1.0),
        PairCheck(checks.response_is_prompt, ERROR, 1.0),
        PairCheck(checks.answer_in_prompt, WARN, 0.5),
        PairCheck(checks.not_a_choice, WARN, 0.5),
        PairCheck(checks.refusal, WARN, 0.6),
        PairCheck(checks.repetitive_response, WARN, 0.4),
        PairCheck(checks.unresolved_braces, WARN, 0.3, is_mark=True),
        PairCheck(checks.leftover_separator, WARN, 0.4, is_mark=True),
        PairCheck(checks.markup, WARN, 0.2, is_mark=True),
        PairCheck(checks.replacement_character, WARN, 0.3, is_mark=True),
        PairCheck(checks.mojibake, WARN, 0.3, is_mark=True),
        PairCheck(checks.truncated_response, WARN, 0.3),
        PairCheck(checks.unbalanced_brackets, WARN, 0.4),
        PairCheck(checks.lost_number, WARN, 0.2),
        PairCheck(checks.long_response, WARN, 0.2),
        PairCheck(checks.too_many_tokens, WARN, 0.2),
    )
}


@dataclass(frozen=True)
class CheckPlan:
    """What is looked for in the pairs of a task.

    Attributes:
        severities: `error` or `warn` for each check that is used.
        hidden: the field with the answer, where prompts must not hold it.
        is_structured, max_tokens, max_ratio: see `Pairs`.
    """

    severities: Mapping[str, str] = field(default_factory=dict)
    hidden: str | None = None
    is_structured: bool = False
    max_tokens: int = 8192
    max_ratio: float = 20.0


@dataclass(frozen=True)
class Found:
    """What the checks found in n pairs.

    Attributes:
        errors: by row the name of the first check that it must not fail.
        warnings: names with a blank between them, null where there are none.
        quality: float64, shape (n,), 0 to 1.
    """

    errors: Mapping[int, str]
    warnings: pa.StringArray
    quality: npt.NDArray[np.float64]


def checked_pairs(pairs: Pairs, plan: CheckPlan, own_marks: frozenset[str] = frozenset()) -> Found:
    """What is wrong with each pair.

    Args:
        own_marks: checks of marks that the wording itself has.
    """
    errors: dict[int, str] = {}
    bits, quality = np.zeros(len(pairs), np.int64), np.ones(len(pairs))
    for place, check in enumerate(CHECKS.values()):
        severity = plan.severities.get(check.name, OFF)
        if severity == OFF or check.name in own_marks:
            continue
        wrong = check.find(pairs)
        if severity == ERROR:
            for row in np.flatnonzero(wrong).tolist():
                errors.setdefault(row, check.name)
        else:
            bits[wrong] |= 1 << place
            quality[wrong] *= 1 - check.penalty
    return Found(errors, _named(bits), quality)


def _named(bits: npt.NDArray[np.int64]) -> pa.StringArray:
    if not bits.any():
        return pa.nulls(len(bits), pa.string())
    names = list(CHECKS)
    different, places = np.unique(bits, return_inverse=True)
    texts = [" ".join(name for place, name in enumerate(names) if one >> place & 1) or None for one in different]
    return pa.array(texts, pa.string()).take(pa.array(places))
