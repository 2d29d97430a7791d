"""Numbers and texts as messages tell them: `1 task`, `2 tasks`, and nothing that a terminal would obey."""

from __future__ import annotations

import re

# Control characters but line ends and tabs, what turns the direction of text, invisible blanks, halves of pairs.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def counted(number: int, noun: str) -> str:
    """The number, thousands apart, and the noun, with an `s` unless there is one."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def visible(text: str) -> str:
    """The text with what a terminal would obey or hide written as in Python: `\\x1b`."""
    return HIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
