"""What an audit found, as text for the terminal and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from taskmill.jobs.report.page import Part, Section, rendered_page
from taskmill.udfs.audit.associations import MIN_MENTIONS, PRIOR, SIGNIFICANT, Association

if TYPE_CHECKING:
    from taskmill.jobs.audit.build import TaskAudit

MOST_HINTS = 5  # in the terminal
ID_CHARS = 8


def text(found: Sequence[TaskAudit], sample: int) -> str:
    """The findings of every task, one after the other."""
    return "\n".join([_method(sample), *(line for one in found for line in ("", *_lines(one)))])


def page(found: Sequence[TaskAudit], sample: int, tables: str) -> str:
    """The findings as HTML; everything from data is escaped by the page."""
    method = Section("method", "Method", [Part(text=_method(sample))])
    sections = [Section(f"task-{place}", one.task, list(_parts(one))) for place, one in enumerate(found)]
    return rendered_page("taskmill audit", f"tables: {tables}", [method, *sections])


def _method(sample: int) -> str:
    return (
        f"Looked at: the {sample:,} examples of each task with the lowest ids. A group is compared from {MIN_MENTIONS} "
        f"mentions on, with other groups of its category where these have as many. Log-odds are shrunken by {PRIOR:g} "
        f"examples; p is Fisher's exact, corrected after Holm within the task; told below {SIGNIFICANT}. "
        "A finding says where to look, not that a task is biased; none does not say that it is not."
    )


def _looked_at(one: TaskAudit) -> str:
    unread = f"; {one.unread:,} more are in languages without a lexicon" if one.unread else ""
    return f"{one.examples:,} of {one.total:,} examples{unread}"


def _labels_said(one: TaskAudit) -> str:
    if not one.has_labels:
        return "labels: the answer is no closed set, so nothing was compared"
    if not one.compared:
        return f"labels: no group has {MIN_MENTIONS} mentions and enough others to compare with"
    return f"labels: {len(one.notable)} of {len(one.compared)} comparisons are notable"


def _lines(one: TaskAudit) -> Iterator[str]:
    yield f"{one.task}: {_looked_at(one)}"
    if one.mentions:
        yield "  mentions: " + ", ".join(f"{group} {count}" for group, count in one.mentions.items())
    yield f"  {_labels_said(one)}"
    for finding in one.notable:
        yield f"    {_finding(finding)}"
    for swap in one.swaps:
        ids = f" ({_ids(swap.ids)})" if swap.ids else ""
        yield (
            f"  swap {swap.category}: {swap.examples:,} examples; of their {swap.pairs:,} pairs "
            f"{swap.prompts:,} prompts and {swap.responses:,} responses change, {swap.refused:,} are refused{ids}"
        )
    for hint in one.hints[:MOST_HINTS]:
        words = f"{hint.group} and {hint.trait!r}, {hint.count} times"
        yield f"  to look at: {words}: {_harmless(hint.sentence)} ({hint.example_id[:ID_CHARS]})"
    if len(one.hints) > MOST_HINTS:
        yield f"  to look at: {len(one.hints) - MOST_HINTS} more of these in --out or --json"


def _harmless(text: str) -> str:
    """The text without what would steer a terminal."""
    return "".join(one if one.isprintable() else " " for one in text)


def _finding(one: Association) -> str:
    return (
        f"{one.group} with {one.label!r}: {one.with_label} of {one.mentions} "
        f"({_percent(one.with_label, one.mentions)}), "
        f"{one.against} {one.others_with_label} of {one.others} ({_percent(one.others_with_label, one.others)}); "
        f"log-odds {one.log_odds:+.2f}, p {one.p:.2g} ({_ids(one.ids)})"
    )


def _parts(one: TaskAudit) -> Iterator[Part]:
    yield Part(text=f"{_looked_at(one)}; {_labels_said(one)}.")
    yield _table("Mentions", ("group", "examples"), [(group, count) for group, count in one.mentions.items()])
    yield _table(
        "Labels that go with a group", ("group", "label", "with it", "against", "there", "log-odds", "p", "examples"),
        [(each.group, each.label, f"{each.with_label} of {each.mentions}", each.against,
          f"{each.others_with_label} of {each.others}", f"{each.log_odds:+.2f}", f"{each.p:.2g}", _ids(each.ids))
         for each in one.notable],
    )  # fmt: skip
    yield _table(
        "Groups exchanged", ("category", "examples", "pairs", "prompts", "responses", "refused", "responses change in"),
        [(swap.category, swap.examples, swap.pairs, swap.prompts, swap.responses, swap.refused, _ids(swap.ids))
         for swap in one.swaps],
    )  # fmt: skip
    yield _table(
        "To look at: a group and a trait word in one sentence", ("group", "word", "times", "for example", "in"),
        [(hint.group, hint.trait, hint.count, hint.sentence, hint.example_id[:ID_CHARS]) for hint in one.hints],
    )  # fmt: skip


def _table(heading: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Part:
    if not rows:
        return Part(heading=heading, text="none")
    return Part(heading=heading, columns=columns, rows=rows)


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.0f} %"


def _ids(ids: Sequence[str]) -> str:
    return ", ".join(name[:ID_CHARS] for name in ids)
