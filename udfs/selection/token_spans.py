"""Which of a model's tokens make up the response, in what a server echoes of a prompt and its response.

Servers tell where a token begins in different ways. A beginning of text that is no part of it shifts all offsets
(vLLM, whose offsets are sums of the lengths of tokens), and a character of several tokens counts as several, as one or
as none. So offsets are believed where the tokens stand there in the text; else the text is walked along with the
tokens; and where neither leads from its beginning to its end, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Span = tuple[int, int]  # of characters of the text, the end left out
PARTIAL = re.compile("\ufffd|<0x[0-9A-Fa-f]{2}>")  # of a character that several tokens share
WORD_MARK = "\u2581"  # what SentencePiece writes for a blank


def response_tokens(tokens: Sequence[str], offsets: Sequence[object], text: str, begin: int) -> range | None:
    """The places of the tokens that have any part of the text from `begin` on: a token on both sides counts, and one
    that was generated after the text does not.

    Args:
        tokens: as the server writes them.
        offsets: where they begin, in characters; what is none of that is not believed.
        begin: where the response begins, in characters.

    Returns:
        None if it cannot be told.
    """
    spans = _believed(tokens, offsets, text) or _walked(tokens, text)
    if spans is None:
        return None
    first = next((place for place, (start, end) in enumerate(spans) if start >= begin or end > begin), len(spans))
    shared = [one for one in spans if one == spans[first]] if first < len(spans) else []
    if len(shared) > 1 and shared[0][0] < begin < shared[0][1]:
        return None  # tokens that share characters on both sides
    return range(first, len(spans))


def _believed(tokens: Sequence[str], offsets: Sequence[object], text: str) -> list[Span] | None:
    """The spans by the server's own offsets, if every token stands where it is said to."""
    starts = [one for one in offsets if type(one) is int]
    if not starts or len(starts) != len(tokens) or starts != sorted(starts) or starts[0] != 0:
        return None
    spans: list[Span] = []
    for place, (token, start) in enumerate(zip(tokens, starts, strict=True)):
        if start >= len(text):
            break
        if not text.startswith(token, start):
            return None
        following = starts[place + 1] if place + 1 < len(starts) else start + len(token)
        spans.append((start, min(following, len(text))))
    return spans if spans[-1][1] == len(text) else None


def _walked(tokens: Sequence[str], text: str) -> list[Span] | None:
    """The spans by finding one token after the other."""
    spans: list[Span] = []
    at, waiting = 0, 0  # waiting: characters that tokens whose text is not known may have
    for token in tokens:
        if at >= len(text):
            break
        if (PARTIAL.search(token) and not text.startswith(token, at)) or (waiting and not token):
            waiting += len(PARTIAL.sub("x", token))
            spans.append((at, -1))
            continue
        found = _after_partial(token, text, at, waiting) if waiting else _found(token, text, at)
        if found is None:
            return None
        if waiting:
            spans = _until(found[0], spans)
        at, waiting = found[1], 0
        spans.append(found)
    if waiting and len(text) - at <= waiting:
        at = len(text)
        spans = _until(at, spans)
    return spans if not text[at:].strip() and all(end >= 0 for _, end in spans) else None


def _until(here: int, spans: list[Span]) -> list[Span]:
    """The spans with those that had no end ending here."""
    return [(start, here if end < 0 else end) for start, end in spans]


def _found(token: str, text: str, at: int) -> Span | None:
    """Where the token stands in the text from `at` on."""
    if text.startswith(token, at):
        return at, at + len(token)
    word = token.replace(WORD_MARK, " ").lstrip()  # a blank before it may be there or not
    start = len(text) - len(text[at:].lstrip())
    if word and text.startswith(word, start):
        return at, start + len(word)
    if not word:  # a blank alone: it is taken with the word behind it
        return at, at
    return (0, 0) if at == 0 else None  # such as the mark of a beginning, which is no part of the text


def _after_partial(token: str, text: str, at: int, waiting: int) -> Span | None:
    """Where the first token of known text stands, behind others that share the characters before."""
    for start in range(at + 1, min(at + waiting, len(text)) + 1):
        if text.startswith(token.replace(WORD_MARK, " "), start):
            return start, start + len(token)
    return None
