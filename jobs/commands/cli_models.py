"""The commands that ask language models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from taskmill.jobs.command import Options
from taskmill.jobs.commands.cli_options import with_options

Model = Annotated[str | None, typer.Option("--model", help="Name of the model; else TASKMILL_MODEL.")]
Endpoint = Annotated[
    str | None, typer.Option("--endpoint", help="Base URL of an OpenAI-compatible API; else TASKMILL_ENDPOINT.")
]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", help="Of all requests together.", min=1)]
MaxCost = Annotated[float | None, typer.Option("--max-cost", help="Of all requests together, by the prices.", min=0)]
PriceIn = Annotated[float, typer.Option("--price-in", help="Of a million tokens asked.", min=0)]
PriceOut = Annotated[float, typer.Option("--price-out", help="Of a million tokens answered.", min=0)]
AtOnce = Annotated[int, typer.Option("--at-once", help="Requests under way at a time.", min=1)]
PerMinute = Annotated[float | None, typer.Option("--per-minute", help="Requests a minute, at most.", min=0.1)]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to wait for one answer.", min=0.1)]
Retries = Annotated[int, typer.Option("--retries", help="Of a request that failed for now.", min=0)]
AnswersFile = Annotated[
    Path | None, typer.Option("--answers", help="File of stored answers; what is in it is not asked again.")
]
Offline = Annotated[bool, typer.Option("--offline", help="Ask nothing; use stored answers alone.")]


@with_options("conf", "overrides")
def paraphrase(
    options: Options,
    task_type: Annotated[str, typer.Argument(metavar="TYPE", help="The task type.")],
    count: Annotated[int, typer.Option("--n", help="Other wordings to ask for, of each one.", min=1, max=50)] = 10,
    language: Annotated[str, typer.Option("--language", help="Of the wordings to start from.")] = "en",
    translate_to: Annotated[
        str | None, typer.Option("--translate-to", help="Ask for wordings in this language instead.")
    ] = None,
    template: Annotated[str | None, typer.Option("--template", help="Only this wording.")] = None,
    turn: Annotated[int, typer.Option("--turn", help="1, 2...: ask the same again, for more.", min=0)] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write no wording; say what would be written.")] = False,
    verdicts: Annotated[
        Path | None, typer.Option("--verdicts", help="Write every candidate and what became of it, as JSON Lines.")
    ] = None,
    model: Model = None,
    endpoint: Endpoint = None,
    temperature: Annotated[float, typer.Option("--temperature", min=0, max=2)] = 0.7,
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
    """Asks a model for other wordings of a task type, keeps those that say the same, and adds them to its file.

    The key is read from TASKMILL_API_KEY. Needs no Spark."""
    from taskmill.jobs.commands.paraphrases import Request, run
    from taskmill.jobs.models.budgets import Budget
    from taskmill.jobs.models.client import settings_from
    from taskmill.jobs.models.paraphrase import Wish

    settings = settings_from(
        model, endpoint, temperature=temperature, timeout_seconds=timeout, at_once=at_once, per_minute=per_minute,
        retries=retries,
    )  # fmt: skip
    budget = Budget(max_tokens, max_cost, price_in, price_out)
    wish = Wish(count, language, translate_to, template, turn)
    run(options, Request(task_type, wish, settings, budget, answers, offline, dry_run, verdicts))
