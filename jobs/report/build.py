"""`taskmill report`: one HTML file on what a run made, and the same figures as JSON beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from taskmill.jobs.errors import TableError
from taskmill.jobs.report.changes_section import changes_section
from taskmill.jobs.report.clusters_section import clusters_section, folds_section
from taskmill.jobs.report.contamination_section import contamination_section
from taskmill.jobs.report.duplicates_section import duplicates_section
from taskmill.jobs.report.funnel_section import funnel_section
from taskmill.jobs.report.gallery_section import gallery_section
from taskmill.jobs.report.gates_section import gates_section
from taskmill.jobs.report.gathering import gather
from taskmill.jobs.report.labels_section import labels_section
from taskmill.jobs.report.languages_section import languages_section, licences_section
from taskmill.jobs.report.lengths_section import lengths_section
from taskmill.jobs.report.material import Material
from taskmill.jobs.report.mixtures_section import mixtures_section
from taskmill.jobs.report.page import Section, figures, rendered_page
from taskmill.jobs.report.quality_section import quality_section
from taskmill.jobs.report.refused_section import refused_section
from taskmill.jobs.report.safety_section import safety_section
from taskmill.jobs.report.summary_section import subtitle, summary_section
from taskmill.jobs.report.wordings_section import wordings_section

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

TITLE = "taskmill report"
# In the order of the page. A section that has nothing to say is left out; the summary is made of the others.
SECTIONS: tuple[Callable[[Material], Section | None], ...] = (
    changes_section,
    funnel_section,
    refused_section,
    labels_section,
    lengths_section,
    languages_section,
    licences_section,
    wordings_section,
    gates_section,
    quality_section,
    safety_section,
    duplicates_section,
    contamination_section,
    clusters_section,
    folds_section,
    mixtures_section,
    gallery_section,
)


def run(context: Context, out: Path) -> None:
    """Writes the page, and beside it the figures under the same name with `.json`.

    Raises:
        TableError: if there are no pairs, or the files cannot be written.
    """
    with context.step("report", "counting, and reading some pairs") as seconds:
        material = gather(context)
        sections = sections_of(material)
        page = rendered_page(TITLE, subtitle(material), sections)
        told = {"title": TITLE, "subtitle": subtitle(material), "sections": figures(sections)}
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            _write(out.with_suffix(".json"), json.dumps(told, ensure_ascii=False, indent=1))
            _write(out, page)
        except OSError as error:
            raise TableError(f"report: {str(out)!r} cannot be written ({error.strerror}); name another file") from error
        took = seconds()
    context.messages.say(f"report: {out} and {out.with_suffix('.json').name}, {took:.1f} s", out=str(out))


def _write(path: Path, text: str) -> None:
    """Puts the file there whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8", errors="replace")
    part.replace(path)


def sections_of(material: Material) -> list[Section]:
    """Every section that has something to say."""
    others = [section for make in SECTIONS if (section := make(material)) is not None]
    return [summary_section(material, others), *others]
