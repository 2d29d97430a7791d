"""Gates on answers: for each a planted fault, and the case nearest to it that is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log

import numpy as np
import pytest
from scipy.stats import entropy

from taskmill.udfs.gates.answers import (
    Answer,
    AnswerCounts,
    Conflicts,
    conflicting_outputs,
    label_entropy,
    majority,
    single_output,
    too_few_examples,
)
from taskmill.udfs.gates.verdicts import BLOCK, PASS, WARN, Limits, judged, quoted, wilson_lower


def counts_of(answers: Sequence[str]) -> AnswerCounts:
    found = Counter(answers)
    top = tuple(Answer(text, number, f"id-{text}") for text, number in found.most_common())
    return AnswerCounts(len(answers), len(found), sum(n * log(n) for n in found.values()), top)


@pytest.mark.parametrize(("value", "expected"), [(0.95, BLOCK), (0.99, BLOCK), (0.9, WARN), (0.94, WARN), (0.89, PASS)])
def test_judged_compares_with_the_worst_limit_first(value: float, expected: str) -> None:
    assert judged("majority", value, Limits(0.9, 0.95), "").verdict == expected


def test_judged_tells_the_limit_that_was_broken_or_comes_first() -> None:
    assert judged("majority", 0.99, Limits(0.9, 0.95), "").limit == 0.95
    assert judged("majority", 0.1, Limits(0.9, 0.95), "").limit == 0.9
    assert judged("majority", 0.1, Limits(None, 0.95), "").limit == 0.95
    assert judged("majority", 1.0, Limits(), "").verdict == PASS


@pytest.mark.parametrize(("examples", "expected"), [(0, BLOCK), (1, WARN), (25, WARN), (26, PASS)])
def test_too_few_examples(examples: int, expected: str) -> None:
    assert too_few_examples(examples, Limits(26, 1)).verdict == expected


def test_single_output_blocks_when_all_answers_are_equal() -> None:
    found = single_output(counts_of(["yes"] * 10), Limits(block=2))
    assert found is not None
    assert (found.verdict, found.evidence, found.example_ids) == (BLOCK, 'all 10 answers are "yes"', ("id-yes",))


@pytest.mark.parametrize(("answers", "expected"), [(["yes"] * 99 + ["no"], PASS), (["yes"] * 9, WARN)])
def test_single_output_needs_one_answer_of_enough_examples(answers: list[str], expected: str) -> None:
    found = single_output(counts_of(answers), Limits(block=2))
    assert found is not None
    assert found.verdict == expected
    assert single_output(counts_of(["yes"]), Limits(block=2)) is None


def test_majority_warns_of_nearly_equal_answers() -> None:
    found = majority(counts_of(["yes"] * 90 + ["no"] * 10), Limits(0.9))
    assert found is not None
    assert (found.verdict, found.value, found.evidence) == (WARN, 0.9, '90.0% of 100 answers are "yes"')
    below = majority(counts_of(["yes"] * 89 + ["no"] * 11), Limits(0.9))
    assert below is not None
    assert below.verdict == PASS
    assert majority(counts_of(["yes"] * 8 + ["no"]), Limits(0.5)) is None


@pytest.mark.parametrize("numbers", [(50, 50), (90, 10), (1, 2, 3, 4), (70, 1, 1, 1, 27)])
def test_entropy_is_that_of_scipy(numbers: tuple[int, ...]) -> None:
    answers = [f"label {place}" for place, number in enumerate(numbers) for _ in range(number)]
    expected = entropy(np.array(numbers)) / np.log(len(numbers))
    assert counts_of(answers).normalised_entropy == pytest.approx(expected)


def test_label_entropy_warns_of_unequal_labels() -> None:
    skewed = label_entropy(counts_of(["a"] * 80 + ["b"] * 20), Limits(0.8))
    fair = label_entropy(counts_of(["a"] * 70 + ["b"] * 30), Limits(0.8))
    assert skewed is not None
    assert fair is not None
    assert (skewed.verdict, fair.verdict) == (WARN, PASS)
    assert 'frequent: "a" 80, "b" 20' in skewed.evidence


def test_label_entropy_asks_nothing_of_fifteen_labels() -> None:
    answers = ["most"] * 500 + [f"rare {number}" for number in range(14)]
    assert label_entropy(counts_of(answers), Limits(0.8)) is None
    fourteen = label_entropy(counts_of(answers[:-1]), Limits(0.8))
    assert fourteen is not None
    assert fourteen.verdict == WARN


def test_conflicting_outputs_quotes_two_answers() -> None:
    shown = ((Answer("yes", 1, "a"), Answer("no", 1, "b")),)
    found = conflicting_outputs(Conflicts(2, 1, shown), of_examples(200), Limits(0.01))
    assert (found.verdict, found.example_ids) == (WARN, ("a", "b"))
    assert found.evidence == '2 of 200 examples have an input with several answers, such as "yes" and "no"'
    fewer = conflicting_outputs(Conflicts(2, 1, shown), of_examples(201), Limits(0.01))
    none = conflicting_outputs(Conflicts(0, 0), of_examples(201), Limits(0.01))
    assert (fewer.verdict, none.verdict, none.value) == (PASS, PASS, 0.0)


def test_conflicting_outputs_passes_sentences() -> None:
    shown = ((Answer("Who built it, and when?", 1, "a"), Answer("What was it built of?", 1, "b")),)
    found = conflicting_outputs(Conflicts(90, 40, shown), of_examples(100, mean_bytes=50.0), Limits(0.01, 0.5))
    assert (found.verdict, found.value) == (PASS, 0.9)
    assert found.evidence.endswith("of such long answers several may be right")
    options = conflicting_outputs(Conflicts(90, 40, shown), of_examples(100, 50.0), Limits(0.01), has_choices=True)
    assert options.verdict == WARN


def of_examples(examples: int, mean_bytes: float = 3.0) -> AnswerCounts:
    return AnswerCounts(examples, 2, 0.0, (), mean_bytes)


def test_wilson_lower_is_the_published_interval() -> None:
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
    assert wilson_lower(81, 263, 1.959964) == pytest.approx(0.2553, abs=5e-5)
    assert wilson_lower(15, 148, 1.959964) == pytest.approx(0.0624, abs=5e-5)
    assert wilson_lower(0, 20, 1.959964) == 0.0
    assert wilson_lower(0, 0, 1.959964) == 0.0


def test_quoted_shows_one_line_that_steers_no_terminal() -> None:
    assert quoted("a\n b\x1b[31m") == '"a b [31m"'
    assert len(quoted("long " * 40)) == 42
