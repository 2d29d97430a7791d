"""The tables of mixtures and selections. They are made when the first mixture is, and hold ids and numbers alone."""

from __future__ import annotations

from pyspark.sql.types import StructType

from taskmill.jobs.storage.table import COUNTS, DOUBLE, INTEGER, LONG, SCORES, STRING, Table, column, maybe

MIXTURE = Table(
    "mixture",
    "A pair that a mixture takes, how often and how much it counts",
    key=("mixture", "pair_id"),
    indexed=4,
    partitioned_by=("mixture",),
    schema=StructType(
        [
            column("task", STRING, "source.task_type"),
            column("pair_id", STRING, "The pair"),
            column("example_id", STRING, "Its example"),
            column("repeats", INTEGER, "How often it comes: 1, or more where the mixture goes over its pairs again"),
            column("weight", DOUBLE, "The share its wording should have over the share it has; 1.0 where both agree"),
            column("tokens", LONG, "Of prompt and response together, at four characters a token"),
            column("run_id", STRING, "The run that wrote the row"),
            column("mixture", STRING, "The mixture, as in its file"),
        ]
    ),
)

MIXTURE_ACCOUNT = Table(
    "mixture_account",
    "Where the pairs of a task went: into a mixture, or left out by which of its rules; every pair is in one row",
    key=("mixture", "task", "place"),
    indexed=3,
    schema=StructType(
        [
            column("mixture", STRING, "The mixture, as in its file"),
            column("task", STRING, "source.task_type"),
            column("place", STRING, "mixture, or the rule that leaves the pairs out"),
            column("pairs", LONG, "How many pairs"),
            column("repeated", LONG, "mixture: how many they are with repeats; else 0"),
            column("tokens", LONG, "mixture: their tokens with repeats; else 0"),
            maybe("share", DOUBLE, "mixture: the share of the whole that its rates ask for; null for what is left out"),
            maybe(
                "languages",
                COUNTS,
                "mixture: of the repeated, how many are of each language; null for what is left out",
            ),
            column("run_id", STRING, "The run that wrote the row"),
        ]
    ),
)

SELECTIONS = Table(
    "selections",
    "An example chosen in a round, for its labels to be made or for training; no example is chosen twice",
    key=("mixture", "example_id"),
    indexed=4,
    schema=StructType(
        [
            column("mixture", STRING, "The mixture whose `select` chose it"),
            column("round", INTEGER, "1, 2, 3..."),
            column("task", STRING, "source.task_type"),
            column("example_id", STRING, "The example"),
            column("place", INTEGER, "Its place from 1 among those of the round that are of its cluster and language"),
            column("score", DOUBLE, "0 to 1: its ranks by all scores but diversity, averaged by weight"),
            column("scores", SCORES, "Its rank by each score, 0 to 1 within its cluster and language"),
            column("run_id", STRING, "The run that chose it"),
        ]
    ),
)

MIXING = (MIXTURE, MIXTURE_ACCOUNT, SELECTIONS)
