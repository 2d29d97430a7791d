"""Tags, names and scripts of languages, against Unicode's own character data and round trips."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from langcodes.data_dicts import ALL_SCRIPTS

from taskmill.udfs.languages import (
    RIGHT_TO_LEFT,
    WITHOUT_SPACES,
    canonical,
    direction,
    has_spaces,
    is_named,
    language_name,
    language_of_name,
    macrolanguage,
    script,
)

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
# ISO 639-1 with the codes of ISO 639-2 (both kinds) and ISO 639-3, as the standards' own tables list them.
CODES = {
    "ar": "ara arb", "cs": "ces cze", "de": "deu ger", "en": "eng", "es": "spa", "eu": "eus baq", "fa": "fas per pes",
    "fi": "fin", "fr": "fra fre", "hi": "hin", "hr": "hrv", "id": "ind", "ja": "jpn", "my": "mya bur", "ms": "msa may",
    "nl": "nld dut", "pt": "por", "ro": "ron rum", "sr": "srp", "sw": "swa swh", "th": "tha", "tr": "tur",
    "yo": "yor", "zh": "zho chi cmn", "ha": "hau", "ig": "ibo", "jv": "jav", "su": "sun",
}  # fmt: skip
AUTONYMS = {
    "en": "English", "de": "Deutsch", "fr": "français", "es": "español", "pt": "português", "ar": "العربية",
    "sw": "Kiswahili", "zh": "中文", "ja": "日本語", "hi": "हिन्दी", "id": "bahasa Indonesia", "tr": "Türkçe",
    "th": "ไทย",
}  # fmt: skip
# The first word of a letter's Unicode name, where it does not begin the English name of the script.
SCRIPT_OF_WORD = {
    "NKO": "Nkoo", "INSCRIPTIONAL": "Phli Prti", "PSALTER": "Phlp", "IMPERIAL": "Armi", "HANIFI": "Rohg",
    "OLD": "Sarb Narb Orkh Hung Sogo Ougr", "CYPRIOT": "Cprt", "MEROITIC": "Merc Mero", "ADLAM": "Adlm",
    "ARABIC": "Arab", "MENDE": "Mend", "HEBREW": "Hebr", "AVESTAN": "Avst", "SYRIAC": "Syrc", "YEZIDI": "Yezi",
    "THAANA": "Thaa", "KHAROSHTHI": "Khar", "MANICHAEAN": "Mani", "NABATAEAN": "Nbat", "LYDIAN": "Lydi",
    "SAMARITAN": "Samr", "MANDAIC": "Mand", "PALMYRENE": "Palm", "ELYMAIC": "Elym", "PHOENICIAN": "Phnx",
    "SOGDIAN": "Sogd", "HATRAN": "Hatr", "CHORASMIAN": "Chrs", "GARAY": "Gara", "SIDETIC": "Sidt",
}  # fmt: skip
STYLES = {"Aran", "Syre", "Syrj", "Syrn"}
subtags = st.text("abcdehlnrstuxzACHLNST0159", min_size=1, max_size=8)
tags = st.lists(subtags, min_size=1, max_size=5).map("-".join) | st.from_regex(
    r"\A[a-z]{2,3}([-_](Arab|Cyrl|Latn|Hans))?([-_]([A-Z]{2}|419))?(-1996|-u-nu-latn|-x-me)?\Z"
)


@pytest.mark.parametrize("short", CODES)
def test_canonical_takes_the_codes_of_iso_639(short: str) -> None:
    for code in CODES[short].split():
        assert canonical(code) == canonical(code.upper()) == canonical(short) == short


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("srp-Cyrl", "sr-Cyrl"), ("zho-CN", "zh-CN"), ("zho_Hans", "zh-Hans"), ("arb_Arab", "ar"), ("eng_Latn", "en"),
        ("EN-us", "en-US"), (" de ", "de"), ("zh-yue", "yue"), ("arz", "arz"), ("sr-latn-rs", "sr-Latn-RS"),
        ("es-419", "es-419"), ("x-klingon-script", "x-klingon-script"), ("nob", "nb"), ("ind", "id"), ("und", "und"),
        # The examples of deprecated and grandfathered tags in RFC 5646, sections 2.2.8 and 4.5.
        ("i-klingon", "tlh"), ("zh-hakka", "hak"), ("iw", "he"), ("sgn-BE-FR", "sfb"), ("zh-cmn-Hans-CN", "zh-Hans-CN"),
        ("art-lojban", "jbo"), ("en-BU", "en-MM"),
        ("", None), ("-", None), ("de-", None), ("a b", None), ("English", None), ("xx", None), ("dé", None),
        ("en-Abcd", None), ("de-1996-1996", None), ("\ud800", None), ("null", None), ("N/A", None), ("unknown", None),
    ],
)  # fmt: skip
def test_canonical_follows_rfc_5646(tag: str, expected: str | None) -> None:
    assert canonical(tag) == expected


@given(tags)
@example("en-" + "-".join(["abcde"] * 50_000))
@example("x-" + "a" * 8)
def test_canonical_is_a_fixed_point_and_never_raises(tag: str) -> None:
    found = canonical(tag)
    assert found is None or canonical(found) == found == canonical(found.upper().replace("-", "_"))


@pytest.mark.parametrize("tag", AUTONYMS)
def test_language_name_gives_autonyms_and_names_every_other(tag: str) -> None:
    assert language_name(tag, tag) == AUTONYMS[tag]
    assert all(is_named(other, tag) for other in CODES)
    assert len({language_name(other, tag) for other in CODES}) == len(CODES)


@pytest.mark.parametrize(
    ("tag", "in_language", "expected"),
    [
        ("de", "sw", "Kijerumani"), ("deu", "eng", "German"), ("sr-Cyrl", "en", "Serbian (Cyrillic)"),
        ("pt-BR", "de", "Portugiesisch (Brasilien)"), ("zh-Hans", "fr", "chinois (simplifié)"),
        ("de", "sr", "немачки"), ("de", "sr-Latn", "nemački"), ("de", "zh-CN", "德语"), ("de", "zh-TW", "德文"),
        ("de-1996", "en", "German"), ("de", "en-IN", "German"), ("nij", "es", "Ngaju"),
    ],
)  # fmt: skip
def test_language_name_writes_as_cldr_does(tag: str, in_language: str, expected: str) -> None:
    assert language_name(tag, in_language) == expected


@pytest.mark.parametrize(
    ("tag", "in_language", "said"),
    [
        ("Swahili", "en", "'Swahili' is no language tag; write one of BCP 47, such as 'sw'"),
        ("de", "German", "'German' is no language tag; write one of BCP 47, such as 'de'"),
        ("de", "", "'' is no language tag; write one of BCP 47, such as 'pt-BR'"),
        ("de", "nij", "CLDR names no languages in 'nij'; write the tag of another language, such as 'en'"),
        ("qqq", "en", "'qqq': 'qqq' has no name"),
        ("en-Qaaa", "en", "'en-Qaaa': 'Qaaa' has no name"),
    ],
)
def test_language_name_refuses_what_it_cannot_name(tag: str, in_language: str, said: str) -> None:
    with pytest.raises(ValueError) as raised:
        language_name(tag, in_language)
    assert str(raised.value) == said


def test_is_named_is_false_where_the_english_name_stands_in() -> None:
    assert language_name("bjn", "es") == "Banjar"
    assert not is_named("bjn", "es")
    assert is_named("bjn", "en") and is_named("de", "es-MX") and is_named("de", "zh-TW")


@pytest.mark.parametrize("tag", [*CODES, "ace", "ban", "nij", "arz", "yue", "sr-Cyrl", "zh-Hant", "pt-BR", "en-GB"])
def test_language_of_name_turns_language_name_round(tag: str) -> None:
    assert language_of_name(language_name(tag)) == language_of_name(language_name(tag).upper()) == tag


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Farsi", "fa"), ("Oriya", "or"), ("Brazilian Portuguese", "pt-BR"), ("Simplified Chinese", "zh-Hans"),
        ("Chinese (Traditional)", "zh-Hant"), ("English (India)", "en-IN"), (" german\n", "de"), ("Ga", "gaa"),
        ("en", "enc"), ("", None), ("()", None), ("Germanic tribes", None), ("Bosnian, Croatian, Serbian", None),
        ("English (Atlantis)", None), ("Code", None), ("\0", None), ("\ud800", None), ("German" * 1000, None),
    ],
)  # fmt: skip
def test_language_of_name_knows_names_and_guesses_none(name: str, expected: str | None) -> None:
    assert language_of_name(name) == expected


@given(st.text(max_size=20) | st.text("()aeirst \0\xff", max_size=12))
def test_language_of_name_never_raises(name: str) -> None:
    found = language_of_name(name)
    assert found is None or canonical(found) == found


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "Latn"), ("sr", "Cyrl"), ("sr-Latn", "Latn"), ("sr-ME", "Latn"), ("zh", "Hans"), ("zh-TW", "Hant"),
        ("yue", "Hant"), ("ja", "Jpan"), ("ko", "Kore"), ("pa", "Guru"), ("pa-PK", "Arab"), ("az-IR", "Arab"),
        ("ckb", "Arab"), ("und-Hebr", "Hebr"), ("und", None), ("qqq", None), ("qqq-RU", None), ("nonsense!", None),
    ],
)  # fmt: skip
def test_script_is_the_one_said_or_the_likely_one(tag: str, expected: str | None) -> None:
    assert script(tag) == expected


def test_right_to_left_scripts_are_those_of_unicode() -> None:
    letters = (chr(code) for code in range(0x110000))
    words = {
        unicodedata.name(letter).split()[0]
        for letter in letters
        if unicodedata.bidirectional(letter) in ("R", "AL") and unicodedata.category(letter).startswith("L")
    }
    assert words <= SCRIPT_OF_WORD.keys()
    listed = {code for codes in SCRIPT_OF_WORD.values() for code in codes.split()}
    assert listed | STYLES == RIGHT_TO_LEFT


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("ar", "rtl"), ("he", "rtl"), ("yi", "rtl"), ("fa", "rtl"), ("ur", "rtl"), ("dv", "rtl"), ("ps", "rtl"),
        ("syr", "rtl"), ("nqo", "rtl"), ("ff-Adlm", "rtl"), ("pa-PK", "rtl"), ("ug", "rtl"), ("ar-Latn", "ltr"),
        ("en", "ltr"), ("ff", "ltr"), ("ku", "ltr"), ("mn-Mong", "ltr"), ("nonsense!", "ltr"),
    ],
)  # fmt: skip
def test_direction_is_that_of_the_script(tag: str, expected: str) -> None:
    assert direction(tag) == expected


@pytest.mark.parametrize("tag", ["th", "zh", "zh-TW", "yue", "ja", "lo", "km", "my", "bo", "dz", "shn"])
def test_has_spaces_is_false_without_blanks_between_words(tag: str) -> None:
    assert not has_spaces(tag)


@pytest.mark.parametrize("tag", ["en", "ko", "vi", "hi", "ar", "am", "ja-Latn", "jv", "ban", "nonsense!"])
def test_has_spaces_is_true_elsewhere(tag: str) -> None:
    assert has_spaces(tag)


def test_scripts_are_codes_of_iso_15924() -> None:
    newer = {"Gara", "Sidt"}  # than the registry that comes with the package
    assert (RIGHT_TO_LEFT | WITHOUT_SPACES) - newer <= {code.title() for code in ALL_SCRIPTS}


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("id ms zsm min bjn", "ms"), ("hr sr bs cnr hbs sr-Latn", "sh"), ("no nb nn", "no"), ("pt pt-BR", "pt"),
        ("zh zh-TW yue cmn", "zh"), ("ar arz arb", "ar"), ("jv", "jv"),
    ],
)  # fmt: skip
def test_macrolanguage_joins_what_iso_639_3_joins(group: str, expected: str) -> None:
    assert {macrolanguage(tag) for tag in group.split()} == {expected}
    assert macrolanguage("nonsense!") is None


@needs_data
def test_published_codes_and_names_are_known() -> None:
    rows = [line.split(" ", 1) for line in Path(DATA, "ntrex/LANGUAGES.tsv").read_text("utf-8").splitlines() if line]
    assert len(rows) == 129
    found = {code: (canonical(code), language_of_name(name)) for code, name in rows}
    assert [code for code, (tag, _) in found.items() if tag is None] == ["gsw-ZH"]  # Zurich is no country
    named = {code: tags for code, tags in found.items() if all(tags)}
    assert len(named) == 123
    # Where both are known they are one language; the Chinese ones name a script and code a country.
    assert all(macrolanguage(tag or "") == macrolanguage(name or "") for tag, name in named.values())
