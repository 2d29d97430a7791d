"""Finding a Java, with made-up installations: a folder with bin/java and perhaps a release file."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.errors import JavaError
from taskmill.jobs.spark import java
from taskmill.jobs.spark.java import Java, find_java, read_java

ANSWERS_17 = 'printf "    java.home = %s\\n    java.version = 17.0.9\\n" "$(cd "${0%/*}/.." && pwd)" >&2'
MACOS_STAND_IN = 'echo "The operation couldn\'t be completed. Unable to locate a Java Runtime." >&2; exit 1'


def install(home: Path, release: str | None = None, program: str = "exit 1") -> Path:
    """A made-up Java; its program fails unless the test gives it something to say."""
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").write_text(f"#!/bin/sh\n{program}\n")
    (home / "bin" / "java").chmod(0o755)
    if release is not None:
        (home / "release").write_text(f'IMPLEMENTOR="Somebody"\nJAVA_VERSION="{release}"\n')
    return home


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No JAVA_HOME, no java on the PATH, and the usual folders are below tmp_path."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}/path/bin:/bin:/nowhere")
    monkeypatch.setattr(java, "_INSTALL_FOLDERS", (f"{tmp_path}/usual/*",))
    monkeypatch.setattr(java.shutil, "which", lambda name: _which(tmp_path / "path" / "bin" / name))


def _which(program: Path) -> str | None:
    return str(program) if program.exists() else None


@pytest.mark.parametrize(
    ("version", "major"),
    [("17.0.15", 17), ("21", 21), ("25.0.3", 25), ("1.8.0_402", 8), ("11.0.22", 11), ("22-ea", 22)],
)
def test_major_reads_old_and_new_numbering(version: str, major: int) -> None:
    assert Java(Path("/opt/java"), version).major == major


def test_read_java_does_not_start_a_java_with_a_release_file(tmp_path: Path) -> None:
    home = install(tmp_path / "jdk", release="21.0.2", program="touch started; exit 1")
    assert read_java(home) == Java(home, "21.0.2")


def test_read_java_asks_a_java_without_release_file(tmp_path: Path) -> None:
    home = install(tmp_path / "jdk", program=ANSWERS_17)
    assert read_java(home) == Java(home, "17.0.9")


@pytest.mark.parametrize("program", [MACOS_STAND_IN, "exit 0", "echo what >&2"], ids=["macos", "silent", "other"])
def test_read_java_takes_no_program_that_does_not_answer(tmp_path: Path, program: str) -> None:
    assert read_java(install(tmp_path / "jdk", program=program)) is None


def test_read_java_is_none_for_an_empty_folder(tmp_path: Path) -> None:
    assert read_java(tmp_path) is None


def test_find_java_prefers_java_home_to_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "path", release="17.0.1")
    home = install(tmp_path / "jdk", release="21.0.2")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert find_java() == Java(home, "21.0.2")


def test_find_java_follows_the_link_on_the_path(tmp_path: Path) -> None:
    home = install(tmp_path / "jdk", release="17.0.1")
    (tmp_path / "path" / "bin").mkdir(parents=True)
    (tmp_path / "path" / "bin" / "java").symlink_to(home / "bin" / "java")
    assert find_java() == Java(home, "17.0.1")


@pytest.mark.parametrize("on_path", ["25.0.3", "11.0.22", None])
def test_find_java_looks_in_the_usual_folders_when_the_path_has_none_that_fits(
    tmp_path: Path, on_path: str | None
) -> None:
    if on_path:
        install(tmp_path / "path", release=on_path)
    install(tmp_path / "usual" / "a-jdk-25", release="25.0.1")
    fitting = install(tmp_path / "usual" / "b-jdk-17", release="17.0.2")
    assert find_java() == Java(fitting, "17.0.2")


def test_find_java_names_every_installer_when_there_is_none() -> None:
    with pytest.raises(JavaError) as caught:
        find_java()
    message = str(caught.value)
    assert message.startswith("Spark needs Java 17 or 21, and there is no Java here. Install one:\n")
    assert all(command in message for command in ("sudo apt install", "sudo dnf install", "brew install"))


def test_find_java_names_the_version_that_does_not_fit(tmp_path: Path) -> None:
    home = install(tmp_path / "path", release="25.0.3")
    with pytest.raises(JavaError, match="the java on the PATH is version 25.0.3") as caught:
        find_java()
    assert str(home) in str(caught.value)


def test_find_java_does_not_pass_over_a_wrong_java_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fitting = install(tmp_path / "usual" / "jdk-17", release="17.0.2")
    wrong = install(tmp_path / "jdk-25", release="25.0.3")
    monkeypatch.setenv("JAVA_HOME", str(wrong))
    with pytest.raises(JavaError) as caught:
        find_java()
    assert str(caught.value) == (
        f"Spark needs Java 17 or 21, and JAVA_HOME={wrong} is Java 25.0.3. Java 17.0.2 is installed, so:\n"
        f"  export JAVA_HOME={fitting}"
    )


def test_find_java_says_when_java_home_is_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    with pytest.raises(JavaError, match="gone has no bin/java. Install one, then unset JAVA_HOME"):
        find_java()
