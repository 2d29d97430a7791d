"""Some of what was found of personal data, masked: where it stood, and not what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from taskmill.jobs.safety.screening import search_of
from taskmill.jobs.storage import tables
from taskmill.udfs.personal_data.kinds import KINDS, flag, placeholder, redacted_flag
from taskmill.udfs.personal_data.redaction import masked
from taskmill.udfs.screening.pieces import pieces_of

if TYPE_CHECKING:
    from taskmill.jobs.context import Context
    from taskmill.udfs.personal_data.kinds import Recogniser

KIND_OF: Mapping[str, str] = {make(kind): kind for kind in KINDS for make in (flag, redacted_flag)}
MOST_SAMPLES = 100  # tasks and flags
MOST_CHARS = 4_000  # of the row of an example that is read
AROUND = 40  # characters on either side


def safety_samples(context: Context) -> list[dict[str, Any]]:
    """Of each task and flag of personal data the example with the least id: task, flag, example_id, sample."""
    flags = ", ".join(f"'{name}'" for name in KIND_OF)
    rows = context.warehouse.read(tables.EXAMPLES, "report").selectExpr(
        "task", "example_id", "languages", f"substring(fields, 1, {MOST_CHARS}) AS fields",
        f"explode(array_intersect(flags, array({flags}))) AS flag",
    )  # fmt: skip
    first = F.min_by(F.struct("example_id", "languages", "fields"), "example_id").alias("first")
    found = rows.groupBy("task", "flag").agg(first).orderBy("flag", "task").limit(MOST_SAMPLES).collect()
    recogniser = search_of(context.pipeline).recogniser if found else None
    return [
        {
            "task": row["task"],
            "flag": row["flag"],
            "example_id": row["first"]["example_id"],
            "sample": sample(row["first"]["fields"], row["first"]["languages"], row["flag"], recogniser),
        }
        for row in found
        if recogniser is not None
    ]


def sample(fields: str, languages: list[str], flag: str, recogniser: Recogniser) -> str:
    """What is around the first find of the flag's kind, all finds masked and every digit too; empty where it stands
    further back in a long row."""
    mark = placeholder(KIND_OF[flag])
    for piece in pieces_of(fields):
        (spans,) = recogniser([piece.text], KINDS, [languages])
        text = masked(piece.text, spans)
        place = text.find(mark)
        if place >= 0:
            return text[max(0, place - AROUND) : place + len(mark) + AROUND]
    return ""
