"""Solved examples in front of a prompt: the pairs of a task that others of it may show, rendered where they are needed.

A task's pool of examples travels with its plan. It goes through the same rendering, checks and reviews as all others,
so that what is shown is always a pair that would be accepted by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.forms.few_shot import with_blocks
from taskmill.udfs.forms.shots import Askers, Candidates, Keys, choose_shots, pair_keys, shot_keys, wanted_shots
from taskmill.udfs.pair_checks.checks import BYTES_A_TOKEN
from taskmill.udfs.rendering.columns import Indices, byte_lengths
from taskmill.udfs.rendering.outcomes import Outcome
from taskmill.udfs.rendering.plans import RenderPlan

OutcomesOf = Callable[[pa.RecordBatch, RenderPlan], Iterable[Outcome]]
Shown = tuple[pa.StringArray, pa.StringArray]  # prompts, and the ids of what they show
POOL_COLUMNS = ("task", "example_id", "languages", "belongs_to", "fields", "skipped", "reviewed")  # texts


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

    def shown(self, batch: pa.RecordBatch, one: Outcome) -> Shown:
        """The prompts of the accepted pairs with what they show, and the ids of that: with a blank between them, null
        where a pair shows nothing."""
        prompts, plan, how = one.prompts, one.plan, one.plan.few_shot
        nothing = prompts, pa.nulls(len(prompts), pa.string())
        if how is None or not plan.pool:
            return nothing
        ids = batch.column("example_id").take(pa.array(one.rows[one.kept]))
        keys = pair_keys(plan.draw.seed, ids.to_pylist(), plan.templates[one.place][0])
        wanted = wanted_shots(how, keys)
        wanted[one.is_fixed.to_numpy(zero_copy_only=False)] = 0  # a reviewer's text is the whole text
        asking = np.flatnonzero(wanted)
        exhibit = self._of(plan, one.place) if len(asking) else None
        if exhibit is None:
            return nothing
        places = choose_shots(exhibit.candidates, _askers(batch, one, asking, keys[asking]), wanted[asking])
        texts, lists = with_blocks(prompts.take(pa.array(asking)), exhibit.blocks, places)
        told = pc.binary_join(pa.ListArray.from_arrays(lists.offsets, exhibit.ids.take(lists.values)), " ")
        told = pc.if_else(pc.equal(told, ""), None, told)
        mask = np.zeros(len(prompts), np.bool_)
        mask[asking] = True
        return pc.replace_with_mask(prompts, pa.array(mask), texts), pc.replace_with_mask(
            nothing[1], pa.array(mask), told
        )

    def _of(self, plan: RenderPlan, place: int) -> Exhibit | None:
        key = plan.task, plan.templates[place][0]
        if key not in self._made:
            self._made[key] = self._rendered(plan, place)
        return self._made[key]

    def _rendered(self, plan: RenderPlan, place: int) -> Exhibit | None:
        """The pool in one wording: what is accepted without a warning, and no two with the same question."""
        if plan.task not in self._pools:
            self._pools[plan.task] = unpacked(plan.pool)
        pool, how = self._pools[plan.task], plan.few_shot
        alone = replace(plan, templates=(plan.templates[place],), draw=replace(plan.draw, count=None))
        for one in self._outcomes(pool, alone):
            good = pc.and_(pc.is_null(one.warned), pc.invert(one.is_fixed)).to_numpy(zero_copy_only=False)
            telling, chosen = _telling(one), np.flatnonzero(good)
            _, first = np.unique(telling.to_numpy(zero_copy_only=False)[chosen], return_index=True)
            chosen = np.sort(chosen[first])
            if not len(chosen) or how is None:
                return None
            rows, taken = one.rows[one.kept][chosen], pa.array(chosen)
            blocks = how.blocks(one.prompts.take(taken), one.responses.take(taken))
            ids = pool.column("example_id").take(pa.array(rows))
            candidates = Candidates(
                groups=_groups(pool, rows),
                languages=_languages(pool, rows),
                telling=telling.take(taken),
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


def _askers(batch: pa.RecordBatch, one: Outcome, asking: Indices, keys: Keys) -> Askers:
    """The accepted pairs at these positions."""
    rows, taken, plan = one.rows[one.kept][asking], pa.array(asking), one.plan
    tokens = plan.checks.max_tokens if plan.few_shot is None else min(plan.few_shot.max_tokens, plan.checks.max_tokens)
    prompts = byte_lengths(one.prompts.take(taken)).astype(np.int64)
    responses = byte_lengths(one.responses.take(taken)).astype(np.int64)
    spare = np.minimum(BYTES_A_TOKEN * tokens - prompts - responses, plan.limits.max_prompt_chars - prompts)
    return Askers(_groups(batch, rows), _languages(batch, rows), _telling(one).take(taken), spare, keys)


def _telling(one: Outcome) -> pa.StringArray:
    """The text by which two pairs are the same question: an inverted wording often asks all in the same words."""
    return one.responses if one.template.inverts else one.prompts


def _groups(batch: pa.RecordBatch, rows: Indices) -> list[str]:
    """The group of each example; one that stands alone is its own."""
    return pc.coalesce(batch.column("belongs_to"), batch.column("example_id")).take(pa.array(rows)).to_pylist()


def _languages(batch: pa.RecordBatch, rows: Indices) -> list[str]:
    return pc.fill_null(batch.column("languages"), "").take(pa.array(rows)).to_pylist()
