"""Languages by their tags: the canonical form, the name for a sentence, the script and how it is written.

Tags are those of BCP 47 (RFC 5646), with the aliases, names and likely scripts of Unicode CLDR and IANA's registry. All
of it comes with the packages `langcodes` and `language_data`, so nothing is looked up elsewhere at run time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from langcodes import Language
from langcodes.data_dicts import DEFAULT_SCRIPTS, LIKELY_SUBTAGS, MACROLANGUAGES
from langcodes.tag_parser import LanguageTagError
from language_data.names import code_to_names, get_trie_value, load_trie, normalize_name
from language_data.util import data_filename

Direction = Literal["ltr", "rtl"]

MAX_TAG_CHARS = 100  # the parser recurses once for a subtag; RFC 5646, section 4.4.1, needs no more than 35 characters
MAX_NAME_CHARS = 200
CACHED_TAGS = 4_096

# ISO 15924 codes of the scripts whose letters have the bidirectional class R or AL (UAX #9). Syre, Syrj, Syrn and Aran
# are styles of others; Egyptian, Old Italic and the like were written both ways and are encoded left to right.
RIGHT_TO_LEFT = frozenset(
    {
        "Adlm", "Arab", "Aran", "Armi", "Avst", "Chrs", "Cprt", "Elym", "Gara", "Hatr", "Hebr", "Hung", "Khar",
        "Lydi", "Mand", "Mani", "Mend", "Merc", "Mero", "Narb", "Nbat", "Nkoo", "Orkh", "Ougr", "Palm", "Phli",
        "Phlp", "Phnx", "Prti", "Rohg", "Samr", "Sarb", "Sidt", "Sogd", "Sogo", "Syrc", "Syre", "Syrj", "Syrn",
        "Thaa", "Yezi",
    }
)  # fmt: skip
# Ideographs and kana, and the scripts for which UAX #14 finds the ends of words by dictionary or syllable (classes SA
# and AK). Tibetan marks every syllable, and no word; Korean is not among them.
WITHOUT_SPACES = frozenset(
    {
        "Bopo", "Hanb", "Hani", "Hans", "Hant", "Hira", "Hrkt", "Jpan", "Kana", "Kits", "Nshu", "Tang", "Ahom",
        "Bali", "Java", "Khmr", "Lana", "Laoo", "Mymr", "Tale", "Talu", "Tavt", "Thai", "Tibt",
    }
)  # fmt: skip


@lru_cache(CACHED_TAGS)
def canonical(tag: str) -> str | None:
    """The canonical form of a language tag: RFC 5646, section 4.5, and the aliases of CLDR (UTS #35, annex C).

    Accepts `_` for `-`, any case, and the codes of ISO 639-2 and 639-3. A code for the dominant language of a
    macrolanguage becomes the latter's, as CLDR has it, and a script that goes without saying is left out:
    `zho_Hans` is `zh-Hans`, `cmn` is `zh`, `arb_Arab` is `ar`, `iw` is `he`, `eng-Latn` is `en`; `arz` stays.

    Names are no tags, since some are codes of other languages (`ga` is Irish, Ga is `gaa`): see `language_of_name`.

    Returns:
        None where it is no tag, or where a subtag is not registered.
    """
    parsed = _parsed(tag)
    return None if parsed is None else parsed.to_tag()


def language_of_name(name: str) -> str | None:
    """The canonical tag of a language by its English name in CLDR or in the registry, in any case.

    A script or a country may stand in brackets behind it: "Serbian (Cyrillic)" is `sr-Cyrl`.

    Returns:
        None where the name, or what stands in brackets, is not known; nothing is guessed from parts of a name, and
            a tag is no name (there is a language En, `enc`).
    """
    name = name.strip()
    if len(name) > MAX_NAME_CHARS or not name.isprintable():  # the names lie in a trie that keeps its own control bytes
        return None
    code = _code("language", name)
    if code is None and name.endswith(")"):
        language, _, qualifier = name.removesuffix(")").partition("(")
        code, subtag = _code("language", language), _code("script", qualifier) or _code("territory", qualifier)
        code = f"{code}-{subtag}" if code and subtag else None
    return None if code is None else canonical(code)


@lru_cache(CACHED_TAGS)
def language_name(tag: str, in_language: str = "en") -> str:
    """What a language is called in another one, as CLDR writes it inside a sentence: German is "Kijerumani" in `sw`.

    A script or a country stands in brackets ("Serbian (Cyrillic)"); variants and extensions are not named. A language
    that CLDR does not name in `in_language` keeps its English name: `is_named` tells.

    Raises:
        ValueError: if `tag` is no language tag or names no known language, or if CLDR has no names in `in_language`.
    """
    language = _language(tag)
    for subtag in (language.language or "und", language.script, language.territory):
        if subtag is not None and not code_to_names(subtag):
            raise ValueError(f"{tag!r}: {subtag!r} has no name")
    return language.display_name(_naming_language(in_language))


def is_named(tag: str, in_language: str) -> bool:
    """Whether `in_language` has a name of its own for the language, apart from script and country.

    Raises:
        ValueError: as `language_name` does.
    """
    names = code_to_names(_language(tag).language or "und")
    return not names.keys().isdisjoint(_naming_language(in_language).broader_tags())


@lru_cache(CACHED_TAGS)
def script(tag: str) -> str | None:
    """The ISO 15924 code of the script that a tag says or, by CLDR's likely subtags, implies: `Hant` for `zh-TW`.

    Returns:
        None where it is no tag, or where the usual script is not known.
    """
    parsed = _parsed(tag)
    if parsed is None or parsed.script is not None:
        return parsed.script if parsed else None
    for broader in parsed.broader_tags():
        # What is likely for a country alone, or for nothing at all, says nothing about an unknown language.
        if broader in LIKELY_SUBTAGS and broader.partition("-")[0] != "und":
            return Language.get(LIKELY_SUBTAGS[broader], normalize=False).script
    return DEFAULT_SCRIPTS.get(parsed.language or "und")


def direction(tag: str) -> Direction:
    """Which way the script of a language runs; left to right where the script is not known."""
    return "rtl" if script(tag) in RIGHT_TO_LEFT else "ltr"


def has_spaces(tag: str) -> bool:
    """Whether the script of a language sets words apart by blanks (in Vietnamese, syllables).

    It does where the script is not known.
    """
    return script(tag) not in WITHOUT_SPACES


@lru_cache(CACHED_TAGS)
def macrolanguage(tag: str) -> str | None:
    """The ISO 639-3 macrolanguage that a language belongs to, or else the language itself, without further subtags.

    `id` and `min` give `ms`; `hr`, `sr` and `bs` give `sh`; `nb` and `nn` give `no`; `yue` and `zh-TW` give `zh`.

    Returns:
        None where it is no tag.
    """
    parsed = _parsed(tag)
    if parsed is None:
        return None
    language = parsed.language or "und"
    return MACROLANGUAGES.get(language, language)


def _parsed(tag: str) -> Language | None:
    if len(tag) > MAX_TAG_CHARS:
        return None
    try:
        language = Language.get(tag.strip()).prefer_macrolanguage().simplify_script()
    except LanguageTagError:
        return None
    return language if language.is_valid() else None


def _language(tag: str) -> Language:
    language = _parsed(tag)
    if language is None:
        raise ValueError(f"{tag!r} is no language tag; write one of BCP 47, such as {_suggested(tag)}")
    return language


def _naming_language(tag: str) -> Language:
    """The language to name others in. CLDR files names by script: those of `zh-TW` are under `zh-Hant`."""
    language = _language(tag)
    if not language.has_name_data():
        raise ValueError(f"CLDR names no languages in {tag!r}; write the tag of another language, such as 'en'")
    own, usual = script(tag), script(language.language or "und")
    return language if own == usual else Language.make(language=language.language, script=own)


def _suggested(tag: str) -> str:
    return repr(language_of_name(tag) or "pt-BR")


def _code(kind: Literal["language", "script", "territory"], name: str) -> str | None:
    """The code of exactly this English name. The packages' own search takes a name that begins like another for it."""
    trie, wanted = _names(kind), normalize_name(name)
    return get_trie_value(trie, wanted) if wanted in trie else None


@lru_cache
def _names(kind: str) -> Any:
    return load_trie(data_filename(f"trie/en/name_to_{kind}.marisa"))
