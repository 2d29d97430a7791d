"""The languages of examples, as Arrow column functions."""

from __future__ import annotations

import json

import pyarrow as pa
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import ArrayType, StringType

from taskmill.udfs.language_detection import agrees, detected
from taskmill.udfs.languages import canonical

OTHER_LANGUAGE, UNKNOWN_TAG = "other_language", "unknown_language_tag"  # flags of examples


def canonical_lists(tags: pa.ListArray) -> pa.ListArray:
    """Lists of tags with each in its canonical form (BCP 47); what is no tag stays as it is, and null stays null."""
    found = [None if row is None else [canonical(tag) or tag for tag in row] for row in tags.to_pylist()]
    return pa.array(found, pa.list_(pa.string()))


def flagged(fields: pa.StringArray, languages: pa.ListArray) -> pa.StringArray:
    """For each example `unknown_language_tag` where a declared tag is none, `other_language` where the longest text is
    found to be in none of the languages declared, null where there is nothing to say.

    Args:
        fields: JSON objects; null where the text is not to be looked at.
        languages: canonical tags.
    """
    found, _ = detected(pa.array([_longest_text(text) for text in fields.to_pylist()], pa.string()))
    pairs = zip(languages.to_pylist(), found.to_pylist(), strict=True)
    return pa.array([_flag(declared, language) for declared, language in pairs], pa.string())


def _flag(declared: list[str], found: str | None) -> str | None:
    if any(canonical(tag) is None for tag in declared):
        return UNKNOWN_TAG
    votes = {agrees(tag, found) for tag in declared}
    return OTHER_LANGUAGE if votes == {False} else None


def _longest_text(fields: str | None) -> str | None:
    """The longest of the texts that are fields by themselves; null without any."""
    if fields is None:
        return None
    return max((value for value in json.loads(fields).values() if isinstance(value, str)), key=len, default=None)


@arrow_udf(ArrayType(StringType()))  # type: ignore[call-overload, untyped-decorator]  # the stubs lack the plain form
def canonical_languages(tags: pa.Array) -> pa.Array:
    """`canonical_lists` as a column."""
    return canonical_lists(tags)


@arrow_udf(StringType())  # type: ignore[call-overload, untyped-decorator]
def language_flag(fields: pa.Array, languages: pa.Array) -> pa.Array:
    """`flagged` as a column."""
    return flagged(fields, languages)
