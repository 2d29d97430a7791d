"""What a pair cost, estimated: our computing by the ledger, and the other set by its words or its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taskmill.jobs.comparison.rows import LESS, OURS, Group, Measure, Row
from taskmill.jobs.comparison.samples import Sample
from taskmill.jobs.storage.stored_rows import StoredRows
from taskmill.udfs.measures.jackknife import Estimate, mean
from taskmill.udfs.measures.wordings import fresh_words
from taskmill.udfs.measures.words import Words
from taskmill.udfs.pair_checks.checks import BYTES_A_TOKEN

# Karat and others 1999 ("Patterns of entry and correction in large vocabulary continuous speech recognition systems"):
# average users compose 19 words a minute at a keyboard.
WORDS_A_MINUTE = 19.0
MILLION = 1e6
SECONDS_AN_HOUR, MINUTES_AN_HOUR = 3600.0, 60.0
LEDGER = "ledger"
COLUMNS = ("run_id", "step", "sequence", "seconds")


@dataclass(frozen=True)
class Prices:
    """Assumptions, all in one currency.

    Attributes:
        human_pair: of a pair that a person wrote; None: from its words and `wage`.
        wage: an hour of a person's work.
        tokens_in, tokens_out: of a million tokens of a model that wrote the other set; None: people wrote it.
        hour: an hour of the machine that runs the pipeline.
    """

    human_pair: float | None = None
    wage: float = 20.0
    tokens_in: float | None = None
    tokens_out: float | None = None
    hour: float = 1.0

    @property
    def is_of_model(self) -> bool:
        return self.tokens_in is not None or self.tokens_out is not None

    @property
    def told(self) -> str:
        """How a made set is reckoned."""
        if self.is_of_model:
            return (
                f"a model's tokens at {self.tokens_in or 0:g} a million in and {self.tokens_out or 0:g} out, four "
                "bytes a token, every pair asked for once and none thrown away"
            )
        if self.human_pair is not None:
            return f"{self.human_pair:g} for each pair that a person wrote"
        return (
            f"its words written by people at {WORDS_A_MINUTE:g} a minute (Karat and others 1999) and {self.wage:g} an "
            "hour, without thinking, reading and checking; beginnings and ends that five other prompts share are free"
        )


def cost_group(
    ours: Sample, other: Sample, words: Sequence[tuple[Words, Words]], prices: Prices, root: str | None
) -> Group:
    """The costs of a pair of each set.

    Args:
        words: of prompts and responses, ours first.
        root: of our tables; None where ours is a file, reckoned as the other is.
    """
    says = "costs less, by the assumptions below"
    measure = Measure("cost_per_pair", "cost of a pair, estimate", "money", LESS, says)
    of_other = _of_made(other, words[1], prices)
    of_ours = _of_made(ours, words[0], prices) if root is None else of_ledger(root, ours.reading.pairs, prices.hour)
    told = {OURS: "no ledger"}
    text = f"Estimates, in whatever currency the prices are. Theirs: {prices.told}. " + (
        "Ours: as theirs."
        if root is None
        else f"Ours: the seconds that all runs took by the ledger, at {prices.hour:g} an hour of the machine; "
        "without what the sources cost those who made them, and the writing of templates."
    )
    return Group("cost", "Cost", text, [Row(measure, of_ours, of_other, told)])


def of_ledger(root: str, pairs: int, price_an_hour: float) -> Estimate | None:
    """Seconds of all steps of all runs, as money, over the pairs there are; None without a ledger.

    Rows that were noted together have the seconds of their step each, so one of them counts.
    """
    rows = StoredRows(root).rows(LEDGER, COLUMNS, "true")
    seconds = {(row["run_id"], row["step"], row["sequence"]): row["seconds"] for row in rows}
    if not seconds or not pairs:
        return None
    return Estimate(sum(seconds.values()) / SECONDS_AN_HOUR * price_an_hour / pairs, 0.0, pairs)


def _of_made(sample: Sample, words: tuple[Words, Words], prices: Prices) -> Estimate | None:
    """Of a set that people or a model made on purpose."""
    if prices.is_of_model:
        tokens = [
            np.array([len(text.encode()) for text in side.to_pylist()]) / BYTES_A_TOKEN
            for side in (sample.prompts, sample.responses)
        ]
        costs = (tokens[0] * (prices.tokens_in or 0) + tokens[1] * (prices.tokens_out or 0)) / MILLION
        return mean(costs, sample.groups)
    if prices.human_pair is not None:
        return Estimate(prices.human_pair, 0.0, len(sample))
    minutes = (fresh_words(words[0]) + words[1].sizes) / WORDS_A_MINUTE
    return mean(minutes / MINUTES_AN_HOUR * prices.wage, sample.groups)
