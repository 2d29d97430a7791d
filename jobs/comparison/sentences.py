"""Where each set is stronger, in plain words: a sentence for each kind of measure, backed by one of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from taskmill.jobs.comparison.rows import LEAST_COUNT, OTHER, OURS, Group, Row
from taskmill.jobs.words import counted

MOST = 8
# The kinds of measures in the order of what matters to whoever chooses training data, each with its telling rows.
TELLING: Mapping[str, Sequence[str]] = {
    "instructions": ("requests_effective", "requests_different", "verbs_different"),
    "wording": ("prompt_fixed_wording", "prompt_near_duplicates", "prompt_compression", "prompt_equal"),
    "labels": ("conflicts", "closed_answers"),
    "quality": ("quality", "faulty"),
    "languages": ("languages_effective",),
    "words": ("response_distinct_2", "prompt_distinct_2"),
    "structure": ("response_forms", "multi_turn"),
    "cost": ("cost_per_pair",),
}
SIDES = {OURS: "ours", OTHER: "theirs"}


class Sentence(NamedTuple):
    """A sentence, and the key of the group of measures that backs it; empty for what several back."""

    group: str
    text: str


def sentences(groups: Sequence[Group]) -> list[Sentence]:
    """At most `MOST` sentences: one for each kind of measure in which a set is stronger, one for all in which
    neither is; a kind in which each is stronger in something has both in one sentence."""
    by_key = {group.key: group for group in groups}
    told, equal = list[Sentence](), list[str]()
    for key, telling in TELLING.items():
        rows = {row.measure.key: row for row in by_key[key].rows} if key in by_key else {}
        found = [rows[name] for name in telling if name in rows]
        strong = {side: next((row for row in found if row.stronger == side), None) for side in SIDES}
        claims = [_claim(side, row) for side, row in strong.items() if row is not None]
        if claims:
            text = "; ".join(claims)
            told.append(Sentence(key, f"{text[0].upper()}{text[1:]}."))
        elif any(row.difference is not None and row.count >= LEAST_COUNT for row in found):
            equal.append(by_key[key].title.lower())
    if not told:
        return [Sentence("", _nothing(groups))]
    rest = [Sentence("", f"No difference that is more than noise: {', '.join(equal)}.")] if equal else []
    return [*told[: MOST - len(rest)], *rest]


def _claim(side: str, row: Row) -> str:
    other = OTHER if side == OURS else OURS
    values = f"{row.shown(side, with_reach=False)} against {row.shown(other, with_reach=False)}"
    return f"{SIDES[side]} {row.measure.says} ({row.measure.name}: {values})"


def _nothing(groups: Sequence[Group]) -> str:
    most = max((row.count for group in groups for row in group.rows if group.key == "quality"), default=0)
    if most < LEAST_COUNT:
        return (
            f"With {counted(most, 'pair')} to compare nothing can be said to be stronger; {LEAST_COUNT} of each set "
            "are needed."
        )
    return "Neither is stronger in anything beyond noise."
