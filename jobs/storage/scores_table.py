"""The table of how good wordings are. It is made when they are first ranked."""

from __future__ import annotations

from pyspark.sql.types import StructType

from taskmill.jobs.storage.table import DOUBLE, INTEGER, LONG, SIMILARITIES, STRING, STRINGS, Table, column, maybe

WORDING_SCORES = Table(
    "wording_scores",
    "How good each wording is, as `taskmill templates rank` measured it: the product of its parts, each 0 to 1",
    key=("template_id",),
    indexed=6,
    schema=StructType(
        [
            column("task_type", STRING, "What is asked"),
            column("template", STRING, "Name of the wording"),
            column("template_id", STRING, "128-bit hash of names and text"),
            column("language", STRING, "BCP-47 tag of the wording"),
            maybe("place", INTEGER, "Its rank in the task type, 1 for the best; null without a score"),
            maybe("score", DOUBLE, "0 to 1; null where no pair was made or refused"),
            column("pairs", LONG, "Pairs it was measured on"),
            column("refused", LONG, "Pairs that were refused, but for those that reviewers rejected"),
            column("repeated", LONG, "Pairs left out because another has the same text; not in the score"),
            column("judged", LONG, "Pairs that people judged"),
            column("advised", LONG, "Pairs that models judged"),
            maybe("accepted", DOUBLE, "Part: how few of its pairs were refused"),
            maybe("quality", DOUBLE, "Part: how little warnings took from the quality of its pairs"),
            maybe(
                "unspoiled", DOUBLE, "Part: how few of its prompts hold the answer; little where it prints it itself"
            ),
            maybe("review", DOUBLE, "Part: how few of its pairs people rejected or fixed; null where they judged none"),
            maybe("advice", DOUBLE, "Part: how few of its pairs models advise against; null where they judged none"),
            column("complete", DOUBLE, "Part: below 1 where its prompt leaves out what its siblings read"),
            column("length", DOUBLE, "Part: below 1 where its own words are many times those of its siblings, or none"),
            column("form", DOUBLE, "Part: below 1 for faults in its own text"),
            column("distinct", DOUBLE, "Part: 1 - the square of its likeness to a sibling that is no worse"),
            column("likeness", DOUBLE, "Its likeness to that sibling, 0 to 1"),
            maybe("nearest", STRING, "Name of that sibling"),
            column("warned", SIMILARITIES, "By warning the share of its pairs that have it"),
            column("reasons", STRINGS, "What pulled it down, or why it has no score"),
            column("run_id", STRING, "The run that measured it"),
        ]
    ),
)
