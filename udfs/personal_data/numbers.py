"""Numbers with a checksum: payment cards, bank accounts, national identity numbers.

The checksums are those of python-stdnum: Luhn for cards (ISO/IEC 7812), mod 97 and the lengths of the registry for
IBAN (ISO 13616), and the rules of each country for the identity numbers of its people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import cast

from stdnum import iban as ibans
from stdnum import luhn

from taskmill.udfs.personal_data.cues import is_near
from taskmill.udfs.personal_data.kinds import CARD, IBAN, NATIONAL_ID, Span

# Nothing that goes on before or after: no longer number, no decimals, no part of a code.
START, STOP = (
    r"(?<![0-9A-Za-z])(?<![0-9][.,])(?<![0-9A-Za-z][-_/])",
    r"(?![0-9A-Za-z])(?![.,][0-9])(?![-_/][0-9A-Za-z])",
)
CARD_FORM = re.compile(rf"{START}\d(?:[ -]?\d){{12,18}}{STOP}")
CARD_GROUPS = re.compile(
    r"\d{4}(?:([ -])\d{4}){2}(?:\1\d{1,7})?|\d{4}([ -])\d{6}\2\d{4,5}|\d{13,19}|\d{4}( \d{2,4}){3,5}"
)
# Issuers by the first digits, and how long their numbers are (ISO/IEC 7812; the schemes' own tables).
ISSUERS = (
    (re.compile(r"4"), frozenset({13, 16, 19})),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), frozenset({16})),  # Mastercard
    (re.compile(r"3[47]"), frozenset({15})),  # American Express
    (re.compile(r"6011|64[4-9]|65"), frozenset({16, 19})),  # Discover
    (re.compile(r"35(?:2[89]|[3-8])"), frozenset({16})),  # JCB
    (re.compile(r"30[0-5]|3[689]"), frozenset({14})),  # Diners Club
    (re.compile(r"62"), frozenset({16, 17, 18, 19})),  # UnionPay
    (re.compile(r"50|5[6-9]|6[0-9]"), frozenset({16, 18, 19})),  # Maestro; its shorter ones are left out
)
IBAN_FORM = re.compile(rf"{START}[A-Za-z]{{2}}\d{{2}}(?:[ -]?[0-9A-Za-z]){{11,30}}")
IBAN_LENGTHS = (15, 34)


def cards(text: str) -> Iterator[Span]:
    """Numbers of payment cards: of a known issuer, of its length, grouped as people write them, and with the digit of
    Luhn."""
    for found in CARD_FORM.finditer(text):
        if is_card(found.group()):
            yield Span(CARD, found.start(), found.end())


def is_card(number: str) -> bool:
    """Whether this is the number of a payment card, with blanks or hyphens between its groups or not."""
    digits = re.sub(r"[ -]", "", number)
    return (
        CARD_GROUPS.fullmatch(number) is not None
        and len(set(digits)) > 1
        and any(issuer.match(digits) and len(digits) in lengths for issuer, lengths in ISSUERS)
        and bool(luhn.is_valid(digits))
    )


def accounts(text: str) -> Iterator[Span]:
    """IBANs. What follows one may look like a part of it, so the longest head that is valid is taken."""
    for found in IBAN_FORM.finditer(text):
        end = iban_end(found.group())
        if end:
            yield Span(IBAN, found.start(), found.start() + end)


def iban_end(text: str) -> int:
    """How many characters of the text are a valid IBAN; 0 for none."""
    places = [place for place, letter in enumerate(text) if letter.isalnum()]
    for length in range(min(len(places), IBAN_LENGTHS[1]), IBAN_LENGTHS[0] - 1, -1):
        end = places[length - 1] + 1
        if text[end : end + 1].isalnum():
            continue
        if ibans.is_valid(re.sub(r"[ -]", "", text[:end]), check_country=False):
            return end
    return 0


@dataclass(frozen=True)
class NationalId:
    """How the identity number of a country looks.

    Attributes:
        form: the whole number.
        module: of python-stdnum, whose `is_valid` decides; None where there is no checksum.
        cue: the list of words of which one must be near; None where the form says enough.
    """

    form: str
    module: str | None
    cue: str | None = None

    @property
    def without_lookahead(self) -> str:
        """The form for RE2, which looks at nothing twice."""
        return re.sub(r"\(\?!.*?\)", "", self.form)

    @property
    def is_valid(self) -> Callable[[str], bool]:
        return _validity(self.module)


@lru_cache
def _validity(module: str | None) -> Callable[[str], bool]:
    if module is None:
        return lambda number: True
    return cast("Callable[[str], bool]", import_module(f"stdnum.{module}").is_valid)


_DATE = r"(?:0[1-9]|[12]\d|3[01])"
# Bare digits need a word beside them: of all numbers of nine digits, every eleventh would do as a Dutch one.
NATIONAL_IDS = (
    NationalId(r"\d{3}-\d{2}-\d{4}", "us.ssn"),
    NationalId(r"\d{9}|\d{3} \d{2} \d{4}", "us.ssn", cue="us"),
    # Without a checksum; the letters that are never given out are those of HMRC's manual (NIM39110).
    NationalId(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D]", None, cue="gb"),
    NationalId(r"\d{8}-?[A-Z]|\d{2}\.\d{3}\.\d{3}-?[A-Z]", "es.dni"),
    NationalId(r"[XYZ]-?\d{7}-?[A-Z]", "es.nie"),
    NationalId(r"\d{2} \d{3} \d{3} \d{3}|\d{11}", "de.idnr", cue="de"),
    NationalId(r"[12] \d{2} \d{2} \d[\dAB] \d{3} \d{3} \d{2}", "fr.nir"),
    NationalId(r"[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}", "fr.nir", cue="fr"),
    NationalId(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", "it.codicefiscale"),
    NationalId(r"\d{11}", "pl.pesel", cue="pl"),
    NationalId(r"\d{9}|\d{4}\.\d{2}\.\d{3}", "nl.bsn", cue="nl"),
    NationalId(r"\d{3}\.\d{3}\.\d{3}-\d{2}", "br.cpf"),
    NationalId(r"\d{11}", "br.cpf", cue="br"),
    NationalId(r"[1-35]\d{8}|[1-35]\d{2} \d{3} \d{3}", "pt.nif", cue="pt"),
    NationalId(r"[2-9]\d{3} \d{4} \d{4}|[2-9]\d{11}", "in_.aadhaar", cue="in"),
    NationalId(rf"(?:\d{{2}})?\d{{2}}(?:0[1-9]|1[0-2]){_DATE}[-+]\d{{4}}", "se.personnummer"),
    NationalId(rf"{_DATE}(?:0[1-9]|1[0-2])\d{{2}}[-+A-FU-Y]\d{{3}}[0-9A-Y]", "fi.hetu"),
    NationalId(r"[1-9]\d{10}", "tr.tckimlik", cue="tr"),
    NationalId(rf"[1-8]\d{{5}}(?:19|20)\d{{2}}(?:0[1-9]|1[0-2]){_DATE}\d{{3}}[0-9X]", "cn.ric"),
    NationalId(rf"\d{{2}}(?:0[1-9]|1[0-2]){_DATE}-[1-8]\d{{6}}", "kr.rrn"),
    NationalId(r"\d{12}|\d{4} \d{4} \d{4}", "jp.in_", cue="jp"),
)
_FORMS = tuple((re.compile(rf"{START}(?:{one.form}){STOP}"), one) for one in NATIONAL_IDS)


def national_ids(text: str) -> Iterator[Span]:
    """Identity numbers of people, by form, checksum, and where these say too little, by a word near them."""
    for form, one in _FORMS:
        for found in form.finditer(text):
            if one.cue is not None and not is_near(one.cue, text, found.start(), found.end()):
                continue
            if one.is_valid(found.group().replace(".", "")):
                yield Span(NATIONAL_ID, found.start(), found.end())
