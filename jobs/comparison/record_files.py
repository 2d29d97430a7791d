"""Records of a file one by one, in bounded memory: JSON Lines, a JSON array or Parquet, compressed or not.

What a file is, its first bytes tell. Every record comes with its place, also one that cannot be read.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from taskmill.jobs.errors import ConfigError
from taskmill.udfs.parsers.compression import compression_of
from taskmill.udfs.parsers.hugging_face import PARQUET_MAGIC
from taskmill.udfs.parsers.json_documents import document
from taskmill.udfs.parsers.records import BadRecord

BOM = b"\xef\xbb\xbf"
BLANKS = " \t\r\n"
MAX_RECORD = 64 * 1024 * 1024  # bytes of a line, characters of an item of an array
CHUNK = 1 << 20  # characters of an array read at once
ROWS_AT_ONCE = 1_000
MAGIC_BYTES = 16


@dataclass(frozen=True)
class Found:
    """A record, or in its place why there is none.

    Attributes:
        place: its line, item or row, from 1.
        unit: which of these.
    """

    place: int
    value: Any = None
    fault: str = ""
    unit: str = "line"


def records(path: Path) -> Iterator[Found]:
    """Every record of a file that is no blank line.

    Raises:
        ConfigError: if there is no such file, it is none of these, or it is damaged or cut off; of a damaged one only
            after the records before.
    """
    try:
        with _unpacked(path) as stream:
            yield from _records(path, stream)
    except FileNotFoundError as error:
        raise ConfigError(f"{str(path)!r}: there is no such file") from error
    except IsADirectoryError as error:
        raise ConfigError(f"{str(path)!r} is a folder; name one file: .jsonl, .json or .parquet") from error
    except (OSError, EOFError, zlib.error, lzma.LZMAError, pa.ArrowException) as error:
        detail = " ".join(str(error).split())
        raise ConfigError(f"{str(path)!r} cannot be read, it is damaged or cut off: {detail}") from error


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        kind = compression_of(raw.read(MAGIC_BYTES))
        raw.seek(0)
        if kind == "gzip":
            with gzip.open(raw) as stream:
                yield cast(BinaryIO, stream)
        elif kind == "bzip2":
            with bz2.open(raw) as stream:
                yield cast(BinaryIO, stream)
        elif kind == "xz":
            with lzma.open(raw) as stream:
                yield cast(BinaryIO, stream)
        elif kind == "zstd":
            with pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd") as stream:
                yield cast(BinaryIO, _Readable(stream))
        else:
            yield raw


class _Readable:
    """A stream of Arrow's, which has no `readline`."""

    def __init__(self, stream: pa.NativeFile) -> None:
        self._stream, self._held = stream, b""

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._held) < size:
            more = self._stream.read(CHUNK)
            if not more:
                break
            self._held += more
        size = len(self._held) if size < 0 else size
        found, self._held = self._held[:size], self._held[size:]
        return found

    def readline(self, size: int) -> bytes:
        while b"\n" not in self._held and len(self._held) < size:
            more = self._stream.read(CHUNK)
            if not more:
                break
            self._held += more
        end = self._held.find(b"\n", 0, size) + 1 or min(size, len(self._held))
        found, self._held = self._held[:end], self._held[end:]
        return found


def _records(path: Path, stream: BinaryIO) -> Iterator[Found]:
    head = stream.read(MAGIC_BYTES)
    if head.startswith(PARQUET_MAGIC):
        yield from _parquet(path)
    elif head.removeprefix(BOM).lstrip(BLANKS.encode()).startswith(b"["):
        yield from _array(path, head.removeprefix(BOM), stream)
    else:
        yield from _lines(head.removeprefix(BOM), stream)


def _lines(head: bytes, stream: BinaryIO) -> Iterator[Found]:
    number, begun = 0, head
    while True:
        number += 1
        first, broken, rest = begun.partition(b"\n")
        if broken:  # the first bytes hold whole lines
            line, begun = first, rest
        else:
            line, begun = begun + stream.readline(MAX_RECORD + 1), b""
            if not line:
                return
        if len(line) > MAX_RECORD:
            yield Found(number, fault=f"a line of more than {MAX_RECORD:,} bytes")
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_RECORD)
        elif line.strip():
            value = document(line, nan_is_null=True)
            is_bad = isinstance(value, BadRecord)
            yield Found(number, None, _short(value)) if is_bad else Found(number, value)


def _short(bad: BadRecord) -> str:
    """Why a line is no JSON, without what differs from line to line."""
    if bad.reason == "invalid_utf8":
        return "no UTF-8"
    return "no JSON: " + bad.detail.split(", column")[0].split(":")[0].lower()


def _array(path: Path, head: bytes, stream: BinaryIO) -> Iterator[Found]:
    """The items of an array, each decoded from as much text as it takes."""
    text = _Text(path, head, stream)
    decoder = json.JSONDecoder(parse_constant=lambda _: None)  # NaN, as pandas writes what is missing
    text.skip(BLANKS)
    text.expect("[")
    number = 0
    text.skip(BLANKS)
    while text.peek() != "]":
        number += 1
        yield text.item(decoder, number)
        text.skip(BLANKS)
        if text.peek() == ",":
            text.expect(",")
            text.skip(BLANKS)
        elif text.peek() != "]":
            raise ConfigError(f"{str(path)!r}: no JSON: behind item {number:,} of the array stands neither , nor ]")


class _Text:
    """The text of a file, of which only what has not been used is held."""

    def __init__(self, path: Path, head: bytes, stream: BinaryIO) -> None:
        self._path, self._stream, self._bytes = path, stream, head
        self._held, self._ended = "", False

    def peek(self) -> str:
        while not self._held and not self._ended:
            self._more(CHUNK)
        if not self._held:
            raise ConfigError(f"{str(self._path)!r}: the JSON array has no end; the file is cut off")
        return self._held[0]

    def skip(self, marks: str) -> None:
        while True:
            self._held = self._held.lstrip(marks)
            if self._held or self._ended:
                return
            self._more(CHUNK)

    def expect(self, mark: str) -> None:
        if self.peek() == mark:
            self._held = self._held[1:]

    def item(self, decoder: json.JSONDecoder, number: int) -> Found:
        """The value that begins here."""
        size = CHUNK
        while True:
            try:
                value, end = decoder.raw_decode(self._held)
            except (json.JSONDecodeError, RecursionError) as error:
                if self._ended or len(self._held) > MAX_RECORD:
                    raise ConfigError(
                        f"{str(self._path)!r}: item {number:,} of the array is no JSON: {error}"
                    ) from error
                self._more(size)
                size *= 2
                continue
            self._held = self._held[end:]
            return Found(number, value, unit="item")

    def _more(self, size: int) -> None:
        data = self._bytes + self._stream.read(size)
        self._bytes = b""
        if not data:
            self._ended = True
            return
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            if error.start < len(data) - 3:
                raise ConfigError(f"{str(self._path)!r}: no UTF-8; save it as UTF-8") from error
            text, self._bytes = data[: error.start].decode(), data[error.start :]
            self._ended = not text
        self._held += text


def _parquet(path: Path) -> Iterator[Found]:
    number = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE):
            for row in batch.to_pylist():
                number += 1
                yield Found(number, row, unit="row")
