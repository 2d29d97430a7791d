"""The scores of all wordings there are, measured on the tables as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskmill.jobs.ranking.pair_counts import Key, counts_of
from taskmill.jobs.render_plans import rendered_tasks
from taskmill.udfs.ranking.counts import Counts
from taskmill.udfs.ranking.reasons import reasons
from taskmill.udfs.ranking.scores import Score, Wording, scores
from taskmill.udfs.ranking.texts import Contract, seen_in
from taskmill.udfs.rendering.plans import AnyTemplate

if TYPE_CHECKING:
    from taskmill.jobs.catalog.catalog import Catalog
    from taskmill.jobs.configuration.config import TaskType
    from taskmill.jobs.context import Context

Row = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """What was found.

    Attributes:
        rows: of `wording_scores`, by task type and rank, those without a score last.
        unknown: wordings that have pairs and do not stand in the files any more.
    """

    rows: Sequence[Row]
    unknown: int


def measured(context: Context, task_types: Sequence[str]) -> Measured:
    """The scores of all wordings of these task types."""
    templates: defaultdict[str, list[AnyTemplate]] = defaultdict(list)
    for task_type, template in context.catalog.templates:
        templates[task_type].append(template)
    type_of = {one.template_id(name): name for name, found in templates.items() for one in found}
    inverting = {one.template_id(name) for name, found in templates.items() for one in found if one.inverts}
    by_type: defaultdict[str | None, dict[Key, Counts]] = defaultdict(dict)
    for key, counts in counts_of(context, inverting).items():
        by_type[type_of.get(key[0])][key] = counts
    used = {
        one.template_id(task.task_type.task_type) for task in rendered_tasks(context).values() for one in task.templates
    }
    rows = []
    for name in task_types:
        contract = contract_of(context.catalog, name)
        wordings = [wording(name, place, one, contract, used) for place, one in enumerate(templates[name])]
        ranked = scores(wordings, contract, by_type[name])
        rows += [row(name, place, one, context.run_id) for place, one in enumerate(ranked, start=1)]
    unknown = {template_id for (template_id, _), one in by_type[None].items() if one.pairs}
    return Measured(rows, len(unknown))


def wording(task_type: str, place: int, template: AnyTemplate, contract: Contract, used: set[str]) -> Wording:
    """A wording as it is ranked."""
    key = template.template_id(task_type)
    return Wording(
        key, template.name, template.language, template.inverts, place, seen_in(template, contract), key in used
    )


def contract_of(catalog: Catalog, name: str) -> Contract:
    """What a task type asks of its wordings."""
    kind: TaskType | None = catalog.task_types.get(name)
    if kind is None:
        return Contract()
    fields = kind.field_types
    texts = [field for field in (*kind.answer_fields, *kind.explanation) if fields[field].kind == "text"]
    return Contract(
        needed=tuple(field for field in kind.content_fields if not fields[field].optional and field != kind.choices),
        telling=tuple(texts),
        structured=tuple(
            field for field in kind.answer_fields if fields[field].item is not None or fields[field].members
        ),
    )


def row(task_type: str, place: int, score: Score, run_id: str) -> Row:
    """A row of `wording_scores`."""
    counts, one = score.counts, score.wording
    warned: Mapping[str, float] = {name: count / counts.pairs for name, count in sorted(counts.warned.items())}
    return {
        "task_type": task_type, "template": one.name, "template_id": one.template_id, "language": one.language,
        "place": None if score.score is None else place, "score": score.score, "pairs": counts.pairs,
        "refused": counts.refused.total(), "repeated": counts.repeated, "judged": counts.judged,
        "advised": counts.advised, **score.parts, "likeness": score.likeness, "nearest": score.nearest,
        "warned": warned, "reasons": list(reasons(score)), "run_id": run_id,
    }  # fmt: skip
