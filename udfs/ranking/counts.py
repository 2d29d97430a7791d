"""What became of the pairs of wordings, and what people and models said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from taskmill.udfs.pair_checks.registry import CHECKS

NATURAL_TO_INVERSIONS = ("long_response",)  # "Write a review." is short, and a review is not


@dataclass
class Counts:
    """What became of a wording's pairs of one task.

    Attributes:
        pairs: those that were accepted.
        refused: pairs that were refused for what they are, by reason; not those that reviewers rejected.
        rejected: pairs that reviewers rejected, and so are not made any more.
        repeated: pairs left out because another has the same text.
        lost: sum of 1 - quality over its pairs.
        warned: pairs by warning.
        judged, wrong: pairs that people judged, and of these those rejected or fixed.
        advised, advised_against: the same of models.
        is_out: whether reviewers rejected the wording itself.
    """

    pairs: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    repeated: int = 0
    lost: float = 0.0
    warned: Counter[str] = field(default_factory=Counter)
    judged: int = 0
    wrong: int = 0
    advised: int = 0
    advised_against: int = 0
    is_out: bool = False

    @property
    def tried(self) -> int:
        """Pairs that were made, and those that would have been."""
        return self.pairs + self.refused.total()

    def add_pairs(self, pairs: int, quality: float, warnings: Sequence[str], inverts: bool) -> None:
        """Adds pairs that have the same warnings.

        Args:
            quality: of all together.
        """
        meant = [name for name in warnings if inverts and name in NATURAL_TO_INVERSIONS]
        for name in meant:
            quality /= 1 - CHECKS[name].penalty
        self.pairs += pairs
        self.lost += max(0.0, pairs - quality)
        self.warned.update({name: pairs for name in warnings if name not in meant})


def together(found: Iterable[Counts]) -> Counts:
    """The sums over a wording's tasks; it is out where all of them have it out."""
    whole, outs = Counts(), []
    for one in found:
        for name in ("pairs", "rejected", "repeated", "lost", "judged", "wrong", "advised", "advised_against"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        whole.refused.update(one.refused)
        whole.warned.update(one.warned)
        outs.append(one.is_out)
    whole.is_out = bool(outs) and all(outs)
    return whole
