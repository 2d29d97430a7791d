"""`taskmill audit`: what a sample of every task says of groups of people. It reads tables and writes none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskmill.jobs.audit.counterfactuals import Swap, swaps_of
from taskmill.jobs.audit.lexicon_files import load_lexicons
from taskmill.jobs.audit.mentions import TaskMentions, mentions_of
from taskmill.jobs.audit.sampled import sampled
from taskmill.jobs.audit.told import page, text
from taskmill.jobs.configuration.mistakes import close_to
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.render_plans import rendered_tasks
from taskmill.jobs.storage.ledger import DEDUPLICATE
from taskmill.jobs.words import counted
from taskmill.udfs.audit.associations import MIN_MENTIONS, Association, associations, mention_counts

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

SAMPLE = 1_000


@dataclass(frozen=True)
class TaskAudit:
    """What was found in one task's sample. `total` is how many examples the task has; `unread` those of the sample in
    languages without a lexicon."""

    task: str
    total: int
    examples: int
    unread: int
    has_labels: bool
    mentions: Mapping[str, int]
    compared: Sequence[Association]
    swaps: Sequence[Swap]
    hints: Sequence[Any]

    @property
    def notable(self) -> list[Association]:
        return [one for one in self.compared if one.is_notable]


def run(
    context: Context, only: str = "*", sample: int = SAMPLE, as_json: bool = False, out: Path | None = None
) -> None:
    """Prints what was found, and writes it as a page where `out` says.

    Raises:
        ConfigError: if no task that is trained on is called so, or the page cannot be written.
    """
    found = audits(context, only, sample)
    figures = {
        "sample": sample,
        "min_mentions": MIN_MENTIONS,
        "tasks": [{**asdict(one), "notable": [asdict(each) for each in one.notable]} for one in found],
    }
    print(json.dumps(figures, ensure_ascii=False, indent=1) if as_json else text(found, sample))
    if out is not None:
        write_page(out, page(found, sample, context.pipeline.tables))
        context.messages.say(f"audit: {out}")


def write_page(out: Path, text: str) -> None:
    """Writes the page, its folder too where that is missing."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--out {str(out)!r}: cannot be written ({error.strerror}); name another file") from error


def audits(context: Context, only: str, sample: int) -> list[TaskAudit]:
    """The audit of each task whose name the glob matches, sorted."""
    sizes = _sizes(context, only)
    lexicons = load_lexicons()
    with context.step("audit", f"{counted(len(sizes), 'task')}, {sample} examples each at most"):
        examples = sampled(context, sizes, sample).persist()
        try:
            mentions = mentions_of(context, examples, lexicons)
            swaps = swaps_of(context, examples, sizes, lexicons)
        finally:
            examples.unpersist()
    return [_audit(task, size, mentions.get(task, TaskMentions()), swaps.get(task, [])) for task, size in sizes.items()]


def _audit(task: str, size: int, mentions: TaskMentions, swaps: Sequence[Swap]) -> TaskAudit:
    return TaskAudit(
        task, size, mentions.examples, mentions.unread, mentions.has_labels, mention_counts(mentions.found),
        associations(mentions.found) if mentions.has_labels else [], swaps, mentions.hints,
    )  # fmt: skip


def _sizes(context: Context, only: str) -> dict[str, int]:
    done = context.ledger.done(DEDUPLICATE)
    known = sorted(name for name in rendered_tasks(context) if name in done)
    found = {name: done[name].counts.rows_out for name in known if fnmatchcase(name, only)}
    if not found:
        near = close_to(only, known)
        hint = f" Did you mean {near!r}?" if near else ""
        raise ConfigError(
            f"--task {only!r}: no task that is trained on and has been read is called so ({len(known)} are; "
            f"`taskmill run` reads them).{hint}"
        )
    return found
