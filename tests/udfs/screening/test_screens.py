"""What a screen knows of its task, and who looks."""

from __future__ import annotations

import pytest

from taskmill.udfs.fields import parse_field_type
from taskmill.udfs.screening.screens import PLACE_IN_JSON, Screen, Search, has_points


def too_few(texts: list[str], languages: list[list[str]]) -> list[dict[str, float]]:
    return []


def unknown(texts: list[str], languages: list[list[str]]) -> list[dict[str, float]]:
    return [{"rudeness": 1.0} for _ in texts]


def halves(texts: list[str], languages: list[list[str]]) -> list[dict[str, float]]:
    return [{"insult": 0.7, "drugs": 0.69} for _ in texts]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": "text", "entities": "list<struct<text: text, start: integer, end: integer>>"}, True),
        ({"text": "text", "spans": "list<list<integer>>"}, True),
        ({"text": "text", "pronoun_offset": "integer"}, True),
        ({"text": "text", "answer": "struct<value: text, answer_start: integer?>"}, True),
        ({"text": "text", "words": "list<struct<id: integer, form: text, head: integer>>"}, False),
        ({"text": "text", "year": "integer", "start": "text"}, False),
    ],
)
def test_has_points_goes_by_numbers_with_the_names_of_places(fields: dict[str, str], expected: bool) -> None:
    assert has_points({name: parse_field_type(text) for name, text in fields.items()}) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"answers":{"text":["a"],"answer_start":[515]}}', True),
        ('{"Pronoun-offset": 12}', True),
        ('{"start":"now","friend":3,"render":1}', False),
    ],
)
def test_place_in_json(text: str, expected: bool) -> None:
    assert (PLACE_IN_JSON.search(text) is not None) is expected


def test_a_classifier_has_to_give_scores_of_known_themes_for_each_text() -> None:
    here = __name__
    assert Search(classifier=f"{here}:halves").themes(["a"], [["en"]]) == [["insult"]]
    for name, told in (("too_few", "gave 0 results for 1 texts"), ("unknown", "rudeness")):
        with pytest.raises(ValueError, match=told):
            Search(classifier=f"{here}:{name}").themes(["a"], [["en"]])


def test_a_screen_without_actions_acts_and_flags_nothing() -> None:
    assert not Screen().acts and not Screen().flags
    assert Screen(redact=frozenset({"email"})).acts and Screen(redact=frozenset({"email"})).flags
