"""Prints what `explain` found: the decision in a line, then each piece of evidence with both texts.

The text is data: it is put in `Text` objects, which know no markup, with control characters made visible.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table as Grid
from rich.text import Text

from taskmill.jobs.commands.explain_mixtures import MOST_TOLD
from taskmill.jobs.commands.word_diff import Piece, compared, matched
from taskmill.jobs.words import counted, visible

if TYPE_CHECKING:
    from taskmill.jobs.commands.explain import Explanation, Pair
    from taskmill.jobs.commands.explain_mixtures import InMixture
    from taskmill.jobs.commands.explain_why import Evidence, Story
    from taskmill.jobs.storage.stored_rows import Row

WIDE = 100  # columns, from which two texts fit side by side
MOST_SHOWN = 1_500  # characters of a field, prompt, response or row
MOST_OF_RUN = 400  # characters of a run of words in a comparison
MOST_SPANS = 3


@dataclass(frozen=True)
class Marks:
    """How words that only one text has are shown."""

    before: str = ""
    after: str = ""
    style: str = ""


PLAIN = Marks("[-", "-]"), Marks("{+", "+}")  # as in a word diff of git: removed, added
STYLED = Marks(style="red strike"), Marks(style="green underline")  # not by colour alone


def print_explanation(console: Console, found: Explanation) -> None:
    """Prints the rows of `quarantine`, the pair and the story of the example, as far as there are any."""
    for row in found.refused:
        _print_refused(console, row)
    _print_more(console, found.more_refused, "row", "of quarantine with this id")
    if found.pair is not None:
        _print_pair(console, found.pair)
    if found.story is not None:
        _print_story(console, found.story)


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and end around how much is left out."""
    if len(text) <= most + most // 4:  # a few characters less would be no gain
        return text
    half = most // 2
    return f"{text[:half]} ... ({len(text) - 2 * half:,} characters) ... {text[-half:]}"


def texts_of(example: Row) -> dict[str, str]:
    """The fields of an example as text, those that are null left out; and the answer, where no field has its text."""
    fields = json.loads(example["fields"])
    texts = {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
             for name, value in fields.items() if value is not None}  # fmt: skip
    return texts if example["answer"] in texts.values() or "answer" in texts else texts | {"answer": example["answer"]}


def _print_refused(console: Console, row: Row) -> None:
    _head(console, "quarantined row", row["row_id"])
    where = {"task": row["task"], "source": row["source"], "step": row["step"], "file": row["file"],
             "example": row["example_id"], "template": row["template_id"]}  # fmt: skip
    _facts(console, where)
    _line(console, "decision", f"refused: {', '.join(row['reasons'])}", style="bold red")
    if row["detail"]:
        _line(console, "detail", row["detail"])
    _line(console, "row", _pretty(row["row"]))


def _pretty(row: str) -> str:
    """JSON with a line for each value; text that is none (a broken line, say) as it is."""
    try:
        return json.dumps(json.loads(row), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return row


def _print_pair(console: Console, pair: Pair) -> None:
    row, template = pair.row or {}, pair.template or {}
    _head(console, "pair", pair.pair_id)
    name = template.get("template") or row.get("template")
    folds = ", ".join(map(str, row.get("excluded_folds") or [])) or None
    template_id = template.get("template_id") or row.get("template_id")
    _facts(console, {"wording": name, "template": template_id, "fold": row.get("fold"), "split": row.get("split"),
                     "form": ", ".join(row.get("form") or []) or None,
                     "behind examples": ", ".join(row.get("shots") or []) or None,
                     "out of the training sets of folds": folds})  # fmt: skip
    _line(console, "decision", pair.why or "rendered", style="bold green" if pair.why is None else "bold red")
    _print_mixtures(console, pair.mixtures)
    for side in ("system", "prompt", "response"):
        if row.get(side) is not None:
            _line(console, side, row[side])


def _print_story(console: Console, story: Story) -> None:
    example = story.example
    _head(console, "example", story.example_id)
    if example is None:
        _facts(console, {"task": story.task})
    else:
        _facts(console, {name: example[name] for name in ("task", "source", "revision", "split", "role", "licence")}
               | {"languages": ", ".join(example["languages"]), "flags": ", ".join(example["flags"]) or None,
                  "copies": example["copies"] if example["copies"] > 1 else None})  # fmt: skip
    left = story.removal is not None or example is None
    _line(console, "decision", story.decision, style="bold red" if left else "bold green")
    _print_mixtures(console, story.mixtures)
    for row in story.rounds[:MOST_TOLD]:
        place = f"place {row['place']:,} of its cluster and language, score {_rounded(row['score'])}"
        _line(console, "chosen", f"in round {row['round']} of {row['mixture']}: {place}")
    for name, text in (texts_of(example) if example is not None else {}).items():
        _line(console, name, text)
    for evidence in story.duplicates:
        _print_evidence(console, story, evidence, _of_duplicates(evidence))
    _print_more(console, story.more_duplicates, "row", "of duplicates")
    for evidence in story.contamination:
        _print_evidence(console, story, evidence, _of_contamination(evidence))
    _print_more(console, story.more_contamination, "row", "of contamination")


def _print_mixtures(console: Console, found: Sequence[InMixture]) -> None:
    """A line for each mixture, those that have it first."""
    ordered = sorted(found, key=lambda one: not one.is_in)
    for one in ordered[:MOST_TOLD]:
        _line(console, "in mixture" if one.is_in else "not in mixture", f"{one.mixture}: {one.told}")
    _print_more(console, len(ordered[MOST_TOLD:]), "mixture", "of which as much could be told")


def _print_more(console: Console, count: int, noun: str, of_what: str) -> None:
    if count:
        console.print(Text(f"\n... and {counted(count, noun)} {of_what}"))


def _print_evidence(console: Console, story: Story, evidence: Evidence, told: Mapping[str, Any]) -> None:
    row = evidence.row
    table = "duplicates" if "kept_id" in row else "contamination"
    _head(console, table, row["kind"])
    _line(console, "with", f"{evidence.other_id} ({evidence.other_task})")
    _facts(console, told)
    for span in row.get("spans", [])[:MOST_SPANS]:
        _line(console, "both have", f'"{span}"')
    if evidence.other_id == story.example_id:
        console.print(Text("  the same example: two of its wordings give one text"))
    elif evidence.other is None or story.example is None:
        console.print(Text("  one of the two is not in table examples any more: there are no texts to compare"))
    else:
        _print_texts(console, story.example, evidence.other)


def _of_duplicates(evidence: Evidence) -> dict[str, Any]:
    row = evidence.row
    if row["template_id"] is not None:
        becomes = "this one's pair is left out" if evidence.is_own else "the other's pair is left out"
    elif row["removed"]:
        becomes = "this one leaves" if evidence.is_own else "the other leaves"
    else:
        becomes = "both stay"
    numbers = {name: _rounded(row[name]) for name in ("similarity", "containment")}
    return {becomes: "", **numbers, "bands": row["bands"], "group": row["group_id"], "template": row["template_id"],
            "rule": row["rule"]}  # fmt: skip


def _of_contamination(evidence: Evidence) -> dict[str, Any]:
    row = evidence.row
    trained, held_out = ("this", "the other") if evidence.is_own else ("the other", "this")
    return {
        f"{held_out} is held out": f"({row['held_out']})", f"of it in {trained}": _rounded(row["share"]),
        "words": row["words"], "examples of that task alike": row["others"],
        "excluded folds": ", ".join(map(str, row["excluded_folds"])) or "none", "rule": row["rule"],
    }  # fmt: skip


def _print_texts(console: Console, this: Row, other: Row) -> None:
    """Both examples field by field: side by side where there is room."""
    left, right = texts_of(this), texts_of(other)
    is_wide = console.width >= WIDE
    here, there = PLAIN if console.no_color or console.color_system is None else STYLED
    grid = Grid(box=None, show_header=False, expand=True, padding=(0, 1))
    for _ in range(2 if is_wide else 1):
        grid.add_column(ratio=1, overflow="fold")
    for one, two in matched(left, right, by_name=this["task_type"] == other["task_type"]):
        if one is not None and two is not None and left[one] == right[two]:
            name = one if one == two else f"{one} = {two}"
            grid.add_row(_labelled(f"both: {name}", shortened(left[one], MOST_OF_RUN)))
            continue
        found = compared(left.get(one or "", ""), right.get(two or "", ""))
        sides = [Text() if one is None else _side(f"this: {one}", found.left, here),
                 Text() if two is None else _side(f"other: {two}", found.right, there)]  # fmt: skip
        for row in [sides] if is_wide else [[side] for side in sides if side]:
            grid.add_row(*row)
        if found.note:
            grid.add_row(Text(f"({found.note})", style="dim"))
    console.print(grid)


def _side(name: str, pieces: Sequence[Piece], marks: Marks) -> Text:
    """One side of a field, the words that only it has marked."""
    shown = _labelled(name, "")
    for piece in pieces:
        text = visible(shortened(piece.text, MOST_OF_RUN))
        shown.append(f"{marks.before}{text}{marks.after}" if piece.only_here else text,
                     style=marks.style if piece.only_here else "")  # fmt: skip
    return shown


def _labelled(name: str, text: str) -> Text:
    return Text.assemble((f"{visible(name)}: ", "dim"), visible(text))


def _head(console: Console, kind: str, name: str) -> None:
    console.print()
    console.print(Rule(Text.assemble((kind, "bold"), " · ", visible(name)), align="left"))


def _facts(console: Console, facts: Mapping[str, Any]) -> None:
    """Names and values in a line; None is left out, and an empty value leaves the name by itself."""
    known = [f"{name} {value}".rstrip() for name, value in facts.items() if value is not None]
    console.print(Padding(Text(visible(" · ".join(known))), (0, 0, 0, 2)))


def _line(console: Console, name: str, text: str, style: str = "") -> None:
    """A name and a text, cut where it is long."""
    shown = Text.assemble((f"{visible(name)}: ", "dim"), (visible(shortened(text, MOST_SHOWN)), style))
    console.print(Padding(shown, (0, 0, 0, 2)))


def _rounded(number: float | None) -> str | None:
    """Three digits, never rounded up: what is below a threshold, or below 1, must look so."""
    return None if number is None else f"{math.floor(number * 1000 + 1e-9) / 1000:g}"
