"""Where two texts differ, word by word, for a person to see."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice

MOST_WORDS = 3_000  # of each text that are compared
MOST_CHARS = 60_000  # likewise: a word may be as long as a text
# Thai to Tibetan, Burmese, Khmer, kana, Han: no blanks between words, so that each character is compared by itself.
SPACELESS = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
TOKEN = re.compile(rf"([{SPACELESS}]|[^\s{SPACELESS}]+)(\s*)")
Token = tuple[str, str]  # a word, and what is behind it: a blank, the end of a line, or nothing


@dataclass(frozen=True)
class Piece:
    """A run of words of one text, and whether the other text lacks it there."""

    text: str
    only_here: bool = False


@dataclass(frozen=True)
class Comparison:
    """Both texts in pieces, and in words what a reader might not see."""

    left: tuple[Piece, ...]
    right: tuple[Piece, ...]
    note: str | None = None


def compared(left: str, right: str) -> Comparison:
    """The texts in pieces; of long ones the beginnings, with a note that says so. White space does not count."""
    (left_tokens, left_rest), (right_tokens, right_rest) = _tokens(left), _tokens(right)
    left_words, right_words = [word for word, _ in left_tokens], [word for word, _ in right_tokens]
    notes = [_sameness(left_words, right_words)] if left_rest == right_rest == 0 and left != right else []
    if left_rest or right_rest:
        notes.append(f"only the beginnings are compared: {left_rest:,} and {right_rest:,} characters are left out")
    left_pieces: list[Piece] = []
    right_pieces: list[Piece] = []
    for is_same, of_left, of_right in _runs(left_words, right_words):
        left_pieces += _pieces(left_tokens[of_left], not is_same)
        right_pieces += _pieces(right_tokens[of_right], not is_same)
    return Comparison(tuple(left_pieces), tuple(right_pieces), "; ".join(filter(None, notes)) or None)


def matched(left: Mapping[str, str], right: Mapping[str, str], by_name: bool) -> list[tuple[str | None, str | None]]:
    """Names of fields to set side by side: by name, or each with the one that has most words in common with it.

    Every field is there once; one that nothing fits stands alone, with None.
    """
    if by_name:
        names = list(dict.fromkeys([*left, *right]))
        return [(name if name in left else None, name if name in right else None) for name in names]
    words = [{name: {word for word, _ in _tokens(text)[0]} for name, text in side.items()} for side in (left, right)]
    shared = [(len(ours & theirs), one == other, one, other) for one, ours in words[0].items()
              for other, theirs in words[1].items()]  # fmt: skip
    partner: dict[str, str] = {}
    for count, has_same_name, one, other in sorted(shared, key=lambda pair: (-pair[0], not pair[1])):
        if (count or has_same_name) and one not in partner and other not in partner.values():
            partner[one] = other
    alone = [name for name in right if name not in partner.values()]
    return [*((name, partner.get(name)) for name in left), *((None, name) for name in alone)]


def _tokens(text: str) -> tuple[list[Token], int]:
    """The first tokens of a text, and how many characters are behind them."""
    found = list(islice(TOKEN.finditer(text[:MOST_CHARS]), MOST_WORDS))
    tokens = [(match[1], "\n" if "\n" in match[2] else " " if match[2] else "") for match in found]
    end = found[-1].end() if found else 0
    return tokens, len(text[end:].rstrip())


def _runs(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[bool, slice, slice]]:
    """Runs of words in order: whether both have them, and where they are in each."""
    head = _common(left, right)
    tail = _common(left[head:][::-1], right[head:][::-1])
    ends = len(left) - tail, len(right) - tail
    yield True, slice(0, head), slice(0, head)
    # It sets out from rare words only, which keeps the time near linear: else texts of few words would take minutes.
    # So equal ends are taken off before, which may have nothing but frequent ones.
    matcher = SequenceMatcher(None, left[head : ends[0]], right[head : ends[1]])
    for tag, left_from, left_to, right_from, right_to in matcher.get_opcodes():
        of_left, of_right = slice(head + left_from, head + left_to), slice(head + right_from, head + right_to)
        yield tag == "equal", of_left, of_right
    yield True, slice(ends[0], len(left)), slice(ends[1], len(right))


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """How many words both begin with."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(left), len(right)))


def _pieces(tokens: Sequence[Token], only_here: bool) -> Iterator[Piece]:
    """The words as one piece, and the white space behind the last as another: it is never marked."""
    if tokens:
        *before, (last, gap) = tokens
        yield Piece("".join(word + space for word, space in before) + last, only_here)
        if gap:
            yield Piece(gap)


def _sameness(left: Sequence[str], right: Sequence[str]) -> str | None:
    """In what alone different texts differ, where it is hard to see; None where words differ."""
    if left == right:
        return "equal but for white space"
    composed = [[unicodedata.normalize("NFC", word) for word in words] for words in (left, right)]
    if composed[0] == composed[1]:
        return "equal but for Unicode composition"
    lowered = [[word.lower() for word in words] for words in composed]
    return "equal but for upper and lower case" if lowered[0] == lowered[1] else None
