"""What `taskmill paraphrase` does and says."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from taskmill.jobs.command import Options, load
from taskmill.jobs.configuration.config import TaskType, nearest
from taskmill.jobs.configuration.positions import load_document
from taskmill.jobs.errors import ConfigError, StepError
from taskmill.jobs.models.answers import Answers
from taskmill.jobs.models.budgets import Budget, Spending
from taskmill.jobs.models.chat import Chat
from taskmill.jobs.models.client import Settings
from taskmill.jobs.models.paraphrase import Outcome, Verdict, Wish, paraphrase, parents_of
from taskmill.jobs.models.wording_files import add_wordings, with_wordings
from taskmill.jobs.spark.cache import cache_folder
from taskmill.jobs.words import counted
from taskmill.udfs.languages import canonical
from taskmill.udfs.paraphrases.gate import Bounds

SHOWN_CHARS = 60


@dataclass(frozen=True)
class Request:
    """What the command line asks for; `answers` None for the usual file."""

    task_type: str
    wish: Wish
    settings: Settings
    budget: Budget
    answers: Path | None = None
    offline: bool = False
    dry_run: bool = False
    verdicts: Path | None = None


def run(asked: Options, request: Request) -> None:
    """Asks, judges, writes, and says what became of every candidate.

    Raises:
        ConfigError: if there is no such task type or wording, or a language is none.
        StepError: if some questions got no answer, after what the others gave was written.
    """
    _, catalog = load(asked)
    task_type = catalog.task_types.get(request.task_type)
    if task_type is None:
        known = catalog.task_types
        raise ConfigError(f"there is no task type {request.task_type!r}{nearest(request.task_type, known)}")
    document = load_document(catalog.documents[f"TaskType {request.task_type}"].path)
    _check(task_type, request.wish)
    with_wordings(document, [])  # a file that cannot take new wordings is told before anything is paid for
    answers = Answers(request.answers or cache_folder() / "answers.sqlite")
    spending = Spending(request.budget)
    try:
        chat = Chat(request.settings, answers, spending, request.offline)
        outcome = paraphrase(task_type, document, chat, request.wish, Bounds())
    finally:
        answers.close()
    if outcome.accepted and not request.dry_run:
        add_wordings(document, outcome.accepted)
    if request.verdicts is not None:
        _write(request.verdicts, outcome.verdicts)
    _show(outcome, request, document.path, spending)
    if outcome.failures:
        told = "; ".join(f"{counted(count, 'question')}: {reason}" for reason, count in outcome.failures.items())
        raise StepError(f"no answer to {told}. What was answered is stored: run it again to ask for the rest alone")


def _check(task_type: TaskType, wish: Wish) -> None:
    for tag in filter(None, (wish.language, wish.translate_to)):
        if canonical(tag) is None:
            raise ConfigError(f"{tag!r} is no language tag: write one of BCP 47, such as en or pt-BR")
    if not parents_of(task_type, wish):
        names = [text.name for text in task_type.templates if text.provenance is None]
        wanted = f" named {wish.only!r}{nearest(wish.only, names)}" if wish.only else ""
        raise ConfigError(
            f"{task_type.task_type}: no wording in {wish.language!r} that a person wrote{wanted}"
            + (", and whose response has no words of its own to translate" if wish.translate_to else "")
        )


def _write(path: Path, verdicts: list[Verdict]) -> None:
    rows = [
        {
            "parent": one.parent, "candidate": one.candidate, "reason": one.reason or None,
            "detail": one.detail or None, "accepted": one.accepted.name if one.accepted else None,
        }
        for one in verdicts
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _show(outcome: Outcome, request: Request, path: Path, spending: Spending) -> None:
    console = Console()
    reasons = Counter(one.reason for one in outcome.verdicts if one.accepted is None)
    if reasons:
        table = Table("refused", "candidates", "for example", box=None, pad_edge=False)
        for reason, count in reasons.most_common():
            example = next(one for one in outcome.verdicts if one.reason == reason)
            shown = " ".join(example.candidate.split())[:SHOWN_CHARS]
            table.add_row(reason, str(count), escape(f"{example.detail} ({shown})"))
        console.print(table)
    accepted = outcome.accepted
    done = "would be added to" if request.dry_run else "added to"
    console.print(
        escape(f"{counted(len(accepted), 'wording')} of {counted(len(outcome.verdicts), 'candidate')} {done} {path}")
    )
    cost = f", cost {spending.cost:.4f}" if request.budget.price_in or request.budget.price_out else ""
    console.print(f"{spending.tokens_in + spending.tokens_out:,} tokens spent now{cost}")
