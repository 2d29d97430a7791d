"""pairs -> a table of scores: how likely a model behind an endpoint finds the gold response of each pair.

Reads `pairs`: those that a mixture may take, the lowest ids of them. Writes a Delta table with a row for each pair that
was scored, which `select` reads as it is. Answers are stored as they come, so that nothing is paid for twice.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from taskmill.jobs.context import Context
from taskmill.jobs.errors import ConfigError, StepError
from taskmill.jobs.folds.placed_tasks import checked_fold, no_pairs
from taskmill.jobs.mixing.candidates import candidates, setting_of
from taskmill.jobs.mixing.mixture_files import load_mixture
from taskmill.jobs.models.answers import Answers
from taskmill.jobs.models.budgets import Budget, Spending
from taskmill.jobs.models.client import Failure, Settings
from taskmill.jobs.models.likelihoods import NO_ECHO, NO_LOGPROBS, Continuation, Likelihoods, mean_loss
from taskmill.jobs.spark.cache import cache_folder
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.roots import CATALOG_PREFIX, local_folder, resolved_root
from taskmill.jobs.storage.table import DOUBLE, INTEGER, STRING, column
from taskmill.jobs.words import counted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

STEP = "score"
SCORES = StructType(
    [
        column("pair_id", STRING, "The pair"),
        column("loss", DOUBLE, "Mean negative log-likelihood of a token of the response, in nats"),
        column("perplexity", DOUBLE, "e to the power of the loss"),
        column("tokens", INTEGER, "Tokens that the response has any part of"),
    ]
)
AT_A_TIME = 256  # pairs
TOLD_EVERY = 20  # so many times that
# Why a run ends early: what failed one pair fails all.
HOPELESS = frozenset({NO_ECHO, NO_LOGPROBS, "over_budget", "http_401", "http_403", "http_404"})
LARGEST_EXPONENT = 700.0  # e to this is near the largest double


@dataclass(frozen=True)
class Scoring:
    """What the command line asks for; `answers` None for the usual file, `between` what stands before a response."""

    mixture: str
    out: str
    settings: Settings
    budget: Budget
    sample: int = 10_000
    between: str = "\n\n"
    answers: Path | None = None
    offline: bool = False


@dataclass
class Found:
    """Scores as rows of the table, and why other pairs have none; `ended` is why the rest was not asked about."""

    rows: list[tuple[str, float, float, int]] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    ended: str = ""


def run(context: Context, scoring: Scoring) -> None:
    """Scores the pairs, and writes the table anew.

    Raises:
        ConfigError: for an unknown mixture, or a place that holds something else.
        TableError: if there are no pairs.
        StepError: if some pairs got no score, after what was scored is written.
    """
    place = resolved_root(scoring.out)
    check_place(context, place)
    texts = chosen_texts(context, scoring)
    answers = Answers(scoring.answers or cache_folder() / "answers.sqlite")
    spending = Spending(scoring.budget)
    try:
        client = Likelihoods(scoring.settings, answers, spending, scoring.offline)
        with context.step(STEP, f"asking {scoring.settings.model}"):
            found = scored(context, client, texts)
    finally:
        answers.close()
    if found.rows:
        write(context, place, found)
    tell(context, place, found, spending)


def check_place(context: Context, place: str) -> None:
    """Looks, before anything is paid for, whether the table may be written there.

    Raises:
        ConfigError: if there is something else.
    """
    spark = context.spark
    if place.startswith(CATALOG_PREFIX):
        name = place.removeprefix(CATALOG_PREFIX)
        columns = spark.read.table(name).columns if spark.catalog.tableExists(name) else SCORES.names
    elif DeltaTable.isDeltaTable(spark, place):
        columns = spark.read.format("delta").load(place).columns
    else:
        folder = local_folder(place)
        is_taken = folder is not None and folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))
        columns = [] if is_taken else SCORES.names
    if columns != SCORES.names:
        raise ConfigError(f"--out {place!r}: there is something else than a table of scores of pairs; name another")


def chosen_texts(context: Context, scoring: Scoring) -> DataFrame:
    """Columns pair_id, before and after of the pairs to score, in the order of their ids."""
    mixture = load_mixture(context.pipeline, context.catalog, scoring.mixture)
    checked_fold(context, mixture.fold)
    pairs = context.warehouse.read(tables.PAIRS, STEP)
    if pairs.isEmpty():
        raise no_pairs(context, STEP)
    free = candidates(context, setting_of(context, mixture), with_selection=False).where("rule IS NULL")
    lowest = free.select("pair_id").orderBy("pair_id").limit(scoring.sample)
    # As `export --format text` has them; what is sorted with its text is no more than the sample.
    before = F.concat(F.concat_ws("\n\n", "system", "prompt"), F.lit(scoring.between))
    chosen = pairs.join(F.broadcast(lowest), on="pair_id", how="left_semi")
    return chosen.select("pair_id", before.alias("before"), F.col("response").alias("after")).orderBy("pair_id")


def scored(context: Context, client: Likelihoods, texts: DataFrame) -> Found:
    """Asks for one pair first: an endpoint that cannot do this is found out for the price of one."""
    found, rows = Found(), texts.toLocalIterator()
    for number, pairs in enumerate(_batches(rows)):
        failures = Counter[str]()
        for (pair_id, _), answer in zip(pairs, client.ask([asked for _, asked in pairs]), strict=True):
            if isinstance(answer, Failure):
                failures[": ".join(filter(None, (answer.reason, answer.detail)))] += 1
                found.ended = answer.reason if answer.reason in HOPELESS else found.ended
            else:
                logprobs = json.loads(answer.text)
                loss = mean_loss(logprobs)
                found.rows.append((pair_id, loss, math.exp(min(loss, LARGEST_EXPONENT)), len(logprobs)))
        found.failures += failures
        if not client.offline and len(pairs) == AT_A_TIME == failures.total():
            found.ended = found.ended or failures.most_common(1)[0][0]
        if found.ended:
            break
        if number and number % TOLD_EVERY == 0:
            context.messages.say(f"{STEP}: {counted(len(found.rows), 'pair')} so far")
    return found


def _batches(rows: Iterator[tuple[str, str, str]]) -> Iterator[list[tuple[str, Continuation]]]:
    size = 1
    while batch := [(pair_id, Continuation(before, after)) for pair_id, before, after in islice(rows, size)]:
        yield batch
        size = AT_A_TIME


def write(context: Context, place: str, found: Found) -> None:
    """Puts the scores in the place of those that were there, in one commit."""
    rows = context.spark.createDataFrame(found.rows, SCORES).coalesce(1)
    writer = rows.write.format("delta").mode("overwrite").option("userMetadata", context.run_id)
    if place.startswith(CATALOG_PREFIX):
        writer.saveAsTable(place.removeprefix(CATALOG_PREFIX))
    else:
        writer.save(place)


def tell(context: Context, place: str, found: Found, spending: Spending) -> None:
    """Says what was scored.

    Raises:
        StepError: if some pairs were not, saying why.
    """
    budget = spending.budget
    cost = f", cost {spending.cost:.4f}" if budget.price_in or budget.price_out else ""
    spent = f"{spending.tokens_in + spending.tokens_out:,} tokens spent now{cost}"
    written = f"{counted(len(found.rows), 'pair')} scored, in {place}" if found.rows else "no pair scored"
    if not found.failures:
        context.messages.say(f"{STEP}: {written}; {spent}", pairs=len(found.rows), place=place)
        return
    reasons = "; ".join(f"{reason}: {count:,}" for reason, count in found.failures.most_common())
    rest = "; the rest was not asked about" if found.ended else ""
    raise StepError(
        f"{written}; {spent}. Not scored: {reasons}{rest}. What was answered is stored: run it again for the rest"
    )
