"""Columns that stand inside others: options in the text of a question, results at the end of worked answers, and lists
of options with a column for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from taskmill.jobs.guessing.columns import Column, labelled, texts_in
from taskmill.jobs.guessing.kinds import INTEGER, LIST, NUMBER, TEXT, Kind

COMPARED = 100  # rows
NEARLY_ALL = 0.8
OPTIONS_LINE = "\nOptions:\n"
WORKED, INSIDE, NUMBERED = "worked answers", "options inside a text", "a column for each option"
WORKED_ANSWER = re.compile(r"\n#### ?[^\n]{1,40}\Z")
OPTION = re.compile(r" ?(?:- ?)?\(?[A-Z][).]")
LETTER = re.compile(r"\(?([A-Z])[).]?")
OPTION_SQL, LETTER_SQL = r"r'^ ?(- ?)?\(?[A-Z][).]'", r"r'^\(?([A-Z])[).]?$'"
# The same name with another number or letter behind it.
_NUMBERED = re.compile(r"(.*?)[_ ]?([0-9]{1,2}|[a-hA-H])")
_NO_OPTIONS = frozenset({"label", "sentence", "text", "question", "annotator", "column", "gold_label", "target"})
_OPTION_NAMES = frozenset({"", "choice", "option", "ending", "answer", "sol", "alternative", "candidate", "op"})


def derived(columns: Sequence[Column]) -> list[Column]:
    """The columns with those that stand inside them in their place, and the lists that some make together."""
    found: list[Column] = []
    inside = any(_has_options(column) for column in columns)
    for column in columns:
        if _has_options(column):
            found += _question_and_options(column)
        elif inside and (letters := _letters(column)) is not None:
            found.append(letters)
        elif column.kind.name == TEXT and share_of(column, lambda text: WORKED_ANSWER.search(text) is not None) > 0.9:
            found += _worked(column)
        else:
            found.append(column)
    return [*found, *_option_lists(columns)]


def share_of(column: Column, test: Callable[[str], bool]) -> float:
    """The share of values whose text passes a test, of `COMPARED` spread over all: the first are of the first file."""
    values = some(column.present)
    texts = (str(value) if isinstance(value, int | float) else " ".join(texts_in(value)) for value in values)
    return sum(map(test, texts)) / max(1, len(values))


def some(values: Sequence[Any]) -> Sequence[Any]:
    """About `COMPARED` of the values, as far apart as can be."""
    return values[:: max(1, len(values) // COMPARED)]


def _has_options(column: Column) -> bool:
    """Whether texts have a line `Options:` and lettered options behind it, as in BIG-Bench Hard and FLAN."""

    def test(text: str) -> bool:
        _, line, options = text.partition(OPTIONS_LINE)
        return bool(line) and all(OPTION.match(option) for option in options.split("\n")[:2])

    return column.kind.name == TEXT and share_of(column, test) > NEARLY_ALL


def _question_and_options(column: Column) -> Iterator[Column]:
    parts = [value.partition(OPTIONS_LINE) if isinstance(value, str) else None for value in column.values]
    question = tuple(None if part is None else part[0] for part in parts)
    options = tuple(
        None if part is None else [OPTION.sub("", one, count=1).strip() for one in part[2].split("\n")]
        for part in parts
    )
    split = rf"split({column.sql}, '\n{OPTIONS_LINE.strip()}\n')"
    taken = f"transform(split({split}[1], '\\n'), one -> trim(regexp_replace(one, {OPTION_SQL}, '')))"
    yield Column("question", f"{split}[0]", Kind(TEXT), question, origin=INSIDE)
    yield Column("options", taken, Kind(LIST, Kind(TEXT)), options, origin=INSIDE)


def _letters(column: Column) -> Column | None:
    """The letters of the right options, if nearly all values are such."""
    if column.kind.name != TEXT or share_of(column, lambda text: LETTER.fullmatch(text.strip()) is not None) < 0.9:
        return None
    found = [LETTER.fullmatch(value.strip()) if isinstance(value, str) else None for value in column.values]
    letters = tuple(None if one is None else one[1] for one in found)
    sql = f"regexp_extract(trim({column.sql}), {LETTER_SQL}, 1)"
    # Which letters there are is known without having seen them all.
    present = sorted({letter for letter in letters if letter})
    names = tuple(map(chr, range(ord("A"), ord(present[-1]) + 1))) if present else ()
    return Column(column.name, sql, Kind(TEXT), letters, labels=names, origin=INSIDE)


def _worked(column: Column) -> Iterator[Column]:
    """The result behind `####`, and the way there."""
    pairs = [value.rpartition("\n####") if isinstance(value, str) else None for value in column.values]
    answers = tuple(None if pair is None else pair[2].strip() for pair in pairs)
    ways = tuple(None if pair is None else pair[0] for pair in pairs)
    split = rf"split({column.sql}, '\n#### ?')"
    yield Column("answer", f"element_at({split}, -1)", Kind(TEXT), answers, origin=WORKED)
    yield Column("rationale", f"{split}[0]", Kind(TEXT), ways, origin=WORKED)


def _option_lists(columns: Sequence[Column]) -> Iterator[Column]:
    """Columns such as `choice0` to `choice4` or `A` to `D` as one list, `choices` or `options`."""
    groups: dict[str, list[Column]] = {}
    for column in columns:
        found = _NUMBERED.fullmatch(column.name)
        if found and column.kind.name in (TEXT, INTEGER, NUMBER):
            groups.setdefault(found[1].lower(), []).append(column)
    for stem, group in groups.items():
        if stem in _NO_OPTIONS or len(group) < (2 if stem in _OPTION_NAMES else 3):
            continue
        members = sorted(group, key=lambda column: column.name)
        rows = zip(*(column.values for column in members), strict=True)
        values: tuple[Any, ...] = tuple([None if value is None else str(value) for value in row] for row in rows)
        texts = (column.sql if column.kind.name == TEXT else f"CAST({column.sql} AS string)" for column in members)
        sql = f"array({', '.join(texts)})"
        name = f"{stem}s" if stem else "options"
        yield labelled(Column(name, sql, Kind(LIST, Kind(TEXT)), values, origin=NUMBERED))
