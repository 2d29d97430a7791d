"""Solved examples in front of a prompt: the pairs of a task that others of it may show, rendered where they are needed.

A task's pool of examples travels with its plan. It goes through the same rendering, checks and reviews as all others,
so that what is shown is always a pair that would be accepted by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.draws import Numbers
from taskmill.udfs.forms.few_shot import with_blocks
from taskmill.udfs.forms.plans import EXAMPLES, SHRUNK, SHUFFLED, SYSTEM
from taskmill.udfs.forms.shots import Askers, Candidates, choose_shots, pair_keys, shot_keys, wanted_shots
from taskmill.udfs.pair_checks.checks import BYTES_A_TOKEN
from taskmill.udfs.rendering.columns import Indices, byte_lengths
from taskmill.udfs.rendering.outcomes import Outcome
from taskmill.udfs.rendering.plans import RenderPlan

OutcomesOf = Callable[[pa.RecordBatch, RenderPlan], Iterable[Outcome]]
KEPT = 16  # tasks whose exhibits a worker holds; examples come sorted by task
SHOTS = "shots:"  # and how many: a tag of a pair's form
POOL_COLUMNS = ("task", "example_id", "languages", "belongs_to", "fields", "skipped", "reviewed")  # texts


class Shown(NamedTuple):
    """Accepted pairs of one wording, with what stands in front of them.

    Attributes:
        forms: tags of their forms, with a blank between them.
        shots: ids of the examples in front, with a blank between them, null for none.
        turns: of a dialogue a JSON list of `prompt` and `response`, null for others.
    """

    prompts: pa.StringArray
    forms: pa.StringArray
    shots: pa.StringArray
    turns: pa.StringArray

    @staticmethod
    def alone(one: Outcome) -> Shown:
        """The pairs without anything in front."""
        nothing = pa.nulls(len(one.kept), pa.string())
        return Shown(one.prompts, one.forms, nothing, nothing)


@dataclass(frozen=True)
class Exhibit:
    """What pairs of one wording may show.

    Attributes:
        ids: of the examples, shape (m,).
        blocks: the examples as they are shown.
    """

    ids: pa.StringArray
    blocks: pa.StringArray
    candidates: Candidates


class Exhibits:
    """What the pairs of some plans may show, made when it is asked for first.

    Args:
        outcomes: renders a batch by a plan.
    """

    def __init__(self, outcomes: OutcomesOf) -> None:
        self._outcomes = outcomes
        self._pools: dict[str, pa.RecordBatch] = {}
        self._made: dict[tuple[str, str], Exhibit | None] = {}

    def added(self, batch: pa.RecordBatch, one: Outcome, shown: Shown) -> Shown:
        """The accepted pairs with what they show, other than those that have something in front already."""
        plan, how = one.plan, one.plan.few_shot
        if how is None or not plan.pool:
            return shown
        ids = batch.column("example_id").take(pa.array(one.rows[one.kept]))
        keys = pair_keys(plan.draw.seed, ids.to_pylist(), plan.templates[one.place][0])
        wanted = wanted_shots(how, plan.draw.seed, keys)
        wanted[one.is_fixed.to_numpy(zero_copy_only=False)] = 0  # a reviewer's text is the whole text
        wanted[pc.fill_null(pc.match_substring(one.forms, EXAMPLES), False).to_numpy(zero_copy_only=False)] = 0
        wanted[shown.shots.is_valid().to_numpy(zero_copy_only=False)] = 0
        asking = np.flatnonzero(wanted)
        exhibit = self._of(plan, one.place) if len(asking) else None
        if exhibit is None:
            return shown
        places = choose_shots(exhibit.candidates, _askers(batch, one, asking, keys[asking]), wanted[asking])
        asking, places = asking[places[:, 0] >= 0], places[places[:, 0] >= 0]
        prompts, lists = with_blocks(one.prompts.take(pa.array(asking)), exhibit.blocks, places)
        shots = pc.binary_join(pa.ListArray.from_arrays(lists.offsets, exhibit.ids.take(lists.values)), " ")
        tags = pa.array([f"{SHOTS}{count}" for count in (places >= 0).sum(axis=1)], pa.string())
        forms = pc.binary_join_element_wise(one.forms.take(pa.array(asking)), tags, " ", null_handling="skip")
        mask = np.zeros(len(one.kept), np.bool_)
        mask[asking] = True
        both = zip(shown, (prompts, forms, shots, pa.nulls(len(asking), pa.string())), strict=True)
        return Shown(*(pc.replace_with_mask(old, pa.array(mask), new) for old, new in both))

    def _of(self, plan: RenderPlan, place: int) -> Exhibit | None:
        key = plan.task, plan.templates[place][0]
        if key not in self._made:
            self._made[key] = self._rendered(plan, place)
        return self._made[key]

    def _rendered(self, plan: RenderPlan, place: int) -> Exhibit | None:
        """The pool in one wording: what is accepted without a warning, and no two with the same question."""
        if plan.task not in self._pools:
            if len(self._pools) == KEPT:
                self._pools.clear()
                self._made.clear()
            self._pools[plan.task] = unpacked(plan.pool)
        pool, how = self._pools[plan.task], plan.few_shot
        for one in self._outcomes(pool, with_one_wording(plan, place)):
            has_own = pc.fill_null(pc.match_substring(one.forms, EXAMPLES), False)
            is_good = pc.and_(pc.is_null(one.warned), pc.invert(pc.or_(one.is_fixed, has_own)))
            chosen = np.flatnonzero(is_good.to_numpy(zero_copy_only=False))
            telling = _telling(one, pa.array(chosen))
            _, first = np.unique(telling.to_numpy(zero_copy_only=False), return_index=True)
            chosen, first = chosen[np.sort(first)], pa.array(np.sort(first))
            if not len(chosen) or how is None:
                return None
            rows, taken = one.rows[one.kept][chosen], pa.array(chosen)
            blocks = how.blocks(one.prompts.take(taken), one.responses.take(taken))
            ids = pool.column("example_id").take(pa.array(rows))
            candidates = Candidates(
                groups=_groups(pool, rows),
                kinds=_kinds(pool, rows, one.forms.take(taken)),
                telling=telling.take(first),
                answers=one.responses.take(taken),
                sizes=byte_lengths(blocks).astype(np.int64),
                keys=shot_keys(plan.draw.seed, ids.to_pylist()),
            )
            return Exhibit(ids, blocks, candidates)
        return None


def packed(pool: pa.RecordBatch) -> bytes:
    """A pool as it travels: rows with the string columns `POOL_COLUMNS`, all of one task."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pool.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(pool)
    return bytes(sink.getvalue())


def unpacked(pool: bytes) -> pa.RecordBatch:
    """What `packed` packed."""
    with pa.ipc.open_stream(pool) as reader:
        return reader.read_next_batch()


def _askers(batch: pa.RecordBatch, one: Outcome, asking: Indices, keys: Numbers) -> Askers:
    """The accepted pairs at these positions."""
    rows, taken, plan = one.rows[one.kept][asking], pa.array(asking), one.plan
    prompts, responses, systems = (
        byte_lengths(texts.take(taken).fill_null("")).astype(np.int64)
        for texts in (one.prompts, one.responses, one.systems)
    )
    own = plan.checks.max_tokens if plan.few_shot is None else plan.few_shot.max_tokens
    spare = np.minimum(
        BYTES_A_TOKEN * most_tokens(plan, own) - prompts - responses - systems, plan.limits.max_prompt_chars - prompts
    )
    kinds = _kinds(batch, rows, one.forms.take(taken))
    return Askers(_groups(batch, rows), kinds, _telling(one, taken), spare, keys)


def most_tokens(plan: RenderPlan, own: int) -> int:
    """Of a pair of a form with a budget of its own: all that bounds a pair bounds it."""
    of_forms = plan.forms.max_tokens if plan.forms is not None else None
    return min(own, plan.checks.max_tokens, own if of_forms is None else of_forms)


def with_one_wording(plan: RenderPlan, place: int) -> RenderPlan:
    """The plan for examples that all get the same wording."""
    forms = plan.forms
    if forms is not None:
        forms = replace(forms, wordings=forms.wordings[place : place + 1])
    return replace(plan, templates=(plan.templates[place],), draw=replace(plan.draw, count=None), forms=forms)


def _telling(one: Outcome, taken: pa.Array) -> pa.StringArray:
    """The texts by which two pairs are the same question: an inverted wording often asks all in the same words. Upper
    case and white space tell nothing."""
    texts = (one.responses if one.template.inverts else one.prompts).take(taken)
    return pc.replace_substring_regex(pc.utf8_lower(texts), r"\s+", " ")


def _groups(batch: pa.RecordBatch, rows: Indices) -> list[str]:
    """The group of each example; one that stands alone is its own."""
    groups = pc.coalesce(batch.column("belongs_to"), batch.column("example_id"))
    return list(groups.take(pa.array(rows)).to_pylist())


def _kinds(batch: pa.RecordBatch, rows: Indices, forms: pa.StringArray) -> list[str]:
    """Language and form of each pair: what is shown has the style of what is asked. The order of options, what was
    shortened and what stands in a system message may differ."""
    languages = pc.fill_null(batch.column("languages"), "").take(pa.array(rows)).to_pylist()
    tags = forms.dictionary_encode()
    told = [
        " ".join(tag for tag in text.split() if tag not in {SHUFFLED, SYSTEM} and not tag.startswith(SHRUNK))
        for text in tags.dictionary.to_pylist()
    ]
    codes = tags.indices.fill_null(-1).to_pylist()
    return [f"{language} {told[code] if code >= 0 else ''}" for language, code in zip(languages, codes, strict=True)]
