"""The part of the report on personal data and sensitive themes: what was found, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from taskmill.jobs.report.charts import bars
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.page import Part, Section
from taskmill.jobs.words import counted
from taskmill.udfs.personal_data import kinds
from taskmill.udfs.screening.candidates import PERSONAL_DATA, SENSITIVE_THEME
from taskmill.udfs.sensitive import themes

GRAVE = (kinds.CARD, kinds.IBAN, kinds.NATIONAL_ID)  # kinds that are seldom in a text on purpose
MOST_ROWS = 300
PERSONAL_COLUMNS = ("kind", "examples flagged", "examples redacted", "rows refused")
THEME_COLUMNS = ("theme", "examples flagged", "rows refused")


def safety_section(material: Material) -> Section | None:
    """Nothing where nothing was found."""
    parts = [*_personal(material), *_themes(material), *_by_task(material), *_samples(material)]
    return Section("safety", "Personal data and sensitive themes", parts, _notices(material)) if parts else None


def _flagged(material: Material, names: Sequence[str], flag: Callable[[str], str]) -> Counter[str]:
    totals = material.tallies.totals("examples", "flags")
    return Counter({name: totals[flag(name)] for name in names if totals[flag(name)]})


def _refused(material: Material, names: Sequence[str], reason: str) -> Counter[str]:
    """Rows by kind or theme; `personal_data card that cannot be redacted` is one of kind card."""
    found: Counter[str] = Counter()
    for told, count in material.tallies.totals("quarantine", "safety").items():
        words = told.split()
        if words[:1] == [reason] and words[1] in names:
            found[words[1]] += count
    return found


def _personal(material: Material) -> list[Part]:
    flagged = _flagged(material, kinds.KINDS, kinds.flag)
    redacted = _flagged(material, kinds.KINDS, kinds.redacted_flag)
    refused = _refused(material, kinds.KINDS, PERSONAL_DATA)
    total = flagged + redacted + refused
    if not total:
        return []
    return [
        Part(
            "Personal data",
            "Examples that have some and stay as they are, examples with a placeholder in its place, and rows refused "
            "for it. What becomes of each kind is set by `personal_data` in the pipeline file.",
            bars([(kinds.TOLD[kind], count, "") for kind, count in total.most_common()], "Personal data by kind"),
            columns=PERSONAL_COLUMNS,
            rows=[(kind, flagged[kind], redacted[kind], refused[kind]) for kind, _ in total.most_common()],
            numbers=PERSONAL_COLUMNS[1:],
            fold="Figures",
        )
    ]


def _themes(material: Material) -> list[Part]:
    flagged = _flagged(material, themes.THEMES, themes.flag)
    refused = _refused(material, themes.THEMES, SENSITIVE_THEME)
    total = flagged + refused
    if not total:
        return []
    return [
        Part(
            "Sensitive themes",
            "Examples with words of a theme, and rows refused for it. A theme is no verdict: news and novels have them "
            "too. The lexicons know the languages named in docs/safety.md; in others nothing is found.",
            bars([(theme, count, "") for theme, count in total.most_common()], "Sensitive themes", colour=1),
            columns=THEME_COLUMNS,
            rows=[(theme, flagged[theme], refused[theme]) for theme, _ in total.most_common()],
            numbers=THEME_COLUMNS[1:],
            fold="Figures",
        )
    ]


def _by_task(material: Material) -> list[Part]:
    known = {
        make(name)
        for names, makers in ((kinds.KINDS, (kinds.flag, kinds.redacted_flag)), (themes.THEMES, (themes.flag,)))
        for name in names
        for make in makers
    }
    rows = [
        (one.task, one.value, one.count, 0)
        for one in material.tallies.all_of("examples", "flags")
        if one.value in known
    ]
    rows += [
        (one.task, one.value, 0, one.count) for one in material.tallies.all_of("quarantine", "safety") if one.value
    ]
    if not rows:
        return []
    return [
        Part(
            columns=("task", "found", "examples", "rows refused"),
            rows=sorted(rows, key=lambda row: (-row[2] - row[3], row[0], str(row[1])))[:MOST_ROWS],
            numbers=("examples", "rows refused"),
            fold="Figures by task",
            name="Safety by task",
        )
    ]


def _samples(material: Material) -> list[Part]:
    if not material.safety_samples:
        return []
    return [
        Part(
            "Where it stood",
            "One example of each task and flag. All that was found is masked, and every digit.",
            columns=("task", "flag", "around it", "example"),
            rows=[(row["task"], row["flag"], row["sample"], row["example_id"]) for row in material.safety_samples],
            fold="Masked samples",
            name="Masked samples",
        )
    ]


def _notices(material: Material) -> list[str]:
    flagged = _flagged(material, kinds.KINDS, kinds.flag)
    return [
        f"{counted(flagged[kind], 'example')} have {kinds.TOLD[kind]}: see `personal_data` in docs/safety.md."
        for kind in GRAVE
        if flagged[kind]
    ]
