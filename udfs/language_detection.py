"""The language that a text is written in, by its bytes, and whether that is the one its source says.

The model is that of py3langid (naive Bayes over byte n-grams; Lui and Baldwin 2011, "Cross-domain Feature Selection for
Language Identification", retrained on 139 languages). It lies inside the package: no network, no file to ship. Every
process that detects loads it once, which takes about a second and 100 MB.
"""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from taskmill.udfs.languages import CACHED_TAGS, canonical, macrolanguage

# Measured on whole questions and news segments in 15 languages with blanks between words: of texts of 10 to 14 letters
# 14 in 100 are taken for another language, of 15 to 19 8, of 20 to 39 1 to 3, of 50 and more fewer than 1.
MIN_LETTERS = 20
# A letter of these scripts says more: none of 9,500 texts in Chinese, Japanese and Thai with five or more of them was
# taken for another language.
LETTERS = r"[\p{L}\p{M}]"
HEAVY_LETTERS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
HEAVY_WEIGHT = 4
# Of each text that is read, in characters: about 1 in 1,000 of 100 letters errs, and the time grows with the length.
MAX_CHARS = 500

NO_LANGUAGE = frozenset({"mis", "mul", "und", "zxx"})
BOKMAL, NORWEGIAN = "nb", "no"  # the model knows Bokmål by the code of both written forms


def detected(texts: pa.StringArray) -> tuple[pa.StringArray, pa.FloatArray]:
    """The language of each text and its probability, from the first `MAX_CHARS` characters.

    Args:
        texts: string or large_string, shape (n,).

    Returns:
        Canonical tags without script or country, string, shape (n,): `zxx` where the text is of no language (markup,
        numbers), null where the text is null or has fewer than `MIN_LETTERS` letters (letters of scripts that write a
        syllable or a word with each count `HEAVY_WEIGHT` times).
        Probabilities over the model's languages, float32, shape (n,), null where the language is.
    """
    heads = pc.utf8_slice_codeunits(texts, 0, MAX_CHARS)
    languages: list[str | None] = []
    probabilities: list[float | None] = []
    model, tags = _model(), _tags()
    for text in pc.if_else(_is_long_enough(heads), heads, None).to_pylist():
        if text is None:
            languages.append(None)
            probabilities.append(None)
        else:
            label, probability = model.classify(text)
            languages.append(tags[label])
            probabilities.append(probability)
    return pa.array(languages, pa.string()), pa.array(probabilities, pa.float32())


@lru_cache(CACHED_TAGS)
def agrees(declared: str | None, found: str | None) -> bool | None:
    """Whether a text found to be in one language may be what its source declares.

    Script and country do not count, and languages of one macrolanguage of ISO 639-3 agree, since the model often takes
    one for the other: `id` with `ms`, `hr` with `sr` and `bs`, `nb` with `nn` and `no`, `yue` with `zh`.

    Returns:
        None where either is null, no tag, or no single language, and where the model does not know the declared one:
        then it can only find another.
    """
    if declared is None or found is None:
        return None
    tag, other = canonical(declared), macrolanguage(found)
    if tag is None or other is None or other in NO_LANGUAGE or not is_known(tag):
        return None
    return macrolanguage(tag) == other


def is_known(tag: str) -> bool:
    """Whether the model can find the language of a tag; False for what is no tag and for `zxx`."""
    language = (canonical(tag) or "und").partition("-")[0]
    language = NORWEGIAN if language == BOKMAL else language
    return language not in NO_LANGUAGE and language in _tags().values()


def _is_long_enough(texts: pa.StringArray) -> pa.BooleanArray:
    letters = pc.count_substring_regex(texts, LETTERS)
    heavy = pc.count_substring_regex(texts, HEAVY_LETTERS)
    return pc.greater_equal(pc.add(letters, pc.multiply(heavy, HEAVY_WEIGHT - 1)), MIN_LETTERS)


@lru_cache
def _model() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache
def _tags() -> dict[str, str]:
    """The canonical tag of each of the model's labels, some of which are codes of ISO 639-3."""
    return {label: canonical(label) or label for label in _model().labels}
