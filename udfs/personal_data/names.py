"""Names of people, where they stand beside a way to reach them. A name alone is in every other text, and no secret."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from taskmill.udfs.personal_data.kinds import EMAIL, IP, NAME, Span

WITHIN = 60  # characters between a name and what it stands beside
MIN_LETTERS = 3  # of a part of an address that is taken for a name
_CAPITALS = "".join(letter for letter in map(chr, range(0x41, 0x590)) if letter.isupper())
_WORD = rf"[{_CAPITALS}]\w*(?:['’-]\w+)*"
_PARTICLE = r"(?:(?:van|von|de|del|della|di|da|dos|la|le|den|der|zu|al|bin) )"
_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Frau|Herrn?|Mme|Mlle|M|Madame|Monsieur|Sr|Sra|Srta|Dña|Doña|Señora?|Sig|Sig\.ra|"
    r"Signora?|Dott|Dott\.ssa|Dra|Senhora?|Pani?|[Mm]evrouw|[Mm]eneer|dhr|mw)\.?"
)
TITLED = re.compile(rf"(?<!\w)(?:{_TITLE} )+{_PARTICLE}{{0,2}}{_WORD}(?: {_PARTICLE}{{0,2}}{_WORD}){{0,2}}")
WHOLE = re.compile(rf"(?<!\w){_WORD}(?: [A-Z]\.)?(?: {_PARTICLE}{{0,2}}{_WORD}){{1,2}}(?!\w)")
# Between a name and what belongs to it: a comma, a bracket, the end of a line, a word for the number.
JOINT = re.compile(r"(?:\n|\s?[,;:(<\[|–—-])\s?(?:(?:e-?mail|tel|tél|phone|mobile?|fax|telefon)\.?:?\s?)?", re.I)
# Capitals that begin a line or a label, and no name.
NO_NAMES = re.compile(
    r"(?<!\w)(?:call|phone|mobile|fax|tel|e-?mail|contact|office|hotline|support|customer|service|please|our|the|"
    r"telefon\w*|kontakt|praxis|fax|contatto|contacto|contato|whatsapp|university|ltd|inc|gmbh|company|corp)(?!\w)",
    re.IGNORECASE,
)


def names(text: str, contacts: Sequence[Span]) -> Iterator[Span]:
    """Names beside what was found in the text: behind a title (*Mrs*, *Herr*, *Sr.*), spelt in the e-mail address, or
    two or three capitalised words right before it."""
    for contact in contacts:
        first, last = max(0, contact.start - WITHIN), contact.end + WITHIN
        for start, end in ((first, contact.start), (contact.end, last)):
            found = [*TITLED.finditer(text, start, end)]
            if contact.kind == EMAIL:
                address = _plain(text[contact.start : contact.end].partition("@")[0])
                found += [one for one in WHOLE.finditer(text, start, end) if _is_spelt_in(one.group(), address)]
            if end == contact.start and contact.kind != IP:
                found += [one for one in WHOLE.finditer(text, start, end) if _is_right_before(text, one, contact)]
            yield from (Span(NAME, one.start(), one.end()) for one in found)


def _is_spelt_in(name: str, address: str) -> bool:
    parts = [part for part in re.split(r"[^a-z]+", address) if len(part) >= MIN_LETTERS]
    words = [word for word in re.split(r"\W+", _plain(name)) if len(word) >= MIN_LETTERS]
    last_names = [word for word in words[1:] if len(word) > MIN_LETTERS]
    return any(word in parts for word in words) or any(part.endswith(word) for part in parts for word in last_names)


def _is_right_before(text: str, name: re.Match[str], contact: Span) -> bool:
    return JOINT.fullmatch(text, name.end(), contact.start) is not None and NO_NAMES.search(name.group()) is None


def _plain(text: str) -> str:
    """Lower case without accents."""
    letters = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
