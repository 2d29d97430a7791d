"""What is known of a task, and what follows from it: the kind of its answers, the form of its inputs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log1p
from statistics import median

import pyarrow as pa

from taskmill.udfs.language_detection import agrees, detected

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
MARKER = re.compile(r"(?:^|\n|[.;!?]\s|\s\s)\s*([A-Z][\w ]{0,24}?)\s?\d*\s?:", re.MULTILINE)
NUMBER = re.compile(r"[-+$€£]?[\d.,/:%\s]*\d[\d.,/:%\s]*")
YES_NO = frozenset({"yes", "no", "true", "false", "y", "n", "0", "1"})
CLOSED = 0.35  # answers that differ, of those sampled: from so few on they are labels
MOST_LABELS = 30
COMMON_MARKER = 0.4  # of the inputs
FIRST_WORDS = 2
OTHER_LANGUAGE = "another language"


@dataclass(frozen=True)
class TaskProfile:
    """What is known of a task.

    Attributes:
        instructions: what says in words what to do: definitions, descriptions, the literal text of templates.
        fields: names of the content fields; none where the input is one text.
        inputs: of sampled examples, each the texts of its fields.
        answers: of the same examples, each with its references; empty where there is none.
        labels: the declared closed set of answers, if there is one.
        notes: what is said about single examples, such as why an answer is right.
        languages: of the data, as tags.
    """

    name: str
    instructions: tuple[str, ...]
    fields: tuple[str, ...] = ()
    inputs: tuple[tuple[str, ...], ...] = ()
    answers: tuple[tuple[str, ...], ...] = ()
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @cached_property
    def changes_language(self) -> bool:
        """Whether answers are in another language than inputs, as far as both are long enough to tell; labels are
        not."""
        if label_words(self):
            return False
        inputs = " ".join(text for texts in self.inputs for text in texts)
        answers = " ".join(found[0] for found in self.answers if found)
        (given, asked), _ = detected(pa.array([inputs, answers], pa.string()))
        return agrees(given.as_py(), asked.as_py()) is False


def words_of(text: str) -> list[str]:
    """The words of a text in lower case."""
    return WORD.findall(text.lower())


def label_words(profile: TaskProfile) -> list[str]:
    """The words of a task's labels, declared or seen; none where answers are free text."""
    if profile.labels:
        return [word for label in profile.labels for word in words_of(label)]
    first = [answers[0].strip().lower() for answers in profile.answers if answers]
    counts = Counter(first)
    if len(first) < 4 or len(counts) > min(MOST_LABELS, CLOSED * len(first)):
        return []
    return [word for label in sorted(counts) for word in words_of(label)]


def answer_openings(profile: TaskProfile) -> list[str]:
    """The first words of each answer: who and what of questions, labels, the verb of a command. Those of answers in
    another language than their inputs tell nothing but the language."""
    if profile.changes_language:
        return [OTHER_LANGUAGE] * len(profile.answers)
    return [
        " ".join(words_of(answers[0])[:count])
        for answers in profile.answers
        if answers
        for count in range(1, FIRST_WORDS + 1)
    ]


def form_markers(profile: TaskProfile) -> list[str]:
    """What stands before colons in most inputs (`Premise:`), and the names of fields: the form that inputs have."""
    counts: Counter[str] = Counter()
    for texts in profile.inputs:
        counts.update({found.strip().lower() for text in texts for found in MARKER.findall(text)})
    common = [marker for marker, count in counts.items() if count >= max(2, COMMON_MARKER * len(profile.inputs))]
    return [*sorted(common), *(name.replace("_", " ") for name in profile.fields)]


SHAPE = (
    "length of answers", "length of inputs", "ratio of lengths", "answers that stand in inputs", "words from inputs",
    "numbers as answers", "different answers", "answers of one word", "yes or no", "letters as answers",
    "questions as answers", "questions in inputs", "lists as answers", "brackets in answers", "labels",
    "answers in another language", "several right answers", "sentences as answers", "answers as long as inputs",
)  # fmt: skip


def shape(profile: TaskProfile) -> list[float]:
    """How answers look and what they have of their inputs: the numbers of `SHAPE`, each from 0 to 1; all 0 where there
    is no sample.

    Lengths are logarithms of words; shares are of the sampled examples.
    """
    pairs = [
        (" ".join(texts), answers[0]) for texts, answers in zip(profile.inputs, profile.answers, strict=True) if answers
    ]
    if not pairs:
        return [0.0] * len(SHAPE)
    words = [(words_of(given), words_of(answer)) for given, answer in pairs]
    counts = [(len(given), len(answer)) for given, answer in words]
    distinct = len({answer.strip().lower() for _, answer in pairs}) / len(pairs)
    return [
        _log(median(answer for _, answer in counts)),
        _log(median(given for given, _ in counts)),
        min(1.0, sum(answer for _, answer in counts) / max(1, sum(given for given, _ in counts))),
        _share(answer.strip().lower() in given.lower() for given, answer in pairs if answer.strip()),
        sum(_overlap(given, answer) for given, answer in words) / len(words),
        _share(bool(NUMBER.fullmatch(answer.strip())) for _, answer in pairs),
        distinct,
        _share(answer == 1 for _, answer in counts),
        _share(answer.strip(" .").lower() in YES_NO for _, answer in pairs),
        _share(len(answer.strip(" .()")) == 1 and answer.strip(" .()").isalpha() for _, answer in pairs),
        _share(answer.rstrip().endswith(("?", "？", "؟")) for _, answer in pairs),
        _share("?" in given or "？" in given or "؟" in given for given, _ in pairs),
        _share("\n" in answer.strip() or answer.count(",") >= 2 for _, answer in pairs),
        _share(any(sign in answer for sign in "[]{}<>_|=") for _, answer in pairs),
        1.0 if label_words(profile) else 0.0,
        1.0 if profile.changes_language else 0.0,
        _share(len(answers) > 1 for answers in profile.answers),
        _share(answer.rstrip().endswith((".", "!", "。", "।")) for _, answer in pairs),
        _share(0.7 <= answer / max(given, 1) <= 1.4 for given, answer in counts),
    ]


def _log(words: float) -> float:
    """The logarithm of a length, 1 at 500 words and above."""
    return min(1.0, log1p(words) / log1p(500))


def _share(found: Iterable[bool]) -> float:
    values = list(found)
    return sum(values) / len(values) if values else 0.0


def _overlap(given: Sequence[str], answer: Sequence[str]) -> float:
    """The share of an answer's words that stand in its input."""
    known = set(given)
    return sum(word in known for word in answer) / len(answer) if answer else 0.0
