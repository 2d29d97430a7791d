"""The slow way to find overlaps, against all pairs and against what the fast way says."""

from __future__ import annotations

import random
from collections import Counter

import pyarrow as pa
import pytest

from taskmill.udfs.overlaps.evidence import evidence, example_of
from taskmill.udfs.overlaps.exhaustive import LEAK_DDL, Index, Sampled, common_grams, leaks, told_grams

WORDS = [f"word{number}" for number in range(300)]


def text_of(draw: random.Random, size: int) -> str:
    return " ".join(draw.choices(WORDS, k=size))


def sampled(texts: list[str], fold: int | None = 1) -> list[Sampled]:
    return [Sampled("a.told", str(number), fold, (text,)) for number, text in enumerate(texts)]


@pytest.mark.parametrize("seed", range(10))
def test_it_agrees_with_the_verdict_on_every_pair(seed: int) -> None:
    draw = random.Random(seed)
    texts = [text_of(draw, draw.randrange(9, 60)) for _ in range(40)]
    others = [
        " ".join(word if draw.random() < 0.93 else "else" for word in text.split()[draw.randrange(6) :])
        for text in texts
    ]
    index = Index(sampled(texts), {})
    for other in others:
        found = {one.sampled.example_id for one, _ in index.overlapping(other, frozenset())}
        trained = example_of("b", [other], [])
        wanted = {
            str(number)
            for number, text in enumerate(texts)
            if evidence(trained, example_of("a", [text], [])) is not None
        }
        assert found >= wanted
        assert len(found - wanted) <= 1  # shares are of sets here, of places there


def test_folds_and_benchmarks() -> None:
    draw = random.Random(1)
    text, other = text_of(draw, 30), text_of(draw, 30)
    held_out = [*sampled([text], 1), Sampled("b.told", "bench", None, (other,))]
    rows = [
        ("leaks to 1", 0, [], [text]), ("own fold", 1, [], [text]), ("kept out", 0, [1], [text]),
        ("benchmark", 0, [1], [other]), ("kept out of all", 0, [0, 1, 2], [other]),
        ("other", 2, [], [text_of(draw, 30)]),
    ]  # fmt: skip
    batch = pa.record_batch(
        {
            "example_id": [row[0] for row in rows], "task": ["c.told"] * len(rows),
            "fold": pa.array([row[1] for row in rows], pa.int32()),
            "excluded_folds": pa.array([row[2] for row in rows], pa.list_(pa.int32())),
            "texts": [row[3] for row in rows],
        }
    )  # fmt: skip
    found = [row for one in leaks(held_out, {}, range(3))([batch]) for row in one.to_pylist()]
    assert [(row["example_id"], row["other_id"], row["fold"]) for row in found] == [
        ("leaks to 1", "0", 1), ("benchmark", "bench", 2)
    ]  # fmt: skip
    assert list(found[0]) == [part.split()[0] for part in LEAK_DDL.split(", ")]
    only = [row for one in leaks(held_out, {}, [0])([batch]) for row in one.to_pylist()]
    assert only == []


def test_what_a_task_has_in_common_is_no_leak() -> None:
    draw = random.Random(2)
    definition = text_of(draw, 40)
    held_out = [Sampled("a.told", str(number), 1, (definition, text_of(draw, 20))) for number in range(10)]
    batch = pa.RecordBatch.from_pylist([{"task": one.task, "texts": list(one.texts)} for one in held_out])
    counts = Counter((row["task"], row["gram"]) for part in told_grams([batch]) for row in part.to_pylist())
    common = common_grams(key for key, count in counts.items() if count >= 5)
    assert not list(Index(held_out, common).overlapping(definition, frozenset()))
    assert list(Index(held_out, {}).overlapping(definition, frozenset()))
    assert list(Index(held_out, common).overlapping(held_out[3].texts[1], frozenset()))


def test_short_texts_have_to_be_equal() -> None:
    index = Index(sampled(["Who painted that door?", "Yes."]), {})
    assert [one.words for one, _ in index.overlapping("who painted THAT door", frozenset())] == [
        ("who", "painted", "that", "door")
    ]
    assert not list(index.overlapping("who painted that", frozenset()))
    assert not list(index.overlapping("yes", frozenset()))
