"""The command that lets a model score pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.jobs.commands.cli_models import (
    AnswersFile,
    AtOnce,
    Endpoint,
    MaxCost,
    MaxTokens,
    Model,
    Offline,
    PerMinute,
    PriceIn,
    PriceOut,
    Retries,
    Timeout,
)
from taskmill.jobs.commands.cli_options import with_session

if TYPE_CHECKING:
    from taskmill.jobs.context import Context


MOST = 1_000_000  # pairs: the score of each passes the driver


@with_session("score")
def score(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="MIXTURE", help="Scored are pairs that it may take.")],
    out: Annotated[str, typer.Option("--out", help="Delta table to write: a folder, a URI, or catalog:SCHEMA.TABLE.")],
    sample: Annotated[
        int, typer.Option("--sample", help="Pairs to score, at most: those with the lowest ids.", min=1, max=MOST)
    ] = 10_000,
    between: Annotated[
        str, typer.Option("--between", help="What stands between prompt and response; \\n is a line break.")
    ] = "\\n\\n",
    model: Model = None,
    endpoint: Endpoint = None,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    price_in: PriceIn = 0.0,
    price_out: PriceOut = 0.0,
    at_once: AtOnce = 4,
    per_minute: PerMinute = None,
    timeout: Timeout = 120.0,
    retries: Retries = 5,
    answers: AnswersFile = None,
    offline: Offline = False,
) -> None:
    """How likely a model finds the gold responses: loss and perplexity of pairs, for `select` to choose by.

    The endpoint has to echo log-probabilities of prompts. The key is read from TASKMILL_API_KEY."""
    from taskmill.jobs.models.budgets import Budget
    from taskmill.jobs.models.client import settings_from
    from taskmill.jobs.score_pairs import Scoring, run

    settings = settings_from(
        model, endpoint, temperature=0.0, timeout_seconds=timeout, at_once=at_once, per_minute=per_minute,
        retries=retries,
    )  # fmt: skip
    budget = Budget(max_tokens, max_cost, price_in, price_out)
    run(context, Scoring(name, out, settings, budget, sample, between.replace("\\n", "\n"), answers, offline))
