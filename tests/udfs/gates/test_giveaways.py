"""Words that tell the label: a planted one is found, words that chance put there are not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pyarrow as pa
import pytest

from taskmill.udfs.gates.giveaways import Labelled, giveaways, lexical_giveaway
from taskmill.udfs.gates.samples import constants, read_giveaways, told_by_texts
from taskmill.udfs.gates.verdicts import PASS, WARN, Limits

LIMITS = Limits(0.15)
WORDS = [f"word{number}" for number in range(60)]


def examples(extra: Callable[[int, str], str], count: int = 400) -> list[Labelled]:
    """Random words, and what `extra` adds for the number and the label of an example."""
    drawn = random.Random(7)
    made = []
    for number in range(count):
        label = ("yes", "no")[number % 2]
        text = " ".join([*drawn.sample(WORDS, 12), extra(number, label)])
        made.append(Labelled(f"{number:04d}", {"premise": "The same.", "hypothesis": text}, label))
    return made


def test_giveaways_finds_a_planted_word() -> None:
    found = giveaways(examples(lambda number, label: "Nobody" if label == "no" and number % 3 == 0 else ""))
    best = found[0]
    assert (best.field, best.word, best.label, best.right, best.having) == ("hypothesis", "nobody", "no", 67, 67)
    verdict = lexical_giveaway(found, 400, LIMITS)
    assert verdict.verdict == WARN
    assert verdict.evidence == '"nobody" in hypothesis: 67 of 67 are "no", of all 50% (400 examples looked at)'
    assert verdict.example_ids == ("0003", "0009", "0015")


def test_giveaways_of_random_words_are_worth_nothing() -> None:
    verdict = lexical_giveaway(giveaways(examples(lambda number, label: "")), 400, LIMITS)
    assert verdict.verdict == PASS
    assert verdict.value < 0.1


def test_giveaways_passes_a_word_that_only_leans() -> None:
    found = giveaways(examples(lambda number, label: "not" if number % 10 < (6 if label == "no" else 4) else ""))
    assert lexical_giveaway(found, 400, LIMITS).verdict == PASS


def test_giveaways_leaves_out_words_of_few_and_of_all_examples() -> None:
    rare = giveaways(examples(lambda number, label: "rare" if label == "no" and number < 38 else ""))
    assert "rare" not in {one.word for one in rare}
    assert giveaways(examples(lambda number, label: "always", count=39)) == []
    assert "the" not in {one.word for one in giveaways(examples(lambda number, label: "always"))}
    assert lexical_giveaway([], 30, LIMITS).verdict == PASS


def test_giveaways_passes_a_common_word_of_the_subject() -> None:
    """As "great" in reviews: in a quarter of them, three of four positive."""
    found = giveaways(examples(lambda number, label: "great" if number % 8 in {0, 1, 3} and number % 16 != 9 else ""))
    assert "great" not in {one.word for one in found}


def test_giveaways_passes_a_word_that_decides_few_examples() -> None:
    found = giveaways(examples(lambda number, label: "worst" if label == "no" and number < 60 else ""))
    assert (found[0].word, found[0].right, found[0].having) == ("worst", 30, 30)
    assert lexical_giveaway(found, 400, LIMITS).verdict == PASS


def test_value_is_the_share_of_errors_saved() -> None:
    """Where every example has one of two words, lambda is how often they are right beyond a guess."""
    made = [Labelled(f"{n:05d}", {"text": "up" if n % 2 else "down"}, "yes" if n % 2 else "no") for n in range(40_000)]
    assert giveaways(made)[0].value == pytest.approx(1.0, abs=0.002)
    wrong = [Labelled(one.example_id, one.texts, "no" if n % 4 == 1 else one.label) for n, one in enumerate(made)]
    # "up" is yes for 10,000 of 20,000, "down" always no: nothing is saved over always saying no.
    assert giveaways(wrong)[0].value == 0.0


def test_giveaways_asks_more_of_a_word_the_more_words_there_are() -> None:
    def planted(others: int) -> float:
        made = [
            Labelled(f"{n}", {"text": " ".join(["mark"] * (n >= 80) + [f"w{n % 2}x{m}" for m in range(others)])}, label)
            for n in range(100)
            for label in ("no" if n < 60 else "yes",)
        ]
        return max(one.value for one in giveaways(made) if one.word == "mark")

    assert planted(2) > planted(200) > 0


def test_giveaways_takes_the_frequency_of_a_label_into_account() -> None:
    mostly = [
        Labelled(f"{number}", {"text": "good" if number % 2 else "bad"}, "yes" if number % 20 else "no")
        for number in range(400)
    ]
    assert lexical_giveaway(giveaways(mostly), 400, LIMITS).verdict == PASS  # "good" is always yes; yes is 95 %


def test_constants_are_fields_of_nearly_all_examples() -> None:
    texts = [{"definition": "Do.", "input": str(number)} for number in range(19)] + [{"input": "x"}]
    assert constants(texts) == {"definition": "Do."}
    assert constants(texts[:1]) == {}


def test_told_by_texts_goes_by_ids_not_by_order() -> None:
    rows = [
        {"task": "t", "example_id": one.example_id, "names": list(one.texts), "texts": [*one.texts.values()],
         "label": one.label, "is_closed": True}
        for one in examples(lambda number, label: "nobody" if label == "no" else "", 60)
    ]  # fmt: skip
    one, other = told_by_texts(pa.Table.from_pylist(rows)), told_by_texts(pa.Table.from_pylist(rows[::-1]))
    assert one.equals(other)
    row = one.to_pylist()[0]
    assert (row["task"], row["sampled"], dict(row["constants"])) == ("t", 60, {"premise": "The same."})
    assert read_giveaways(row["giveaways"])[0].word == "nobody"
    is_open = told_by_texts(pa.Table.from_pylist([{**row, "is_closed": False} for row in rows])).to_pylist()[0]
    assert json.loads(is_open["giveaways"]) == []
