"""The kinds of personal data that are looked for, and what a find is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

EMAIL, PHONE, CARD, IBAN, IP, NATIONAL_ID, NAME = "email", "phone", "card", "iban", "ip", "national_id", "name"
# Where two finds meet, the earlier kind holds: what has a checksum before what has only a form.
KINDS = (EMAIL, IBAN, CARD, NATIONAL_ID, IP, PHONE, NAME)
TOLD = {
    EMAIL: "e-mail addresses",
    PHONE: "phone numbers",
    CARD: "payment cards",
    IBAN: "bank accounts (IBAN)",
    IP: "IP addresses",
    NATIONAL_ID: "national identity numbers",
    NAME: "names near contact data",
}


class Span(NamedTuple):
    """A find: `text[start:end]` is of this kind."""

    kind: str
    start: int
    end: int


# For texts, the kinds wanted and the BCP-47 tags of each text: the finds in each, in order, none over another.
Recogniser = Callable[[Sequence[str], Collection[str], Sequence[Sequence[str]]], list[list[Span]]]


def flag(kind: str) -> str:
    """The flag of an example in which the kind was found, and left."""
    return f"personal_{kind}"


def redacted_flag(kind: str) -> str:
    """The flag of an example in whose text `placeholder` stands."""
    return f"redacted_{kind}"


def placeholder(kind: str) -> str:
    """What stands in a redacted text; no recogniser finds anything in it."""
    return f"[{kind.upper()}]"


def apart(found: Iterable[Span]) -> list[Span]:
    """Finds in the order of the text. Of those that overlap, the one of the earlier kind stays, and of one kind the
    longer."""
    kept: list[Span] = []
    for one in sorted(found, key=lambda span: (KINDS.index(span.kind), span.start - span.end, span.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda span: span.start)
