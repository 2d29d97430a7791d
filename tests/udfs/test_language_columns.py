"""Flags of examples that are in another language than their source says."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from taskmill.udfs.language_columns import canonical_lists, flagged

GERMAN = "Die Bücherei schließt heute eine Stunde früher als sonst, weil niemand da ist."
ENGLISH = "The library closes an hour earlier today because nobody is there to help."


def flag(fields: object, *languages: str) -> str | None:
    text = None if fields is None else json.dumps(fields)
    found = flagged(pa.array([text], pa.string()), pa.array([list(languages)], pa.list_(pa.string())))
    return found[0].as_py()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("fields", "languages", "expected"),
    [
        pytest.param({"text": GERMAN}, ["de"], None, id="as-declared"),
        pytest.param({"text": GERMAN}, ["en"], "other_language", id="another"),
        pytest.param({"text": GERMAN}, ["en", "de"], None, id="one-of-two"),
        pytest.param({"short": ENGLISH[:20], "text": GERMAN}, ["de-AT"], None, id="the-longest-text"),
        pytest.param({"text": "Ja."}, ["en"], None, id="too-short-to-tell"),
        pytest.param({"text": GERMAN}, ["bjn"], None, id="a-language-the-model-lacks"),
        pytest.param({"text": GERMAN}, ["en", "bjn"], None, id="one-that-the-model-lacks"),
        pytest.param({"label": 1, "tokens": [GERMAN]}, ["en"], None, id="no-text"),
        pytest.param(None, ["en"], None, id="not-looked-at"),
        pytest.param(None, ["en", "what is this"], "unknown_language_tag", id="no-tag"),
    ],
)
def test_flags(fields: object, languages: list[str], expected: str | None) -> None:
    assert flag(fields, *languages) == expected


def test_tags_become_canonical_and_nothing_else_changes() -> None:
    tags = pa.array([["eng", "zho_Hans"], ["what is this"], [], None], pa.list_(pa.string()))
    assert canonical_lists(tags).to_pylist() == [["en", "zh-Hans"], ["what is this"], [], None]
