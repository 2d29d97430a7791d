"""The part of the report on what the newest run changed."""

from __future__ import annotations

from taskmill.jobs.report.funnel_section import listed
from taskmill.jobs.report.material import Material, Way, ways
from taskmill.jobs.report.page import Part, Section
from taskmill.jobs.words import counted

COUNTS = ("rows", "examples", "pairs")
COLUMNS = ("task", *(f"{name} {when}" for name in COUNTS for when in ("before", "now")))


def changes_section(material: Material) -> Section | None:
    """Tasks that came, left or changed, clusters that moved, and the runs there have been."""
    if not material.runs:
        return None
    before, now = ways(material, material.before), ways(material)
    parts = [_told(material, before, now)]
    if before:
        changed = {task for task in before.keys() | now.keys() if _numbers(before.get(task)) != _numbers(now.get(task))}
        rows = [(task, *_both(before.get(task), now.get(task))) for task in sorted(changed)]
        if rows:
            parts.append(Part("Tasks", columns=COLUMNS, rows=rows, numbers=COLUMNS[1:]))
    if material.moves:
        parts.append(
            Part(
                "Task clusters and folds",
                "How the place of a task has changed.",
                columns=("task", "what", "before", "now"),
                rows=[
                    (row["task"], row["what"].replace("_", " "), row["before"], row["now"]) for row in material.moves
                ],
            )
        )
    runs = [
        (row["run_id"], f"{row['finished_at']:%Y-%m-%d %H:%M:%S}", row["taskmill"], row["tasks"])
        for row in material.runs
    ]
    parts.append(
        Part(
            "The last runs",
            "Those that wrote anything, the newest first.",
            columns=("run", "finished (UTC)", "taskmill", "tasks"),
            rows=runs,
            numbers=("tasks",),
        )
    )
    gone = sorted(before.keys() - now.keys())
    notices = (
        [f"{counted(len(gone), 'task')} of the run before {'is' if len(gone) == 1 else 'are'} gone: {listed(gone)}."]
        if gone
        else []
    )
    return Section("changes", "Changes since the run before", parts, notices)


def _told(material: Material, before: dict[str, Way], now: dict[str, Way]) -> Part:
    if not before:
        return Part(text="This is the first run with these tables.")
    new, gone = sorted(now.keys() - before.keys()), sorted(before.keys() - now.keys())
    changed = [task for task in before.keys() & now.keys() if _numbers(before[task]) != _numbers(now[task])]
    lines = [
        f"{counted(len(names), 'task')} {what}"
        for names, what in ((new, "new"), (gone, "gone"), (changed, "with other counts"))
        if names
    ]
    moved = len({row["task"] for row in material.moves})
    lines += [f"{counted(moved, 'task')} in another cluster or fold"] if moved else []
    return Part(text=f"{', '.join(lines)}." if lines else "No task has other counts than before.")


def _numbers(way: Way | None) -> tuple[int | None, ...]:
    return tuple(getattr(way, name) if way else None for name in COUNTS)


def _both(before: Way | None, now: Way | None) -> list[int | None]:
    return [number for both in zip(_numbers(before), _numbers(now), strict=True) for number in both]
