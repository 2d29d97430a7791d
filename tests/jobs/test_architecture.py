"""Rules of the code base that no linter knows, checked on the syntax trees."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "jobs").rglob("*.py"), *(ROOT / "udfs").rglob("*.py")])
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
NAMES = {path: "taskmill." + ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in FILES}
MAX_LINES = 330
FORBIDDEN = {"rdd", "sparkContext", "toPandas", "monotonically_increasing_id"}


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(node: ast.AST, at_run_time_only: bool = True) -> Iterator[str]:
    """Full names of modules imported under this node, those for type checking alone left out."""
    for child in ast.iter_child_nodes(node):
        if at_run_time_only and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"relative import, line {child.lineno}"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
            yield str(child.module)
        yield from imports(child, at_run_time_only)


def own_imports(path: Path) -> set[str]:
    """Our own modules that this one imports, in functions too."""
    return {name for name in imports(TREES[path]) if name in NAMES.values()} - {NAMES[path]}


def steps() -> set[str]:
    """Modules of jobs/ itself that have a `run(context)`."""
    return {
        NAMES[path]
        for path, tree in TREES.items()
        if path.parent.name == "jobs"
        and any(
            isinstance(node, ast.FunctionDef) and node.name == "run" and node.args.args[:1]
            and node.args.args[0].arg == "context"
            for node in tree.body
        )
    }  # fmt: skip


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 30
    assert {"taskmill.jobs.ingest", "taskmill.jobs.render", "taskmill.jobs.run"} <= steps()
    assert "taskmill.jobs.errors" in own_imports(ROOT / "jobs" / "configuration" / "pipeline.py")


@pytest.mark.parametrize("path", [path for path in FILES if "udfs" in path.relative_to(ROOT).parts], ids=label)
def test_udfs_never_import_jobs(path: Path) -> None:
    assert [name for name in imports(TREES[path], at_run_time_only=False) if name.startswith("taskmill.jobs")] == []


def test_modules_do_not_import_each_other_in_circles() -> None:
    graph = networkx.DiGraph([(NAMES[path], name) for path in FILES for name in own_imports(path)])
    assert list(networkx.simple_cycles(graph)) == []


def test_folders_do_not_import_each_other_in_circles() -> None:
    folders = {name: str(path.parent) for path, name in NAMES.items()}
    graph = networkx.DiGraph(
        (folders[NAMES[path]], folders[name]) for path in FILES if path.parent.parent.name == "jobs"
        for name in own_imports(path) if folders[name] not in {folders[NAMES[path]], str(ROOT / "jobs")}
    )  # fmt: skip
    assert list(networkx.simple_cycles(graph)) == []


@pytest.mark.parametrize("path", FILES, ids=label)
def test_code_does_not_reach_below_frames(path: Path) -> None:
    used = {node.attr for node in ast.walk(TREES[path]) if isinstance(node, ast.Attribute)}
    named = {node.id for node in ast.walk(TREES[path]) if isinstance(node, ast.Name)}
    assert (used | named) & FORBIDDEN == set()


@pytest.mark.parametrize("path", sorted((ROOT / "jobs").glob("[a-z]*")), ids=label)
def test_jobs_have_no_name_of_the_standard_library(path: Path) -> None:
    """spark-submit puts the folder first on the path."""
    assert path.stem not in sys.stdlib_module_names


@pytest.mark.parametrize("path", FILES, ids=label)
def test_steps_do_not_import_steps(path: Path) -> None:
    if NAMES[path] in steps() - {"taskmill.jobs.run"}:
        assert own_imports(path) & steps() == set()


@pytest.mark.parametrize("path", FILES, ids=label)
def test_files_are_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < MAX_LINES


@pytest.mark.parametrize("path", FILES, ids=label)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(TREES[path])
