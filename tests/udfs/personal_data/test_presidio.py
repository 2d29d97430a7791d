"""Presidio behind our interface, with a made-up module in its place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

import pytest

from taskmill.udfs.personal_data import presidio
from taskmill.udfs.personal_data.kinds import KINDS, Span

TEXT = "Ada Moss, a@example.org, paid." + " And so on." * 12 + " Nothing more until today."


@dataclass
class Result:
    entity_type: str
    start: int
    end: int


class Engine:
    supported_languages = ("en",)

    def analyze(self, text: str, language: str, score_threshold: float) -> list[Result]:
        assert language == "en"
        found = [Result("URL", 12, 23)]
        for kind, value in (("PERSON", "Ada Moss"), ("EMAIL_ADDRESS", "a@example.org"), ("PERSON", "until today")):
            place = text.find(value)
            if place >= 0:
                found.append(Result(kind, place, place + len(value)))
        return found


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = ModuleType("presidio_analyzer")
    module.AnalyzerEngine = Engine  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "presidio_analyzer", module)
    presidio._engine.cache_clear()
    yield
    presidio._engine.cache_clear()


def test_entities_become_kinds_and_names_need_contact_data(fake: None) -> None:
    assert presidio.recognised([TEXT], KINDS, [["en-GB"]]) == [[Span("name", 0, 8), Span("email", 10, 23)]]
    assert presidio.recognised([TEXT], {"email"}, [["de", "en"]]) == [[Span("email", 10, 23)]]


def test_a_language_without_a_model_is_read_by_our_own_rules(fake: None) -> None:
    assert presidio.recognised(["tel. 01 99 00 12 34"], KINDS, [["fr"]]) == [[Span("phone", 5, 19)]]


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(ImportError, match=r"pip install taskmill\[presidio\]"):
        presidio.require()
