"""`taskmill compare`: an instruction set made on purpose beside our pairs. It reads a file and the tables, and writes
none; without Spark."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from taskmill.jobs.command import Options
from taskmill.jobs.comparison.costs import Prices, cost_group
from taskmill.jobs.comparison.forms import NAMES
from taskmill.jobs.comparison.rows import Group
from taskmill.jobs.comparison.samples import Sample, of_file, of_tables
from taskmill.jobs.comparison.sentences import sentences
from taskmill.jobs.comparison.sides import Sides
from taskmill.jobs.comparison.task_groups import (
    instruction_group,
    label_group,
    overlap_group,
    quality_group,
    structure_group,
)
from taskmill.jobs.comparison.text_groups import (
    language_group,
    length_group,
    readability_group,
    word_group,
    wording_group,
)
from taskmill.jobs.comparison.told import Comparison, page, show
from taskmill.jobs.configuration.mistakes import nearest
from taskmill.jobs.configuration.pipeline import load_pipeline
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.storage.roots import resolved_root


@dataclass(frozen=True)
class Wanted:
    """What to compare, and where to write it.

    Attributes:
        ours: a file in place of our tables.
        form, ours_form: of the files; None where their keys tell.
        sample: records of each set.
    """

    other: Path
    ours: Path | None = None
    form: str | None = None
    ours_form: str | None = None
    sample: int = 20_000
    prices: Prices = Prices()
    json: Path | None = None
    out: Path | None = None


def run(options: Options, wanted: Wanted) -> None:
    """Prints the comparison, and writes it where asked.

    Raises:
        ConfigError: if a file cannot be read, no record of it, or there is no such form.
        TableError: if there are no pairs.
    """
    for form in (wanted.form, wanted.ours_form):
        if form is not None and form not in NAMES:
            raise ConfigError(f"--form: there is no form {form!r}{nearest(form, NAMES)}")
    found = compared(options, wanted)
    for path, text in ((wanted.json, _json), (wanted.out, page)):
        if path is not None:
            _write(path, text(found))
    show(found, Console(highlight=False))
    for path in (wanted.json, wanted.out):
        if path is not None:
            print(f"compare: {path}", file=sys.stderr)


def compared(options: Options, wanted: Wanted) -> Comparison:
    """Both sets read and measured; the file first, as that is where mistakes are."""
    other = of_file(wanted.other, wanted.sample, wanted.form)
    root = None
    if wanted.ours is not None:
        ours = of_file(wanted.ours, wanted.sample, wanted.ours_form)
    else:
        if not options.conf_path.is_file():
            raise ConfigError(f"--conf {str(options.conf_path)!r}: there is no such file")
        root = resolved_root(load_pipeline(options.conf_path, options.overrides, options.tables).tables)
        ours = of_tables(root, wanted.sample)
    groups = measured(ours, other, wanted.prices, root)
    return Comparison(ours, other, groups, sentences(groups), wanted.prices)


def measured(ours: Sample, other: Sample, prices: Prices, root: str | None) -> list[Group]:
    """All measures of both sets."""
    sides = Sides.of(ours, other)
    words = [(side.prompt_words, side.response_words) for side in (sides.ours, sides.other)]
    return [
        length_group(sides), word_group(sides), instruction_group(sides), wording_group(sides), language_group(sides),
        structure_group(sides), readability_group(sides), label_group(sides), quality_group(sides),
        cost_group(ours, other, words, prices, root), overlap_group(sides),
    ]  # fmt: skip


def _json(found: Comparison) -> str:
    return json.dumps(found.figures(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be written: {error.strerror}") from error
