"""Gates on the answers of a task: how many there are, how they are spread, and whether equal questions have one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from taskmill.udfs.gates.verdicts import BLOCK, WARN, Limits, Verdict, judged, quoted

SHORT_BYTES = 32  # of an answer, on average: about five English words
MIN_EXAMPLES = 10  # fewer say nothing of how answers are spread
MOST_LABELS = 15  # from so many different outputs on, Super-NaturalInstructions does not ask that they are balanced


@dataclass(frozen=True)
class Answer:
    """One answer of a task, how many examples have it, and one of them."""

    text: str
    count: int
    example_id: str


@dataclass(frozen=True)
class AnswerCounts:
    """How the answers of a task are spread.

    Attributes:
        examples: of the task.
        distinct: answers that differ after normalising.
        weighted_log: sum of n ln n over the answers, n being the examples that have one: entropy follows from it.
        top: the most frequent answers, most frequent first.
        mean_bytes: of an answer in UTF-8, where a sign of a script without blanks counts as three letters do.
    """

    examples: int
    distinct: int
    weighted_log: float
    top: tuple[Answer, ...]
    mean_bytes: float = 0.0

    @property
    def are_short(self) -> bool:
        """Whether answers are labels, names or numbers rather than sentences, of which several may be right."""
        return self.mean_bytes <= SHORT_BYTES

    @property
    def normalised_entropy(self) -> float:
        """Shannon's entropy over its maximum for so many answers: 1 where all are equally frequent; 0 for one."""
        if self.distinct < 2:
            return 0.0
        return (log(self.examples) - self.weighted_log / self.examples) / log(self.distinct)

    @property
    def shown(self) -> str:
        """The most frequent answers with their counts."""
        return ", ".join(f"{quoted(one.text)} {one.count:,}" for one in self.top[:3])


def too_few_examples(examples: int, limits: Limits) -> Verdict:
    """Examples of the task after deduplication.

    Super-NaturalInstructions (Wang et al. 2022) asks for more than 25 instances; its authors find that gains level off
    at 64.
    """
    told = f"{examples:,} example{'s' * (examples != 1)} after deduplication"
    return judged("too_few_examples", examples, limits, told, low_is_bad=True)


def single_output(counts: AnswerCounts, limits: Limits) -> Verdict | None:
    """Answers that differ; a task that has but one can be done without reading.

    Super-NaturalInstructions refuses tasks with fewer than two. Of a few equal answers no more is known than that they
    are few: they make no task blocked. None for a task of one example.
    """
    if counts.examples < 2:
        return None
    only = counts.distinct == 1
    told = f"{counts.distinct:,} different answers"
    if only:
        told = f"all {counts.examples:,} answers are {quoted(counts.top[0].text)}"
    ids = [one.example_id for one in counts.top[:1]] if only else []
    found = judged("single_output", counts.distinct, limits, told, ids, low_is_bad=True)
    if found.verdict == BLOCK and counts.examples < MIN_EXAMPLES:
        return Verdict(found.gate, WARN, found.value, found.limit, f"{told} (too few to block)", found.example_ids)
    return found


def majority(counts: AnswerCounts, limits: Limits) -> Verdict | None:
    """The share of the most frequent answer: what a model gets right that always gives it (the majority baseline).

    None for a single output, which has a gate of its own, and for too few examples.
    """
    if counts.distinct < 2 or counts.examples < MIN_EXAMPLES:
        return None
    first = counts.top[0]
    share = first.count / counts.examples
    told = f"{share:.1%} of {counts.examples:,} answers are {quoted(first.text)}"
    return judged("majority", share, limits, told, [first.example_id])


def label_entropy(counts: AnswerCounts, limits: Limits) -> Verdict | None:
    """Entropy of the answers over its maximum, where they are labels.

    The check of Super-NaturalInstructions: with fewer than 15 distinct outputs it must be above 0.8. None for more, for
    a single output, and for too few examples.
    """
    if not 2 <= counts.distinct < MOST_LABELS or counts.examples < MIN_EXAMPLES:
        return None
    rarest = f"; rarest {quoted(counts.top[-1].text)} {counts.top[-1].count:,}" if counts.distinct > 3 else ""
    told = f"{counts.distinct} answers are unequally frequent: {counts.shown}{rarest}"
    return judged("label_entropy", counts.normalised_entropy, limits, told, low_is_bad=True)


@dataclass(frozen=True)
class Conflicts:
    """Examples of a task that have the same input as another and a different answer.

    Attributes:
        examples: all examples whose input has more than one answer.
        inputs: how many inputs that are.
        shown: of some inputs two examples each: their ids and answers.
    """

    examples: int
    inputs: int
    shown: tuple[tuple[Answer, Answer], ...] = ()


def conflicting_outputs(
    conflicts: Conflicts, counts: AnswerCounts, limits: Limits, *, has_choices: bool = False
) -> Verdict:
    """The share of examples whose input stands in the task with another answer too.

    Super-NaturalInstructions asks that inputs are unique and outputs merged. Different labels for one input are the
    plainest sign of label errors (Northcutt et al. 2021, "Pervasive Label Errors in Test Sets", find 3.4 % of labels
    wrong on average). Of free answers that are sentences, such as questions about a passage, several may be right:
    those pass.
    """
    told = f"{conflicts.examples:,} of {counts.examples:,} examples have an input with several answers"
    if not conflicts.inputs:
        told = f"none of {counts.examples:,} examples has an input with several answers"
    if conflicts.shown:
        one, other = conflicts.shown[0]
        told += f", such as {quoted(one.text)} and {quoted(other.text)}"
    if conflicts.inputs and not (counts.are_short or has_choices):
        told, limits = f"{told}; of such long answers several may be right", Limits()
    return judged("conflicting_outputs", conflicts.examples / counts.examples, limits, told, _ids(conflicts.shown))


def _ids(shown: Sequence[tuple[Answer, Answer]]) -> list[str]:
    return [answer.example_id for pair in shown for answer in pair]
