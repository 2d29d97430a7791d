"""Why an example or a pair was dropped or kept: finds what an id names, and what the tables say of it, without Spark.

The names of tables and kinds stand here as text: their own modules load Spark's, which takes longer than the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from taskmill.jobs.command import Options
from taskmill.jobs.commands.explain_mixtures import InMixture, of_pair
from taskmill.jobs.commands.explain_why import Story, story_of, why_no_pair
from taskmill.jobs.configuration.pipeline import load_pipeline
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.storage.roots import missing_table
from taskmill.jobs.storage.stored_rows import Row, StoredRows, equals, starts_with

ID = re.compile(r"[0-9a-f]{8,32}")
ALL_DIGITS, EXAMPLE_DIGITS, TEMPLATE_DIGITS = 32, 20, 12  # of an id; in a pair's, of its example's and its template's
MOST_LISTED = 8  # ids that a short one begins
MOST_REFUSED = 5  # equal rows that were refused
PAIR = ("pair_id", "task", "example_id", "template_id", "template", "fold", "excluded_folds", "split", "form",
        "shots", "system", "prompt", "response")  # fmt: skip
TEMPLATE = ("template_id", "task_type", "template", "language", "needs")
REFUSED = ("step", "task", "source", "row_id", "reasons", "detail", "file", "example_id", "template_id", "row")


@dataclass(frozen=True)
class Named:
    """What an id may name: an example, a pair or a quarantined row.

    Attributes:
        example_id: the example, for a pair its own.
        template_id: for a pair; None where no template of the tables has its digits.
    """

    kind: str
    name: str
    task: str
    example_id: str | None = None
    template_id: str | None = None


@dataclass(frozen=True)
class Pair:
    """A pair, rendered or not.

    Attributes:
        row: of table `pairs`; None where it has no such pair, and `why` says why.
        template: of table `templates`; None where it has none of the id.
        mixtures: what each has of it, or why not; none for a pair that is not there.
    """

    pair_id: str
    row: Row | None
    template: Row | None
    why: str | None
    mixtures: tuple[InMixture, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """All there is to tell: rows of `quarantine`, a pair, and the story of an example."""

    refused: tuple[Row, ...] = ()
    more_refused: int = 0
    pair: Pair | None = None
    story: Story | None = None


def show(options: Options, asked: str) -> None:
    """Prints what the tables know of an id.

    Raises:
        ConfigError: if it names nothing, or several.
        TableError: if there are no examples yet.
    """
    from taskmill.jobs.commands.explain_lines import print_explanation

    digits = checked(asked)
    if not options.conf_path.is_file():
        raise ConfigError(f"--conf {str(options.conf_path)!r}: there is no such file")
    tables = StoredRows(load_pipeline(options.conf_path, options.overrides, options.tables).tables)
    print_explanation(Console(highlight=False), explained(tables, digits))


def checked(asked: str) -> str:
    """The id in lower case; ConfigError if it cannot be one."""
    digits = asked.strip().lower()
    if not ID.fullmatch(digits):
        raise ConfigError(
            f"explain: {asked[:60]!r} is no id: give the {ALL_DIGITS} hexadecimal digits of an example_id, a pair_id "
            "or a row_id of quarantine, or at least the first 8"
        )
    return digits


def explained(tables: StoredRows, digits: str) -> Explanation:
    """What the tables say of an id, or of the one id that begins so.

    Raises:
        ConfigError: if there is none, or several.
        TableError: if there is no table `examples`.
    """
    if not tables.has("examples"):
        raise missing_table(tables.root, "examples", "explain")
    named = _only(tables.root, digits, _rows_named(tables, digits) or _pairs_not_rendered(tables, digits))
    if named.kind == "example":
        return Explanation(story=story_of(tables, named.task, named.name))
    refused = tables.rows("quarantine", REFUSED, equals(row_id=named.name))
    first = tuple(refused[:MOST_REFUSED])
    if named.example_id is None:
        return Explanation(first, len(refused) - len(first))
    story = story_of(tables, named.task, named.example_id, named.template_id)
    return Explanation(first, len(refused) - len(first), _pair(tables, named, refused, story), story)


def _rows_named(tables: StoredRows, digits: str) -> list[Named]:
    """What in the tables has an id that begins with these digits. A pair's begins as its example's does, so that it
    counts only where its example is not meant."""
    examples = {
        row["example_id"]: Named("example", row["example_id"], row["task"], row["example_id"])
        for row in tables.rows("examples", ["task", "example_id"], starts_with("example_id", digits))
    }
    keys = ["task", "example_id", "template_id"]
    pairs = [
        Named("pair", row["pair_id"], row["task"], row["example_id"], row["template_id"])
        for row in tables.rows("pairs", ["pair_id", *keys], starts_with("pair_id", digits))
    ]
    refused = [
        Named("pair" if row["template_id"] else "quarantined row", row["row_id"], *(row[name] for name in keys))
        for row in tables.rows("quarantine", ["row_id", *keys], starts_with("row_id", digits))
    ]
    others = [named for named in (*pairs, *refused) if named.example_id not in examples]
    return list(dict.fromkeys([*examples.values(), *others]))


def _pairs_not_rendered(tables: StoredRows, digits: str) -> list[Named]:
    """Pairs that the tables have an example for, but no row: an example's digits, then a template's."""
    of_example, of_template = digits[:EXAMPLE_DIGITS], digits[EXAMPLE_DIGITS:]
    if not of_template:
        return []
    examples = tables.rows("examples", ["task", "example_id"], starts_with("example_id", of_example))
    templates = tables.rows("templates", ["template_id"], starts_with("template_id", of_template)) if examples else []
    ids = [row["template_id"] for row in templates] or [None]
    return [
        Named("pair", of_example + (template_id or of_template)[:TEMPLATE_DIGITS], row["task"], row["example_id"],
              template_id)
        for row in examples for template_id in ids
    ]  # fmt: skip


def _only(root: str, digits: str, found: Sequence[Named]) -> Named:
    """The one that was found; ConfigError if there is none, or several."""
    if not found:
        raise ConfigError(
            f"explain: nothing under {root!r} has the id {digits!r}: looked for an example_id in table examples, a "
            "pair_id in pairs, a row_id in quarantine, and for a pair of a known example. An id changes with the row "
            "or the wording: take one from these tables, or give the --conf or --tables that it comes from"
        )
    if len(found) > 1:
        listed = ", ".join(f"{named.kind} {named.name} ({named.task})" for named in found[:MOST_LISTED])
        more = f", and {len(found) - MOST_LISTED:,} more" if len(found) > MOST_LISTED else ""
        raise ConfigError(f"explain: {digits!r} begins several ids: {listed}{more}; give more digits")
    return found[0]


def _pair(tables: StoredRows, named: Named, refused: Sequence[Row], story: Story) -> Pair:
    """The pair, with why it is not there if it is not."""
    rows = tables.rows("pairs", PAIR, equals(task=named.task, pair_id=named.name))
    template = None
    if named.template_id is not None:
        found = tables.rows("templates", TEMPLATE, equals(template_id=named.template_id))
        template = found[0] if found else None
    why = None if rows else why_no_pair(story, template, [reason for row in refused for reason in row["reasons"]])
    mixtures = of_pair(tables, named.task, named.name) if rows else ()
    return Pair(named.name, rows[0] if rows else None, template, why, mixtures)
