"""Several questions about one text as a dialogue: what was asked and answered before stands in front of a pair.

The first turn is a wording as it is, with the text; a later one is its `follow_up`, which does without. Each turn is a
pair that would be accepted by itself, rendered with the answer as the wording gives it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.draws import Numbers, decided, keys_of, mixed, picked
from taskmill.udfs.forms.plans import EXAMPLES
from taskmill.udfs.pair_checks.checks import BYTES_A_TOKEN
from taskmill.udfs.rendering.columns import Indices
from taskmill.udfs.rendering.exhibits import OutcomesOf, Shown, most_tokens, with_one_wording
from taskmill.udfs.rendering.outcomes import Outcome
from taskmill.udfs.rendering.plans import RenderPlan, Template

SPARE = 2  # siblings that are looked at beyond those needed, for such as are refused or do not fit
BETWEEN = "\n\n"  # prompts and responses, where a dialogue is one text
TURNS = "turns:"  # and how many, the last one included: a tag of a pair's form
READ = ("task", "example_id", "languages", "fields")
Turn = tuple[str, str]  # prompt and response


@dataclass(frozen=True)
class Sibling:
    """Another question about the same text, as a first turn and as a later one; None where it is not accepted so."""

    example_id: str
    first: Turn | None
    later: Turn | None


class Dialogues:
    """Turns pairs into dialogues where their examples have siblings.

    Args:
        outcomes: renders a batch by a plan.
    """

    def __init__(self, outcomes: OutcomesOf) -> None:
        self._outcomes = outcomes

    def added(self, batch: pa.RecordBatch, one: Outcome, shown: Shown) -> Shown:
        """The accepted pairs, those of them as dialogues that are to be: `batch` has a string column `siblings`, a JSON
        list of `example_id` and `fields` (JSON text without what is shared), null for most.

        A pair that another form has changed stays as it is: its turns would not be of one style.
        """
        plan, template = one.plan, one.template
        if plan.multi_turn is None or not isinstance(template, Template) or template.follow_up is None:
            return shown
        rows = one.rows[one.kept]
        siblings = batch.column("siblings").take(pa.array(rows))
        has_own = pc.fill_null(pc.match_substring(one.forms, EXAMPLES), False)
        may = pc.and_(siblings.is_valid(), pc.invert(pc.or_(one.is_fixed, has_own)))
        asking = np.flatnonzero(may.to_numpy(zero_copy_only=False))
        if not len(asking):
            return shown
        asked = batch.select(READ).take(pa.array(rows[asking]))
        found = self._dialogues(asked, siblings.take(pa.array(asking)).to_pylist(), one, asking)
        return _replaced(shown, {int(asking[place]): talk for place, talk in found.items()})

    def _dialogues(
        self, asked: pa.RecordBatch, siblings: Sequence[str], one: Outcome, asking: Indices
    ) -> dict[int, list[tuple[str, Turn]]]:
        """For each of the pairs that become dialogues their turns, each with the example it is of."""
        plan, place = one.plan, one.place
        whole, later = (self._accepted(asked, plan, place, is_later) for is_later in (False, True))
        taken = pa.array(asking)
        written = list(zip(*(side.take(taken).to_pylist() for side in (one.prompts, one.responses)), strict=True))
        systems = one.systems.take(taken).fill_null("").to_pylist()
        ids = asked.column("example_id").to_pylist()
        keys = decided(keys_of(plan.draw.seed, "turns", ids), plan.draw.seed, "turns", plan.templates[place][0])
        usable = [row for row in range(len(ids)) if whole.get(row) == written[row] and row in later]
        ranked = {row: _ranked(json.loads(siblings[row]), plan, keys[row]) for row in usable}
        others = self._siblings(asked, ranked, plan, place)
        counts = _turn_counts(plan, keys)
        found = {}
        for row in usable:
            room = BYTES_A_TOKEN * _most_tokens(plan) - len(systems[row].encode())
            turns = _chosen(others[row], later[row], int(counts[row]) - 1, room)
            if turns:
                found[row] = [*turns, (ids[row], later[row])]
        return found

    def _siblings(
        self, asked: pa.RecordBatch, ranked: Mapping[int, Sequence[Mapping[str, str]]], plan: RenderPlan, place: int
    ) -> dict[int, list[Sibling]]:
        """For each row its siblings as they would be rendered, in their order."""
        owners, names, texts = [], [], []
        fields, languages = asked.column("fields"), asked.column("languages").to_pylist()
        for row, siblings in ranked.items():
            own = json.loads(fields[row].as_py())
            for sibling in siblings:
                owners.append(row)
                names.append(sibling["example_id"])
                texts.append(json.dumps({**own, **json.loads(sibling["fields"])}, ensure_ascii=False))
        columns = [[plan.task] * len(owners), names, [languages[row] for row in owners], texts]
        batch = pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], names=list(READ))
        first, later = (self._accepted(batch, plan, place, is_later, clean=True) for is_later in (False, True))
        found: dict[int, list[Sibling]] = {row: [] for row in ranked}
        for at, row in enumerate(owners):
            found[row].append(Sibling(names[at], first.get(at), later.get(at)))
        return found

    def _accepted(
        self, batch: pa.RecordBatch, plan: RenderPlan, place: int, is_later: bool, clean: bool = False
    ) -> dict[int, Turn]:
        """The pairs of one wording, or of its follow-up, by row; `clean` for those without a warning."""
        alone = replace(with_one_wording(plan, place), forms=None)
        if is_later:
            template_id, template = alone.templates[0]
            assert isinstance(template, Template), template
            alone = replace(alone, templates=((template_id, replace(template, prompt=template.follow_up or "")),))
        for one in self._outcomes(batch, alone):
            sides = zip(one.prompts.to_pylist(), one.responses.to_pylist(), strict=True)
            told = zip(one.rows[one.kept].tolist(), one.warned.to_pylist(), sides, strict=True)
            return {row: turn for row, warned, turn in told if not (clean and warned)}
        return {}


def _ranked(siblings: Sequence[Mapping[str, str]], plan: RenderPlan, key: np.uint64) -> list[Mapping[str, str]]:
    """The siblings in an order drawn for the pair; of many not all, as each would be rendered with the whole text."""
    most = SPARE + (plan.multi_turn.turns if plan.multi_turn is not None else 0)
    numbers = mixed(keys_of(plan.draw.seed, "turn", [one["example_id"] for one in siblings]) ^ key)
    return [siblings[place] for place in np.argsort(numbers, kind="stable")[:most].tolist()]


def _chosen(siblings: Sequence[Sibling], last: Turn, wanted: int, room: int) -> list[tuple[str, Turn]]:
    """Turns before the last one: of the siblings in their order those that fit, no two with one question."""
    told = {_plain(last[0])}
    room -= _size(last)
    found: list[tuple[str, Turn]] = []
    for one in siblings:
        turn = one.later if found else one.first
        if len(found) == wanted or turn is None or one.later is None or _plain(one.later[0]) in told:
            continue
        if _size(turn) > room:
            continue
        found.append((one.example_id, turn))
        told.add(_plain(one.later[0]))
        room -= _size(turn)
    return found


def _as_object(turn: Turn) -> dict[str, str]:
    prompt, response = turn
    return {"prompt": prompt, "response": response}


def _size(turn: Turn) -> int:
    return sum(len(side.encode()) + len(BETWEEN) for side in turn)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _turn_counts(plan: RenderPlan, keys: Numbers) -> Indices:
    """How many turns each dialogue is to have, the last one included: int64, shape (n,)."""
    most = plan.multi_turn.turns if plan.multi_turn is not None else 2
    return 2 + picked(decided(keys, plan.draw.seed, "turn_count"), [1.0] * (most - 1))


def _most_tokens(plan: RenderPlan) -> int:
    own = plan.checks.max_tokens if plan.multi_turn is None else plan.multi_turn.max_tokens
    return min(most_tokens(plan, own), plan.limits.max_prompt_chars // BYTES_A_TOKEN)


def _replaced(shown: Shown, dialogues: Mapping[int, list[tuple[str, Turn]]]) -> Shown:
    """The pairs with dialogues in the place of those at these positions."""
    if not dialogues:
        return shown
    mask = np.zeros(len(shown.prompts), np.bool_)
    mask[list(dialogues)] = True
    talks = [dialogues[position] for position in sorted(dialogues)]
    tags = [
        " ".join(filter(None, (form, f"{TURNS}{len(talk)}")))
        for form, talk in zip(shown.forms.filter(pa.array(mask)).to_pylist(), talks, strict=True)
    ]
    prompts = [BETWEEN.join([side for _, turn in talk for side in turn][:-1]) for talk in talks]
    shots = [" ".join(name for name, _ in talk[:-1]) for talk in talks]
    turns = [json.dumps([_as_object(turn) for _, turn in talk], ensure_ascii=False) for talk in talks]
    columns = zip(shown, (prompts, tags, shots, turns), strict=True)
    return Shown(*(pc.replace_with_mask(old, pa.array(mask), pa.array(new, pa.string())) for old, new in columns))
