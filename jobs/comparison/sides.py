"""What is read off a sample once, for several measures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from taskmill.jobs.comparison.samples import Sample, normal_keys
from taskmill.udfs.language_detection import detected
from taskmill.udfs.measures.alike import Texts, texts_of
from taskmill.udfs.measures.faults import Faults, faults
from taskmill.udfs.measures.instructions import Request, requests
from taskmill.udfs.measures.jackknife import Integers
from taskmill.udfs.measures.structure import forms, options_of
from taskmill.udfs.measures.words import Words, words

MOST_DETECTED = 5_000  # pairs whose languages are found: a third of a millisecond for each text
ENGLISH = "en"


@dataclass(frozen=True)
class Side:
    """A sample and what is read off it."""

    sample: Sample

    def __len__(self) -> int:
        return len(self.sample)

    @cached_property
    def groups(self) -> Integers:
        return self.sample.groups

    @cached_property
    def prompt_words(self) -> Words:
        return words(self.sample.prompts, self.groups)

    @cached_property
    def response_words(self) -> Words:
        return words(self.sample.responses, self.groups)

    @cached_property
    def prompts(self) -> list[str]:
        found: list[str] = self.sample.prompts.to_pylist()
        return found

    @cached_property
    def responses(self) -> list[str]:
        found: list[str] = self.sample.responses.to_pylist()
        return found

    @cached_property
    def prompt_keys(self) -> list[str]:
        return normal_keys(self.sample.prompts)

    @cached_property
    def response_keys(self) -> list[str]:
        return normal_keys(self.sample.responses)

    @cached_property
    def prompt_texts(self) -> Texts:
        return texts_of(self.sample.prompts, pa.array(self.prompt_keys, pa.string()))

    @cached_property
    def response_texts(self) -> Texts:
        return texts_of(self.sample.responses, pa.array(self.response_keys, pa.string()))

    @cached_property
    def prompt_languages(self) -> list[str | None]:
        """Of the first `MOST_DETECTED` prompts; None where a text is too short to tell."""
        found: list[str | None] = detected(self.sample.prompts.slice(0, MOST_DETECTED))[0].to_pylist()
        return found

    @cached_property
    def response_languages(self) -> list[str | None]:
        found: list[str | None] = detected(self.sample.responses.slice(0, MOST_DETECTED))[0].to_pylist()
        return found

    @cached_property
    def english_requests(self) -> list[tuple[int, Request | None]]:
        """Row and request of each English prompt among those whose language was found."""
        rows = [row for row, language in enumerate(self.prompt_languages) if language == ENGLISH]
        return list(zip(rows, requests([self.prompts[row] for row in rows]), strict=True))

    @cached_property
    def response_forms(self) -> list[str]:
        return forms(self.sample.responses)

    @cached_property
    def options(self) -> list[list[str]]:
        """What each prompt offers by list; empty where it does not."""
        return [options_of(prompt) for prompt in self.prompts]

    @cached_property
    def faults(self) -> Faults:
        return faults(self.sample.prompts, self.sample.responses)


@dataclass(frozen=True)
class Sides:
    """Both sets: their whole samples, and as many pairs of each for what depends on how many there are."""

    ours: Side
    other: Side
    equal_ours: Side
    equal_other: Side

    @staticmethod
    def of(ours: Sample, other: Sample) -> Sides:
        size = min(len(ours), len(other))
        whole, whole_other = Side(ours), Side(other)
        return Sides(
            whole,
            whole_other,
            whole if len(ours) == size else Side(ours.first(size)),
            whole_other if len(other) == size else Side(other.first(size)),
        )

    @property
    def size(self) -> int:
        """Pairs of the smaller."""
        return len(self.equal_ours)
