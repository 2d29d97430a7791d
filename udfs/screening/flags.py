"""The flags of examples for what was found in them, as an Arrow column function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import ArrayType, StringType

from taskmill.udfs.personal_data import kinds
from taskmill.udfs.screening.pieces import pieces_of
from taskmill.udfs.screening.screens import Screen, Search
from taskmill.udfs.sensitive import themes


def screening_flags(
    tasks: pa.StringArray,
    fields: pa.StringArray,
    languages: pa.ListArray,
    screens: Mapping[str, Screen],
    search: Search,
) -> pa.ListArray:
    """For each example the flags `personal_<kind>`, `redacted_<kind>` (where a placeholder stands) and `theme_<theme>`.

    Args:
        tasks, fields, languages: shape (n,); JSON objects, and lists of tags.
        screens: by task; a task without one has no flags.

    Returns:
        list<string>, shape (n,), without nulls.
    """
    found: list[list[str]] = [[] for _ in range(len(tasks))]
    for screen, rows in rows_by_screen(tasks, screens):
        if screen.flags:
            chosen = fields.take(pa.array(rows))
            tags = languages.take(pa.array(rows)).to_pylist()
            for row, flags in zip(rows, _flags(chosen, tags, screen, search), strict=True):
                found[row] = flags
    return pa.array(found, pa.list_(pa.string()))


def rows_by_screen(tasks: pa.StringArray, screens: Mapping[str, Screen]) -> Iterator[tuple[Screen, list[int]]]:
    """The rows of each screen there is among the tasks. Tasks that are looked at alike are looked at together."""
    names = pc.dictionary_encode(tasks)
    of_name = [screens.get(name) for name in names.dictionary.to_pylist()]
    rows: defaultdict[Screen, list[int]] = defaultdict(list)
    for row, place in enumerate(names.indices.to_pylist()):
        screen = None if place is None else of_name[place]
        if screen is not None:
            rows[screen].append(row)
    yield from rows.items()


def _flags(fields: pa.StringArray, languages: list[list[str]], screen: Screen, search: Search) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in languages]
    sought = screen.annotate | screen.redact
    worth = _places(search.worth_reading(fields, sought) if sought else ())
    said = [(row, piece.text) for row in worth for piece in pieces_of(fields[row].as_py())]
    seen: defaultdict[int, set[str]] = defaultdict(set)
    spans = search.recogniser([text for _, text in said], sought, [languages[row] for row, _ in said])
    for (row, _), finds in zip(said, spans, strict=True):
        seen[row] |= {span.kind for span in finds}
    for row in worth:
        found[row] += [kinds.flag(kind) for kind in kinds.KINDS if kind in seen[row]]
    for kind in (kind for kind in kinds.KINDS if kind in screen.redact):
        for row in _places(pc.match_substring(fields, kinds.placeholder(kind)).to_pylist()):
            found[row].append(kinds.redacted_flag(kind))
    if screen.themes:
        rows = _places(search.worth_classifying(fields, languages))
        texts = ["\n".join(piece.text for piece in pieces_of(fields[row].as_py())) for row in rows]
        for row, told in zip(rows, search.themes(texts, [languages[row] for row in rows]), strict=True):
            found[row] += [themes.flag(theme) for theme in told if theme in screen.themes]
    return found


def _places(mask: Sequence[bool | None]) -> list[int]:
    return [place for place, is_set in enumerate(mask) if is_set]


def flags_column(screens: Mapping[str, Screen], search: Search):  # type: ignore[no-untyped-def]
    """`screening_flags` as a function of columns: task, fields, languages."""

    @arrow_udf(ArrayType(StringType()))  # type: ignore[call-overload, untyped-decorator]  # the stubs lack the plain form
    def flags(tasks: pa.Array, fields: pa.Array, languages: pa.Array) -> pa.Array:
        return screening_flags(tasks, fields, languages, screens, search)

    return flags
