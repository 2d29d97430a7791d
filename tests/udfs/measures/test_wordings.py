"""Templated wording: against gzip, brute force, and a set rendered from one template beside a diverse one."""

from __future__ import annotations

import gzip
import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from taskmill.udfs.ids import hashed
from taskmill.udfs.measures.alike import ALIKE, SHINGLING, alike_groups, equal_in_other, in_other, texts_of
from taskmill.udfs.measures.jackknife import group_numbers
from taskmill.udfs.measures.wordings import (
    LEAST_OTHERS,
    OPENING,
    compression_ratio,
    fixed_wording,
    fresh_words,
    shared_openings,
)
from taskmill.udfs.measures.words import Words, words
from taskmill.udfs.near_duplicates.tokens import words_of
from taskmill.udfs.text import keys, normalised

RANDOM = random.Random(5)
VOCABULARY = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "ul", "an", "ir", "ost", "ed", "um")]


def sentence(length: int) -> str:
    return " ".join(RANDOM.choices(VOCABULARY, k=length))


TEMPLATED = [f"Read this review and say how it sounds. {sentence(8)} Good or bad?" for _ in range(300)]
DIVERSE = [sentence(RANDOM.randint(6, 30)) for _ in range(300)]


def groups_of(texts: list[str]) -> np.ndarray:
    return group_numbers([hashed(text) for text in texts])


def words_in(texts: list[str]) -> Words:
    return words(pa.array(texts, pa.string()), groups_of(texts))


def test_compression_ratio_is_that_of_gzip() -> None:
    text = "".join(f"{one}\n" for one in DIVERSE).encode()
    found = compression_ratio(DIVERSE, groups_of(DIVERSE))
    assert found is not None
    assert found.value == pytest.approx(len(text) / len(gzip.compress(text, 6)), rel=1e-3)
    cut = compression_ratio(DIVERSE, groups_of(DIVERSE), budget=1_000)
    assert cut is not None and cut.value == pytest.approx(1_000 / len(gzip.compress(text[:1_000], 6)), rel=1e-3)
    assert compression_ratio([], np.zeros(0, np.int64)) is None


@pytest.mark.parametrize("measure", [fixed_wording, shared_openings])
def test_one_template_is_more_templated_than_a_diverse_set(measure: object) -> None:
    assert callable(measure)
    templated, diverse = measure(words_in(TEMPLATED)), measure(words_in(DIVERSE))
    assert templated.value > 0.5 > diverse.value
    ratios = [compression_ratio(texts, groups_of(texts), 10_000) for texts in (TEMPLATED, DIVERSE)]
    assert ratios[0] is not None and ratios[1] is not None and ratios[0].value > ratios[1].value


def brute_edge(texts: list[list[str]], row: int) -> int:
    """Words of the longest beginning that enough others share."""
    own = texts[row]
    return max(
        (size for size in range(1, len(own) + 1)
         if sum(other[:size] == own[:size] for other in texts) > LEAST_OTHERS),
        default=0,
    )  # fmt: skip


def test_fresh_words_are_those_outside_of_shared_beginnings_and_ends() -> None:
    few = [*["same words each time"] * 7, *["too few of these"] * 5, *["just enough of it"] * 6]
    texts = [*TEMPLATED[:40], *DIVERSE[:40], "", "Good or bad?", "one", *few]
    split = [words_of(text) for text in texts]
    backwards = [text[::-1] for text in split]
    expected = [max(0, len(own) - brute_edge(split, row) - brute_edge(backwards, row)) for row, own in enumerate(split)]
    found = words_in(texts)
    assert fresh_words(found).tolist() == expected
    total = sum(map(len, split))
    share = fixed_wording(found)
    assert share is not None and share.value == pytest.approx(1 - sum(expected) / total)


def test_shared_openings_are_those_of_brute_force() -> None:
    texts = [*TEMPLATED[:20], *DIVERSE[:20], *["go on"] * 6, *["go on now"] * 3]
    openings = [tuple(words_of(text)[:OPENING]) for text in texts]
    counts = Counter(openings)
    found = shared_openings(words_in(texts))
    assert found is not None
    assert found.value == pytest.approx(sum(counts[one] > LEAST_OTHERS for one in openings) / len(texts))


def jaccard(one: str, other: str) -> float:
    """Of the runs of words that near-duplicates compare; 1 for equal short texts."""
    sets = []
    for text in (one, other):
        split = words_of(text)
        size = SHINGLING.short_words if len(split) < SHINGLING.short_below else SHINGLING.words
        enough = len(split) >= SHINGLING.fewest_words
        sets.append({tuple(split[at : at + size]) for at in range(len(split) - size + 1)} if enough else set())
    if one == other:
        return 1.0
    either = sets[0] | sets[1]
    return len(sets[0] & sets[1]) / len(either) if either else 0.0


def comparable(texts: list[str]) -> object:
    column = pa.array(texts, pa.string())
    return texts_of(column, keys(normalised(column)))


def variants(count: int) -> list[str]:
    """Texts, and of some a copy in which words at the end are others."""
    found = []
    for _ in range(count):
        text = sentence(40)
        found += [text, text.rsplit(" ", RANDOM.choice([1, 2, 12]))[0] + f" {sentence(2)}"]
    return [*found, "short one", "short one", "Other short one"]


def test_alike_groups_are_the_components_of_all_pairs() -> None:
    texts = variants(40)
    found = alike_groups(comparable(texts))  # type: ignore[arg-type]
    parents = list(range(len(texts)))
    for i in range(len(texts)):
        for j in range(i):
            if jaccard(texts[i], texts[j]) >= ALIKE:
                old, new = parents[i], parents[j]
                parents = [new if one == old else one for one in parents]
    same = {(i, j) for i in range(len(texts)) for j in range(i) if found[i] == found[j]}
    assert same == {(i, j) for i in range(len(texts)) for j in range(i) if parents[i] == parents[j]}


def test_in_other_finds_what_all_pairs_find() -> None:
    texts = variants(40)
    ours, other = texts[::2], texts[1::2]
    one, two = in_other(comparable(ours), comparable(other))  # type: ignore[arg-type]
    assert one.tolist() == [any(jaccard(text, each) >= ALIKE for each in other) for text in ours]
    assert two.tolist() == [any(jaccard(text, each) >= ALIKE for each in ours) for text in other]


def test_equal_but_for_case_and_blanks_is_equal_and_a_set_is_in_itself() -> None:
    found = equal_in_other(comparable(["Go  ON", "stay", "שלום"]), comparable(["go on", "leave"]))  # type: ignore[arg-type]
    assert [one.tolist() for one in found] == [[True, False, False], [True, False]]
    itself = comparable(TEMPLATED + DIVERSE)
    assert all(one.all() for one in in_other(itself, itself))  # type: ignore[arg-type]


def test_nothing_is_alike_in_nothing() -> None:
    nothing, some = comparable([]), comparable(["a b c"])
    assert alike_groups(nothing).tolist() == []  # type: ignore[arg-type]
    assert [one.tolist() for one in in_other(nothing, some)] == [[], [False]]  # type: ignore[arg-type]
