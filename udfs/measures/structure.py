"""What texts look like: lists, code, JSON, tables, options to choose from, and what kind of answer a response is."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from taskmill.udfs.near_duplicates.arrays import Mask

_LIST = r"(?m)^[ \t]*(?:[-*•‣–]|\d{1,3}[.)])[ \t]+\S.*\n(?:[ \t]*\n)?[ \t]*(?:[-*•‣–]|\d{1,3}[.)])[ \t]+\S"
_CODE = (
    r"(?m)```|^\s*(?:def|class) \w+.*:\s*$|^\s*(?:import \w+|from \w[\w.]* import )|^#include\s*[<\"]|"
    r"\bfunction\s*\w*\s*\([^)]*\)\s*\{|(?i)\bselect\b[^.\n]{1,200}\bfrom\b\s+\w+[^.\n]*(?:;|\bwhere\b|\bjoin\b)|"
    r"^\s*(?:public|private|static) [\w<>\[\] ]+\("
)
_TABLE = r"(?m)^[^\n|]*\|[^\n|]*\|[^\n]*\n[ \t]*\|?[ \t]*:?-{2,}|^[^\n\t]+\t[^\n]*\n[^\n\t]+\t|^\|.*\|\s*\n\|.*\|"
_MARKUP = r"(?m)^#{1,6} \S|\*\*[^*\n]+\*\*|</[a-zA-Z]+>"
_NUMBER = re.compile(r"[-+−]?[$€£]?\s?\d[\d.,\s]*(?:\s?[%°$€£]|\s[a-zA-Z]{1,12})?\.?")
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)|[。！？]")
# Options, each with its own label on its own line, or in a line after the other, or behind dashes under a heading.
_LABELLED = re.compile(r"(?m)^[ \t]*[(\[]?([A-Ja-j]|\d{1,2})[).:\]][ \t]+(\S[^\n]*)")
_IN_LINE = re.compile(
    r"[(\[]([A-Ja-j]|\d{1,2})[)\]]\s*([^()\[\]\n]{1,80}?)(?=\s*[,;]?\s*(?:or\s+)?[(\[][A-Ja-j\d]|[.?]?\s*$|\n)"
)
_HEADED = re.compile(
    r"(?im)^[^\n]*\b(?:options?|choices?|choose|select|pick|possible answers?)\b[^\n]*[:?]?[ \t]*\n"
    r"((?:[ \t]*[-*•][^\n]+(?:\n|$)){2,})"
)
_ITEM = re.compile(r"(?m)^[ \t]*[-*•][ \t]*([^\n]+)")
SHORT_WORDS, SHORT_CHARS = 5, 60  # scripts without blanks have one "word"
MOST_CHARS = 5_000  # of a prompt at its beginning, and as many at its end, that are searched for options
PATTERNS = {"list": _LIST, "code": _CODE, "table": _TABLE, "markup": _MARKUP}


def having(kind: str, texts: pa.StringArray) -> Mask:
    """Which texts hold something of a kind: `list` (two items or more), `code`, `table`, `markup`."""
    found: Mask = pc.match_substring_regex(texts, PATTERNS[kind]).to_numpy(zero_copy_only=False)
    return found


def is_json(text: str) -> bool:
    """Whether a text is one JSON object or array."""
    stripped = text.strip()
    if not stripped.startswith(("{", "[")) or not stripped.endswith(("}", "]")):
        return False
    try:
        json.loads(stripped)
    except (ValueError, RecursionError):
        return False
    return True


def are_json(texts: Sequence[str]) -> Mask:
    return np.array([is_json(text) for text in texts], bool)


def forms(texts: pa.StringArray) -> list[str]:
    """The form of each response: one of json, code, table, list, number, a few words, a sentence, sentences (of one
    paragraph) and paragraphs."""
    of_kind = {kind: having(kind, texts).tolist() for kind in ("code", "table", "list")}
    found = []
    for row, text in enumerate(texts.to_pylist()):
        kind = next((kind for kind, rows in of_kind.items() if rows[row]), None)
        found.append("json" if is_json(text) else kind or _prose(text))
    return found


def _prose(text: str) -> str:
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped):
        return "number"
    if "\n\n" in stripped:
        return "paragraphs"
    if len(_SENTENCE_END.findall(stripped)) > 1:
        return "sentences"
    is_short = len(stripped.split()) <= SHORT_WORDS and len(stripped) <= SHORT_CHARS
    return "a few words" if is_short else "a sentence"


def options_of(prompt: str) -> list[str]:
    """The answers that a prompt offers by list, with their labels in front where they have some; none if it has no
    such list.

    Found are lines or brackets labelled `A`, `B`... or `1`, `2`... from the first on, and dashes under a line that
    says that these are options. What is offered within a sentence (yes or no?) is not found.
    """
    if len(prompt) > 2 * MOST_CHARS:
        prompt = f"{prompt[:MOST_CHARS]}\n{prompt[-MOST_CHARS:]}"
    for pattern in (_LABELLED, _IN_LINE):
        offered = _in_order([(label, text.strip()) for label, text in pattern.findall(prompt)])
        if len(offered) > 1:
            return [f"{label}) {text}" for label, text in offered]
    headed = _HEADED.search(prompt)
    return [text.strip() for text in _ITEM.findall(headed[1])] if headed else []


def _in_order(offered: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The last run of labels that begins at A or 1 and misses none."""
    runs: list[list[tuple[str, str]]] = []
    for label, text in offered:
        if label.lower() in ("a", "1"):
            runs.append([(label, text)])
        elif runs and _place(label) == len(runs[-1]):
            runs[-1].append((label, text))
    return max(runs[::-1], key=len, default=[])


def _place(label: str) -> int:
    return int(label) - 1 if label.isdigit() else ord(label.lower()) - ord("a")


def is_offered(response: str, options: Sequence[str]) -> bool:
    """Whether a response is one of the options, or the label of one, or both: `B`, `(b)`, `B) a dog`."""
    told = _plain(response)
    for place, option in enumerate(options):
        label, text = option.split(") ", 1) if ") " in option[:4] else (str(place + 1), option)
        if told in (_plain(text), label.lower(), _plain(option)):
            return True
    return False


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[()\[\].:\"'*]+", " ", text.lower()).split())
