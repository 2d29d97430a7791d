"""The command that puts an instruction set made on purpose beside our pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from taskmill.jobs.command import Options
from taskmill.jobs.commands.cli_options import with_options

FORM = (
    "messages, conversations, alpaca, dolly, prompt_completion, prompt_response, inputs_targets, question_answer, "
    "query_response, problem_solution or input_output; else its keys tell."
)


@with_options()
def compare(
    options: Options,
    other: Annotated[
        Path, typer.Argument(metavar="OTHER", help="JSON Lines, a JSON array or Parquet, compressed or not.")
    ],
    ours: Annotated[Path | None, typer.Option("--ours", help="A file in place of the tables.")] = None,
    form: Annotated[str | None, typer.Option("--form", help=f"Of OTHER: {FORM}")] = None,
    ours_form: Annotated[str | None, typer.Option("--ours-form", help="Of the file of --ours.")] = None,
    sample: Annotated[
        int, typer.Option("--sample", help="Records of each set to look at, those with the lowest hashes.", min=1)
    ] = 20_000,
    human_pair: Annotated[
        float | None,
        typer.Option("--cost-per-human-pair", help="Of a pair that a person wrote; else by its words.", min=0),
    ] = None,
    wage: Annotated[float, typer.Option("--wage", help="An hour of a person who writes pairs.", min=0)] = 20.0,
    price_in: Annotated[
        float | None, typer.Option("--price-in", help="If a model made OTHER: a million tokens in.", min=0)
    ] = None,
    price_out: Annotated[float | None, typer.Option("--price-out", help="And a million tokens out.", min=0)] = None,
    price_hour: Annotated[
        float, typer.Option("--price-hour", help="An hour of the machine that runs the pipeline.", min=0)
    ] = 1.0,
    as_json: Annotated[Path | None, typer.Option("--json", help="A file for the figures.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="An HTML file to write as well.")] = None,
) -> None:
    """An instruction set made on purpose beside our pairs: the same measures of both, and where each is stronger. Needs
    no Spark."""
    from taskmill.jobs.comparison.compare import Wanted, run
    from taskmill.jobs.comparison.costs import Prices

    prices = Prices(human_pair, wage, price_in, price_out, price_hour)
    run(options, Wanted(other, ours, form, ours_form, sample, prices, as_json, out))
