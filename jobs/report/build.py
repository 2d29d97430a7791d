"""`taskmill report`: one HTML file on what a run made, and the same figures as JSON beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from taskmill.jobs.folds.fold_proof import violations
from taskmill.jobs.folds.folds import fold_plans
from taskmill.jobs.folds.placed_tasks import no_pairs
from taskmill.jobs.report.clusters_section import clusters_section, folds_section
from taskmill.jobs.report.page import rendered_page
from taskmill.jobs.storage import tables

if TYPE_CHECKING:
    from taskmill.jobs.context import Context


def run(context: Context, out: Path) -> None:
    """Writes the page, and beside it the figures under the same name with `.json`.

    Raises:
        TableError: if there are no pairs.
    """
    with context.step("report", str(out)):
        tasks = [row.asDict(recursive=True) for row in context.warehouse.read(tables.TASKS, "report").collect()]
        tasks.sort(key=lambda row: (row["task_cluster"], row["task"]))
        plan = fold_plans(context)
        if not plan:
            raise no_pairs(context, "report")
        found = [one.as_row() for one in violations(context, [fold["fold"] for fold in plan])]
        sections = [clusters_section(tasks), folds_section(plan, found)]
        page = rendered_page("taskmill report", f"tables: {context.pipeline.tables}", sections)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")
        figures = {"tasks": tasks, "folds": plan, "violations": found}
        out.with_suffix(".json").write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")
    context.messages.say(f"report: {out} and {out.with_suffix('.json').name}")
