"""Variety of words and kinds: against brute force over plain lists, and examples worked by hand."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.udfs.measures.jackknife import GROUPS, Estimate, from_replicates
from taskmill.udfs.measures.kinds import Kinds
from taskmill.udfs.measures.words import Words, mtld, runs_of_words, words
from taskmill.udfs.near_duplicates.tokens import words_of

Texts = Sequence[Sequence[str]]
TEXTS = st.lists(st.lists(st.sampled_from("abcde"), max_size=7), min_size=1, max_size=30)


def grouped(texts: Sequence[str]) -> np.ndarray:
    return np.arange(len(texts)) % GROUPS


def n_grams(texts: Texts, length: int) -> list[tuple[int, tuple[str, ...]]]:
    return [
        (row, tuple(text[at : at + length])) for row, text in enumerate(texts) for at in range(len(text) - length + 1)
    ]


def brute(texts: Texts, length: int, measure: str) -> float:
    found = n_grams(texts, length)
    counts = Counter(gram for _, gram in found)
    if measure == "number":
        return len(counts)
    if not found:
        return math.nan
    if measure == "distinct":
        return len(counts) / len(found)
    if measure == "bits":
        return -sum(count / len(found) * math.log2(count / len(found)) for count in counts.values())
    rows = {gram: {row for row, other in found if other == gram} for gram in counts}
    return sum(len(rows[gram]) > 1 for _, gram in found) / len(found)


MEASURES: dict[str, Callable[[Kinds], Estimate | None]] = {
    "number": Kinds.number, "distinct": Kinds.distinct, "bits": Kinds.bits, "repeated": Kinds.repeated,
}  # fmt: skip


@pytest.mark.parametrize("measure", MEASURES)
@settings(deadline=None)
@given(texts=TEXTS, length=st.integers(1, 3))
def test_measures_and_their_errors_are_those_of_brute_force(measure: str, texts: list[list[str]], length: int) -> None:
    joined = [" ".join(text) for text in texts]
    groups = grouped(joined)
    found = MEASURES[measure](runs_of_words(words(pa.array(joined, pa.string()), groups), length))
    value = brute(texts, length, measure)
    rest = [
        brute([text if row % GROUPS != group else [] for row, text in enumerate(texts)], length, measure)
        for group in range(GROUPS)
    ]
    expected = from_replicates(value, rest, 1) if n_grams(texts, length) else None
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found.value, found.error) == pytest.approx((expected.value, expected.error), abs=1e-9)


def test_words_are_those_of_near_duplicates_in_every_script() -> None:
    texts = ["Don't  STOP, café 42!", "שלום עולם", "東京に行く", "", "🙂", "Straße ﬁn"]
    found = words(pa.array([*texts, None], pa.string()), np.arange(7))
    assert found.sizes.tolist() == [len(words_of(text)) for text in texts] + [0]
    assert len(np.unique(found.hashes)) == len({word for text in texts for word in words_of(text)})


def test_cut_leaves_so_many_words_and_ends_in_the_middle_of_a_text() -> None:
    found = words(pa.array(["a b c", "d e f", "g"], pa.string()), np.array([5, 6, 7]))
    cut = found.cut(5)
    assert cut.sizes.tolist() == [3, 2] and len(cut.hashes) == 5 and cut.groups.tolist() == [5, 6]
    assert found.cut(3).sizes.tolist() == [3]
    assert found.cut(7) is found and found.cut(100) is found


def test_effective_number_counts_equal_kinds_and_discounts_rare_ones() -> None:
    groups = np.arange(8) % GROUPS
    even, uneven = Kinds.of_pairs(list("aabbccdd"), groups), Kinds.of_pairs(list("aaaaabcd"), groups)
    assert even.effective() is not None and even.effective().value == pytest.approx(4.0)  # type: ignore[union-attr]
    assert uneven.effective().value < 3.0  # type: ignore[union-attr]
    assert even.evenness().value == pytest.approx(1.0)  # type: ignore[union-attr]
    assert uneven.evenness().value == pytest.approx(1.549 / 2, abs=1e-3)  # type: ignore[union-attr]


def test_kinds_of_pairs_leave_out_none() -> None:
    found = Kinds.of_pairs(["a", None, "a", None, "b"], np.arange(5))
    assert len(found) == 3 and found.rows.tolist() == [0, 2, 4]
    assert found.is_repeated().tolist() == [True, True, False]
    nothing = Kinds.of_pairs([None, None], np.arange(2))
    assert nothing.number() is None and nothing.effective() is None and nothing.repeated() is None


def as_words(sequence: str, groups: int = 2) -> Words:
    """The same words in each of some groups, so that the mean is that of one."""
    texts = pa.array([sequence] * groups, pa.string())
    return words(texts, np.arange(groups))


def plain_mtld(sequence: list[str]) -> float:
    """As the paper words it, one direction."""
    factors, start = 0.0, 0
    for end in range(1, len(sequence) + 1):
        ratio = len(set(sequence[start:end])) / (end - start)
        if ratio <= 0.72:
            factors, start = factors + 1, end
    rest = sequence[start:]
    if rest:
        factors += (1 - len(set(rest)) / len(rest)) / (1 - 0.72)
    return len(sequence) / factors


def test_mtld_is_that_of_the_paper() -> None:
    generator = np.random.default_rng(3)
    sequence = [f"w{number}" for number in generator.zipf(1.4, 600) if number < 10_000]
    found = mtld(as_words(" ".join(sequence)))
    assert found is not None
    assert found.value == pytest.approx((plain_mtld(sequence) + plain_mtld(sequence[::-1])) / 2)
    assert found.error == 0.0


def test_mtld_by_hand() -> None:
    """`a b a b a` and so on: each stretch ends at the third word, 2 of 3 being below 0.72."""
    found = mtld(as_words("a b " * 60))
    assert found is not None and found.value == pytest.approx(3.0)


def test_mtld_needs_enough_words_and_some_repetition() -> None:
    assert mtld(as_words("only a few words")) is None
    assert mtld(as_words(" ".join(f"w{number}" for number in range(200)))) is None  # no stretch ever ends
