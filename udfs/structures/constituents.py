"""Constituent trees in the brackets of the Penn Treebank and back: `(S (NP (DT The) (NN cat)) (VP (VBD sat)))`.

A tree is a list: its label, then its children, which are trees or words: `["S", ["NP", ["DT", "The"], ["NN", "cat"]]]`.
In a word `-LRB-` and `-RRB-` stand for round brackets (Marcus, Santorini and Marcinkiewicz 1993; Bies et al. 1995). A
word that is itself spelt `-LRB-` keeps a backslash before it, blanks are `\\uXXXX`, and a backslash is doubled. Labels
stand as they are, so that the tag `-LRB-` does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from taskmill.udfs.structures.codec import Codec
from taskmill.udfs.structures.slots import if_written

_LABEL = re.compile(r"[^\s()]*")
_TOKEN = re.compile(r"\s*(?P<open>\()(?P<label>[^\s()]*)|\s*(?P<close>\))|\s*(?P<word>[^\s()]+)")
# A hyphen is told apart before what follows could be read as the name of a bracket.
_SPECIAL = re.compile(r"[\\()\s]|-(?=[LR]RB[-()])")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\([\\-])|-([LR])RB-|(\\)")
_BRACKETS = {"(": "-LRB-", ")": "-RRB-", "L": "(", "R": ")"}


def encode_constituents(tree: Any) -> str:
    """A tree on one line.

    Raises:
        ValueError: if `tree` is not of this shape, a word is empty, or a label holds brackets or blanks.
    """
    pieces: list[str] = []
    left: list[Any] = [tree]  # what is still to be written, the next one last; a None closes a bracket
    if not isinstance(tree, list):
        raise ValueError(f"a tree is a list, not {type(tree).__name__}")
    while left:
        node = left.pop()
        if node is None:
            pieces.append(")")
            continue
        if pieces:
            pieces.append(" ")
        if isinstance(node, list):
            pieces.append("(" + _label(node))
            left.append(None)
            left.extend(_child(child) for child in reversed(node[1:]))
        else:
            pieces.append(_word(node))
    return "".join(pieces)


def _label(node: list[Any]) -> str:
    if not node or not isinstance(node[0], str):
        raise ValueError("a tree begins with its label")
    if not _LABEL.fullmatch(node[0]):
        raise ValueError(f"the label {node[0]!r} holds brackets or blanks")
    return node[0]


def _child(child: Any) -> list[Any] | str:
    if not isinstance(child, list | str):
        raise ValueError(f"a child is a tree or a word, not {type(child).__name__}")
    return child


def _word(word: str) -> str:
    if not word:
        raise ValueError("a word is empty")
    return _SPECIAL.sub(_escaped, word)


def _escaped(found: re.Match[str]) -> str:
    special = found[0]
    if special in "\\-":
        return "\\" + special
    return _BRACKETS.get(special) or f"\\u{ord(special):04x}"  # no blank lies above U+FFFF


def _unescaped(found: re.Match[str]) -> str:
    code, escaped, bracket, stray = found.groups()
    if stray:
        raise ValueError(f"a backslash without its escape in a word, at its character {found.start()}")
    if bracket:
        return _BRACKETS[bracket]
    return chr(int(code, 16)) if code else str(escaped)


def tree_of(text: str) -> list[Any]:
    """The one tree in `text`; line breaks and indentation are as good as one blank.

    Raises:
        ValueError: if brackets do not match or anything stands outside them; the message says at which character.
    """
    open_trees: list[list[Any]] = []
    starts: list[int] = []
    tree: list[Any] | None = None
    end = len(text.rstrip())
    at = 0
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:  # every character is a blank, a bracket or part of a word
            raise ValueError(f"nothing that can be read at character {at}")
        at = found.end()
        start = at - len(found[0].lstrip())
        if tree is not None or (not open_trees and not found["open"]):
            raise ValueError(f"{found[0].strip()[:100]!r} at character {start} stands outside the tree")
        if found["open"]:
            open_trees.append([found["label"]])
            starts.append(start)
        elif found["word"]:
            open_trees[-1].append(_ESCAPE.sub(_unescaped, found["word"]))
        else:
            closed = open_trees.pop()
            starts.pop()
            if open_trees:
                open_trees[-1].append(closed)
            else:
                tree = closed
    if tree is None:
        raise ValueError(f"the bracket at character {starts[-1]} is not closed" if starts else "there is no tree")
    return tree


def decode_constituents(text: str) -> list[Any]:
    """What `encode_constituents` wrote.

    Raises:
        ValueError: for any other text, also for a tree with other blanks, which `tree_of` reads.
    """
    tree = tree_of(text)
    return if_written(tree, encode_constituents(tree), text)


CONSTITUENT_CODECS: Mapping[str, Codec] = {
    "as_constituents": Codec("as_constituents", encode_constituents, decode_constituents)
}
