"""What of a held-out example stands in another one, field by field: the verdict on a candidate, and its evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from taskmill.udfs.near_duplicates.arrays import Mask, Numbers, offsets_of
from taskmill.udfs.near_duplicates.shingles import slices
from taskmill.udfs.near_duplicates.tokens import tokens, words_of
from taskmill.udfs.overlaps.fingerprints import SHINGLING, compared_grams, is_in

Batches = Iterable[pa.RecordBatch]

EVIDENCE_DDL = "left long, right long, others long, kind string, share double, words int, spans array<string>"
QUESTION_AND_ANSWER, QUESTION = "same_question_and_answer", "same_question"
CONTEXT, TEXT, GROUP = "same_context", "same_text", "same_group"
KINDS = (QUESTION_AND_ANSWER, QUESTION, CONTEXT, TEXT, GROUP)  # the most telling first

SHORT = 6  # n-grams; a field with fewer has to stand in the other as it is
WHOLE, HALF = 10, 22  # n-grams up to which all, and from which half of them have to be found
LEAST_SHARE = 0.5
SAYS_LITTLE = 3  # words; a field with fewer, such as a label, is not asked for
EQUAL = 4  # words of a field that tells something by being equal to another
SHORT_ANSWER = 2  # words up to which an answer has to be the other's answer
MOST_SPANS, SPAN_CHARS = 3, 300


@dataclass(frozen=True)
class Field:
    """A text: its tokens, the n-gram that begins at each of them, and whether that says something."""

    text: str
    tokens: Numbers
    grams: Numbers
    says: Mask
    is_spaceless: bool

    @cached_property
    def size(self) -> int:
        return int(self.says.sum())

    @cached_property
    def telling(self) -> Numbers:
        """The n-grams that say something, sorted."""
        return np.sort(self.grams[self.says])


@dataclass(frozen=True)
class Example:
    """An example of one task type: content fields, then what answers them."""

    task_type: str
    contents: Sequence[Field]
    answers: Sequence[Field]

    @property
    def fields(self) -> tuple[Field, ...]:
        return (*self.contents, *self.answers)


@dataclass(frozen=True)
class Evidence:
    """The verdict on two examples.

    Attributes:
        share: of the n-grams of the held-out example's field that is found best, those that stand in the other.
        words: of that field that are in n-grams of the other.
        spans: the longest runs of such words, in lower case.
    """

    kind: str
    match: _Match

    @property
    def share(self) -> float:
        return self.match.share

    @property
    def words(self) -> int:
        return self.match.words

    @property
    def spans(self) -> tuple[str, ...]:
        return self.match.spans()

    @property
    def order(self) -> tuple[int, float, int]:
        """The most telling is the greatest."""
        return -KINDS.index(self.kind), self.share, self.words


def required_share(size: int) -> float:
    """The share of a field's n-grams that must be found: all of a short one's, half of a long one's, and in between
    as on a straight line."""
    along = (size - WHOLE) / (HALF - WHOLE)
    return 1.0 - (1.0 - LEAST_SHARE) * min(max(along, 0.0), 1.0)


def evidenced(boilerplate: Mapping[str, Numbers]) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that judges pairs of examples, `EVIDENCE_DDL`: for an example and those of another task the most
    telling pair, and how many there are; none where there is no evidence.

    Args:
        boilerplate: for each task the n-grams that tell nothing, sorted.

    It takes batches with left, right (int64), task, texts (list<string>) and contents (int32: how many of the texts are
    content). First, with right null, the example `left` to train on, and behind it the held-out ones.
    """

    def judge(batches: Batches) -> Iterator[pa.RecordBatch]:
        hub, best = None, _Best()
        for batch in batches:
            for left, right, task, example in _examples(batch, boilerplate):
                if right is None:
                    yield from best.batches()
                    hub, best = example, _Best(left)
                elif hub is not None and (found := evidence(hub, example)) is not None:
                    best.add(task, right, found)
        yield from best.batches()

    return judge


@dataclass
class _Best:
    """The most telling pairs of one example."""

    left: int = 0
    rows: dict[str, tuple[int, Evidence, int]] = field(default_factory=dict)

    def add(self, task: str, right: int, found: Evidence) -> None:
        other, best, count = self.rows.get(task, (right, found, 0))
        if (found.order, -right) > (best.order, -other):
            other, best = right, found
        self.rows[task] = other, best, count + 1

    def batches(self) -> Iterator[pa.RecordBatch]:
        if not self.rows:
            return
        rights, found, counts = zip(*self.rows.values(), strict=True)
        columns = [
            pa.array([self.left] * len(rights), pa.int64()), pa.array(rights, pa.int64()),
            pa.array(counts, pa.int64()), pa.array([one.kind for one in found], pa.string()),
            pa.array([one.share for one in found], pa.float64()), pa.array([one.words for one in found], pa.int32()),
            pa.array([one.spans for one in found], pa.list_(pa.string())),
        ]  # fmt: skip
        names = ["left", "right", "others", "kind", "share", "words", "spans"]
        yield pa.RecordBatch.from_arrays(columns, names=names)


def evidence(trained: Example, held_out: Example) -> Evidence | None:
    """What of `held_out` stands in `trained`; None for nothing that counts."""
    matches = [[_match(one, other) for other in trained.fields] for one in held_out.fields]
    if not _is_enough(trained, held_out, matches):
        return None
    best = max((match for row in matches for match in row), key=lambda match: (match.found, match.share))
    return Evidence(_kind(trained, held_out, matches), best)


def _kind(trained: Example, held_out: Example, matches: Sequence[Sequence[_Match]]) -> str:
    count = len(held_out.contents)
    pairs = list(zip(held_out.fields, matches, strict=True))
    asked = [_is_found(row) for one, row in pairs[:count] if _says(one)]
    if asked and all(asked):
        if any(_answers(trained, held_out, answer, row) for answer, row in pairs[count:]):
            return QUESTION_AND_ANSWER
        return QUESTION if len(asked) > 1 or trained.task_type == held_out.task_type else TEXT
    if any(asked):
        return CONTEXT
    return TEXT


def _is_enough(trained: Example, held_out: Example, matches: Sequence[Sequence[_Match]]) -> bool:
    """Whether one field, of either side, stands in the other example and is long enough to tell anything by that, or is
    equal to one."""
    if any(_is_found(row) for one, row in zip(held_out.fields, matches, strict=True) if one.size >= SHORT):
        return True
    if any(
        np.array_equal(one.tokens, other.tokens)
        for one in held_out.fields
        if one.size > 0 and len(one.tokens) >= EQUAL
        for other in trained.fields
    ):
        return True
    return any(
        _is_found([_match(one, other) for other in held_out.fields]) for one in trained.fields if one.size >= SHORT
    )


def _is_found(matches: Sequence[_Match]) -> bool:
    """Whether one of the fields that a field was compared with has enough of it."""
    return any(match.share >= required_share(match.field.size) for match in matches)


def _answers(trained: Example, held_out: Example, answer: Field, matches: Sequence[_Match]) -> bool:
    """Whether an answer of the held-out example stands in the other one: as a field, in an answer, or anywhere unless
    the held-out content has it too, and so brings it along."""
    if any(np.array_equal(answer.tokens, one.tokens) for one in trained.fields):
        return True
    if len(answer.tokens) <= SHORT_ANSWER:
        return False
    comes_along = _is_found([_match(answer, one) for one in held_out.contents])
    return _is_found(matches[len(trained.contents) :] if comes_along else matches)


def _says(field: Field) -> bool:
    """Whether a field is more than a label, and more than what all examples of its task have."""
    return field.size > 0 and len(field.tokens) >= SAYS_LITTLE * (2 if field.is_spaceless else 1)


def _contains(tokens: Numbers, part: Numbers) -> bool:
    """Whether the tokens of one text have those of another in one run."""
    if not 0 < len(part) <= len(tokens):
        return False
    width = tokens.itemsize
    whole, wanted = tokens.tobytes(), part.tobytes()
    place = whole.find(wanted)
    while place % width and place >= 0:  # a match across the borders of two numbers is none
        place = whole.find(wanted, place + 1)
    return place >= 0


@dataclass(frozen=True)
class _Match:
    """How much of a field stands in another one.

    Attributes:
        found: n-grams that say something and stand in the other; of a short field that does, its tokens.
        share: of the n-grams that say something; of a short field all or nothing.
        hits: where the n-grams that both have begin; None where the whole field stands in the other.
    """

    field: Field
    found: int
    share: float
    hits: Mask | None

    @cached_property
    def in_runs(self) -> Mask:
        """Whether each token is in a run that both have."""
        if self.hits is None:
            return np.ones(len(self.field.tokens), dtype=bool)
        width = SHINGLING.characters if self.field.is_spaceless else SHINGLING.words
        return np.asarray(np.convolve(self.hits, np.ones(width, np.int8))[: len(self.hits)] > 0)

    @property
    def words(self) -> int:
        return int(self.in_runs.sum()) if self.share else 0

    def spans(self) -> tuple[str, ...]:
        edges = np.flatnonzero(np.diff(np.r_[False, self.in_runs, False].astype(np.int8)))
        runs = sorted(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True), key=lambda run: run[0] - run[1])
        words = words_of(self.field.text)
        blank = "" if self.field.is_spaceless else " "
        return tuple(blank.join(words[start:stop])[:SPAN_CHARS] for start, stop in runs[:MOST_SPANS])


def _match(one: Field, other: Field) -> _Match:
    if one.size < SHORT:
        is_there = _contains(other.tokens, one.tokens)
        found = len(one.tokens) if is_there else 0
        return _Match(one, found, float(is_there), None if is_there else np.zeros(len(one.tokens), dtype=bool))
    hits = one.says & is_in(one.grams, other.telling)
    found = int(np.count_nonzero(hits))
    return _Match(one, found, found / one.size, hits)


def _examples(
    batch: pa.RecordBatch, boilerplate: Mapping[str, Numbers]
) -> Iterator[tuple[int, int | None, str, Example]]:
    lefts, rights, tasks, counts = (batch.column(name).to_pylist() for name in ("left", "right", "task", "contents"))
    ends = offsets_of(batch.column("texts").value_lengths().fill_null(0).to_numpy()).tolist()
    fields = _fields(batch.column("texts").flatten(), np.repeat(tasks, np.diff(ends)).tolist(), boilerplate)
    for row, (left, right, task, contents) in enumerate(zip(lefts, rights, tasks, counts, strict=True)):
        found = [next(fields) for _ in range(ends[row], ends[row + 1])]
        task_type = task.rpartition(".")[2]
        content = [one for one in found[:contents] if len(one.tokens)]
        yield left, right, task, Example(task_type, content, [one for one in found[contents:] if len(one.tokens)])


def _fields(texts: pa.StringArray, tasks: Sequence[str], boilerplate: Mapping[str, Numbers]) -> Iterator[Field]:
    """The texts as fields, some at a time, so that memory does not follow their number."""
    none = np.empty(0, np.uint64)
    for start, stop in slices(texts):
        part = texts[start:stop]
        words = tokens(part)
        grams, has_one = compared_grams(words)
        for row in range(stop - start):
            own = slice(int(words.offsets[row]), int(words.offsets[row + 1]))
            says = has_one[own] & ~is_in(grams[own], boilerplate.get(tasks[start + row], none))
            text = part[row].as_py() or ""
            yield Field(text, words.hashes[own], grams[own], says, bool(words.is_spaceless[row]))


def example_of(task_type: str, contents: Iterable[str], answers: Iterable[str]) -> Example:
    """An example from plain texts, nothing of which is boilerplate."""
    contents, answers = list(contents), list(answers)
    fields = list(_fields(pa.array([*contents, *answers], pa.string()), [""] * (len(contents) + len(answers)), {}))
    return Example(task_type, fields[: len(contents)], fields[len(contents) :])
