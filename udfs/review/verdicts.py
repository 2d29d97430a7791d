"""Which decisions bind where people decided more than once, or not alike.

Of each reviewer the latest decision on an item stands; a comment decides nothing. Any standing reject binds; without
one, the latest standing fix does. A decision of an adjudicator takes the place of all that were made before it. Models
advise: what they say is compared with what people say, and binds nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

PAIR, TEMPLATE, TASK = "pair", "template", "task"
ACCEPT, REJECT, FIX, COMMENT = "accept", "reject", "fix", "comment"
SCOPES, DECISIONS = (PAIR, TEMPLATE, TASK), (ACCEPT, REJECT, FIX, COMMENT)
ADVISER = "model:"  # a reviewer's name begins with it where the reviewer is a model
RANDOM, FLAGGED = "random", "flagged"  # how an item came into a sample


class Item(NamedTuple):
    """What is decided on. A pair is meant by its example and the name of its template, whatever that says now; a
    template by its name in a task type, or in one task."""

    scope: str
    task: str = ""
    task_type: str = ""
    example_id: str = ""
    template: str = ""


@dataclass(frozen=True)
class Decision:
    """One person's decision.

    Attributes:
        decided_at: microseconds from 1970.
        template_id: of the wording that was looked at; empty where unknown.
        drawn: how the item came into the sample, `random` or `flagged`; empty where it is from none.
    """

    decision_id: str
    item: Item
    decision: str
    reviewer: str
    decided_at: int
    template_id: str = ""
    drawn: str = ""

    @property
    def order(self) -> tuple[int, str]:
        return self.decided_at, self.decision_id


@dataclass(frozen=True)
class Verdict:
    """What binds for one item: `accept`, `reject` or `fix`, and the decision that says so."""

    kind: str
    by: Decision


def by_item(decisions: Iterable[Decision]) -> dict[Item, list[Decision]]:
    """The decisions on each item but comments, in the order of their times."""
    found: defaultdict[Item, list[Decision]] = defaultdict(list)
    for one in sorted(decisions, key=lambda decision: decision.order):
        if one.decision != COMMENT:
            found[one.item].append(one)
    return dict(found)


def verdicts(decisions: Iterable[Decision], adjudicators: Collection[str] = ()) -> dict[Item, Verdict]:
    """What binds for each item that was decided on."""
    binding = (one for one in decisions if not one.reviewer.startswith(ADVISER))
    return {item: _verdict(made, adjudicators) for item, made in by_item(binding).items()}


def _verdict(made: Sequence[Decision], adjudicators: Collection[str]) -> Verdict:
    settled = max((place for place, one in enumerate(made) if one.reviewer in adjudicators), default=0)
    standing = list({one.reviewer: one for one in made[settled:]}.values())
    for kind in (REJECT, FIX, ACCEPT):
        found = [one for one in standing if one.decision == kind]
        if found:
            return Verdict(kind, max(found, key=lambda decision: decision.order))
    raise ValueError(f"no decision among {made!r}")


def judged_twice(
    decisions: Iterable[Decision], adjudicators: Collection[str] = ()
) -> dict[tuple[str, str], list[tuple[Item, str, str]]]:
    """For every two reviewers, by name, the items that both decided on, and what each said last.

    Adjudicators do not judge on their own: they have seen what the others said.
    """
    found: defaultdict[tuple[str, str], list[tuple[Item, str, str]]] = defaultdict(list)
    for item, made in by_item(decisions).items():
        latest = {one.reviewer: one.decision for one in made if one.reviewer not in adjudicators}
        for first, second in combinations(sorted(latest), 2):
            found[first, second].append((item, latest[first], latest[second]))
    return dict(found)
