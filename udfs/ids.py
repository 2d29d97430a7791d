"""Identity: 128-bit ids from content and names, never from position, as 32 hexadecimal digits.

Parts are joined with U+001F. Names cannot hold it, and JSON text escapes it, so two different lists of parts never
join to the same text.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import Column

SEPARATOR = "\x1f"
HEX_DIGITS = 32


def hashed(*parts: str) -> str:
    """The id of these parts: SHA-256 of the joined parts, cut to 128 bits."""
    return hashlib.sha256(SEPARATOR.join(parts).encode()).hexdigest()[:HEX_DIGITS]


def fingerprint(*parts: Any) -> str:
    """The id of nested plain values (dicts, lists, strings, numbers, None), whatever the order of their keys."""
    return hashed(json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str))


def hashed_column(*parts: Column | str) -> Column:
    """`hashed` over columns, by the JVM; null parts are left out, so pass columns that are never null."""
    from pyspark.sql import functions as F

    columns = [F.col(part) if isinstance(part, str) else part for part in parts]
    return F.substring(F.sha2(F.concat_ws(SEPARATOR, *columns), 256), 1, HEX_DIGITS)


def pair_id_column(example_id: Column | str, template_id: Column | str) -> Column:
    """The id of a pair: 80 bits of its example's id and 48 of its template's, which tells both apart.

    Both are hashes already, and a third one for every pair is dear. That any two of a billion examples share 80 bits
    has a chance below one in a million, and of the templates only those of one example can meet.
    """
    from pyspark.sql import functions as F

    return F.concat(F.substring(example_id, 1, 20), F.substring(template_id, 1, 12))


def draw(seed: int, decision: str, *ids: str) -> int:
    """A 64-bit number that depends on the seed, the name of the decision and the ids alone (BLAKE2b, RFC 7693)."""
    text = SEPARATOR.join((str(seed), decision, *ids))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
