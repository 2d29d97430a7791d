"""CoNLL files: a token and its labels on each line, a blank line after each sentence."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from taskmill.udfs.parsers.records import (
    SHOWN_CHARS,
    UNREADABLE_RECORD,
    BadRecord,
    File,
    Found,
    Line,
    Record,
    lines,
    shown,
)
from taskmill.udfs.structures.spans import SCHEMES, spans_of_tags

DOCUMENT_START = "-DOCSTART-"
TOKEN, NAMELESS = "token", "_"
WHITE_SPACE = " \t"  # no other: U+00A0 and its like are tokens in published tweets
DETAIL_CHARS = 300

_STRING, _STRINGS, _INT = pa.string(), pa.list_(pa.string()), pa.int32()
ENTITIES = pa.list_(
    pa.struct(
        [("text", _STRING), ("type", _STRING), ("start", _INT), ("end", _INT), ("first", _INT), ("last", _INT)]
    )
)  # fmt: skip
_OWN_COLUMNS = ("tokens", "text", "entities", "document")
_SEPARATORS = ("whitespace", "tab", "blank")
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

Block = list[Line | BadRecord]


class _FaultError(ValueError):
    """What is wrong with a line."""


@dataclass(frozen=True)
class Conll:
    """Token-per-line files, as in the shared tasks of CoNLL (Tjong Kim Sang and De Meulder 2003, "Introduction to the
    CoNLL-2003 Shared Task", https://aclanthology.org/W03-0419).

    One record a sentence: `tokens`, a list under the name of each other column, `text` (the tokens with `joiner`
    between them), `entities` if there are entity tags, and `document`, the number of `-DOCSTART-` lines so far, null
    before the first. Such a line ends a sentence, and is none itself. Of an entity, `start` and `end` count code
    points of `text`, `end` excluded, and `first` and `last` are tokens from 0, `last` included.

    Attributes:
        columns: the names of the columns in their order, separated by blanks; one is `token`, and `_` leaves one out.
        separator: "whitespace" (one or more blanks and TABs, also at the ends of a line), "tab" or "blank" (one each).
        tags: the column that holds entity tags; empty if none does.
        scheme: of these tags: "bio", "iob1" or "bioes" (also as BILOU); see `udfs.structures.spans`.
        comment: how lines begin that are left out where they stand before the first token of a sentence. Empty: no
            line does. In tweets `#` begins tokens.
        joiner: between two tokens; empty for scripts that write no blanks.

    A sentence is a bad record, with the line of its first fault in the detail, if a line is no UTF-8, has more or fewer
    columns or a blank one, or a tag is not one that the scheme allows there.

    Raises:
        ValueError: if an option has a value that it cannot have; the message names the option.
    """

    columns: str = "token tag"
    separator: str = "whitespace"
    tags: str = "tag"
    scheme: str = "bio"
    comment: str = ""
    joiner: str = " "

    def __post_init__(self) -> None:
        _check_columns(self.columns.split())
        for option, known in (("separator", _SEPARATORS), ("scheme", SCHEMES)):
            if getattr(self, option) not in known:
                raise ValueError(f"{option}: {getattr(self, option)!r} is none of {', '.join(known)}")
        if self.tags and self.tags not in self._labels:
            there = ", ".join(self._labels) or "none"
            raise ValueError(f"tags: no column {self.tags!r} beside the tokens (there is {there}); '' if none has tags")

    @property
    def schema(self) -> pa.Schema:
        """The columns of its records; `entities` only if `tags` names a column."""
        columns = [("tokens", _STRINGS), *((name, _STRINGS) for name in self._labels), ("text", _STRING)]
        entities = [("entities", ENTITIES)] if self.tags else []
        return pa.schema([*columns, *entities, ("document", _INT)])

    @property
    def _labels(self) -> list[str]:
        return [name for name in self.columns.split() if name not in (TOKEN, NAMELESS)]

    def records(self, file: File) -> Iterator[Found]:
        """Every sentence of a file; see `Parser.records`."""
        for document, sentence in self._sentences(file.content):
            yield self._sentence(document, sentence)

    def _sentences(self, content: bytes) -> Iterator[tuple[int | None, Block]]:
        """The lines of each sentence, without comments, and the number of its document."""
        document: int | None = None
        for block in blocks(content, WHITE_SPACE):
            sentence: Block = []
            for line in block:
                if isinstance(line, Line) and _starts_document(line.text):
                    if sentence:
                        yield document, sentence
                    sentence = []
                    document = (document or 0) + 1
                elif sentence or not self._is_comment(line):
                    sentence.append(line)
            if sentence:
                yield document, sentence

    def _is_comment(self, line: Line | BadRecord) -> bool:
        return isinstance(line, Line) and bool(self.comment) and line.text.startswith(self.comment)

    def _sentence(self, document: int | None, sentence: Block) -> Found:
        names = self.columns.split()
        rows: list[list[str]] = []
        for number, line in enumerate(sentence, first_line(sentence)):
            if isinstance(line, BadRecord):
                return bad_block(sentence, number, line.detail, line.reason)
            try:
                rows.append(self._cells(line.text, len(names)))
            except _FaultError as error:
                return bad_block(sentence, number, str(error))
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        tokens = columns.pop(TOKEN)
        columns.pop(NAMELESS, None)
        text = self.joiner.join(tokens)
        values: dict[str, Any] = {"tokens": tokens, **columns, "text": text, "document": document}
        if self.tags:
            try:
                values["entities"] = self._entities(tokens, columns[self.tags], text)
            except ValueError as error:
                number = first_line(sentence) + _first_refused(columns[self.tags], self.scheme)
                return bad_block(sentence, number, str(error)[:DETAIL_CHARS])
        return Record(values, first_line(sentence))

    def _cells(self, line: str, count: int) -> list[str]:
        if self.separator == "whitespace":
            cells = [cell for cell in line.replace("\t", " ").split(" ") if cell]
        else:
            cells = line.split("\t" if self.separator == "tab" else " ")
        if len(cells) != count:
            raise _FaultError(f"{len(cells)} columns where {count} belong")
        blank = next((place for place, cell in enumerate(cells, 1) if not cell.strip(WHITE_SPACE)), None)
        if blank is not None:
            raise _FaultError(f"column {blank} is blank")
        return cells

    def _entities(self, tokens: list[str], tags: list[str], text: str) -> list[dict[str, Any]]:
        starts = [0]
        for token in tokens:
            starts.append(starts[-1] + len(token) + len(self.joiner))
        found: list[dict[str, Any]] = []
        for span in spans_of_tags(tags, self.scheme):
            start, end = starts[span.start], starts[span.end] - len(self.joiner)
            places = {"start": start, "end": end, "first": span.start, "last": span.end - 1}
            found.append({"text": text[start:end], "type": span.type, **places})
        return found


def _check_columns(names: list[str]) -> None:
    named = [name for name in names if name != NAMELESS]
    for name in named:
        if not _COLUMN.fullmatch(name):
            raise ValueError(f"columns: {name!r}; a name is letters, digits and underscores, with a letter first")
        if name.lower() in _OWN_COLUMNS:
            raise ValueError(f"columns: {name!r} is the name of a column that every record has")
    if TOKEN not in named:
        raise ValueError(f"columns: one must be {TOKEN!r}, not only {', '.join(names) or 'none'}")
    if len({name.lower() for name in named}) < len(named):  # SQL does not tell upper from lower case
        raise ValueError(f"columns: {' '.join(names)!r} repeats a name")


def blocks(content: bytes, blank: str) -> Iterator[Block]:
    """The lines between those that are empty or hold nothing but characters of `blank`."""
    block: Block = []
    for line in lines(content):
        if isinstance(line, BadRecord) or line.text.strip(blank):
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def bad_block(block: Block, number: int, detail: str, reason: str = UNREADABLE_RECORD) -> BadRecord:
    """Lines that cannot be read, because of what is wrong in line `number`."""
    texts = (line.text if isinstance(line, Line) else line.raw for line in block[:SHOWN_CHARS])
    raw = shown("\n".join(map(shown, texts)))
    return BadRecord(reason, f"line {number}: {detail}", raw, first_line(block))


def first_line(block: Block) -> int:
    """The number of the line that a block begins with."""
    first = block[0]
    number = first.number if isinstance(first, Line) else first.line
    assert number is not None  # every line that `lines` gives has a number
    return number


def _starts_document(line: str) -> bool:
    """Whether the first column is `-DOCSTART-`, however many others there are."""
    return line.startswith(DOCUMENT_START) and line[len(DOCUMENT_START) :][:1].strip(WHITE_SPACE) == ""


def _first_refused(tags: Sequence[str], scheme: str) -> int:
    """The place of the first of some tags that `spans_of_tags` refuses.

    Its error names a place in words only. Once a tag is refused, so is everything that begins with the tags up to it;
    an entity that is open where such a beginning is cut is closed, as `bioes` needs it.
    """

    def is_refused(count: int) -> bool:
        beginning = list(tags[:count])
        prefix, _, kind = beginning[-1].partition("-")
        if scheme == "bioes" and prefix in ("B", "I"):
            beginning.append(f"E-{kind}")
        try:
            spans_of_tags(beginning, scheme)
        except ValueError:
            return True
        return False

    return min(bisect_left(range(1, len(tags) + 1), True, key=is_refused), len(tags) - 1)
