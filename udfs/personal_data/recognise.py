"""The recognisers of all kinds together: a regular expression over whole columns says which texts may have something,
and only these are looked at one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.personal_data.addresses import emails, ip_addresses, phone_numbers
from taskmill.udfs.personal_data.kinds import (
    CARD,
    EMAIL,
    IBAN,
    IP,
    NAME,
    NATIONAL_ID,
    PHONE,
    Span,
    apart,
)
from taskmill.udfs.personal_data.names import names
from taskmill.udfs.personal_data.numbers import NATIONAL_IDS, accounts, cards, national_ids

FEW_TEXTS = 30
RULES = "1"  # raise when the same text would give other finds
BETWEEN_DIGITS = "[ ()\\-./\u00a0\u2009\u202f\u2011]{0,2}"
# For RE2 and for Python, over texts or the JSON of their rows. Wide: what it lets through is looked at, what it leaves
# is not.
MAY_HAVE = {
    EMAIL: r"@|(?i:[(\[{] ?(?:at|ät|arroba|arobase|chiocciola) ?[)\]}])",
    PHONE: rf"\d(?:{BETWEEN_DIGITS}\d){{6}}",
    CARD: r"\d(?:[ -]?\d){12}",
    IBAN: r"[A-Za-z]{2}\d\d[ -]?[0-9A-Za-z]{2}",
    IP: r"\d\.\d{1,3}\.\d{1,3}\.\d|[0-9a-fA-F]{0,4}:[0-9a-fA-F]{0,4}:[0-9a-fA-F]{0,4}:|:[0-9a-fA-F]{1,4}::",
    NATIONAL_ID: rf"(?:\b|\\[bfnrt])(?:{'|'.join(one.without_lookahead for one in NATIONAL_IDS)})\b",
}

BY_FORM: Mapping[str, Callable[[str], Iterable[Span]]] = {
    EMAIL: emails, IBAN: accounts, CARD: cards, NATIONAL_ID: national_ids, IP: ip_addresses,
}  # fmt: skip


def may_have(texts: pa.StringArray, kinds: Collection[str]) -> pa.BooleanArray:
    """Which texts are worth a look for these kinds; null stays null.

    Args:
        texts: string, shape (n,); plain texts, or JSON with texts in it.
    """
    patterns = [MAY_HAVE[kind] for kind in MAY_HAVE if kind in kinds or NAME in kinds]
    if not patterns:
        return pc.if_else(pc.is_null(texts), None, False)
    return pc.match_substring_regex(texts, "|".join(patterns))


def recognised(texts: Sequence[str], kinds: Collection[str], languages: Sequence[Sequence[str]]) -> list[list[Span]]:
    """The finds of these kinds in each text; a `kinds.Recogniser`."""
    # All are looked for, whoever asks for some: what is a card number is no phone number.
    masks = [_matching(texts, kind) for kind in MAY_HAVE]
    worth = [
        {kind for kind, is_worth in zip(MAY_HAVE, row, strict=True) if is_worth} for row in zip(*masks, strict=True)
    ]
    return [_in_text(text, kinds, tags, may) for text, tags, may in zip(texts, languages, worth, strict=True)]


def _matching(texts: Sequence[str], kind: str) -> list[bool]:
    """Which texts may have the kind. RE2 is compiled for every call, which is dear for a few texts."""
    if len(texts) < FEW_TEXTS:
        return [_compiled(kind).search(text) is not None for text in texts]
    found: list[bool] = pc.match_substring_regex(pa.array(texts, pa.string()), MAY_HAVE[kind]).to_pylist()
    return found


@lru_cache
def _compiled(kind: str) -> re.Pattern[str]:
    return re.compile(MAY_HAVE[kind], re.ASCII)  # as RE2 takes digits and the ends of words


def _in_text(text: str, kinds: Collection[str], languages: Sequence[str], worth: Collection[str]) -> list[Span]:
    found: list[Span] = []
    for kind, recogniser in BY_FORM.items():
        if kind in worth:
            found += recogniser(text)
    if PHONE in worth and (PHONE in kinds or NAME in kinds):
        found += phone_numbers(text, languages)
    found = apart(found)
    if found and NAME in kinds:
        found = apart([*found, *names(text, found)])
    return [one for one in found if one.kind in kinds]
