"""The recognisers against the labelled sets, and rules that hold whatever the text."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from taskmill.udfs.personal_data.kinds import CARD, EMAIL, IBAN, IP, KINDS, NAME, NATIONAL_ID, PHONE, Span, apart
from taskmill.udfs.personal_data.recognise import may_have, recognised
from tests.udfs.personal_data.labelled import LABELLED, UNSEEN, labelled_texts, scores

# Precision and recall that must not get worse. docs/safety.md tells the figures themselves.
AT_LEAST = {
    LABELLED: {EMAIL: (0.98, 0.94), PHONE: (0.97, 0.95), CARD: (1, 1), IBAN: (1, 1), IP: (0.98, 0.98),
               NATIONAL_ID: (1, 1), NAME: (0.95, 0.95)},
    UNSEEN: {EMAIL: (1, 1), PHONE: (0.95, 0.95), CARD: (1, 1), IBAN: (1, 1), IP: (1, 0.75), NATIONAL_ID: (1, 1),
             NAME: (0.85, 0.4)},
}  # fmt: skip


def test_the_labelled_set_is_as_large_as_promised() -> None:
    texts = list(labelled_texts())
    kinds = Counter(span.kind for text in texts for span in text.spans)
    assert sum(kinds.values()) >= 200
    assert set(kinds) == set(KINDS)
    assert sum(1 for text in texts if not text.spans) >= 150
    by_language = Counter(text.language for text in texts if text.spans)
    assert sum(1 for count in by_language.values() if count >= 10) >= 5


@pytest.mark.parametrize("folder", AT_LEAST)
@pytest.mark.parametrize("kind", KINDS)
def test_precision_and_recall(kind: str, folder: str) -> None:
    precision, recall = AT_LEAST[folder][kind]
    score = scores(recognised, folder)[kind, "all"]
    assert score.precision >= precision, score
    assert score.recall >= recall, score


@pytest.mark.parametrize("folder", [LABELLED, UNSEEN])
def test_the_look_at_whole_columns_loses_nothing(folder: str) -> None:
    texts = list(labelled_texts(folder))
    plain = pa.array([text.text for text in texts])
    as_json = pa.array([json.dumps({"a": "Line\n" + text.text}, ensure_ascii=False) for text in texts])
    for text, in_plain, in_json in zip(texts, may_have(plain, KINDS), may_have(as_json, KINDS), strict=True):
        if recognised([text.text], KINDS, [[text.language]])[0]:
            assert in_plain.as_py(), text.text
            assert in_json.as_py(), text.text


def test_may_have_keeps_nulls_and_looks_for_nothing_without_kinds() -> None:
    assert may_have(pa.array(["a@b.org", None, "a"]), KINDS).to_pylist() == [True, None, False]
    assert may_have(pa.array(["a@b.org", None]), ()).to_pylist() == [False, None]


def test_only_the_kinds_asked_for_are_found() -> None:
    text = "Pay 4111 1111 1111 1111 or write to a@example.org"
    assert [span.kind for span in recognised([text], {EMAIL}, [["en"]])[0]] == [EMAIL]
    assert recognised([text], {PHONE}, [["en"]]) == [[]]  # a card number is no phone number, whoever asks


def test_a_number_without_its_country_is_one_of_the_languages_of_the_text() -> None:
    text = "tel. 01 99 00 12 34"
    assert [len(found) for found in recognised([text] * 3, KINDS, [["fr"], ["en", "fr"], []])] == [1, 1, 0]


def test_no_text_has_no_finds() -> None:
    assert recognised([], KINDS, []) == []
    assert recognised([""], KINDS, [["en"]]) == [[]]


@given(st.text(max_size=200))
def test_finds_lie_in_the_text_and_apart(text: str) -> None:
    (found,) = recognised([text], KINDS, [["en", "de"]])
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in zip(found, found[1:], strict=False))


@given(st.from_regex(r"\A[0-9]{16}\Z"))
def test_a_card_is_what_luhn_says(number: str) -> None:
    found = [span.kind for span in recognised([f"card {number}"], {CARD}, [["en"]])[0]]
    if not luhn.is_valid(number):
        assert found == []


def test_of_overlapping_finds_the_one_with_a_checksum_stays() -> None:
    card, phone, longer = Span(CARD, 2, 18), Span(PHONE, 0, 12), Span(PHONE, 20, 33)
    assert apart([longer, phone, Span(PHONE, 22, 30), card]) == [card, longer]
