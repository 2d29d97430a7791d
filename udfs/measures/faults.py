"""What the checks of pairs find in pairs of which nothing is known but their text: no template, no choices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from taskmill.udfs.pair_checks.checks import Pairs
from taskmill.udfs.pair_checks.registry import CHECKS, WARN, CheckPlan, checked_pairs
from taskmill.udfs.pair_checks.texts import Texts

# These need the fields, the choices or the task type of a pair.
NEED_TEMPLATES = frozenset({"answer_in_prompt", "not_a_choice", "unbalanced_brackets", "lost_number"})
PLAN = CheckPlan(severities={name: WARN for name in CHECKS if name not in NEED_TEMPLATES})


@dataclass(frozen=True)
class Faults:
    """What was found: the quality of each pair, 0 to 1, and how many pairs each check warns of, most first."""

    quality: NDArray[np.float64]
    warnings: dict[str, int]


def faults(prompts: pa.StringArray, responses: pa.StringArray) -> Faults:
    """The quality of pairs by the formula of `pair_checks.registry`, with the checks that need no template."""
    found = checked_pairs(Pairs(Texts(prompts), Texts(responses)), PLAN)
    counts = Counter(name for told in found.warnings.drop_null().to_pylist() for name in told.split())
    return Faults(found.quality, dict(counts.most_common()))
