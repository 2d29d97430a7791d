"""The documents that near-duplicate search is measured on: what is planted in them is what they say it is."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
TEMPLATE_WORDS = 200


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return import_module("bench_documents")


@pytest.fixture
def verdicts(documents: ModuleType) -> ModuleType:
    return import_module("bench_verdicts")


def sets(corpus: Any, n: int, common: set[tuple[str, ...]]) -> list[set[tuple[str, ...]]]:
    """The n-grams of every text, counted here and not by the generator."""
    return [n_grams(text, n) - common for text in corpus.texts]


def n_grams(text: str, n: int) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[at : at + n]) for at in range(len(words) - n + 1)}


def template_of(corpus: Any) -> str:
    return " ".join(corpus.texts[0].split()[:TEMPLATE_WORDS])


def check_planted(corpus: Any, n: int, common: set[tuple[str, ...]]) -> None:
    found = sets(corpus, n, common)
    assert corpus.pairs
    for pair in corpus.pairs:
        left, right = found[pair.original], found[pair.copy]
        assert pair.jaccard == len(left & right) / len(left | right)
        assert 0.4 < pair.jaccard < 0.8 or 0.8 <= pair.jaccard <= 1
    assert sum(pair.jaccard >= 0.8 for pair in corpus.pairs) * 2 == len(corpus.pairs)
    assert len({number for pair in corpus.pairs for number in (pair.original, pair.copy)}) == 2 * len(corpus.pairs)


def check_rest(corpus: Any, n: int, common: set[tuple[str, ...]]) -> None:
    """No two documents are alike but those planted."""
    found, planted = sets(corpus, n, common), {frozenset((pair.original, pair.copy)) for pair in corpus.pairs}
    for left in range(len(found)):
        for right in range(left):
            if len(found[left] & found[right]) >= 0.4 * len(found[left] | found[right]):
                assert frozenset((left, right)) in planted


@pytest.mark.parametrize("lengths", [(20, 30), (190, 210)], ids=["short", "long"])
def test_distinct_documents_have_the_jaccard_they_say(documents: ModuleType, lengths: tuple[int, int]) -> None:
    corpus = documents.distinct_documents(400, lengths)
    assert len(corpus.texts) == 400
    check_planted(corpus, 3, set())
    check_rest(corpus, 3, set())


def test_templated_documents_have_the_jaccard_they_say(documents: ModuleType) -> None:
    corpus = documents.templated_documents(400, TEMPLATE_WORDS, (8, 15))
    template = template_of(corpus)
    assert all(text.startswith(f"{template} ") for text in corpus.texts)
    assert len(corpus.texts) - 2 * len(corpus.pairs) == 400
    check_planted(corpus, 5, n_grams(template, 5))
    check_rest(corpus, 5, n_grams(template, 5))


def test_documents_are_the_same_each_time(documents: ModuleType) -> None:
    first, second = (documents.distinct_documents(200, (20, 30)) for _ in range(2))
    assert (first.texts, first.pairs) == (second.texts, second.pairs)


def test_vocabulary_is_distinct_and_made_of_letters(documents: ModuleType) -> None:
    words = documents.vocabulary(5_000)
    assert len(set(words)) == 5_000
    assert all(re.fullmatch("[a-z]+", word) for word in words)


def test_verdict_of_a_perfect_tool_and_of_one_that_errs(documents: ModuleType, verdicts: ModuleType) -> None:
    corpus = documents.distinct_documents(200, (20, 30))
    alike = {pair.copy for pair in corpus.alike}
    assert verdicts.verdict(corpus, alike) == verdicts.Verdict(1.0, 1.0, (200 - len(alike)) / 200)
    unlike = {pair.copy for pair in corpus.pairs} - alike
    wrong = verdicts.verdict(corpus, unlike)
    assert (wrong.recall, wrong.precision) == (0.0, 0.0)


def test_verdict_wants_one_of_a_pair_to_stay(documents: ModuleType, verdicts: ModuleType) -> None:
    corpus = documents.distinct_documents(200, (20, 30))
    both = {number for pair in corpus.alike for number in (pair.original, pair.copy)}
    assert verdicts.verdict(corpus, both).precision == 0.0


def test_verdict_finds_what_is_alike_without_being_planted(documents: ModuleType, verdicts: ModuleType) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    texts = [text, "other words that nothing here is like", f"{text} thirteen"]
    corpus = documents.Corpus(texts, [], lambda one: documents.grams(one, 3))
    assert verdicts.rightly_removed(corpus, {2}) == {2}
    assert verdicts.rightly_removed(corpus, {1}) == set()


@pytest.fixture(autouse=True)
def forget_modules() -> Any:
    yield
    for name in ("bench_documents", "bench_verdicts"):
        sys.modules.pop(name, None)
