"""Our own filters, and that every filter is on the list."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import SecurityError

from taskmill.udfs.rendering import filters
from taskmill.udfs.rendering.compile import compiled

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("name", "items", "expected"),
    [
        pytest.param("either_or", ["Yes", "Maybe", "No"], "Yes, Maybe, or No?", id="either_or-three"),
        pytest.param("either_or", ["Yes", "No"], "Yes or No?", id="either_or-two"),
        pytest.param("either_or", ["Yes"], "Yes?", id="either_or-one"),
        pytest.param("comma_list", ["Yes", "Maybe", "No"], "Yes, Maybe, No", id="comma_list"),
        pytest.param("comma_list", [], "", id="comma_list-none"),
        pytest.param("quoted", ["Yes", "No"], '"Yes", "No"', id="quoted"),
        pytest.param("bulleted", ["Yes", "No"], "- Yes\n- No", id="bulleted"),
        pytest.param("numbered", ["Yes", "No"], "1. Yes\n2. No", id="numbered"),
        pytest.param("lettered", ["Yes", "No"], "A. Yes\nB. No", id="lettered"),
        pytest.param("lettered", [], "", id="lettered-none"),
        pytest.param("bracketed", ["Yes", "No"], "(A) Yes\n(B) No", id="bracketed"),
    ],
)
def test_filters_of_choices(name: str, items: list[str], expected: str) -> None:
    assert compiled("{{ items | " + name + " }}")({"items": items}) == expected


def test_chosen_from_gives_the_texts_of_labels() -> None:
    assert filters.chosen_from([2, 0], ["a", "b", "c"]) == ["c", "a"]


@pytest.mark.parametrize("label", [-1, 3])
def test_chosen_from_refuses_what_is_no_index(label: int) -> None:
    with pytest.raises(IndexError, match=f"{label} is no index into 3 choices"):
        filters.chosen_from([0, label], ["a", "b", "c"])


@pytest.mark.parametrize(("index", "expected"), [(0, "A"), (3, "D"), (25, "Z")])
def test_letter_names_an_index(index: int, expected: str) -> None:
    assert filters.letter(index) == expected


@pytest.mark.parametrize(
    ("index", "error"),
    [
        pytest.param(-1, ValueError, id="hidden-label"),
        pytest.param(26, ValueError, id="above-Z"),
        pytest.param(True, TypeError, id="boolean"),
        pytest.param(1.0, TypeError, id="number"),
        pytest.param("1", TypeError, id="text"),
        pytest.param(None, TypeError, id="null"),
    ],
)
def test_letter_refuses_what_is_no_index(index: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        filters.letter(index)


def test_lettered_refuses_more_than_the_alphabet() -> None:
    assert filters.lettered(["x"] * 26).endswith("Z. x")
    with pytest.raises(ValueError, match="26"):
        filters.lettered(["x"] * 27)


@given(JSON_VALUES)
def test_tojson_is_read_back_by_json_on_one_line(value: object) -> None:
    text = filters.tojson(value)
    assert json.loads(text) == value
    assert "\n" not in text


def test_tojson_leaves_letters_as_they_are() -> None:
    assert filters.tojson({"a": "é<b> & 'c' 你"}) == """{"a": "é<b> & 'c' 你"}"""


@given(st.text("ab", max_size=6), st.text("ab", max_size=2), st.text("ab", max_size=3), st.integers(-1, 3))
def test_replace_equals_python(text: str, old: str, new: str, count: int) -> None:
    rendered = compiled("{{ text | replace(old, new, count) }}")
    assert rendered({"text": text, "old": old, "new": new, "count": count}) == text.replace(old, new, count)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: filters.OURS["replace"]("a" * 1_000, "a", "b" * 1_001), id="replace"),
        pytest.param(lambda: filters.OURS["replace"]("a" * 1_000, "", "b" * 1_000), id="replace-nothing"),
        pytest.param(lambda: filters.OURS["join"](["a" * 600_000] * 2), id="join"),
        pytest.param(lambda: filters.OURS["join"]([""] * 1_001, "b" * 1_000), id="join-separator"),
        pytest.param(lambda: filters.concat(["a" * 600_000] * 2), id="concat"),
        pytest.param(lambda: filters.sized([["a" * 600_000], {"x": ("a" * 600_000,)}]), id="sized"),
    ],
)
def test_filters_stop_at_the_size_limit(make: Callable[[], object]) -> None:
    with pytest.raises(SecurityError, match="the limit is 1,000,000"):
        make()


def test_every_allowed_filter_can_be_called_from_a_template() -> None:
    assert {"join", "replace", "truncate", "groupby", "tojson", "either_or", "letter"} <= set(filters.ALLOWED)
    for name in filters.ALLOWED:
        compiled("{{ x | " + name + " }}")


@pytest.mark.parametrize("name", ["attr", "center", "format", "indent", "pprint", "safe", "xmlattr", "urlize", "sum"])
def test_filters_that_are_not_listed_do_not_compile(name: str) -> None:
    with pytest.raises(Exception, match=f"No filter named '{name}'"):
        compiled("{{ x | " + name + " }}")
