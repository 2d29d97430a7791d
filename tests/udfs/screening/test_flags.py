"""Flags of examples for what stands in their fields."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from taskmill.jobs.safety.lexicon_files import load_lexicons
from taskmill.udfs.personal_data.kinds import KINDS
from taskmill.udfs.screening.flags import screening_flags
from taskmill.udfs.screening.screens import Screen, Search
from taskmill.udfs.sensitive.themes import THEMES

ALL = Screen(annotate=frozenset(KINDS), themes=frozenset(THEMES))
SEARCH = Search(lexicons=load_lexicons())


def flags(fields: Any, screen: Screen = ALL, languages: tuple[str, ...] = ("en",)) -> list[str]:
    text = fields if isinstance(fields, str) else json.dumps(fields)
    found = screening_flags(
        pa.array(["a.b"]), pa.array([text]), pa.array([list(languages)]), {"a.b": screen}, SEARCH
    ).to_pylist()
    return list(found[0])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"text": "Nothing here."}, [], id="nothing"),
        pytest.param({"text": None, "n": 4111111111111111}, [], id="nulls-and-numbers"),
        pytest.param({}, [], id="no-fields"),
        pytest.param({"text": "a\nb", "mail": ["x", None, "Ask a@example.org"]}, ["personal_email"], id="list"),
        pytest.param({"who": {"said": [{"to": "4111 1111 1111 1111"}]}}, ["personal_card"], id="deep"),
        pytest.param({"a@example.org": "name of a field"}, [], id="names-are-no-texts"),
        pytest.param({"text": "\\\"a@example.org\\\" 203.0.113.47"}, ["personal_email", "personal_ip"], id="quotes"),
        pytest.param({"text": "Line.\n219-09-8765"}, ["personal_national_id"], id="after-a-line-break"),
        pytest.param({"one": "They murdered", "two": "cocaine, a@example.org"},
                     ["personal_email", "theme_violence", "theme_drugs"], id="kinds-then-themes"),
    ],
)  # fmt: skip
def test_flags_of_an_example(fields: Any, expected: list[str]) -> None:
    assert flags(fields) == expected


def test_placeholders_are_flagged_where_a_kind_is_redacted() -> None:
    redacting = Screen(annotate=frozenset({"phone"}), redact=frozenset({"email"}))
    assert flags({"text": "Ask [EMAIL]."}, redacting) == ["redacted_email"]
    assert flags({"text": "Ask [EMAIL]."}) == []


def test_only_what_is_asked_for_is_flagged() -> None:
    fields = {"text": "They murdered him. Ask a@example.org"}
    assert flags(fields, Screen(annotate=frozenset({"card"}), themes=frozenset({"drugs"}))) == []
    assert flags(fields, Screen()) == []


def test_themes_are_looked_for_in_the_languages_of_the_example() -> None:
    german = {"text": "Er wurde ermordet."}
    assert flags(german, languages=("de-AT",)) == ["theme_violence"]
    assert flags(german, languages=("en",)) == []
    assert flags(german, languages=("ja",)) == []


def test_tasks_are_looked_at_as_each_wants_and_in_any_order() -> None:
    texts = [json.dumps({"text": "Ask a@example.org"})] * 4
    screens = {"a.b": ALL, "c.d": Screen(annotate=frozenset({"card"}))}
    found = screening_flags(
        pa.array(["a.b", "c.d", "e.f", "a.b"]), pa.array(texts), pa.array([["en"]] * 4), screens, SEARCH
    )
    assert found.to_pylist() == [["personal_email"], [], [], ["personal_email"]]
    assert screening_flags(pa.array([], pa.string()), pa.array([], pa.string()), pa.array([], pa.list_(pa.string())),
                           screens, SEARCH).to_pylist() == []  # fmt: skip
