"""Other collections' templates to native task type files, and what could not be converted, line by line.

Whatever is written renders as the template it was made of does, without loss; all else is refused with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from taskmill.jobs.command import DONE, FAILED, guarded
from taskmill.jobs.configuration.config import nearest
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.imports import flan, promptsource, super_natural_instructions
from taskmill.jobs.imports.task_types import Import, ImportedType, Refused, valid_name, yaml_text

KINDS: Mapping[str, Callable[[Path], Import]] = {
    "promptsource": promptsource.convert,
    "flan": flan.convert,
    "super-natural-instructions": super_natural_instructions.convert,
}
IS_THERE = "a file of this name is there already"


def run_import(kind: str, path: Path, out: Path, overwrite: bool = False) -> int:
    """Converts what is at `path` into files in the folder `out`, and says what became of every template.

    Returns:
        The exit code: 0 when something was converted, 1 when nothing was, 2 for what cannot be read or written.
    """
    written = 0

    def work() -> None:
        nonlocal written
        found = write_all(converted(kind, path), out, overwrite)
        report(found, out)
        written = found.wording_count

    code = guarded(work)
    return FAILED if code == DONE and not written else code


def converted(kind: str, path: Path) -> Import:
    """What becomes of the templates at `path`, under names that are used once.

    Raises:
        ConfigError: for an unknown kind, or if nothing of that kind is at `path`.
    """
    if kind not in KINDS:
        raise ConfigError(f"{kind!r} is not a kind of templates that can be imported{nearest(kind, KINDS)}")
    if not path.exists():
        raise ConfigError(f"{path}: there is no such file or folder")
    found = KINDS[kind](path)
    names: set[str] = set()
    task_types = []
    for task_type in found.task_types:
        task_types.append(replace(task_type, name=valid_name(task_type.name, names)))
        names.add(task_types[-1].name)
    return replace(found, task_types=tuple(task_types))


def write_all(found: Import, out: Path, overwrite: bool) -> Import:
    """Writes a file for each task type, `<name>.yaml`; the folder is made if need be.

    Returns:
        What was written; where a file of that name is there and `overwrite` is not said, its templates are refused.

    Raises:
        ConfigError: if the folder or a file cannot be written.
    """
    written: list[ImportedType] = []
    refused = list(found.refused)
    try:
        if found.task_types:
            out.mkdir(parents=True, exist_ok=True)
        for task_type in found.task_types:
            path = out / f"{task_type.name}.yaml"
            if path.exists() and not overwrite:
                refused += _not_overwritten(task_type, path)
                continue
            path.write_text(yaml_text(task_type), encoding="utf-8")
            written.append(task_type)
    except OSError as error:
        raise ConfigError(f"--out {str(out)!r}: cannot be written: {error}") from error
    return Import(tuple(written), tuple(refused))


def _not_overwritten(task_type: ImportedType, path: Path) -> Iterator[Refused]:
    for wording in task_type.wordings:
        yield Refused(str(path), wording.origin or wording.name, IS_THERE)


def report(found: Import, out: Path) -> None:
    """Says on the terminal what was written, what was refused and why, and how many of each."""
    console = Console(highlight=False, soft_wrap=True)
    for task_type in found.task_types:
        count = len(task_type.wordings)
        console.print(f"{out / task_type.name}.yaml: {count} {'wording' if count == 1 else 'wordings'}", markup=False)
    for refused in found.refused:
        console.print(f"refused: {refused}", style="yellow", markup=False)
    reasons = Counter(refused.reason for refused in found.refused)
    if reasons:
        table = Table("refused", "because", box=None, pad_edge=False)
        for reason, count in reasons.most_common():
            table.add_row(f"{count:,}", reason)
        console.print(table)
    total = found.wording_count + len(found.refused)
    console.print(
        f"{found.wording_count:,} of {total:,} templates converted, into {len(found.task_types):,} task types",
        markup=False,
    )
