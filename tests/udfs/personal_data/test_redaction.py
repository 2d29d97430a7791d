"""Placeholders in place of finds."""

from __future__ import annotations

import pytest

from taskmill.udfs.personal_data.kinds import KINDS, Span, placeholder
from taskmill.udfs.personal_data.recognise import recognised
from taskmill.udfs.personal_data.redaction import masked, redacted, redacted_texts, without_parts
from tests.udfs.personal_data.labelled import Labelled, labelled_texts


def test_redacted_replaces_spans_and_leaves_the_rest() -> None:
    assert redacted("a@b.org, then c@d.org.", [Span("email", 0, 7), Span("email", 14, 21)]) == "[EMAIL], then [EMAIL]."
    assert redacted("nothing", []) == "nothing"


@pytest.mark.parametrize("kind", KINDS)
def test_a_placeholder_is_no_find(kind: str) -> None:
    text = f"Dr. Who, tel. {placeholder(kind)}, {placeholder(kind)}"
    assert recognised([text], KINDS, [["en"]]) == [[]]


@pytest.mark.parametrize("one", list(labelled_texts()), ids=lambda one: one.text[:30])
def test_redacting_again_changes_nothing_and_leaves_nothing(one: Labelled) -> None:
    once = redacted_texts([one.text], KINDS, [one.language], recognised)
    again = redacted_texts(once.texts, KINDS, [one.language], recognised)
    assert again.texts == once.texts
    assert once.left == {}


def test_what_is_found_once_is_redacted_everywhere() -> None:
    found = redacted_texts(["Call 202-555-0148", "202-555-0148", "5202-555-0148"], KINDS, ["en"], recognised)
    assert found.texts == ["Call [PHONE]", "[PHONE]", "5202-555-0148"]
    assert found.found == ["phone"]


def test_what_is_spread_over_texts_is_told_and_can_be_taken_out_of_each() -> None:
    texts = ["call +1 202 555 0148", "+1", "202", "555 0148", "no"]
    found = redacted_texts(texts, KINDS, ["en"], recognised)
    assert found.left == {"+1 202 555 0148": "phone"}
    assert without_parts(found.texts, found.left) == ["call [PHONE]", "[PHONE]", "[PHONE]", "[PHONE]", "no"]


def test_masked_hides_all_digits() -> None:
    assert masked("Ask a@b.org, flat 12", [Span("email", 4, 11)]) == "Ask [EMAIL], flat ##"
