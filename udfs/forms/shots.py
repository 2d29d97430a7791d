"""Which examples a pair shows before it asks: never one that says something about the pair itself.

The candidates of a task are few, and the same for all of its pairs; each pair puts them in an order of its own, by a
hash of the seed, its ids and theirs, and takes the first that it may show and that fit. So what a pair shows depends on
neither the order of the candidates nor on what else is processed with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.draws import Numbers, chances, decided, keys_of, mixed, picked
from taskmill.udfs.forms.few_shot import FewShot
from taskmill.udfs.rendering.columns import Mask

PLACE = np.uint64(0x9E3779B97F4A7C15)  # tells the order in which shots are shown from that in which they are chosen
NOWHERE = np.iinfo(np.uint64).max


@dataclass(frozen=True)
class Candidates:
    """The examples that pairs of one wording may show: m of them, no two of one group or with one `telling` text.

    Attributes:
        groups: of each example.
        kinds: only examples of the same kind are shown together: of one language and form.
        telling: the text by which two pairs of the wording would be the same question.
        answers: what is shown as the answer; examples with different answers are shown first.
        sizes: int64, shape (m,), bytes of what is shown of each.
        keys: uint64, shape (m,), hashes of the example ids.
    """

    groups: Sequence[str]
    kinds: Sequence[str]
    telling: pa.StringArray
    answers: pa.StringArray
    sizes: npt.NDArray[np.int64]
    keys: Numbers

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class Askers:
    """Pairs of one wording: n of them; see `Candidates`.

    Attributes:
        keys: uint64, shape (n,), hashes of the ids of example and wording.
        spare: int64, shape (n,), bytes left for what is shown.
    """

    groups: Sequence[str]
    kinds: Sequence[str]
    telling: pa.StringArray
    spare: npt.NDArray[np.int64]
    keys: Numbers

    def __len__(self) -> int:
        return len(self.keys)


def pair_keys(seed: int, example_ids: Sequence[str], template_id: str) -> Numbers:
    """A random number for each pair: uint64, shape (n,)."""
    return decided(keys_of(seed, "few_shot", example_ids), seed, "few_shot", template_id)


def shot_keys(seed: int, example_ids: Sequence[str]) -> Numbers:
    """A random number for each example that may be shown: uint64, shape (m,)."""
    return keys_of(seed, "shot", example_ids)


def wanted_shots(how: FewShot, seed: int, keys: Numbers) -> npt.NDArray[np.int64]:
    """How many examples each pair is to show, 0 for most: int64, shape (n,)."""
    is_chosen = chances(decided(keys, seed, "few_shot")) < how.rate
    drawn = picked(decided(keys, seed, "shots"), [1.0] * len(how.shots))
    return np.where(is_chosen, np.array(how.shots, np.int64)[drawn], 0)


def choose_shots(candidates: Candidates, askers: Askers, wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """The places of the candidates that each pair shows, in their order.

    A candidate that does not fit is passed over for the next one. The first round takes an example of every answer,
    the next a second one of each, so that labels are shown about equally often; the order in which they are shown says
    nothing of that.

    Args:
        wanted: int64, shape (n,).

    Returns:
        int32, shape (n, max(wanted)), -1 where a pair shows no more.
    """
    found = np.full((len(askers), int(wanted.max(initial=0))), -1, np.int32)
    if not len(candidates) or not found.size:
        return found
    keys = mixed(askers.keys[:, None] ^ candidates.keys[None, :])
    allowed = may_be_shown(candidates, askers)
    order = _in_rounds(np.argsort(np.where(allowed, keys, NOWHERE), axis=1, kind="stable"), allowed, candidates.answers)
    left, taken, rows = askers.spare.copy(), np.zeros(len(askers), np.int64), np.arange(len(askers))
    for place in range(len(candidates)):
        offered = order[:, place]
        fits = allowed[rows, offered] & (taken < wanted) & (candidates.sizes[offered] <= left)
        found[rows[fits], taken[fits]] = offered[fits]
        left[fits] -= candidates.sizes[offered[fits]]
        taken += fits
    shuffled = np.where(found >= 0, mixed(np.take_along_axis(keys, np.maximum(found, 0), axis=1) ^ PLACE), NOWHERE)
    return np.take_along_axis(found, np.argsort(shuffled, axis=1, kind="stable"), axis=1)


def may_be_shown(candidates: Candidates, askers: Askers) -> Mask:
    """Which candidates each pair may show: of another group, with another question, of its kind. Shape (n, m)."""
    kinds = np.array(candidates.kinds)
    of_kind = {one: kinds == one for one in set(askers.kinds)}
    allowed = np.array([of_kind[one] for one in askers.kinds], np.bool_).reshape(len(askers), len(candidates))
    for theirs, own in (
        (pa.array(askers.groups, pa.string()), pa.array(candidates.groups, pa.string())),
        (askers.telling, candidates.telling),
    ):
        same = pc.fill_null(pc.index_in(theirs, value_set=own), -1).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(same >= 0)
        allowed[rows, same[rows]] = False
    return allowed


def _in_rounds(order: npt.NDArray[np.int64], allowed: Mask, answers: pa.StringArray) -> npt.NDArray[np.int64]:
    """The order with the first example of every answer before the second of any."""
    codes = answers.dictionary_encode().indices.to_numpy()
    if len(set(codes.tolist())) == len(codes):
        return order
    may, answer = np.take_along_axis(allowed, order, axis=1), codes[order]
    rounds = np.zeros(order.shape, np.int64)
    for code in set(codes.tolist()):
        same = may & (answer == code)
        rounds[same] = np.cumsum(same, axis=1)[same]
    rounds[~may] = len(codes) + 1
    return np.take_along_axis(order, np.argsort(rounds, axis=1, kind="stable"), axis=1)
