"""The scripts, on a copy of the repository's scaffolding with a stand-in for .venv: nothing is fetched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COPIED = (
    "scripts",
    "jobs/__init__.py",
    "jobs/errors.py",
    "jobs/spark/__init__.py",
    "jobs/spark/java.py",
    "pyproject.toml",
    "requirements.lock",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository whose path has a space, without a .venv."""
    root = tmp_path / "a checkout"
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name)
        else:
            shutil.copy2(ROOT / name, root / name)
    return root


def make_venv(root: Path) -> None:
    """A .venv that counts as fresh, whose taskmill prints its arguments one a line."""
    programs = root / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, text in (("python", "exit 99"), ("taskmill", 'printf "%s\\n" "$@"')):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    source = f'source "{root}/scripts/setup.sh" && printf "%s\\n" "$root" "$(checksum)"'
    stamp = subprocess.run(["bash", "-c", source], capture_output=True, text=True, check=True).stdout
    (root / ".venv" / ".taskmill-runtime").write_text(stamp)


def touch_later(root: Path, name: str) -> None:
    """Makes a file newer than the stamp, also for a shell that compares whole seconds."""
    later = (root / ".venv" / ".taskmill-runtime").stat().st_mtime + 10
    os.utime(root / name, (later, later))


def call(
    root: Path, *arguments: str, path: Path | None = None, tools: Sequence[str] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs scripts/taskmill from another folder; `path` is the only folder on the PATH, with `tools` put there."""
    bash = shutil.which("bash")
    assert bash
    for tool in tools:
        assert path
        path.mkdir(exist_ok=True)
        (path / tool).symlink_to(str(shutil.which(tool)))
    variables = {"PATH": str(path or "/usr/bin:/bin"), **environment}
    command = [bash, str(root / "scripts" / "taskmill"), *arguments]
    return subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True, timeout=60, check=False)


def test_taskmill_hands_its_arguments_over_and_starts_nothing_else(checkout: Path, tmp_path: Path) -> None:
    make_venv(checkout)
    done = call(checkout, "run", "--set", "a=b c", "", path=tmp_path / "empty")
    assert (done.returncode, done.stdout, done.stderr) == (0, "run\n--set\na=b c\n\n", "")


@pytest.mark.parametrize("change", ["pyproject.toml", "requirements.lock", "scripts/setup.sh", "moved", "no python"])
def test_venv_is_stale(checkout: Path, tmp_path: Path, change: str) -> None:
    make_venv(checkout)
    if change == "moved":
        checkout = checkout.rename(tmp_path / "elsewhere")
    elif change == "no python":
        (checkout / ".venv" / "bin" / "python").unlink()
    else:
        (checkout / change).write_text((checkout / change).read_text() + "# changed\n")
        touch_later(checkout, change)
    done = call(checkout, "run", path=tmp_path / "empty", tools=["cat", "cksum"])
    assert done.returncode == 1
    assert "Python 3.10 or newer is needed, and there is no python3 on the PATH" in done.stderr


def test_venv_is_not_stale_when_only_times_changed(checkout: Path, tmp_path: Path) -> None:
    make_venv(checkout)
    touch_later(checkout, "pyproject.toml")
    done = call(checkout, "run", path=tmp_path / "empty", tools=["cat", "cksum", "touch"])
    assert (done.returncode, done.stdout) == (0, "run\n")


def test_taskmill_names_a_python_that_is_too_old(checkout: Path, tmp_path: Path) -> None:
    old = tmp_path / "bin" / "python3"
    old.parent.mkdir()
    # Fails the version test, and answers when asked for its version.
    old.write_text('#!/bin/sh\ncase "$2" in *platform*) echo 3.8.18 ;; *) exit 1 ;; esac\n')
    old.chmod(0o755)
    done = call(checkout, "run", path=old.parent)
    assert done.returncode == 1
    assert "Python 3.10 or newer is needed, and python3 here is 3.8.18" in done.stderr
    assert "PYTHON=/path/to/python3" in done.stderr


def test_taskmill_misses_java_before_it_makes_anything(checkout: Path, tmp_path: Path) -> None:
    done = call(checkout, "run", PYTHON=sys.executable, JAVA_HOME=str(tmp_path / "gone"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"taskmill: Spark needs Java 17 or 21, and JAVA_HOME={tmp_path}/gone has no bin/java")
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(("arguments", "needs"), [("run", 1), ("", 0), ("run --help", 0), ("check", 0), ("doctor", 0)])
def test_only_commands_that_start_spark_ask_for_java(checkout: Path, arguments: str, needs: int) -> None:
    script = (checkout / "scripts" / "taskmill").read_text()
    function = script[script.index("needs_java()") : script.index("if needs_java")]
    answer = subprocess.run(["bash", "-c", f"{function}\nneeds_java {arguments}"], check=False).returncode
    assert answer == 1 - needs


def test_every_package_folder_is_packaged() -> None:
    tomllib = pytest.importorskip("tomllib")
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = [
        place.parent.relative_to(ROOT)
        for top in ("conf", "jobs", "templates", "udfs")
        for place in (ROOT / top).rglob("__init__.py")
    ]
    assert sorted(named) == sorted("taskmill." + ".".join(folder.parts) for folder in folders)


def test_every_dependency_is_locked() -> None:
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {
        re.split(r"[<>=\[ ]", requirement)[0].lower()
        for requirement in [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    }
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert wanted <= locked
