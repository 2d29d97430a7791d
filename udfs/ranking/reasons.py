"""What pulled a wording down, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from taskmill.udfs.ranking.scores import LEAK, Score

WORTH_TELLING = 0.955  # parts below
NO_TASK, REJECTED, REPEATED, NOT_DRAWN = (
    "no task uses it",
    "rejected in review",
    "all its pairs repeat others",
    "no example was rendered with it",
)


def reasons(score: Score) -> tuple[str, ...]:
    """What pulled it down, the worst first; for a wording without a score why it has none."""
    if score.score is None:
        return (why_unscored(score),)
    low = sorted((value, name) for name, value in score.parts.items() if value is not None and value < WORTH_TELLING)
    return tuple(TOLD[name](score) for _, name in low)


def why_unscored(score: Score) -> str:
    """Why no pair of a wording was made or refused."""
    counts = score.counts
    if not score.wording.is_used:
        return NO_TASK
    if counts.is_out or counts.rejected:
        return REJECTED
    return REPEATED if counts.repeated else NOT_DRAWN


def _accepted(score: Score) -> str:
    counts = score.counts
    if not counts.refused.total():
        return "pairs of its siblings are refused often"
    return f"{_of(counts.refused.total(), counts.tried)} refused{_most(counts.refused)}"


def _quality(score: Score) -> str:
    warned = Counter({name: count for name, count in score.counts.warned.items() if name != LEAK})
    if not warned:
        return "what that takes from quality" if score.counts.warned[LEAK] else "pairs of its siblings have warnings"
    name, count = min(warned.items(), key=lambda one: (-one[1], one[0]))
    return f"{name} in {_of(count, score.counts.pairs)} pairs"


def _unspoiled(score: Score) -> str:
    if score.wording.seen.told:
        return f"its prompt prints {', '.join(score.wording.seen.told)}, which gives the answer away"
    if not score.counts.warned[LEAK]:
        return "the answer stands in prompts of its siblings"
    return f"the answer stands in {_of(score.counts.warned[LEAK], score.counts.pairs)} prompts"


def _review(score: Score) -> str:
    counts = score.counts
    if counts.is_out:
        return REJECTED
    if not counts.judged:
        return "its siblings did not do well in review"
    return f"people rejected or fixed {_of(counts.wrong, counts.judged)} pairs"


def _advice(score: Score) -> str:
    if not score.counts.advised:
        return "models advise against its siblings"
    return f"models advise against {_of(score.counts.advised_against, score.counts.advised)} pairs"


def _complete(score: Score) -> str:
    name, share = max(score.missing.items(), key=lambda one: (one[1], one[0]))
    return f"does not read {name}, as {'all' if share == 1 else f'{share:.0%} of'} its siblings do"


def _length(score: Score) -> str:
    if not score.wording.seen.has_words:
        return "has no word of its own"
    return f"{score.wording.seen.chars:,} characters of its own, its siblings {score.siblings_chars or 0:,.0f}"


def _form(score: Score) -> str:
    return ", ".join(score.wording.seen.faults)


def _distinct(score: Score) -> str:
    return f"{score.likeness:.0%} like {score.nearest}"


TOLD: Mapping[str, Callable[[Score], str]] = {
    "accepted": _accepted, "quality": _quality, "unspoiled": _unspoiled, "review": _review, "advice": _advice,
    "complete": _complete, "length": _length, "form": _form, "distinct": _distinct,
}  # fmt: skip


def _of(count: int, whole: int) -> str:
    return f"{count:,} of {whole:,}"


def _most(reasons: Mapping[str, int]) -> str:
    """The most frequent reason, in brackets."""
    name = min(reasons, key=lambda one: (-reasons[one], one), default="")
    return f" ({name})" if name else ""
