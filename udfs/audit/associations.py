"""Labels that go with the mention of a group more, or less, often than with that of others.

The effect is the log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, "Fightin' Words",
section 3.5.1): the prior is the task's own distribution of labels, worth `PRIOR` examples, so that few mentions say
little. Whether there is an effect at all is Fisher's exact test, which holds for small counts, corrected for the number
of comparisons after Holm (1979).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scipy.stats import fisher_exact

PRIOR = 10.0  # examples
MIN_MENTIONS = 20  # of a group, and of what it is compared with
SIGNIFICANT = 0.01  # of the corrected p
NOTABLE = math.log(1.5)  # odds half as high again: with many examples the slightest difference is significant
OTHER_GROUPS, ALL_OTHERS = "other groups", "all others (perhaps a matter of topic)"


@dataclass(frozen=True)
class Mentions:
    """Examples of a task that have one label and mention the same groups: how many, and the first ids."""

    label: str
    groups: frozenset[str]
    count: int
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Association:
    """A label's share where a group is mentioned, and where it is not.

    Attributes:
        against: what the group is compared with: examples that mention other groups of its category, or all others.
        log_odds: shrunken towards 0; above it, the label is more frequent with the group.
        p: corrected.
    """

    group: str
    label: str
    against: str
    with_label: int
    mentions: int
    others_with_label: int
    others: int
    log_odds: float
    p: float
    ids: tuple[str, ...] = ()

    @property
    def is_notable(self) -> bool:
        return self.p < SIGNIFICANT and abs(self.log_odds) >= NOTABLE


def associations(found: Sequence[Mentions], min_mentions: int = MIN_MENTIONS) -> list[Association]:
    """Every label compared for every group with enough mentions, the smallest p first.

    A group is compared with other groups of its category, examples that mention both left out on either side: reviews
    that mention women differ from reviews that mention nobody, which says nothing about women.
    """
    labels = Counter[str]()
    for one in found:
        labels[one.label] += one.count
    if len(labels) < 2:
        return []
    compared = []
    for group in sorted({group for one in found for group in one.groups}):
        against, mine, others = _sides(found, group, min_mentions)
        if min(sum(mine.values()), sum(others.values())) >= min_mentions:
            # With two labels the second says what the first does.
            for label in sorted(labels)[: 1 if len(labels) == 2 else None]:
                ids = _evidence(found, group, label)
                compared.append(_compared(group, label, against, mine, others, labels, ids))
    return sorted(holm(compared), key=lambda one: (one.p, -abs(one.log_odds), one.group, one.label))


def mention_counts(found: Iterable[Mentions]) -> dict[str, int]:
    """How many examples mention each group."""
    counts: defaultdict[str, int] = defaultdict(int)
    for one in found:
        for group in one.groups:
            counts[group] += one.count
    return dict(sorted(counts.items()))


def holm(compared: Sequence[Association]) -> list[Association]:
    """The same with p corrected for their number (Holm's step-down)."""
    order = sorted(compared, key=lambda one: one.p)
    corrected, highest = [], 0.0
    for rank, one in enumerate(order):
        highest = max(highest, min(1.0, one.p * (len(order) - rank)))
        corrected.append(replace(one, p=highest))
    return corrected


def log_odds(label: int, total: int, other_label: int, other_total: int, share: float, prior: float = PRIOR) -> float:
    """Log-odds ratio of a label in two sets of examples, with `prior` examples of its overall `share` in each."""
    odds = [
        math.log((count + prior * share) / (size - count + prior * (1 - share)))
        for count, size in ((label, total), (other_label, other_total))
    ]
    return odds[0] - odds[1]


def _sides(
    found: Sequence[Mentions], group: str, min_mentions: int
) -> tuple[str, Mapping[str, int], Mapping[str, int]]:
    category = group.split(".")[0]
    same = [one for one in found if any(name.split(".")[0] == category for name in one.groups)]
    alone = [one for one in same if {name for name in one.groups if name.split(".")[0] == category} == {group}]
    others = [one for one in same if group not in one.groups]
    if min(sum(one.count for one in alone), sum(one.count for one in others)) >= min_mentions:
        return OTHER_GROUPS, _by_label(alone), _by_label(others)
    mine = [one for one in found if group in one.groups]
    return ALL_OTHERS, _by_label(mine), _by_label([one for one in found if group not in one.groups])


def _by_label(found: Iterable[Mentions]) -> Counter[str]:
    counts = Counter[str]()
    for one in found:
        counts[one.label] += one.count
    return counts


def _evidence(found: Sequence[Mentions], group: str, label: str) -> tuple[str, ...]:
    ids = sorted(name for one in found if one.label == label and group in one.groups for name in one.ids)
    return tuple(ids[:5])


def _compared(
    group: str, label: str, against: str, mine: Mapping[str, int], others: Mapping[str, int],
    labels: Mapping[str, int], ids: tuple[str, ...],
) -> Association:  # fmt: skip
    here, total = mine.get(label, 0), sum(mine.values())
    there, other_total = others.get(label, 0), sum(others.values())
    share = labels[label] / sum(labels.values())
    p = float(fisher_exact([[here, total - here], [there, other_total - there]])[1])
    effect = log_odds(here, total, there, other_total, share)
    return Association(group, label, against, here, total, there, other_total, effect, p, ids)
