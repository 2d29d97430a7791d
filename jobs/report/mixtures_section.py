"""The part of the report on mixtures: what each took and left out, by which rule, and whether it still holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from taskmill.jobs.mixing.account import Account, accounts_of
from taskmill.jobs.mixing.states import UP_TO_DATE
from taskmill.jobs.report.charts import FADED, Share, flow, stacked_bars
from taskmill.jobs.report.funnel_section import listed
from taskmill.jobs.report.languages_section import language_name
from taskmill.jobs.report.material import Entries, Material
from taskmill.jobs.report.page import Part, Section
from taskmill.jobs.storage.ledger import DONE, SELECT
from taskmill.jobs.storage.mixture_tables import MIXTURE_ACCOUNT
from taskmill.jobs.words import counted

MOST_MIXTURES = 40  # that are told; those that want attention first
MOST_DRAWN = 8  # of these, with pictures and tasks
MOST_ROWS = 300
MOST_KINDS = 7  # clusters or languages of a picture that have a colour
RULE_COLOURS = (1, 3, 4, 5, 6, 7)
COLUMNS = ("mixture", "state", "pairs", "with repeats", "left out", "tasks", "tokens", "made by run")
RULE_COLUMNS = ("rule", "leaves out", "tasks", "left")
TASK_COLUMNS = ("task", "pairs", "left out", "taken", "with repeats", "share", "asked for")
ROUND_COLUMNS = ("mixture", "round", "examples chosen", "of", "state")


def mixtures_section(material: Material) -> Section | None:
    """Nothing where no mixture was made and none has selected."""
    rows = material.stored(MIXTURE_ACCOUNT.name)
    accounts, rounds = accounts_of(rows), _rounds(material.entries)
    names = sorted({*accounts, *material.mixtures}, key=lambda name: (_state(material, name) == UP_TO_DATE, name))
    if not names and not rounds:
        return None
    told = [accounts.get(name, Account(name, {}, {}, {})) for name in names[:MOST_MIXTURES]]
    drawn = [account for account in told if account.repeated][:MOST_DRAWN]
    runs = {row["mixture"]: row["run_id"] for row in rows}
    parts = [_overview(material, told, len(names), runs)] if told else []
    if drawn:
        parts += [_clusters(material, drawn), _languages(drawn)]
    for account in told:
        parts += [_rules(account, account in drawn), *([_tasks(account)] if account in drawn else [])]
    return Section("mixtures", "Mixtures", [*parts, *_told_rounds(rounds)], _notices(material, names))


def _state(material: Material, name: str) -> str:
    return material.mixtures.get(name, "unknown")


def _overview(material: Material, told: Sequence[Account], count: int, runs: Mapping[str, str]) -> Part:
    cut = f" The first {MOST_MIXTURES} of {count:,}, those that are not up to date before others."
    return Part(
        text="What is trained on together. Figures are those of when a mixture was made: what has become since of "
        "tasks that it does not take is not in them." + (cut if count > len(told) else ""),
        columns=COLUMNS,
        rows=[
            (
                one.mixture, _state(material, one.mixture), one.pairs, one.repeated, one.entered - one.pairs,
                len(one.taken), one.tokens, runs.get(one.mixture),
            )
            for one in told
        ],
        numbers=COLUMNS[2:7],
    )  # fmt: skip


def _clusters(material: Material, accounts: Sequence[Account]) -> Part:
    counts: dict[str, Counter[str]] = {}
    wanted: defaultdict[tuple[str, str], float] = defaultdict(float)
    for account in accounts:
        counts[account.mixture] = Counter()
        for task, one in account.taken.items():
            counts[account.mixture][material.task(task)["task_cluster"]] += one.repeated
        for task, share in account.shares.items():
            wanted[account.mixture, material.task(task)["task_cluster"]] += share
    columns = ("mixture", "cluster", "pairs with repeats", "share", "asked for")
    rows = [(*row, wanted[row[0], row[1]]) for row in _share_rows(counts)]
    return Part(
        "By task cluster",
        f"A bar is a mixture, its pairs with repeats parted into task clusters.{_cut(accounts)}",
        _bars(counts, "Shares of task clusters by mixture"), is_wide=True, columns=columns, rows=rows[:MOST_ROWS],
        numbers=columns[2:], shares=columns[3:], fold="Figures",
    )  # fmt: skip


def _languages(accounts: Sequence[Account]) -> Part:
    counts = {account.mixture: Counter[str]() for account in accounts}
    for account in accounts:
        for one in account.taken.values():
            for tag, count in one.languages.items():
                counts[account.mixture][language_name(tag)] += count
    columns = ("mixture", "language", "pairs with repeats", "share")
    return Part(
        "By language", "The same by the language of the data, of several the first.",
        _bars(counts, "Shares of languages by mixture"), is_wide=True, columns=columns,
        rows=_share_rows(counts)[:MOST_ROWS], numbers=columns[2:], shares=columns[3:], fold="Figures",
    )  # fmt: skip


def _cut(accounts: Sequence[Account]) -> str:
    return f" The first {MOST_DRAWN} that have pairs." if len(accounts) == MOST_DRAWN else ""


def _share_rows(counts: Mapping[str, Counter[str]]) -> list[tuple[str, str, int, float]]:
    """Mixture, kind, how many pairs and which share."""
    return [
        (name, kind, count, count / (own.total() or 1))
        for name, own in counts.items()
        for kind, count in sorted(own.items(), key=lambda one: (-one[1], one[0]))
    ]


def _bars(counts: Mapping[str, Counter[str]], told: str) -> str:
    """A kind has one colour throughout; those that few pairs are of are taken together."""
    total: Counter[str] = Counter()
    for own in counts.values():
        total.update(own)
    kinds = sorted(total, key=lambda kind: (-total[kind], kind))
    coloured = kinds if len(kinds) <= MOST_KINDS else kinds[: MOST_KINDS - 1]
    rows = []
    for name, own in counts.items():
        pieces = [Share(kind, own[kind], colour) for colour, kind in enumerate(coloured)]
        rest = Share("others", own.total() - sum(piece.count for piece in pieces), FADED)
        rows.append((name, [*pieces, rest], f"{own.total():,}"))
    return stacked_bars(rows, told)


def _rules(account: Account, is_drawn: bool) -> Part:
    """What the dry run prints, and a picture of it."""
    rules = account.of_rules()
    name = account.mixture
    rows: list[Sequence[object]] = [("all pairs", None, None, account.entered), *rules]
    if account.repeated != account.pairs:
        rows.append(("with repeats", None, None, account.repeated))
    pieces = [Share("taken", account.pairs, 0)] + [
        Share(rule.rule, rule.pairs, RULE_COLOURS[place % len(RULE_COLOURS)]) for place, rule in enumerate(rules)
    ]
    repeats = f", which come {account.repeated:,} times" if account.repeated != account.pairs else ""
    return Part(
        f"{name}: taken and left out",
        f"{counted(account.pairs, 'pair')} of {account.entered:,} taken{repeats}. A pair that is left out is counted "
        "for the first rule that does it; the rules stand in their order.",
        flow("pairs", account.entered, pieces, f"What {name} takes and leaves out") if is_drawn else "",
        columns=RULE_COLUMNS, rows=rows, numbers=RULE_COLUMNS[1:], fold="Figures", name=f"rules of {name}",
    )  # fmt: skip


def _tasks(account: Account) -> Part:
    found = sorted(account.of_tasks(), key=lambda one: (-one.repeated, one.task))
    cut = f"The first {MOST_ROWS} of {len(found):,} tasks" if len(found) > MOST_ROWS else "Figures by task"
    return Part(
        columns=TASK_COLUMNS, rows=found[:MOST_ROWS], numbers=TASK_COLUMNS[1:], shares=TASK_COLUMNS[5:], fold=cut,
        name=f"tasks of {account.mixture}",
    )  # fmt: skip


def _rounds(entries: Entries) -> list[tuple[str, int, int, int, str]]:
    """Mixture, round, examples chosen and of how many, state."""
    found = []
    for (step, unit), entry in entries.items():
        if step == SELECT:
            name, number = unit.rsplit(" ", 1)
            state = "stands" if entry.status == DONE else "not finished"
            found.append((name, int(number), entry.counts.rows_out, entry.counts.rows_in, state))
    return sorted(found)


def _told_rounds(rounds: Sequence[tuple[str, int, int, int, str]]) -> list[Part]:
    if not rounds:
        return []
    text = "How many examples `select` chose in each round. A round that was made stays as it is."
    cut = f" The first {MOST_ROWS} of {len(rounds):,}." if len(rounds) > MOST_ROWS else ""
    return [
        Part(
            "Rounds of selection",
            text + cut,
            columns=ROUND_COLUMNS,
            rows=rounds[:MOST_ROWS],
            numbers=ROUND_COLUMNS[1:4],
        )
    ]


def _notices(material: Material, names: Sequence[str]) -> list[str]:
    stale = [name for name in names if _state(material, name) != UP_TO_DATE]
    if not stale:
        return []
    return [
        f"{counted(len(stale), 'mixture')} not up to date: {listed(stale)}. `taskmill mix NAME` makes one again, and "
        "export refuses it until then."
    ]
