"""Presidio's recognisers behind the interface of our own. The package is an extra, and imported only when asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from taskmill.udfs.personal_data.kinds import CARD, EMAIL, IBAN, IP, NAME, NATIONAL_ID, PHONE, Span, apart
from taskmill.udfs.personal_data.recognise import recognised as by_own_rules

# Entities of Presidio that are of a kind; those it may know beyond these are not asked for.
ENTITIES = {
    "EMAIL_ADDRESS": EMAIL, "PHONE_NUMBER": PHONE, "CREDIT_CARD": CARD, "IBAN_CODE": IBAN, "IP_ADDRESS": IP,
    "PERSON": NAME, "US_SSN": NATIONAL_ID, "US_ITIN": NATIONAL_ID, "UK_NINO": NATIONAL_ID, "UK_NHS": NATIONAL_ID,
    "ES_NIF": NATIONAL_ID, "ES_NIE": NATIONAL_ID, "IT_FISCAL_CODE": NATIONAL_ID, "PL_PESEL": NATIONAL_ID,
    "FI_PERSONAL_IDENTITY_CODE": NATIONAL_ID, "IN_AADHAAR": NATIONAL_ID, "IN_PAN": NATIONAL_ID,
    "SG_NRIC_FIN": NATIONAL_ID, "AU_TFN": NATIONAL_ID, "AU_MEDICARE": NATIONAL_ID, "KR_RRN": NATIONAL_ID,
}  # fmt: skip
MIN_SCORE = 0.5
NEAR = 120  # characters between a name and the contact data that make it personal


def recognised(texts: Sequence[str], kinds: Collection[str], languages: Sequence[Sequence[str]]) -> list[list[Span]]:
    """The finds of these kinds in each text; a `kinds.Recogniser`. Texts in languages for which Presidio has no model
    are read by our own rules.

    Raises:
        ImportError: if Presidio is not installed; it says how to.
    """
    engine = _engine()
    known = set(engine.supported_languages)
    found: list[list[Span]] = []
    for text, tags in zip(texts, languages, strict=True):
        spoken = next((tag.partition("-")[0] for tag in tags if tag.partition("-")[0] in known), None)
        if spoken is None:
            found += by_own_rules([text], kinds, [tags])
        else:
            found.append(_in_text(engine, text, kinds, spoken))
    return found


def require() -> None:
    """Fails when Presidio is not installed.

    Raises:
        ImportError: which says how to install it.
    """
    try:
        import presidio_analyzer  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "engine 'presidio' needs a package: `pip install taskmill[presidio]`, and a spaCy model for each language, "
            "as in `python -m spacy download en_core_web_lg`; or set personal_data.engine: builtin"
        ) from error


@lru_cache(1)
def _engine() -> Any:
    require()
    from presidio_analyzer import AnalyzerEngine

    return AnalyzerEngine()


def _in_text(engine: Any, text: str, kinds: Collection[str], language: str) -> list[Span]:
    results = engine.analyze(text=text, language=language, score_threshold=MIN_SCORE)
    found = apart(Span(ENTITIES[one.entity_type], one.start, one.end) for one in results if one.entity_type in ENTITIES)
    contacts = [one for one in found if one.kind != NAME]
    return [one for one in found if one.kind in kinds and (one.kind != NAME or _is_near(one, contacts))]


def _is_near(name: Span, contacts: Sequence[Span]) -> bool:
    return any(name.start - NEAR <= one.end and one.start <= name.end + NEAR for one in contacts)
