"""A gate on words that tell the label by themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from taskmill.udfs.gates.verdicts import Limits, Verdict, judged, quoted, wilson_lower
from taskmill.udfs.similarity.profiles import words_of

ERROR = 0.01  # that a word of no worth is taken for a giveaway, over all words of a task together
MIN_EXAMPLES = 40
MIN_HAVING, COVERAGE = 8, 0.05  # examples, and share of them, that a word must stand in
PRECISE = 0.9  # of the examples with the word, so many have the label: one that only leans to it is of the subject
SHOWN = 3


@dataclass(frozen=True)
class Giveaway:
    """A word that predicts a label.

    Attributes:
        having, right: examples in which the word stands, and of these those with the label.
        prior: the share of the label in all examples.
        value: how many of the errors of a majority baseline the word saves: 0 none, 1 all.
    """

    field: str
    word: str
    label: str
    having: int
    right: int
    prior: float
    value: float
    example_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Labelled:
    """The texts of an example by field, and its label."""

    example_id: str
    texts: Mapping[str, str]
    label: str


def giveaways(examples: Sequence[Labelled]) -> list[Giveaway]:
    """The words that predict a label best, best first.

    A word that nearly always comes with one label is a giveaway as far as it saves errors: of each word in each field,
    counted once an example, the errors that are saved by answering with the word's label
    where it stands and with the most frequent of the other examples elsewhere, over the errors of always giving the
    most frequent label (Goodman and Kruskal 1954, "Measures of association for cross classifications", lambda). The
    label is right where the word stands by the lower bound of that share (Wilson 1927), at a confidence that is divided
    by the number of words looked at (Bonferroni), as Gardner et al. 2021 ("Competency Problems: On Finding and Removing
    Artifacts in Language Data") test single words. Pointwise mutual information (Gururangan et al. 2018) is highest for
    the rarest words, which spoil no task, and finds a word of the subject no less than one that is an artefact.
    """
    if len(examples) < MIN_EXAMPLES:
        return []
    labels = Counter(one.label for one in examples)
    having: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in examples:
        for name, text in one.texts.items():
            for word in set(words_of(text)):
                having[name, word][one.label] += 1
    fewest = max(MIN_HAVING, COVERAGE * len(examples))
    common = {key: counts for key, counts in having.items() if fewest <= counts.total() < len(examples)}
    z = NormalDist().inv_cdf(1 - ERROR / max(1, len(common)))
    precise = {key: counts for key, counts in common.items() if max(counts.values()) >= PRECISE * counts.total()}
    found = [_giveaway(key, counts, labels, z) for key, counts in precise.items()]
    best = sorted(found, key=lambda one: (-one.value, one.field, one.word))[:SHOWN]
    return [_with_ids(one, examples) for one in best]


def _giveaway(key: tuple[str, str], counts: Counter[str], labels: Counter[str], z: float) -> Giveaway:
    label, right = min(counts.items(), key=lambda one: (-one[1], one[0]))
    having, examples, most = counts.total(), labels.total(), max(labels.values())
    elsewhere = max(number - counts[name] for name, number in labels.items())
    saved = wilson_lower(right, having, z) * having + elsewhere - most
    value = max(0.0, saved / (examples - most)) if examples > most else 0.0
    return Giveaway(*key, label, having, right, labels[label] / examples, value)


def _with_ids(found: Giveaway, examples: Sequence[Labelled]) -> Giveaway:
    ids = [
        one.example_id
        for one in examples
        if one.label == found.label and found.word in words_of(one.texts.get(found.field, ""))
    ]
    return Giveaway(**{**vars(found), "example_ids": tuple(ids[:3])})


def lexical_giveaway(found: Sequence[Giveaway], sampled: int, limits: Limits) -> Verdict:
    """The best of `giveaways`: how many of the errors of a majority baseline one word saves."""
    if not found:
        return judged("lexical_giveaway", 0.0, limits, f"no word tells a label in {sampled:,} examples")
    best = found[0]
    told = (
        f"{quoted(best.word)} in {best.field}: {best.right:,} of {best.having:,} are {quoted(best.label)}, of all "
        f"{best.prior:.0%} ({sampled:,} examples looked at)"
    )
    return judged("lexical_giveaway", best.value, limits, told, best.example_ids)
