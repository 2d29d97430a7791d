"""Normal forms of text, as Arrow column functions."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import StringType

ESCAPED_BACKSLASH, ESCAPED_QUOTE = "\x01", "\x02"  # a JSON text never holds them raw


def normalised_json(texts: pa.StringArray) -> pa.StringArray:
    """JSON texts with the differences that do not make another example taken out of their strings.

    Unicode NFC (UAX #15), lower case, and each run of white space as one blank, none at either end of a string.
    The JSON stays JSON-like but is only good for comparing: escapes of white space become blanks.

    Args:
        texts: string, as `to_json` writes it; null stays null.
    """
    texts = pc.replace_substring(texts, "\\\\", ESCAPED_BACKSLASH)
    texts = pc.replace_substring(texts, '\\"', ESCAPED_QUOTE)
    texts = pc.replace_substring_regex(texts, r"\\(?:[bfnrt]|u00[01][0-9a-fA-F])", " ")
    texts = normalised(texts)
    return pc.replace_substring_regex(texts, ' ?" ?', '"')


def normalised(texts: pa.StringArray) -> pa.StringArray:
    """Texts in Unicode NFC and lower case, each run of white space as one blank; null stays null."""
    # Composed first, as an accent decides what a letter is in lower case; and again, as lower case takes letters apart.
    texts = pc.utf8_normalize(pc.utf8_lower(pc.utf8_normalize(texts, form="NFC")), form="NFC")
    return pc.replace_substring_regex(texts, r"[\s\pZ\x{85}]+", " ")


def keys(texts: pa.StringArray) -> pa.StringArray:
    """128-bit keys of texts (BLAKE2b, RFC 7693) as 32 hexadecimal digits; null stays null."""
    digests = [
        None if text is None else hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        for text in texts.to_pylist()
    ]
    return pa.array(digests, pa.string())


@arrow_udf(StringType())  # type: ignore[call-overload, untyped-decorator]  # the stubs lack the plain form
def content_key(texts: pa.Array) -> pa.Array:
    """Key of a JSON text that is equal for texts that differ only in case, white space or Unicode composition."""
    return keys(normalised_json(texts))
