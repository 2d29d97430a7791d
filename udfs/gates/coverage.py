"""Gates on what a task's files promise and its data do not keep: fields, templates, languages, choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskmill.udfs.gates.verdicts import Limits, Verdict, judged

SHOWN = 4


def unused_field(fields: Sequence[str], used: Sequence[Sequence[str]], limits: Limits) -> Verdict:
    """Fields that the source fills and that no template in use reads: they are read for nothing.

    `taskmill check` refuses a task type with a field that no wording uses; here the wordings that use it may be in
    other languages, or be rendered with no example.

    Args:
        fields: those of the task type that the source fills.
        used: of each template that some example is rendered with, the fields it reads.
    """
    known = {name for names in used for name in names}
    unused = [name for name in fields if name not in known]
    told = f"no template in use reads {_listed(unused)}" if unused else f"all {len(fields)} fields are used"
    return judged("unused_field", len(unused), limits, told)


def idle_template(reasons: Mapping[str, str], templates: int, by_design: int, limits: Limits) -> Verdict:
    """Templates that no example is rendered with, though the source means to give what they need.

    Args:
        reasons: idle template -> why.
        templates: all of the task.
        by_design: other idle ones, which need a field that the source does not have.
    """
    told = f"{templates - by_design} of {templates} templates are used"
    if by_design:
        told += ", the others need fields that the source does not have"
    if reasons:
        told = f"no example is rendered with {_listed([f'{name} ({why})' for name, why in reasons.items()])}"
    return judged("idle_template", len(reasons), limits, told)


def sparse_language(examples: Mapping[str, int], limits: Limits) -> Verdict | None:
    """Examples of the language that has fewest, where there are several: a handful teaches none and tests none.

    None for a task of one language.
    """
    if len(examples) < 2:
        return None
    ordered = sorted(examples, key=lambda tag: (examples[tag], tag))
    told = f"examples by language: {_listed([f'{tag} {examples[tag]:,}' for tag in ordered])}"
    return judged("sparse_language", examples[ordered[0]], limits, told, low_is_bad=True)


def outside_choices(refused: int, rows: int, limits: Limits) -> Verdict | None:
    """The share of rows whose label is no index into the choices; they are quarantined. None without rows."""
    if not rows:
        return None
    told = f"{refused:,} of {rows:,} rows have a label that is none of the choices"
    return judged("outside_choices", refused / rows, limits, told)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
