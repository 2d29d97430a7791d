"""The labelled set: sentences with what is personal data in them marked, and sentences that only look so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from taskmill.udfs.personal_data.kinds import KINDS, NAME, Recogniser, Span

LABELLED, UNSEEN = "labelled", "unseen"  # folders: what the recognisers were made with, and what was written afterwards
OF_MANY_LANGUAGES = {"other", "unseen"}  # files whose lines begin with a tag
MARK = re.compile(r"\[\[(\w+)\|(.+?)\]\]")


@dataclass(frozen=True)
class Labelled:
    """A text in a language, and what is in it."""

    language: str
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Score:
    """Of one kind: finds that are right, finds that are wrong, and what was not found."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def labelled_texts(folder: str = LABELLED) -> Iterator[Labelled]:
    """Every text of a set; the name of a file is a language, or its lines begin with one."""
    for path in sorted((Path(__file__).parent / folder).glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                has_tag = path.stem in OF_MANY_LANGUAGES
                language, _, text = line.partition(": ") if has_tag else (path.stem, "", line)
                yield _parsed(language, text.replace("\\n", "\n"))


def _parsed(language: str, marked: str) -> Labelled:
    text, spans, place = "", [], 0
    for mark in MARK.finditer(marked):
        text += marked[place : mark.start()]
        spans.append(Span(mark.group(1), len(text), len(text) + len(mark.group(2))))
        text += mark.group(2)
        place = mark.end()
    return Labelled(language, text + marked[place:], tuple(spans))


def scores(recogniser: Recogniser, folder: str = LABELLED) -> dict[tuple[str, str], Score]:
    """By kind and language, with `all` for either."""
    right: Counter[tuple[str, str]] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    missed: Counter[tuple[str, str]] = Counter()
    for one, found, lost in judged(recogniser, folder):
        for counter, spans in ((right, set(found) - set(lost[1])), (wrong, set(lost[1])), (missed, set(lost[0]))):
            for span in spans:
                for kind in (span.kind, "all"):
                    for language in (one.language, "all"):
                        counter[kind, language] += 1
    return {key: Score(right[key], wrong[key], missed[key]) for key in {*right, *wrong, *missed}}


def judged(
    recogniser: Recogniser, folder: str = LABELLED
) -> Iterator[tuple[Labelled, list[Span], tuple[list[Span], list[Span]]]]:
    """Each text, what was found in it, and of that what was missed and what is wrong."""
    for one in labelled_texts(folder):
        (found,) = recogniser([one.text], KINDS, [[one.language]])
        missed = [span for span in one.spans if not any(_agree(span, other) for other in found)]
        wrong = [span for span in found if not any(_agree(span, other) for other in one.spans)]
        yield one, found, (missed, wrong)


def _agree(one: Span, other: Span) -> bool:
    """The same kind and text; of names some of it, as a title may belong to one or not."""
    if one.kind == other.kind == NAME:
        return one.start < other.end and other.start < one.end
    return one == other
