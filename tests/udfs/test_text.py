"""Normal forms of text against a plain Python oracle: json, unicodedata and re instead of Arrow."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taskmill.udfs.text import keys, normalised, normalised_json

# U+0130 has its own test; NEL (U+0085) and the four separators U+001C to U+001F are white space to Python alone.
SPECIAL = 'aAbBßẞéÉ "\\\\nntu0\n\r\t\f\b\u00a0\u2003\u2028\u3000e\u0301A\u030aÅÅΣσКк你👍,:{}[]'
TEXTS = st.text(alphabet=st.sampled_from(SPECIAL), max_size=12)
ANY_TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u0130"), max_size=12)
VALUES = st.dictionaries(
    st.sampled_from(["text", "options", "label"]), st.one_of(TEXTS, st.lists(TEXTS, max_size=3), st.none()), max_size=3
)


def json_of(value: object) -> str:
    """JSON as Spark's to_json writes it: no blanks, letters of every script as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def key_of(value: object) -> str:
    return str(normalised_json(pa.array([json_of(value)])).to_pylist()[0])


def plain(value: object) -> object:
    """What `normalised_json` promises, said in plain Python."""
    if isinstance(value, str):
        lower = "".join(letter.lower() for letter in unicodedata.normalize("NFC", value))
        return re.sub(r"[\s\b]+", " ", unicodedata.normalize("NFC", lower)).strip(" ")
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("The Ferry", "the ferry", id="case"),
        pytest.param("a  b", "a b", id="two-blanks"),
        pytest.param(" a b ", "a b", id="blanks-at-the-ends"),
        pytest.param("a\nb", "a b", id="line-break"),
        pytest.param("a\r\n\tb", "a b", id="carriage-return-and-tab"),
        pytest.param("a\n", "a", id="line-break-at-the-end"),
        pytest.param("a\x0bb", "a b", id="vertical-tab"),
        pytest.param("a\x0cb", "a b", id="form-feed"),
        pytest.param("a\u00a0b", "a b", id="no-break-space"),
        pytest.param("a\u2028b", "a b", id="line-separator"),
        pytest.param("a\u3000b", "a b", id="ideographic-space"),
        pytest.param("a\x85b", "a b", id="next-line"),
        pytest.param("caf\u00e9", "cafe\u0301", id="composition"),
        pytest.param("\u00c9", "e\u0301", id="composition-and-case"),
        pytest.param("\u212b", "\u00e5", id="angstrom-sign"),
        pytest.param("\u0130stanbul", "I\u0307stanbul", id="dotted-capital-i-in-two-forms"),
        pytest.param("ẞ", "ß", id="sharp-s"),
        pytest.param('say "Hi"', 'Say  "hi"', id="quotes-inside"),
        pytest.param("C:\\New", "c:\\new", id="backslash-n-in-a-path"),
    ],
)
def test_normalised_json_takes_out_what_does_not_matter(one: str, other: str) -> None:
    assert key_of({"text": one}) == key_of({"text": other})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("a\\nb", "a\nb", id="escaped-backslash-n-and-line-break"),
        pytest.param("a\\nb", "a b", id="escaped-backslash-n-and-blank"),
        pytest.param("a\\\\nb", "a\\nb", id="two-backslashes-and-one"),
        pytest.param('a"b', "ab", id="quote-and-none"),
        pytest.param('a"b', "a b", id="quote-and-blank"),
        pytest.param('"a"', "a", id="quoted-and-bare"),
        pytest.param('a "b" c', 'a"b"c', id="blanks-beside-quotes"),
        pytest.param("ab", "a b", id="blank-and-none"),
        pytest.param("a.b", "a b", id="full-stop"),
        pytest.param("resume", "résumé", id="accents"),
        pytest.param("ı", "i", id="dotless-i"),
        pytest.param("", "null", id="empty-and-null"),
        pytest.param("a\u200bb", "a b", id="zero-width-space-is-no-white-space"),
    ],
)
def test_normalised_json_keeps_real_differences(one: str, other: str) -> None:
    assert key_of({"text": one}) != key_of({"text": other})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"a": 'x","b":"y'}, {"a": "x", "b": "y"}, id="quotes-that-look-like-structure"),
        pytest.param({"a": ["x,y"]}, {"a": ["x", "y"]}, id="list-items"),
        pytest.param({"a": None}, {"a": "null"}, id="null"),
        pytest.param({"a": None}, {"a": ""}, id="null-and-empty"),
        pytest.param({"a": "x", "b": ""}, {"a": "", "b": "x"}, id="other-field"),
        pytest.param({"a": 1}, {"a": "1"}, id="number-and-text"),
    ],
)
def test_normalised_json_keeps_the_structure(one: object, other: object) -> None:
    assert key_of(one) != key_of(other)


@given(VALUES, VALUES)
@example({"text": "a\\nb"}, {"text": "a\nb"})
@example({"text": " A\t"}, {"text": "a"})
@example({"text": '\\" "'}, {"text": '\\""'})
def test_normalised_json_is_equal_where_the_oracle_is(one: object, other: object) -> None:
    assert (key_of(one) == key_of(other)) == (list(plain(one).items()) == list(plain(other).items()))


@given(VALUES)
def test_normalised_json_gives_equal_keys_to_the_oracles_own_normal_form(value: object) -> None:
    assert key_of(value) == key_of(plain(value))


@given(ANY_TEXTS)
def test_normalised_json_ignores_unicode_composition(text: str) -> None:
    forms = {key_of({"text": unicodedata.normalize(form, text)}) for form in ("NFC", "NFD")}
    assert len(forms) == 1


@given(TEXTS)
def test_normalised_is_idempotent(text: str) -> None:
    once = normalised(pa.array([text]))
    assert normalised(once) == once


def test_null_stays_null() -> None:
    texts = pa.array(["A", None, ""], pa.string())
    assert normalised(texts).to_pylist() == ["a", None, ""]
    assert normalised_json(texts).to_pylist() == ["a", None, ""]
    assert keys(texts).to_pylist()[1] is None
    assert keys(pa.array([], pa.string())).to_pylist() == []


def test_keys_are_blake2b() -> None:
    assert keys(pa.array(["é"])).to_pylist() == [hashlib.blake2b("é".encode(), digest_size=16).hexdigest()]
