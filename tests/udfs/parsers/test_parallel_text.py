"""Directions of line-aligned files, against a reading line by line and the published NTREX-128."""

from __future__ import annotations

import gzip
import os
import re
from collections import Counter
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.udfs.parsers import parallel_text
from taskmill.udfs.parsers.parallel_text import SCHEMA, ParallelText
from taskmill.udfs.parsers.records import BadRecord, File, Found, Record

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
LANGUAGE = r"\.([\w-]+)\.txt"
PARSER = ParallelText(language=LANGUAGE)


def files_of(texts: Mapping[str, bytes]) -> list[File]:
    return [File(f"news/part.{code}.txt", content) for code, content in texts.items()]


def rows_of(found: list[Found]) -> list[tuple[Any, ...]]:
    return [tuple(one.values.values()) for one in found if isinstance(one, Record)]


def refused_of(found: list[Found]) -> list[tuple[str, str, int | None]]:
    return [(one.reason, one.detail, one.line) for one in found if isinstance(one, BadRecord)]


def test_records_are_every_line_in_every_direction() -> None:
    found = list(PARSER.records_of(files_of({"en": b"one\r\ntwo\r\n", "de": b"eins\nzwei"})))
    assert rows_of(found) == [
        (1, "de", "en", "eins", "one"), (2, "de", "en", "zwei", "two"),
        (1, "en", "de", "one", "eins"), (2, "en", "de", "two", "zwei"),
    ]  # fmt: skip
    assert [one.line for one in found] == [1, 2, 1, 2]


def test_codes_name_the_languages() -> None:
    parser = ParallelText(language=LANGUAGE, codes="deu=de, zho-CN=zh", directions="zh>de")
    found = list(parser.records_of(files_of({"deu": b"eins", "zho-CN": "一".encode(), "fr": b"un"})))
    assert rows_of(found) == [(1, "zh", "de", "一", "eins")]
    assert not refused_of(found)


@pytest.mark.parametrize(
    ("directions", "expected"),
    [
        ("all", {"de>en", "de>fr", "en>de", "en>fr", "fr>de", "fr>en"}),
        ("en>de", {"en>de"}),
        (" en>de ,fr > en,en>de", {"en>de", "fr>en"}),
        ("*>en", {"de>en", "fr>en"}),
        ("en>*, fr>de", {"en>de", "en>fr", "fr>de"}),
    ],
)
def test_directions_are_the_chosen_ones(directions: str, expected: set[str]) -> None:
    parser = ParallelText(language=LANGUAGE, directions=directions)
    rows = rows_of(list(parser.records_of(files_of({"en": b"a", "de": b"b", "fr": b"c"}))))
    assert {f"{row[1]}>{row[2]}" for row in rows} == expected
    assert len(rows) == len(expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "language: missing"),
        ({"language": "("}, "language: '(' is no regular expression"),
        ({"language": r"\w+"}, "0 groups"),
        ({"language": LANGUAGE, "group": "(a)(b)"}, "group: '(a)(b)' has 2 groups"),
        ({"language": LANGUAGE, "codes": "deu"}, "codes: 'deu'"),
        ({"language": LANGUAGE, "codes": "deu=d e"}, "codes: 'deu=d e'"),
        ({"language": LANGUAGE, "codes": "deu=de, ger=de"}, "codes: 'ger=de' repeats"),
        ({"language": LANGUAGE, "directions": "en-de"}, "directions: 'en-de'"),
        ({"language": LANGUAGE, "directions": ""}, "directions: ''"),
        ({"language": LANGUAGE, "directions": "en>en"}, "directions: 'en>en' translates a language into itself"),
    ],
)
def test_options_that_cannot_be_read_are_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ParallelText(**options)


def test_files_of_one_folder_are_a_group() -> None:
    assert PARSER.group_of("a/b/x.en.txt") == PARSER.group_of("a/b/y.de.txt") == "a/b"
    by_number = ParallelText(language=LANGUAGE, group=r"(part\d+)")
    assert by_number.group_of("en/part1.en.txt") == by_number.group_of("de/part1.de.txt") == "part1"
    assert by_number.group_of("de/rest.de.txt") == "de/rest.de.txt"


def test_a_blank_line_is_a_bad_record_and_costs_its_language_only() -> None:
    found = list(
        PARSER.records_of(files_of({"en": b"one\n\n\n", "de": b"eins\nzwei\n \n", "fr": b"un\ndeux\ntrois\n"}))
    )
    assert refused_of(found) == [("empty_line", "empty in en", 2), ("empty_line", "empty in de, en", 3)]
    assert Counter(row[0] for row in rows_of(found)) == {1: 6, 2: 2}
    assert (2, "fr", "de", "deux", "zwei") in rows_of(found)


def test_a_line_that_is_no_utf8_costs_its_language_only() -> None:
    found = list(PARSER.records_of(files_of({"en": b"one\n\xff\n", "de": b"eins\nzwei\n", "fr": b"un\ndeux\n"})))
    assert refused_of(found) == [("invalid_utf8", "part.en.txt: byte 1 of the line", 2)]
    assert [row for row in rows_of(found) if row[0] == 2] == [
        (2, "de", "fr", "zwei", "deux"), (2, "fr", "de", "deux", "zwei"),
    ]  # fmt: skip


def test_lines_beyond_the_shortest_file_are_bad_records() -> None:
    found = list(PARSER.records_of(files_of({"en": b"1\n2\n3\n", "de": b"1\n", "fr": b"1\n2\n"})))
    detail = "another file of the group has 1 lines"
    assert refused_of(found) == [
        ("unaligned_line", f"part.en.txt: {detail}", 2), ("unaligned_line", f"part.en.txt: {detail}", 3),
        ("unaligned_line", f"part.fr.txt: {detail}", 2),
    ]  # fmt: skip
    assert len(rows_of(found)) == 6


def test_files_that_no_direction_uses_do_not_count() -> None:
    parser = ParallelText(language=LANGUAGE, directions="en>de")
    found = list(parser.records_of(files_of({"en": b"1\n2", "de": b"1\n2", "fr": b"\xff"})))
    assert (len(found), refused_of(found)) == (2, [])


@pytest.mark.parametrize(
    ("directions", "codes", "reason", "detail"),
    [
        ("en>de", ["en", "fr"], "missing_language", "en>de: no file of de; the group has en, fr"),
        ("*>de", ["en", "fr"], "missing_language", "*>de: no file of de; the group has en, fr"),
        ("all", ["en"], "missing_language", "*>*: nothing to pair; the group has en"),
    ],
)
def test_a_language_that_is_not_there_is_a_bad_record(
    directions: str, codes: list[str], reason: str, detail: str
) -> None:
    parser = ParallelText(language=LANGUAGE, directions=directions)
    found = list(parser.records_of(files_of(dict.fromkeys(codes, b"1\n"))))
    assert refused_of(found) == [(reason, detail, None)]
    assert not rows_of(found)


def test_files_whose_language_cannot_be_told_are_bad_records() -> None:
    named = files_of({"en": b"1", "de": b"1", "fr": b"1"})
    found = list(PARSER.records_of([*named, File("news/README", b"x"), File("news/again.en.txt", b"2")]))
    assert [reason for reason, _, _ in refused_of(found)] == ["unreadable_file", "unreadable_file"]
    assert "README" in refused_of(found)[0][1]
    assert refused_of(found)[1][1] == "2 files of language 'en': again.en.txt, part.en.txt"
    assert rows_of(found) == [(1, "de", "fr", "1", "1"), (1, "fr", "de", "1", "1")]


LINES = st.lists(st.sampled_from([b"a", b"b c", b"", b" ", b"\xff", "é".encode(), b"\xc2\x85x"]), max_size=6)


def pairs_line_by_line(texts: Mapping[str, list[bytes]]) -> Counter[tuple[Any, ...]]:
    """What the records are, said as plainly as possible."""
    shortest = min(map(len, texts.values()))
    usable: dict[tuple[str, int], str] = {}
    for code, raw in texts.items():
        for number, line in enumerate(raw[:shortest], 1):
            text = line.decode("utf-8", "ignore")
            if text.strip() and line != b"\xff":
                usable[code, number] = text
    return Counter(
        (number, source, target, usable[source, number], usable[target, number])
        for number in range(1, shortest + 1)
        for source, target in permutations(texts, 2)
        if (source, number) in usable and (target, number) in usable
    )


@given(st.dictionaries(st.sampled_from(["en", "de", "fr", "ja"]), LINES, min_size=2), st.randoms(), st.integers(1, 9))
def test_records_are_those_of_a_reading_line_by_line(texts: dict[str, list[bytes]], random: Any, most: int) -> None:
    files = files_of({code: b"".join(line + b"\n" for line in raw) for code, raw in texts.items()})
    random.shuffle(files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel_text, "CHARS_AT_ONCE", most)
        found = list(PARSER.records_of(files))
    assert Counter(rows_of(found)) == pairs_line_by_line(texts)
    shortest = min(map(len, texts.values()))
    reasons = Counter(reason for reason, _, _ in refused_of(found))
    across = [{raw[number] for raw in texts.values()} for number in range(shortest)]
    assert reasons == Counter(
        {
            "unaligned_line": sum(len(raw) - shortest for raw in texts.values()),
            "invalid_utf8": sum(raw[:shortest].count(b"\xff") for raw in texts.values()),
            "empty_line": sum(bool(one & {b"", b" "}) for one in across),
        }
    )


def test_long_groups_are_cut_without_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    files = files_of({code: b"".join(b"%d\n" % number for number in range(100)) for code in ("en", "de", "fr")})
    (*whole,) = PARSER.batches_of(files)
    monkeypatch.setattr(parallel_text, "CHARS_AT_ONCE", 50)
    (*cut,) = PARSER.batches_of(files)
    assert len(whole) == 6 < len(cut)
    tables = [pa.Table.from_batches(batches, SCHEMA) for batches in (whole, cut)]
    order = [(name, "ascending") for name in ("source_language", "target_language", "line")]
    assert tables[0].sort_by(order) == tables[1].sort_by(order)


@needs_data
def test_every_direction_of_ntrex_is_read() -> None:
    paths = sorted(Path(DATA, "ntrex").glob("newstest2019-*.txt.gz"))
    files = [File(f"ntrex/{path.name}", gzip.decompress(path.read_bytes())) for path in paths]
    parser = ParallelText(language=r"newstest2019-(?:ref|src)\.(.+?)\.txt", codes="eng=en, deu=de")
    found = list(parser.batches_of(files))
    batches = [one for one in found if not isinstance(one, BadRecord)]
    assert len(batches) == len(found) == 22 * 21
    assert {batch.num_rows for batch in batches} == {1_997}
    assert not any(pc.any(pc.match_substring(batch["source_text"], "\r")).as_py() for batch in batches)
    english, german = (
        next(file for file in files if code in file.path).content.decode().split("\r\n")[:-1]
        for code in ("src.eng.", "ref.deu.")
    )
    by_direction = {(one["source_language"][0].as_py(), one["target_language"][0].as_py()): one for one in batches}
    assert len(by_direction) == 22 * 21
    chosen = by_direction["en", "de"]
    assert chosen.to_pydict() == {
        "line": list(range(1, 1_998)), "source_language": ["en"] * 1_997, "target_language": ["de"] * 1_997,
        "source_text": english, "target_text": german,
    }  # fmt: skip
