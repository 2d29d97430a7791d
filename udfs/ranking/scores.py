"""The score of a wording: the product of its parts, each 0 to 1, so that nothing makes up for what is terrible.

    accepted     1 - the rate of pairs that were refused
    quality      1 - the rate of what warnings took from the quality of its pairs
    unspoiled    1 - the rate of pairs that hold the answer in the prompt; little where the wording prints it itself
    review       1 - the rate of pairs that people rejected or fixed
    advice       the same of models that advise; its square root counts
    complete     1.0 unless it leaves out a field that the prompts of its siblings read
    length       1.0 unless its own words are many times those of its siblings, or none
    form         1.0 unless its own text has faults
    distinct     1 - the square of its likeness to a sibling that is no worse

The rates are those of `rates.attributed_rates`. Siblings are the other wordings of the task type: for `complete` those
that do not invert, for `length` and `distinct` those of its language.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from statistics import median

from taskmill.udfs.paraphrases.likeness import overlap
from taskmill.udfs.ranking.counts import Counts, together
from taskmill.udfs.ranking.rates import WEIGHT, Trials, attributed_rates
from taskmill.udfs.ranking.texts import Contract, Seen

LEAK = "answer_in_prompt"
TELLS = 0.1  # left where the wording itself prints the answer
INCOMPLETE = 0.3  # left without a field that all siblings read; a closed-book question may be meant
NEARLY_ALL = 0.95  # share of siblings from which on a field begins to be missed
LEAST_SIBLINGS = 3  # that say what a prompt should read
TIMES_AS_LONG, LEAST_LONG = 3.0, 150  # as the median of the siblings; characters
BARE = 0.95  # left of a prompt without a word of its own: what stands in its slots may ask, or may not
REVIEW_WEIGHT = 2.0  # pairs; people look at few, and well
EXPONENTS = {"advice": 0.5}
FROM_PAIRS = ("accepted", "quality", "unspoiled", "review", "advice")
PARTS = (*FROM_PAIRS, "complete", "length", "form", "distinct")
Parts = dict[str, float | None]


@dataclass(frozen=True)
class Wording:
    """A wording that is ranked.

    Attributes:
        place: its place among those of its task type, as in the file.
        is_used: whether some task may be rendered with it.
    """

    template_id: str
    name: str
    language: str
    inverts: bool
    place: int
    seen: Seen
    is_used: bool = True


@dataclass(frozen=True)
class Score:
    """How good a wording is.

    Attributes:
        score: None where none of its pairs was made or refused, as then nothing is known.
        parts: by name, None where nothing is known, which takes nothing from the score.
        counts: over all its tasks.
        nearest, likeness: the sibling, no worse, that it is most alike, and how much.
        missing: fields that it leaves out, with the share of siblings that read them.
    """

    wording: Wording
    score: float | None
    parts: Mapping[str, float | None]
    counts: Counts
    nearest: str | None
    likeness: float
    missing: Mapping[str, float]
    siblings_chars: float | None


def scores(wordings: Sequence[Wording], contract: Contract, counts: Mapping[tuple[str, str], Counts]) -> list[Score]:
    """The scores of all wordings of one task type, best first; those without a score last, and equals by name.

    Args:
        counts: by template_id and task.
    """
    by_wording: defaultdict[str, list[Counts]] = defaultdict(list)
    for (template_id, _), found in counts.items():
        by_wording[template_id].append(found)
    whole = {one.template_id: together(by_wording[one.template_id]) for one in wordings}
    rates = _rates(wordings, counts)
    parts, missing, usual = {}, {}, {}
    for one in wordings:
        missing[one.template_id] = _missing(one, wordings, contract)
        usual[one.template_id] = _usual_chars(one, wordings)
        own = _of_pairs(one, whole[one.template_id], rates)
        own["complete"] = min((_completeness(share) for share in missing[one.template_id].values()), default=1.0)
        own["length"] = _length(one.seen, usual[one.template_id])
        own["form"] = one.seen.kept
        parts[one.template_id] = own
    nearest = _nearest(wordings, {name: product(own) if whole[name].tried else -1.0 for name, own in parts.items()})
    ranked = []
    for one in wordings:
        key = one.template_id
        like, other = nearest[key]
        own = {**parts[key], "distinct": 1 - like * like}
        score = product(own) if whole[key].tried else None
        ranked.append(Score(one, score, own, whole[key], other, like, missing[key], usual[key]))
    return sorted(ranked, key=lambda one: (one.score is None, -(one.score or 0.0), one.wording.name))


def product(parts: Mapping[str, float | None]) -> float:
    """The product of what is known."""
    return float(prod(value ** EXPONENTS.get(name, 1.0) for name, value in parts.items() if value is not None))


def _rates(wordings: Sequence[Wording], counts: Mapping[tuple[str, str], Counts]) -> dict[str, dict[str, float] | None]:
    """For each part that comes from pairs the rate of every wording; None where there is nothing to tell from."""
    sources: Mapping[str, tuple[Callable[[Counts], float], Callable[[Counts], float], float]] = {
        "accepted": (lambda one: one.tried, lambda one: one.refused.total(), WEIGHT),
        "quality": (lambda one: one.pairs, lambda one: one.lost, WEIGHT),
        "unspoiled": (lambda one: one.pairs, lambda one: one.warned[LEAK], WEIGHT),
        "review": (lambda one: one.judged, lambda one: one.wrong, REVIEW_WEIGHT),
        "advice": (lambda one: one.advised, lambda one: one.advised_against, REVIEW_WEIGHT),
    }
    names = [one.template_id for one in wordings]
    found: dict[str, dict[str, float] | None] = {}
    for part, (count, events, weight) in sources.items():
        trials = [
            Trials(template_id, task, count(one), events(one))
            for (template_id, task), one in counts.items()
            if count(one)
        ]
        found[part] = attributed_rates(names, trials, weight) if trials else None
    return found


def _of_pairs(wording: Wording, counts: Counts, rates: Mapping[str, dict[str, float] | None]) -> Parts:
    parts: Parts = {}
    for part in FROM_PAIRS:
        of_all = rates[part]
        is_known = of_all is not None and (counts.tried > 0 or part in {"review", "advice"})
        parts[part] = 1 - of_all[wording.template_id] if of_all is not None and is_known else None
    if counts.is_out:
        parts["review"] = 0.0
    if wording.seen.told:
        parts["unspoiled"] = TELLS * (1.0 if parts["unspoiled"] is None else parts["unspoiled"])
    return parts


def _missing(wording: Wording, wordings: Sequence[Wording], contract: Contract) -> dict[str, float]:
    """Fields that the wording leaves out, with the share of siblings whose prompts read them.

    What stands in its response, it asks for. An inversion asks for one of the fields itself. A prompt that is given a
    structure (words to be tagged) has the text from there.
    """
    siblings = [one for one in wordings if one is not wording and not one.inverts]
    reads = wording.seen.reads
    if wording.inverts or len(siblings) < LEAST_SIBLINGS or not reads.isdisjoint(contract.structured):
        return {}
    shares = {name: sum(name in one.seen.reads for one in siblings) / len(siblings) for name in contract.needed}
    left_out = set(contract.needed) - reads - wording.seen.answers
    return {name: share for name, share in shares.items() if name in left_out and share > NEARLY_ALL}


def _completeness(share: float) -> float:
    """What is left without a field that this share of the siblings read: the less, the fewer do without."""
    return 1 - (1 - INCOMPLETE) * (share - NEARLY_ALL) / (1 - NEARLY_ALL)


def _usual_chars(wording: Wording, wordings: Sequence[Wording]) -> float | None:
    """How long its siblings mostly are; None where it has not two."""
    sizes = [one.seen.chars for one in wordings if one is not wording and one.language == wording.language]
    return float(median(sizes)) if len(sizes) > 1 else None


def _length(seen: Seen, usual: float | None) -> float:
    if usual is None:
        return 1.0
    if not seen.has_words:
        return BARE if usual else 1.0
    most = max(TIMES_AS_LONG * usual, LEAST_LONG)
    return min(1.0, most / seen.chars) if seen.chars else 1.0


def _nearest(wordings: Sequence[Wording], others: Mapping[str, float]) -> dict[str, tuple[float, str | None]]:
    """For each wording how much it is like the nearest of its siblings that come before it, and which that is.

    Of two that are alike one keeps its rank: the one that is better otherwise, or, where that is less than about a
    tenth, comes first in the file.

    Args:
        others: the product of the other parts.
    """
    order = sorted(wordings, key=lambda one: (-round(others[one.template_id], 1), one.place))
    found: dict[str, tuple[float, str | None]] = {}
    before: defaultdict[str, list[Wording]] = defaultdict(list)
    for one in order:
        earlier = before[one.language]
        likes = [(overlap(one.seen.shape, other.seen.shape), other.name) for other in earlier]
        found[one.template_id] = max(likes, key=lambda like: like[0], default=(0.0, None))
        earlier.append(one)
    return found
