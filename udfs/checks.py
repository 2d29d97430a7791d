"""Checks of rows as native columns: null when fine, `reason field` when not.

A new quarantine reason is one function here and one named case in its test.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from taskmill.udfs.text import EMAIL_PATTERN


def missing_field(name: str, value: Column, has_missing_items: Column | None = None) -> Column:
    """A required field is null, or is a list with a null in it."""
    wrong = value.isNull() if has_missing_items is None else value.isNull() | F.coalesce(has_missing_items, F.lit(False))
    return F.when(wrong, F.lit(f"missing_field {name}"))


def empty_field(name: str, value: Column) -> Column:
    """A required text holds nothing but white space."""
    return F.when(F.regexp_like(value, F.lit(r"^\s*$")), F.lit(f"empty_field {name}"))


def bad_value(name: str, raw: Column, value: Column) -> Column:
    """A value is there but is not of the field's type."""
    return F.when(raw.isNotNull() & value.isNull(), F.lit(f"bad_value {name}"))


def label_out_of_range(name: str, raw: Column, value: Column, choice_count: Column) -> Column:
    """A label is no index into the choices; -1, which hides a label or stands for an unknown one, is none either."""
    outside = value.isNull() | (value < 0) | (value >= choice_count)
    return F.when(raw.isNotNull() & outside, F.concat(F.lit(f"label_out_of_range {name} = "), raw.cast("string")))


def unknown_split(value: Column, known: Sequence[str]) -> Column:
    """The split is none of `known`."""
    shown = F.concat(F.lit("unknown_split "), F.coalesce(value, F.lit("null")))
    return F.when(value.isNull() | ~value.isin(*known), shown)


def unknown_language(languages: Column) -> Column:
    """A language expression gave null or blank text."""
    return F.when(F.exists(languages, lambda tag: tag.isNull() | (F.trim(tag) == "")), F.lit("unknown_language"))


def found(checks: Sequence[Column]) -> Column:
    """What the checks found, as an array without nulls."""
    return F.array_compact(F.array(*checks))


def reasons(found_checks: Column) -> Column:
    """The short reasons, each once, of what `found` gives."""
    return F.array_distinct(F.transform(found_checks, lambda text: F.substring_index(text, " ", 1)))


def detail(found_checks: Column) -> Column:
    """What exactly was found, in one line; null when there is nothing to add to the reasons."""
    return F.array_join(found_checks, "; ")


def flags(fields: Column) -> Column:
    """What a person may want to look at in an accepted row: `email_address`."""
    return F.array_compact(F.array(F.when(F.regexp_like(fields, F.lit(EMAIL_PATTERN)), F.lit("email_address"))))
