"""The reader of a file, guessed from its content; the name is only a hint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import mean
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import ipc

from taskmill.jobs.guessing.cells import delimited_layout
from taskmill.jobs.guessing.heads import MAX_BYTES, Head
from taskmill.jobs.guessing.json_rows import json_layout
from taskmill.jobs.guessing.layouts import MAX_ROWS, TEXT_LINES, Layout, spread
from taskmill.udfs.parsers.arrow_tables import FILE_MAGIC, PADDED_MAGIC, class_labels
from taskmill.udfs.parsers.brat import ANNOTATIONS
from taskmill.udfs.parsers.conll import DOCUMENT_START, Conll, blocks
from taskmill.udfs.parsers.conllu import COLUMNS, Conllu
from taskmill.udfs.parsers.hugging_face import PARQUET_MAGIC
from taskmill.udfs.parsers.records import File, Line, Parser, Record, lines
from taskmill.udfs.parsers.squad import Squad
from taskmill.udfs.parsers.super_natural_instructions import SuperNaturalInstructions
from taskmill.udfs.structures.spans import SCHEMES

STREAM_MAGIC = b"\xff\xff\xff\xff"
MAX_SENTENCE_BYTES = 150_000  # their parsers look at every token
MAX_TOKEN_CHARS = 20  # on average; longer first columns are texts
MAX_FAULTY = 0.1  # of the records
ENTITY_TAG = re.compile(r"O|[BIESLU]-\S+")
ANNOTATION = re.compile(rb"(?:[TREAMN]\d+|\*|#\d+)\t\S+ ")
# https://universaldependencies.org/u/pos
UPOS = frozenset(
    {
        "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ",
        "SYM", "VERB", "X",
    }
)  # fmt: skip


def is_table(content: bytes) -> bool:
    """Whether a content begins as Parquet or Arrow: such a file is read by `table_layout`."""
    return content.startswith((PARQUET_MAGIC, FILE_MAGIC, STREAM_MAGIC))


def layout_of(head: Head) -> Layout | None:
    """The layout of a file that is no table of Parquet or Arrow, or None if it is none that is known."""
    found = json_layout(head)
    if found is not None:
        return _of_parser(found, head)
    if head.name.endswith(ANNOTATIONS) and ANNOTATION.match(head.content):
        return Layout("brat", ())
    return _conllu(head) or _conll(head) or delimited_layout(head) or _text_lines(head)


def table_layout(source: pa.NativeFile) -> Layout:
    """The layout of a table in Parquet or Arrow, of which only the first rows are read.

    Raises:
        ValueError: if it cannot be read.
    """
    magic = source.read(len(PADDED_MAGIC))
    source.seek(0)
    try:
        if magic.startswith(PARQUET_MAGIC):
            file = pq.ParquetFile(source)
            schema, batches = file.schema_arrow, file.iter_batches(MAX_ROWS)
        else:
            source.seek(len(PADDED_MAGIC) if magic.startswith(FILE_MAGIC) else 0)
            batches = ipc.open_stream(source)
            schema = batches.schema
        labels = {name: tuple(names) for name, names in class_labels(schema).items()}
        rows = _rows(batches, labels)
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError) as error:
        raise ValueError(f"no table that can be read: {' '.join(str(error).split())}") from None
    is_parquet = magic.startswith(PARQUET_MAGIC) and not labels
    return Layout("parquet" if is_parquet else "hugging_face", tuple(rows), labels=labels)


def _rows(batches: Iterator[pa.RecordBatch], labels: dict[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    """The first rows, with names for labels as the reader `hugging_face` gives them, of at most `MAX_BYTES` each."""
    rows: list[dict[str, Any]] = []
    for batch in batches:
        part = batch.slice(0, MAX_ROWS - len(rows))
        while part.num_rows > 1 and part.nbytes > MAX_BYTES:
            part = part.slice(0, part.num_rows // 2)
        part.validate(full=True)
        rows.extend({name: _named(value, labels.get(name)) for name, value in row.items()} for row in part.to_pylist())
        if len(rows) >= MAX_ROWS or part.num_rows < batch.num_rows:
            break
    return rows


def _named(value: Any, names: Sequence[str] | None) -> Any:
    if names is None:
        return value
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else None


def _of_parser(found: Layout, head: Head) -> Layout:
    """A document in a format of our own, with the records that its parser gives."""
    if found.format not in {"squad", "super_natural_instructions"}:
        return found
    parser: Parser = Squad() if found.format == "squad" else SuperNaturalInstructions()
    # A cut-off document was closed before it was known to be one of these: the parser gets the closed one.
    return _parsed(found.format, parser, File(head.path, _closed(head)))


def _closed(head: Head) -> bytes:
    from taskmill.jobs.guessing.json_rows import mended

    return head.content if head.is_whole else mended(head.content.decode("utf-8", "ignore")).encode()


def _parsed(name: str, parser: Parser, file: File, **options: str | bool) -> Layout:
    found = list(parser.records(file))
    rows = [one.values for one in found if isinstance(one, Record)]
    return Layout(name, spread(rows), options, faults=len(found) - len(rows))


def _conllu(head: Head) -> Layout | None:
    first = next((line for line in _first_lines(head) if not line.startswith("#")), "")
    cells = first.split("\t")
    if len(cells) != len(COLUMNS) or cells[0].split("-")[0] != "1":
        return None
    return _parsed("conllu", Conllu(), File(head.path, _sentences(head)))


def _conll(head: Head) -> Layout | None:
    """Tokens in lines with blank lines between sentences: the same columns in every line, the first one short."""
    found = [line for line in _first_lines(head) if not line.startswith(DOCUMENT_START)]
    separator, width = _columns(found)
    sentences = sum(1 for _ in blocks(_sentences(head), " \t"))
    if width < 2 or sentences < 2 or len(found) <= min(sentences, MAX_ROWS // 2):
        return None
    cells = [_split(line, separator) for line in found]
    if mean(len(row[0]) for row in cells) > MAX_TOKEN_CHARS:
        return None
    columns = list(zip(*cells, strict=True))
    tags = next((place for place in reversed(range(1, width)) if _are_tags(columns[place])), 0)
    names = ["token", *(_column_name(columns[place], place, place == tags) for place in range(1, width))]
    layouts = [_conll_as(head, names, separator, scheme) for scheme in (SCHEMES if tags else SCHEMES[:1])]
    best = min(layouts, key=lambda layout: layout.faults)
    return best if best.rows and best.faults <= MAX_FAULTY * len(best.rows) else None


def _conll_as(head: Head, names: Sequence[str], separator: str, scheme: str) -> Layout:
    options: dict[str, str | bool] = {"separator": separator}
    if (columns := " ".join(names)) != "token tag":
        options["columns"] = columns
    if "tag" not in names:
        options["tags"] = ""
    elif scheme != SCHEMES[0]:
        options["scheme"] = scheme
    parser = Conll(**options)  # type: ignore[arg-type]
    return _parsed("conll", parser, File(head.path, _sentences(head)), **options)


def _columns(found: Sequence[str]) -> tuple[str, int]:
    """What separates the columns of these lines, and their number; 0 if the lines have not the same."""
    for separator in ("tab", "blank", "whitespace"):
        widths = {len(_split(line, separator)) for line in found}
        if len(widths) == 1 and widths != {1}:
            return separator, widths.pop()
    return "", 0


def _split(line: str, separator: str) -> list[str]:
    if separator == "whitespace":
        return [cell for cell in line.replace("\t", " ").split(" ") if cell]
    return line.split("\t" if separator == "tab" else " ")


def _are_tags(values: Sequence[str]) -> bool:
    return all(ENTITY_TAG.fullmatch(value) for value in values)


def _column_name(values: Sequence[str], place: int, is_tag: bool) -> str:
    if is_tag:
        return "tag"
    return "upos" if UPOS.issuperset(values) else f"column{place + 1}"


def _sentences(head: Head) -> bytes:
    """The beginning of the content up to a blank line: whole sentences only."""
    content = head.content[:MAX_SENTENCE_BYTES]
    if head.is_whole and len(content) == len(head.content):
        return content
    return content[: max(content.rfind(b"\n\n"), content.rfind(b"\n\r\n")) + 1]


def _first_lines(head: Head) -> list[str]:
    """The first lines that are not blank, without those that are no UTF-8."""
    texts = (line.text for line in lines(head.lines) if isinstance(line, Line))
    return [text for text, _ in zip((text for text in texts if text.strip()), range(MAX_ROWS), strict=False)]


def _text_lines(head: Head) -> Layout | None:
    """Lines of text, all of them: files that translate each other have the same number."""
    found = list(lines(head.lines))
    if not found or not all(isinstance(line, Line) for line in found) or b"\0" in head.content:
        return None
    rows = [{"text": line.text} for line in found if isinstance(line, Line)]
    return Layout(TEXT_LINES, spread(rows), {"lines": str(len(found)) if head.is_whole else "?"})
