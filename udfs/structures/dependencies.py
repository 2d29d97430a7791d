"""Dependency trees and parts of speech as text and back.

A tree is a list of words `{"id", "form", "head", "deprel"}`, ids 1 to n in their order, head 0 for a root (Nivre et al.
2020, "Universal Dependencies v2"; the columns of CoNLL-U); a word may also hold `upos`. Ranges (`3-4`) and empty nodes
(`5.1`) of CoNLL-U are no words. Tags are a list of `{"form", "upos"}`.

Forms stand as they are where they can be read back, else as a JSON string: `"New York"/PROPN`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from taskmill.udfs.structures.codec import Codec, NotRoundTripError
from taskmill.udfs.structures.slots import QUOTED, if_written, is_plain, is_quoted

Word = dict[str, Any]

_KEYS = {"id", "form", "head", "deprel"}
# A bare atom begins with no quote, and not as the number of a word does (`10:30`).
_BARE = r'(?![0-9]+:)[^\s()/"][^\s()/]*'
_ATOM = rf"{QUOTED}|{_BARE}"
_WORD = rf"(?P<form>{_ATOM})(?:/(?P<upos>{_ATOM}))?"
_PIECE = re.compile(rf" ?(?:\((?P<deprel>{_ATOM})|(?P<close>\))|(?:(?P<id>[0-9]{{1,9}}):)?{_WORD})")
_HEAD_LINE = re.compile(rf"(?P<id>[0-9]{{1,9}}) {_WORD} -> (?P<head>[0-9]{{1,9}}) (?P<deprel>{_ATOM})")
_TAGGED = re.compile(rf' ?(?P<form>{QUOTED}|[^\s"]\S*)_(?P<upos>[^\s_]+)(?= |\Z)')
_BARE_ATOM = re.compile(_BARE)
_BARE_FORM = re.compile(r'[^\s"]\S*')
_UPOS = re.compile(r"[^\s_]+")
_NUMBER = re.compile(r"[0-9]{1,9}")


def checked_tree(words: Any) -> list[Word]:
    """`words`, if they are a tree, or several ones side by side.

    Raises:
        ValueError: if they are no words, have other ids than 1 to n, a head that is none of them, or a cycle.
    """
    if not isinstance(words, list) or not words:
        raise ValueError("a dependency tree is a list of one or more words")
    for number, word in enumerate(words, 1):
        _check_word(word, number, len(words))
    _check_acyclic([0] + [word["head"] for word in words])
    return words


def _check_word(word: Any, number: int, count: int) -> None:
    if not isinstance(word, dict) or word.keys() - {"upos"} != _KEYS:
        raise ValueError(f"word {number} has other keys than id, form, head, deprel and perhaps upos")
    if not all(isinstance(word.get(key, ""), str) for key in ("form", "deprel", "upos")):
        raise ValueError(f"word {number}: form, deprel and upos are text")
    if type(word["id"]) is not int or word["id"] != number:
        raise ValueError(f"word {number} has another id than its place in the list")
    if type(word["head"]) is not int or not 0 <= word["head"] <= count:
        raise ValueError(f"word {number} has a head that is no word")


def _check_acyclic(heads: list[int]) -> None:
    """Each word is walked over once: a walk ends at a root or at a word that an earlier walk has seen."""
    seen_by = [0] * len(heads)
    for word in range(1, len(heads)):
        at = word
        while at and not seen_by[at]:
            seen_by[at] = word
            at = heads[at]
        if at and seen_by[at] == word:
            raise ValueError(f"word {at} depends on itself")


def _atom(text: str) -> str:
    return text if _BARE_ATOM.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _text(atom: str) -> str:
    return str(json.loads(atom)) if atom[0] == '"' else atom


def _written_word(word: Word) -> str:
    return _atom(word["form"]) + ("/" + _atom(word["upos"]) if "upos" in word else "")


def _read_word(found: re.Match[str]) -> Word:
    word = {"form": _text(found["form"])}
    return word | {"upos": _text(found["upos"])} if found["upos"] else word


def _steps(tree: list[Word]) -> Iterator[tuple[str, Word]]:
    """The bracketing from left to right: where a word's bracket opens, where the word stands, where it closes."""
    dependents: list[list[Word]] = [[] for _ in range(len(tree) + 1)]
    for word in tree:
        dependents[word["head"]].append(word)
    left = [("open", word) for word in reversed(dependents[0])]  # what is still to come, the next one last
    while left:
        step, word = left.pop()
        yield step, word
        if step == "open":
            inner = dependents[word["id"]]
            left.append(("close", word))
            left.extend(("open", one) for one in reversed(inner) if one["id"] > word["id"])
            left.append(("word", word))
            left.extend(("open", one) for one in reversed(inner) if one["id"] < word["id"])


def encode_brackets(words: Any) -> str:
    """A bracket for each word: its relation, and the word among its dependents, on the side where it stands.

    `(root (nsubj I) saw (obj (det a) dog))` reads in the order of the sentence. Where arcs cross (non-projective trees)
    it cannot, and every word carries its id: `(root 2:saw ...)`.

    Raises:
        ValueError: as `checked_tree`.
    """
    steps = list(_steps(checked_tree(words)))
    order = [word["id"] for step, word in steps if step == "word"]
    numbered = order != sorted(order)
    pieces: list[str] = []
    for step, word in steps:
        if step == "open":
            pieces.append(" (" + _atom(word["deprel"]))
        elif step == "word":
            pieces.append(" " + (f"{word['id']}:" if numbered else "") + _written_word(word))
        else:
            pieces.append(")")
    return "".join(pieces)[1:]


@dataclass
class _Bracket:
    """A bracket that is still open."""

    deprel: str
    word: Word | None = None
    dependents: list[Word] = field(default_factory=list)

    def hold(self, word: Word, at: int) -> Word:
        if self.word is not None:
            raise ValueError(f"a bracket holds one word; a second one ends at character {at}")
        self.word = word
        word["deprel"] = self.deprel
        return word


def _close(open_brackets: list[_Bracket], at: int) -> None:
    """Closes the innermost bracket: its word is the head of its dependents, and depends on the word around it."""
    bracket = open_brackets.pop()
    if bracket.word is None:
        raise ValueError(f"the bracket that ends at character {at} holds no word")
    for dependent in bracket.dependents:
        dependent["head"] = bracket.word["id"]
    if open_brackets:
        open_brackets[-1].dependents.append(bracket.word)


def decode_brackets(text: str) -> list[Word]:
    """What `encode_brackets` wrote. Raises ValueError for any other text; its message says at which character."""
    stripped = text.strip()
    words: list[Word] = []
    open_brackets: list[_Bracket] = []
    at = 0
    while at < len(stripped):
        found = _PIECE.match(stripped, at)
        if found is None or not (open_brackets or found["deprel"]):
            raise ValueError(f"a bracket is wanted at character {at}, or a word in one")
        at = found.end()
        if found["deprel"]:
            open_brackets.append(_Bracket(_text(found["deprel"])))
        elif found["close"]:
            _close(open_brackets, at)
        else:
            word = {"id": int(found["id"] or len(words) + 1), **_read_word(found), "head": 0}
            words.append(open_brackets[-1].hold(word, at))
    if open_brackets:
        raise ValueError(f"{len(open_brackets)} brackets are not closed")
    words.sort(key=lambda word: int(word["id"]))
    return if_written(words, encode_brackets(words), text)


def _cell(text: str) -> str:
    return text if text and is_plain(text) else json.dumps(text, ensure_ascii=False)


def _of_cell(cell: str) -> str:
    return str(json.loads(cell)) if is_quoted(cell) else cell


def encode_table(words: Any) -> str:
    """A line `id<TAB>form<TAB>head<TAB>deprel` for each word, and `<TAB>upos` where it has one.

    Raises:
        ValueError: as `checked_tree`.
    """
    lines = []
    for word in checked_tree(words):
        texts = [_cell(word[key]) for key in ("form", "deprel", "upos") if key in word]
        lines.append("\t".join([str(word["id"]), texts[0], str(word["head"]), *texts[1:]]))
    return "\n".join(lines)


def decode_table(text: str) -> list[Word]:
    """What `encode_table` wrote. Raises ValueError for any other text; its message names the line."""
    words: list[Word] = []
    for number, line in enumerate(text.strip().split("\n"), 1):
        cells = line.split("\t")
        if len(cells) not in (4, 5) or not (_NUMBER.fullmatch(cells[0]) and _NUMBER.fullmatch(cells[2])):
            raise ValueError(f"line {number} is not id, form, head, deprel and perhaps upos")
        form, deprel, *upos = map(_of_cell, (cells[1], *cells[3:]))
        word = {"id": int(cells[0]), "form": form, "head": int(cells[2]), "deprel": deprel}
        words.append(word | {"upos": upos[0]} if upos else word)
    return if_written(words, encode_table(words), text)


def encode_head_lines(words: Any) -> str:
    """A line `id form -> head deprel` for each word: `3 saw/VERB -> 0 root`.

    Raises:
        ValueError: as `checked_tree`.
    """
    tree = checked_tree(words)
    return "\n".join(f"{w['id']} {_written_word(w)} -> {w['head']} {_atom(w['deprel'])}" for w in tree)


def decode_head_lines(text: str) -> list[Word]:
    """What `encode_head_lines` wrote. Raises ValueError for any other text; its message names the line."""
    words: list[Word] = []
    for number, line in enumerate(text.strip().split("\n"), 1):
        found = _HEAD_LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"line {number} is not 'id form -> head deprel'")
        numbers = {"id": int(found["id"]), "head": int(found["head"])}
        words.append({**numbers, **_read_word(found), "deprel": _text(found["deprel"])})
    return if_written(words, encode_head_lines(words), text)


def _checked_tags(words: Any) -> list[Word]:
    if not isinstance(words, list) or not words:
        raise ValueError("tagged words are a list of one or more")
    for number, word in enumerate(words, 1):
        if not isinstance(word, dict) or word.keys() != {"form", "upos"}:
            raise ValueError(f"word {number} has other keys than form and upos")
        if not all(isinstance(value, str) for value in word.values()):
            raise ValueError(f"word {number}: form and upos are text")
    return words


def encode_pos_lines(words: Any) -> str:
    """A line `form<TAB>UPOS` for each word.

    Raises:
        ValueError: if `words` is no list of one or more `{"form": str, "upos": str}`.
    """
    return "\n".join(f"{_cell(word['form'])}\t{_cell(word['upos'])}" for word in _checked_tags(words))


def decode_pos_lines(text: str) -> list[Word]:
    """What `encode_pos_lines` wrote. Raises ValueError for any other text; its message names the line."""
    words: list[Word] = []
    for number, line in enumerate(text.strip().split("\n"), 1):
        form, tab, upos = line.partition("\t")
        if not tab:
            raise ValueError(f"line {number} is not form, tab, tag")
        words.append({"form": _of_cell(form), "upos": _of_cell(upos)})
    return if_written(words, encode_pos_lines(words), text)


def encode_pos_inline(words: Any) -> str:
    """Each word with its tag behind the last underscore: `I_PRON saw_VERB`; underscores of a form may stay.

    Raises:
        ValueError: as `encode_pos_lines`.
        NotRoundTripError: if a tag is empty or holds an underscore or a blank, which would hide where it begins.
    """
    return " ".join(_inline(word["form"], word["upos"]) for word in _checked_tags(words))


def _inline(form: str, upos: str) -> str:
    if not _UPOS.fullmatch(upos):
        raise NotRoundTripError(f"the tag {upos!r} is empty, or holds an underscore or a blank")
    return (form if _BARE_FORM.fullmatch(form) else json.dumps(form, ensure_ascii=False)) + "_" + upos


def decode_pos_inline(text: str) -> list[Word]:
    """What `encode_pos_inline` wrote. Raises ValueError for any other text; its message says at which character."""
    stripped = text.strip()
    words: list[Word] = []
    at = 0
    while at < len(stripped):
        found = _TAGGED.match(stripped, at)
        if found is None:
            raise ValueError(f"form_TAG is wanted at character {at}")
        words.append({"form": _text(found["form"]), "upos": found["upos"]})
        at = found.end()
    return if_written(words, encode_pos_inline(words), text)


DEPENDENCY_CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("as_brackets", encode_brackets, decode_brackets),
        Codec("as_dependency_table", encode_table, decode_table),
        Codec("as_head_lines", encode_head_lines, decode_head_lines),
    )
}
POS_CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("as_pos_lines", encode_pos_lines, decode_pos_lines),
        Codec("as_pos_inline", encode_pos_inline, decode_pos_inline),
    )
}
