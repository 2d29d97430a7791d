"""brat standoff: documents with annotations that point into their text, as pairs of .txt and .ann files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from taskmill.udfs.parsers.records import (
    INVALID_UTF8,
    UNREADABLE_FILE,
    UNREADABLE_RECORD,
    BadRecord,
    File,
    Found,
    Record,
    lines,
    shown,
)

UNPAIRED_FILE = "unpaired_file"
TEXT, ANNOTATIONS = ".txt", ".ann"
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
MAX_DIGITS = 9  # of an offset, so that it has 32 bits

_STRING = pa.string()
_SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32())]))
_ROLES = pa.list_(pa.struct([("role", _STRING), ("argument", _STRING)]))


def _list_of(**members: pa.DataType) -> pa.DataType:
    return pa.list_(pa.struct([("id", _STRING), ("type", _STRING), *members.items()]))


SCHEMA = pa.schema(
    [
        ("document", _STRING), ("text", _STRING),
        ("entities", _list_of(spans=_SPANS, text=_STRING)),
        ("relations", _list_of(roles=_ROLES)),
        ("events", _list_of(trigger=_STRING, roles=_ROLES)),
        ("attributes", _list_of(target=_STRING, value=_STRING)),
        ("normalizations", _list_of(target=_STRING, reference=_STRING, text=_STRING)),
        ("notes", _list_of(target=_STRING, text=_STRING)),
        ("equivalences", pa.list_(pa.list_(_STRING))),
    ]
)  # fmt: skip


class _AnnotationError(ValueError):
    """What is wrong with a line of annotations."""


@dataclass(frozen=True)
class _Document:
    """A text and the annotations read so far; `references` are the ids that must be there at the end."""

    text: str
    found: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in SCHEMA.names[2:]})
    ids: set[str] = field(default_factory=set)
    references: list[tuple[int, str, str]] = field(default_factory=list)  # line number, line, id


@dataclass(frozen=True)
class Brat:
    """brat standoff files (Stenetorp et al. 2012, https://aclanthology.org/E12-2021; https://brat.nlplab.org/standoff.html).

    One record a document: a .txt and an .ann file with the same path but for the ending. Offsets count code points
    of the text as it stands in its file, line ends and a byte order mark included. The fragments of a discontinuous
    entity are its `spans`; `value` of an attribute without one is null, and so is a missing `text`. `normalizations`
    are the links to entries of other resources, such as `Wikipedia:534366`.

    A document is a bad record, with the line of the .ann file, if a line cannot be read, an id stands twice, the text
    of an entity is not the one at its offsets (fragments joined with a blank, line breaks written as blanks), or an
    annotation other than a note points to an id that is not there. So is a file without its partner.
    """

    @property
    def schema(self) -> pa.Schema:
        return SCHEMA

    def group_of(self, path: str) -> str:
        """The path without the ending."""
        return _split(path)[0]

    def records_of(self, files: Sequence[File]) -> Iterator[Found]:
        """The document of these files; see `GroupParser.records_of`."""
        by_ending: dict[str, list[File]] = {}
        for file in sorted(files, key=lambda file: file.path):
            by_ending.setdefault(_split(file.name)[1], []).append(file)
        for file in by_ending.pop("", []):
            yield BadRecord(UNREADABLE_FILE, f"{file.name}: neither {TEXT} nor {ANNOTATIONS}", shown(file.content))
        if not by_ending:
            return
        for ending in (TEXT, ANNOTATIONS):
            count = len(by_ending.get(ending, []))
            if count != 1:
                there = ", ".join(file.name for same in by_ending.values() for file in same)
                yield BadRecord(UNPAIRED_FILE, f"{count} {ending} files where one belongs; there is {there}")
                return
        yield _document(by_ending[TEXT][0], by_ending[ANNOTATIONS][0])


def _split(path: str) -> tuple[str, str]:
    """A path without its ending, and `TEXT`, `ANNOTATIONS` or nothing."""
    plain = next((path.removesuffix(ending) for ending in COMPRESSED if path.endswith(ending)), path)
    return next(((plain.removesuffix(end), end) for end in (TEXT, ANNOTATIONS) if plain.endswith(end)), (path, ""))


def _document(text_file: File, annotations: File) -> Found:
    try:
        text = text_file.content.decode("utf-8")
    except UnicodeDecodeError as error:
        number = text_file.content.count(b"\n", 0, error.start) + 1
        detail = f"{text_file.name}: byte {error.start + 1} of the file"
        return BadRecord(INVALID_UTF8, detail, shown(text_file.content), number)
    document = _Document(text)
    for line in lines(annotations.content):
        if isinstance(line, BadRecord):
            return BadRecord(line.reason, f"{annotations.name}: {line.detail}", line.raw, line.line)
        try:
            _annotate(document, line.number, line.text)
        except _AnnotationError as error:
            return BadRecord(UNREADABLE_RECORD, f"{annotations.name}: {error}", shown(line.text), line.number)
    for number, raw, reference in document.references:
        if reference not in document.ids:
            detail = f"{annotations.name}: there is no {reference[:40]!r}"
            return BadRecord(UNREADABLE_RECORD, detail, shown(raw), number)
    return Record({"document": _split(text_file.name)[0], "text": text, **document.found})


def _annotate(document: _Document, number: int, line: str) -> None:
    """Adds what a line says; blank lines say nothing."""
    if not line.strip():
        return
    identifier, tab, rest = line.partition("\t")
    if not tab:
        raise _AnnotationError("no tab behind the id")
    if identifier == "*":
        members = _words(rest, at_least=3)[1:]
        document.found["equivalences"].append(members)
        needed = members
    else:
        name, read = _KINDS.get(identifier[:1], ("", _refuse))
        if identifier in document.ids:
            raise _AnnotationError(f"the id {identifier[:40]!r} stands twice")
        document.ids.add(identifier)
        head, tail_tab, tail = rest.partition("\t")
        values, needed = read(document.text, head, tail if tail_tab else None)
        document.found[name].append({"id": identifier, **values})
    document.references.extend((number, line, reference) for reference in needed)


def _words(text: str, at_least: int, at_most: int | None = None) -> list[str]:
    words = text.split()
    if len(words) < at_least or (at_most is not None and len(words) > at_most):
        wanted = f"{at_least} or more" if at_most is None else f"{at_least} to {at_most}"
        raise _AnnotationError(f"{len(words)} words where {wanted} belong")
    return words


Values = tuple[Mapping[str, Any], list[str]]  # of an annotation, and the ids that it needs
Reader = Callable[[str, str, "str | None"], Values]  # from the document's text, and what stands behind each tab


def _entity(document: str, head: str, tail: str | None) -> Values:
    kind, _, offsets = head.strip().partition(" ")
    if not kind or tail is None:
        raise _AnnotationError("an entity is written: id, tab, type, start, end, tab, text")
    spans = [_span(fragment, len(document)) for fragment in offsets.split(";")]
    # Lengths first: a short line could name the whole document many times over.
    if sum(end - start for start, end in spans) + len(spans) - 1 != len(tail):
        raise _AnnotationError("the text is not as long as the offsets say")
    covered = " ".join(document[start:end] for start, end in spans)
    if covered.replace("\n", " ") != tail:
        raise _AnnotationError(f"the text at the offsets is {covered[:100]!r}")
    return {"type": kind, "spans": [{"start": start, "end": end} for start, end in spans], "text": tail}, []


def _span(fragment: str, length: int) -> tuple[int, int]:
    numbers = fragment.split()
    if len(numbers) != 2 or not all(n.isascii() and n.isdigit() and len(n) <= MAX_DIGITS for n in numbers):
        raise _AnnotationError(f"{fragment[:40]!r} is no start and end")
    start, end = map(int, numbers)
    if not start <= end <= length:
        raise _AnnotationError(f"offsets {start} to {end} in a text of {length} characters")
    return start, end


def _relation(document: str, head: str, tail: str | None) -> Values:
    kind, *roles = _words(_alone(head, tail), at_least=2)
    found = [_role(role) for role in roles]
    return {"type": kind, "roles": found}, [role["argument"] for role in found]


def _event(document: str, head: str, tail: str | None) -> Values:
    trigger, *roles = (_role(word) for word in _words(_alone(head, tail), at_least=1))
    if not trigger["argument"].startswith("T"):
        raise _AnnotationError("the trigger of an event is an entity, whose id begins with T")
    values = {"type": trigger["role"], "trigger": trigger["argument"], "roles": roles}
    return values, [trigger["argument"], *(role["argument"] for role in roles)]


def _role(word: str) -> dict[str, str]:
    role, colon, argument = word.partition(":")
    if not (role and colon and argument):
        raise _AnnotationError(f"{word[:40]!r} is not role:id")
    return {"role": role, "argument": argument}


def _attribute(document: str, head: str, tail: str | None) -> Values:
    kind, target, *value = _words(_alone(head, tail), at_least=2, at_most=3)
    return {"type": kind, "target": target, "value": value[0] if value else None}, [target]


def _normalization(document: str, head: str, tail: str | None) -> Values:
    kind, target, reference = _words(head, at_least=3, at_most=3)
    return {"type": kind, "target": target, "reference": reference, "text": tail}, [target]


def _note(document: str, head: str, tail: str | None) -> Values:
    kind, target = _words(head, at_least=2, at_most=2)
    return {"type": kind, "target": target, "text": tail}, []  # brat leaves notes behind when it deletes their target


def _refuse(document: str, head: str, tail: str | None) -> Values:
    raise _AnnotationError("no kind of annotation has an id with this first letter")


def _alone(head: str, tail: str | None) -> str:
    """What stands before a second tab, where nothing may stand behind it."""
    if tail is not None and tail.strip():
        raise _AnnotationError("text behind a second tab")
    return head


_KINDS: Mapping[str, tuple[str, Reader]] = {
    "T": ("entities", _entity),
    "R": ("relations", _relation),
    "E": ("events", _event),
    "A": ("attributes", _attribute),
    "M": ("attributes", _attribute),  # an older letter for attributes, which brat still reads
    "N": ("normalizations", _normalization),
    "#": ("notes", _note),
}
