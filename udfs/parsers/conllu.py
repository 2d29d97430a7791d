"""CoNLL-U, the format of Universal Dependencies: sentences with words, their tags and their trees; and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from taskmill.udfs.parsers.conll import Block, bad_block, blocks, first_line
from taskmill.udfs.parsers.records import BadRecord, File, Found, Record

UNSPECIFIED = "_"
NO_SPACE = "SpaceAfter=No"
COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_OF_RANGES = ("form", "feats", "misc")
_OF_EMPTY_NODES = ("form", "lemma", "upos", "xpos", "feats", "deps", "misc")

_STRING, _INT = pa.string(), pa.int32()


def _list_of(**members: pa.DataType) -> pa.DataType:
    return pa.list_(pa.struct(list(members.items())))


WORDS = _list_of(**{name: _INT if name in ("id", "head") else _STRING for name in COLUMNS})
RANGES = _list_of(first=_INT, last=_INT, **dict.fromkeys(_OF_RANGES, _STRING))
EMPTY_NODES = _list_of(after=_INT, number=_INT, **dict.fromkeys(_OF_EMPTY_NODES, _STRING))
SCHEMA = pa.schema(
    [
        ("sent_id", _STRING), ("text", _STRING), ("comments", pa.list_(_STRING)),
        ("metadata", pa.map_(_STRING, _STRING)),
        ("words", WORDS), ("ranges", RANGES), ("empty_nodes", EMPTY_NODES),
    ]
)  # fmt: skip

_COUNT = "[1-9][0-9]{0,8}"  # no leading zeros, so that what is read is written as it was; 32 bits
_WORD_ID = re.compile(_COUNT)
_RANGE_ID = re.compile(f"({_COUNT})-({_COUNT})")
_EMPTY_NODE_ID = re.compile(rf"(0|{_COUNT})\.({_COUNT})")
_HEAD = re.compile(f"0|{_COUNT}")
_COMPULSORY = re.compile(r"#[ \t]*(sent_id|text)[ \t]*=(.*)")  # blanks around the key and the sign are free

Row = Mapping[str, Any]


class _FaultError(ValueError):
    """What is wrong, and the number of the line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Conllu:
    """CoNLL-U files (https://universaldependencies.org/format.html; Nivre et al. 2020, "Universal Dependencies v2",
    https://aclanthology.org/2020.lrec-1.497).

    One record a sentence. `words` are its syntactic words; `ranges` the tokens that stand for several of them (`3-4`),
    from `first` to `last`; `empty_nodes` those of enhanced graphs, `number` from 1 `after` a word or 0. `_` is null,
    except where it may be the sign itself: as form of a word or range, and as lemma of a word with this form.
    `comments` are whole lines. `metadata` has their keys and values, the first of each key; a comment that is not
    `# key = value` is a key with an empty value. `sent_id` is null without its comment, and `text` is then
    `sentence_text`. `conllu_lines` writes all of it back.

    Attributes:
        trees: whether the words must be a tree, as in UD treebanks: each has a head and a relation, one is the root,
            none depends on itself. Without, heads and relations may be missing, as in text that is only tagged.

    A sentence is a bad record, with the line of the first fault in the detail, if a line is no UTF-8 or has no ten
    columns, ids are not as the format orders them, a column has what it cannot have, a head is no word, `sent_id` or
    `text` stands twice, a comment stands behind a word, or there are no words.
    """

    trees: bool = True

    @property
    def schema(self) -> pa.Schema:
        return SCHEMA

    def records(self, file: File) -> Iterator[Found]:
        """Every sentence of a file; see `Parser.records`."""
        for block in blocks(file.content, " "):  # a line of TABs is one with empty columns
            yield self._sentence(block)

    def _sentence(self, block: Block) -> Found:
        sentence = _Sentence()
        try:
            for number, line in enumerate(block, first_line(block)):
                if isinstance(line, BadRecord):
                    return bad_block(block, number, line.detail, line.reason)
                sentence.add(number, line.text)
            sentence.finish(self.trees)
        except _FaultError as error:
            return bad_block(block, error.line, str(error))
        return Record(sentence.values(), first_line(block))


@dataclass
class _Sentence:
    """What has been read so far.

    Attributes:
        last_line, range_line: the numbers of the last line, and of the last one with a range.
        word_lines: the number of each word's line.
    """

    comments: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    words: list[dict[str, Any]] = field(default_factory=list)
    ranges: list[dict[str, Any]] = field(default_factory=list)
    empty_nodes: list[dict[str, Any]] = field(default_factory=list)
    word_lines: list[int] = field(default_factory=list)
    last_line: int = 0
    range_line: int = 0

    def add(self, number: int, line: str) -> None:
        """Takes the next line.

        Raises:
            _FaultError: if it cannot stand there.
        """
        self.last_line = number
        if line.startswith("#"):
            self._add_comment(line)
            return
        cells = line.split("\t")
        if len(cells) != len(COLUMNS):
            raise self._fault(f"{len(cells)} columns where {len(COLUMNS)} belong")
        row = dict(zip(COLUMNS, cells, strict=True))
        for name, cell in row.items():
            if not cell:
                raise self._fault(f"the {name} is empty")
        if _WORD_ID.fullmatch(row["id"]):
            self._add_word(row)
        elif found := _RANGE_ID.fullmatch(row["id"]):
            self._add_range(int(found[1]), int(found[2]), row)
        elif found := _EMPTY_NODE_ID.fullmatch(row["id"]):
            self._add_empty_node(int(found[1]), int(found[2]), row)
        else:
            raise self._fault(f"{row['id'][:40]!r} is no id")

    def _fault(self, message: str) -> _FaultError:
        return _FaultError(self.last_line, message)

    def _add_comment(self, line: str) -> None:
        if self.words or self.ranges or self.empty_nodes:
            raise self._fault("a comment stands behind a word; a blank line may be missing before it")
        self.comments.append(line)
        compulsory = _COMPULSORY.fullmatch(line)
        if compulsory is None:
            key, _, value = line[1:].partition(" = ")
            self.metadata.setdefault(key.strip(" \t"), value.strip(" \t"))
            return
        key, value = compulsory[1], compulsory[2].strip(" \t")
        if key in self.named:
            raise self._fault(f"{key} stands twice")
        self.named[key] = self.metadata[key] = value

    def _add_word(self, row: Mapping[str, str]) -> None:
        if row["id"] != str(len(self.words) + 1):
            raise self._fault(f"word {row['id']} where {len(self.words) + 1} belongs")
        if row["head"] != UNSPECIFIED and not _HEAD.fullmatch(row["head"]):
            raise self._fault(f"the head {row['head'][:40]!r} is no number of a word")
        word: dict[str, Any] = {name: _value(cell) for name, cell in row.items()}
        if row["form"] == UNSPECIFIED:
            word["form"], word["lemma"] = row["form"], row["lemma"]
        word["id"] = int(row["id"])
        word["head"] = None if word["head"] is None else int(row["head"])
        self.words.append(word)
        self.word_lines.append(self.last_line)

    def _add_range(self, first: int, last: int, row: Mapping[str, str]) -> None:
        covered = self.ranges[-1]["last"] if self.ranges else 0
        if first != len(self.words) + 1 or last < first or first <= covered:
            raise self._fault(f"the range {row['id']} is empty, overlaps another or skips words")
        self._check_unspecified(row, _OF_RANGES)
        values = {name: _value(row[name]) for name in _OF_RANGES}
        self.ranges.append({"first": first, "last": last, **values, "form": row["form"]})
        self.range_line = self.last_line

    def _add_empty_node(self, after: int, number: int, row: Mapping[str, str]) -> None:
        before = self.empty_nodes[-1] if self.empty_nodes else {}
        wanted = before["number"] + 1 if before.get("after") == len(self.words) else 1
        if (after, number) != (len(self.words), wanted):
            raise self._fault(f"the empty node {row['id']} where {len(self.words)}.{wanted} would belong")
        if self.ranges and self.ranges[-1]["first"] > len(self.words):
            raise self._fault(f"the empty node {row['id']} stands between a range and its first word")
        self._check_unspecified(row, _OF_EMPTY_NODES)
        self.empty_nodes.append({"after": after, "number": number, **{n: _value(row[n]) for n in _OF_EMPTY_NODES}})

    def _check_unspecified(self, row: Mapping[str, str], allowed: Sequence[str]) -> None:
        for name, cell in row.items():
            if name != "id" and name not in allowed and cell != UNSPECIFIED:
                raise self._fault(f"{row['id']} has a {name}, which only words have")

    def finish(self, trees: bool) -> None:
        """Checks what needs all lines.

        Raises:
            _FaultError: if they are no sentence.
        """
        if not self.words:
            raise self._fault("there are no words")
        if self.ranges and self.ranges[-1]["last"] > len(self.words):
            last = self.ranges[-1]
            message = f"the range {last['first']}-{last['last']} goes beyond the last word, {len(self.words)}"
            raise _FaultError(self.range_line, message)
        for word, line in zip(self.words, self.word_lines, strict=True):
            if word["head"] is not None and word["head"] > len(self.words):
                raise _FaultError(line, f"the head {word['head']} is beyond the last word, {len(self.words)}")
            if trees and (word["head"] is None or word["deprel"] is None):
                raise _FaultError(line, f"word {word['id']} has no head or no relation")
        if trees:
            self._check_tree()

    def _check_tree(self) -> None:
        heads = [0, *(word["head"] for word in self.words)]
        roots = [word for word in range(1, len(heads)) if heads[word] == 0]
        if len(roots) > 1:
            raise _FaultError(self.word_lines[roots[1] - 1], f"words {roots[0]} and {roots[1]} are both roots (head 0)")
        cyclic = _word_in_cycle(heads)
        if cyclic is not None:
            raise _FaultError(self.word_lines[cyclic - 1], f"word {cyclic} depends on itself")

    def values(self) -> dict[str, Any]:
        """The record."""
        text = self.named.get("text")
        return {
            "sent_id": self.named.get("sent_id"),
            "text": sentence_text(self.words, self.ranges) if text is None else text,
            "comments": self.comments,
            "metadata": list(self.metadata.items()),
            "words": self.words,
            "ranges": self.ranges,
            "empty_nodes": self.empty_nodes,
        }


def _value(cell: str) -> str | None:
    return None if cell == UNSPECIFIED else cell


def _word_in_cycle(heads: Sequence[int]) -> int | None:
    """A word whose heads lead back to it; each word is walked over once. A sentence without a root has one."""
    seen_by = [0] * len(heads)
    for start in range(1, len(heads)):
        word = start
        while word and not seen_by[word]:
            seen_by[word] = start
            word = heads[word]
        if word and seen_by[word] == start:
            return word
    return None


def sentence_text(words: Sequence[Row], ranges: Sequence[Row]) -> str:
    """The sentence before it was cut into tokens: a blank behind each but the last and those with `SpaceAfter=No`.

    A range stands for its words, whose own `SpaceAfter` says nothing. Args are columns of a `Conllu` record.
    """
    by_first = {token["first"]: token for token in ranges}
    pieces: list[str] = []
    covered, gap = 0, ""
    for word in words:
        if word["id"] > covered:
            token = by_first.get(word["id"], word)
            covered = token.get("last", covered)
            pieces += [gap, token["form"]]
            gap = "" if NO_SPACE in (token["misc"] or "").split("|") else " "
    return "".join(pieces)


def conllu_lines(record: Row) -> list[str]:
    """The lines of a `Conllu` record as they stood in its file, without the blank line behind them."""
    ranges = {token["first"]: token for token in record["ranges"]}
    behind: dict[int, list[str]] = {}
    for node in record["empty_nodes"]:
        behind.setdefault(node["after"], []).append(_line(f"{node['after']}.{node['number']}", node))
    found = [*record["comments"], *behind.get(0, [])]
    for word in record["words"]:
        token = ranges.get(word["id"])
        if token is not None:
            found.append(_line(f"{token['first']}-{token['last']}", token))
        found += [_line(str(word["id"]), word), *behind.get(word["id"], [])]
    return found


def _line(identifier: str, row: Row) -> str:
    cells = (row.get(name) for name in COLUMNS[1:])
    return "\t".join([identifier, *(UNSPECIFIED if cell is None else str(cell) for cell in cells)])
