"""Lines of a text, against Python's own splitting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.parsers import records
from taskmill.udfs.parsers.records import SHOWN_CHARS, BadRecord, Line, lines, shown

PIECES = st.sampled_from(
    [b"a", b"\n", b"\r", b"\r\n", b" ", b"\0", "\u2028\x0b\x85".encode(), b"\xff", b"\xef\xbb\xbf"]
)


@given(st.lists(PIECES).map(b"".join))
def test_lines_end_with_line_feeds_and_nothing_else(content: bytes) -> None:
    whole = content.split(b"\n")
    ended = [line.removesuffix(b"\r") for line in whole[:-1]] + [line for line in whole[-1:] if line]
    found = list(lines(content))
    assert [one.line if isinstance(one, BadRecord) else one.number for one in found] == [*range(1, len(ended) + 1)]
    for number, (one, raw) in enumerate(zip(found, ended, strict=True)):
        if isinstance(one, Line):
            assert one.text.encode() == (raw.removeprefix(b"\xef\xbb\xbf") if number == 0 else raw)
        else:
            assert one.reason == "invalid_utf8"
            with pytest.raises(UnicodeDecodeError):
                raw.decode()


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a", ["a"]),
        (b"a\r\nb\n", ["a", "b"]),
        (b"a\r", ["a\r"]),
        (b"\r\n\r", ["", "\r"]),
        (b"a\r\r\n", ["a\r"]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb", ["a", "\ufeffb"]),
    ],
    ids=["nothing", "empty line", "no line end", "both ends", "no end is a return", "last return", "two", "order mark"],
)
def test_what_ends_a_line(content: bytes, texts: list[str]) -> None:
    assert list(lines(content)) == [Line(number, text) for number, text in enumerate(texts, 1)]


def test_bad_lines_are_named_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_LINE_BYTES", 5)
    assert list(lines(b"a\xffb\n123456\n12345\r\nb")) == [
        BadRecord("invalid_utf8", "byte 2 of the line", "a\ufffdb", 1),
        BadRecord("line_too_long", "6 bytes; the limit is 5", "123456", 2),
        Line(3, "12345"),
        Line(4, "b"),
    ]


def test_shown_text_is_bounded_in_characters() -> None:
    assert shown("\U0001f600" * 5_000) == "\U0001f600" * SHOWN_CHARS
    assert shown(("\U0001f600" * 5_000).encode()) == "\U0001f600" * SHOWN_CHARS
    assert shown(b"a\xff") == "a\ufffd"
