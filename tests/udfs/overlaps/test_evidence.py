"""Verdicts on pairs of examples: their kinds, and the words they have in common, against sets of plain words."""

from __future__ import annotations

import random
import re

import numpy as np
import pyarrow as pa
import pytest

from taskmill.udfs.near_duplicates.tokens import tokens
from taskmill.udfs.overlaps.evidence import (
    Example,
    evidence,
    evidenced,
    example_of,
    required_share,
)
from taskmill.udfs.overlaps.fingerprints import compared_grams

RANDOM = random.Random(3)
PASSAGE = (
    "The quick brown fox jumps over the lazy dog while eleven old sailors in a wooden boat argue about the price of "
    "salted fish in the harbour of Bergen"
)
QUESTION = "What do the eleven old sailors argue about in their wooden boat?"
ANSWER = "the price of salted fish"
OTHER = "Nothing that was ever said in this long sentence has been said in any of the others of this page."
HELD_OUT = example_of("extractive_qa", [PASSAGE, QUESTION], [ANSWER])


KINDS: dict[str, tuple[Example, str | None]] = {
    "other way round": (example_of("generation", [PASSAGE, ANSWER], [QUESTION]), "same_question_and_answer"),
    "embedded": (example_of("told", [f"Passage: {PASSAGE} {QUESTION}"], [ANSWER]), "same_question_and_answer"),
    "other answer": (example_of("extractive_qa", [PASSAGE, QUESTION], ["nobody"]), "same_question"),
    "other question": (example_of("extractive_qa", [PASSAGE, "Who eats the dog?"], ["nobody"]), "same_context"),
    "passage alone": (example_of("summarization", [PASSAGE], ["Sailors argue."]), "same_context"),
    "question alone": (example_of("closed_book_qa", [QUESTION], [ANSWER]), "same_context"),
    "a part": (example_of("labels", [" ".join(PASSAGE.split()[9:24])], ["good"]), "same_text"),
    "nothing": (example_of("labels", [OTHER], ["good"]), None),
    "a few words of it": (example_of("labels", ["salted fish in the harbour"], ["good"]), None),
    "a few words beside others": (example_of("labels", ["eleven old sailors in a tub fight over a sock"], [""]), None),
}


@pytest.mark.parametrize(("trained", "kind"), KINDS.values(), ids=KINDS)
def test_kinds(trained: Example, kind: str | None) -> None:
    found = evidence(trained, HELD_OUT)
    assert (found.kind if found else None) == kind


def test_one_text_is_another_question_in_another_task_type() -> None:
    held_out = example_of("sentiment", [PASSAGE], ["good"])
    kinds = [
        evidence(example_of(task_type, [PASSAGE], [answer]), held_out)
        for task_type, answer in (("sentiment", "good"), ("sentiment", "bad"), ("topic", "fish"), ("topic", "good"))
    ]
    assert [found.kind if found else None for found in kinds] == [
        "same_question_and_answer", "same_question", "same_text", "same_question_and_answer"
    ]  # fmt: skip


def test_spans_are_the_longest_common_runs_first() -> None:
    words = PASSAGE.split()
    text = " ".join([*words[:7], *words[10:25]])
    found = evidence(example_of("a", [text], []), example_of("b", [PASSAGE], []))
    assert found is not None
    assert found.spans == (" ".join(words[10:25]).lower(), " ".join(words[:7]).lower())
    assert found.words == 22
    assert found.share == pytest.approx((5 + 13) / (len(words) - 2))


def test_texts_without_blanks_are_compared_by_characters() -> None:
    text = "漁師たちは港で塩漬けの魚の値段について長い間言い争っていた"
    found = evidence(example_of("a", [f"昨日、{text}。"], []), example_of("b", [text], []))
    assert found is not None and found.kind == "same_text"
    assert found.spans == (text,)


def test_what_a_whole_task_has_says_nothing() -> None:
    grams, has_one = compared_grams(tokens(pa.array([PASSAGE])))
    boilerplate = np.unique(grams[has_one])
    rows = [(1, None, "x.told", [PASSAGE, OTHER], 1), (1, 2, "y.told", [PASSAGE, "yes indeed it is"], 1)]
    assert judged(rows, {}) == [(1, 2, 1, "same_question")]
    assert judged(rows, {"y.told": boilerplate}) == []


def judged(
    rows: list[tuple[int, int | None, str, list[str], int]], boilerplate: dict[str, np.ndarray]
) -> list[tuple[object, ...]]:
    lefts, rights, tasks, texts, contents = zip(*rows, strict=True)
    batch = pa.record_batch(
        {
            "left": pa.array(lefts, pa.int64()), "right": pa.array(rights, pa.int64()), "task": tasks,
            "texts": texts, "contents": pa.array(contents, pa.int32()),
        }
    )  # fmt: skip
    parts = [batch.slice(at, 1) for at in range(batch.num_rows)]
    found = [row for one in evidenced(boilerplate)(parts) for row in one.to_pylist()]
    assert found == [row for one in evidenced(boilerplate)([batch]) for row in one.to_pylist()]
    return [(row["left"], row["right"], row["others"], row["kind"]) for row in found]


def test_for_each_other_task_the_most_telling_stays() -> None:
    rows = [
        (1, None, "a.told", [PASSAGE, QUESTION, ANSWER], 2),
        (1, 5, "b.told", [PASSAGE, "Who eats the dog?", "nobody"], 2),
        (1, 6, "b.told", [PASSAGE, QUESTION, ANSWER], 2),
        (1, 7, "b.told", [PASSAGE, QUESTION, ANSWER], 2),
        (1, 8, "c.told", [OTHER, QUESTION, ANSWER], 2),
        (2, None, "a.told", [OTHER, "What?", ANSWER], 2),
        (2, 8, "c.told", [OTHER, QUESTION, ANSWER], 2),
        (3, None, "a.told", ["nothing of all this is in any other", "What?", "no"], 2),
        (3, 8, "c.told", [OTHER, QUESTION, ANSWER], 2),
    ]
    assert judged(rows, {}) == [
        (1, 6, 3, "same_question_and_answer"), (1, 8, 1, "same_context"), (2, 8, 1, "same_context")
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(100))
def test_shares_are_those_of_plain_words(seed: int) -> None:
    draw = random.Random(seed)
    words = [f"w{number}" for number in range(30)]
    one = [draw.choice(words) for _ in range(draw.randrange(8, 40))]
    other = [word if draw.random() < 0.9 else draw.choice(words) for word in one]
    grams = {tuple(other[at : at + 3]) for at in range(len(other) - 2)}
    hits = [tuple(one[at : at + 3]) in grams for at in range(len(one) - 2)]
    found = evidence(example_of("a", [" ".join(other)], []), example_of("b", [" ".join(one)], []))
    share = sum(hits) / len(hits)
    back = {tuple(one[at : at + 3]) for at in range(len(one) - 2)}
    returned = [tuple(other[at : at + 3]) in back for at in range(len(other) - 2)]
    enough = required_share(len(hits))
    if found is None:
        assert share < enough and sum(returned) / len(returned) < enough
        return
    assert found.share == pytest.approx(share)
    assert max(share, sum(returned) / len(returned)) >= enough
    covered = {place for at, hit in enumerate(hits) if hit for place in range(at, at + 3)}
    assert found.words == len(covered)
    assert all(re.search(rf"\b{span}\b", " ".join(other)) or len(span.split()) > 3 for span in found.spans)


def test_required_share_falls_from_all_to_half() -> None:
    shares = [required_share(size) for size in range(1, 60)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == shares[9] == 1.0 and shares[21] == shares[-1] == 0.5
