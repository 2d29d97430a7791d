"""How certain answers are: closed sets of them, how evenly they are used, and prompts that have several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from taskmill.udfs.gates.answers import SHORT_BYTES
from taskmill.udfs.measures.jackknife import Estimate, Integers, ratio
from taskmill.udfs.measures.kinds import Kinds
from taskmill.udfs.near_duplicates.arrays import Mask

LEAST_OTHERS = 4  # pairs that share a short response, before it is a label


def are_short(responses: Sequence[str]) -> Mask:
    """Which responses are labels, names or numbers rather than sentences: at most `SHORT_BYTES` of UTF-8."""
    return np.array([len(one.encode()) <= SHORT_BYTES for one in responses], bool)


def label_kinds(responses: Sequence[str], keys: Sequence[str], groups: Integers) -> tuple[Kinds, Mask]:
    """Short responses by normal form, and which pairs have a label: one that at least `LEAST_OTHERS` others have.

    What a label is depends on how many pairs there are: only equal numbers compare.
    """
    short = are_short(responses)
    kinds = Kinds.of_pairs([key if is_short else None for key, is_short in zip(keys, short, strict=True)], groups)
    found = np.zeros(len(responses), bool)
    found[kinds.rows] = kinds.is_repeated(LEAST_OTHERS)
    return kinds, found


def closed_share(responses: Sequence[str], keys: Sequence[str], groups: Integers) -> Estimate | None:
    """The share of pairs whose response is a label."""
    kinds, _ = label_kinds(responses, keys, groups)
    among_short = kinds.repeated(LEAST_OTHERS)
    if among_short is None:
        return ratio(np.zeros(len(responses)), np.ones(len(responses)), groups)
    short = len(kinds) / len(responses)
    return Estimate(among_short.value * short, among_short.error * short, len(responses))


def label_evenness(responses: Sequence[str], keys: Sequence[str], groups: Integers) -> Estimate | None:
    """Entropy of the labels over its maximum for so many, over the whole set: 1 where all are used equally often."""
    _, is_label = label_kinds(responses, keys, groups)
    kept = [key if keep else None for key, keep in zip(keys, is_label, strict=True)]
    return Kinds.of_pairs(kept, groups).evenness()


def in_conflict(prompt_keys: Sequence[str], response_keys: Sequence[str], responses: Sequence[str]) -> Mask:
    """Which pairs have a short response and a prompt that stands in the set with another short response too.

    Of sentences several may be right; those are no conflict.
    """
    short = are_short(responses)
    answers: defaultdict[str, set[str]] = defaultdict(set)
    for prompt, response, is_short in zip(prompt_keys, response_keys, short, strict=True):
        if is_short:
            answers[prompt].add(response)
    found = [is_short and len(answers[prompt]) > 1 for prompt, is_short in zip(prompt_keys, short, strict=True)]
    return np.array(found, bool)
