"""Tables with a column for each language: every row says the same in all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taskmill.jobs.guessing.columns import Column
from taskmill.jobs.guessing.mappings import Expression, TaskDraft
from taskmill.udfs.languages import canonical, language_of_name, macrolanguage

TRANSLATION = "translation"
LEAST_CONFIRMED = 2  # columns whose texts are in the language of their name


@dataclass(frozen=True)
class Wide:
    """A translation task of such a table.

    Attributes:
        query: with more than two languages, SQL over `rows` that gives a row for each pair; else empty.
        languages: of the columns that are used, the first one is taken for the original.
        unknown: columns of text whose names are no language that is known.
    """

    draft: TaskDraft
    query: str
    languages: tuple[str, ...]
    unknown: tuple[str, ...]


def wide(columns: Sequence[Column]) -> Wide | None:
    """The translation task of a table with a column for each language; None if it is no such table."""
    found = language_columns(columns)
    if len(found) < 2:
        return None
    (first, original), *others = found.items()
    unknown = tuple(column.name for column in columns if column.is_text and column not in found.values())
    todo = f"{original.name} is taken for the original: right?"
    if len(others) == 1:
        (second, target), fields = others[0], {}
        fields = {
            "source_text": Expression(f"trim({original.sql})", todo), "target_text": Expression(f"trim({target.sql})"),
            "source_language": Expression(f"'{first}'"), "target_language": Expression(f"'{second}'"),
        }  # fmt: skip
        return Wide(TaskDraft(TRANSLATION, fields), "", (first, second), unknown)
    pairs = ",\n".join(f"    '{tag}', {column.sql}" for tag, column in others)
    query = (
        f"SELECT _metadata, trim({original.sql}) AS source_text, trim(target_text) AS target_text, target_language\n"
        f"FROM rows\nLATERAL VIEW stack({len(others)},\n{pairs}\n) t AS target_language, target_text"
    )
    fields = {
        "source_text": Expression("source_text", todo), "target_text": Expression("target_text"),
        "source_language": Expression(f"'{first}'"), "target_language": Expression("target_language"),
    }  # fmt: skip
    return Wide(TaskDraft(TRANSLATION, fields), query, tuple(found), unknown)


def language_columns(columns: Sequence[Column]) -> Mapping[str, Column]:
    """Text columns by the language they are called after, in their order; none unless some texts confirm it.

    Names are English ones (`toba_batak`) or, where the texts agree, tags (`translation.de`).
    """
    found: dict[str, Column] = {}
    confirmed = 0
    for column in columns:
        tag = _tag(column) if column.is_text and not column.origin else None
        if tag is not None and tag not in found:
            found[tag] = column
            confirmed += column.language is not None and macrolanguage(tag) == macrolanguage(column.language)
    return found if confirmed >= LEAST_CONFIRMED else {}


def _tag(column: Column) -> str | None:
    name = column.name.rpartition(".")[2]
    if len(name) > 3:
        return language_of_name(name.replace("_", " "))
    tag = canonical(name)
    is_other = column.language is not None and tag is not None and macrolanguage(tag) != macrolanguage(column.language)
    return None if is_other else tag
