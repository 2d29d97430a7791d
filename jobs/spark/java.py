"""Finds a Java that Spark runs on. Standard library only: scripts/setup.sh asks before anything is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from taskmill.jobs.errors import JavaError

SUPPORTED_VERSIONS = (17, 21)

# Where the usual installers put Java. Homebrew's is on no PATH until it is linked by hand.
_INSTALL_FOLDERS = (
    "/usr/lib/jvm/*",
    "/usr/java/*",
    "/opt/java/*",
    "/opt/homebrew/opt/openjdk@*/libexec/openjdk.jdk/Contents/Home",
    "/usr/local/opt/openjdk@*/libexec/openjdk.jdk/Contents/Home",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
)

_INSTALL_COMMANDS = """\
  Debian, Ubuntu:  sudo apt install openjdk-17-jre-headless
  Fedora, RHEL:    sudo dnf install java-21-openjdk-headless
  macOS:           brew install openjdk@17"""


@dataclass(frozen=True)
class Java:
    """A Java installation: its home folder, and the version as it tells it itself (`17.0.15`)."""

    home: Path
    version: str

    @property
    def major(self) -> int:
        """The feature release: 17 for `17.0.15`, 8 for `1.8.0_402`."""
        numbers = [int(number) for number in re.findall(r"\d+", self.version)]
        return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]

    @property
    def is_supported(self) -> bool:
        """Whether Spark runs on it."""
        return self.major in SUPPORTED_VERSIONS


def find_java() -> Java:
    """The Java to run Spark with: JAVA_HOME when it is set, else the PATH's, else one in the usual folders.

    Raises:
        JavaError: when JAVA_HOME names none or an unsupported one, or when no supported one is found.
    """
    home = os.environ.get("JAVA_HOME")
    if home:
        return _java_at_home(Path(home).expanduser())
    on_path = _java_on_path()
    if on_path is not None and on_path.is_supported:
        return on_path
    installed = _supported_in_usual_folders()
    if installed is not None:
        return installed
    if on_path is None:
        raise JavaError(f"Spark needs Java 17 or 21, and there is no Java here. Install one:\n{_INSTALL_COMMANDS}")
    raise JavaError(
        f"Spark needs Java 17 or 21, and the java on the PATH is version {on_path.version} ({on_path.home}). "
        f"Install one beside it:\n{_INSTALL_COMMANDS}\nIt is then found by itself, or set JAVA_HOME to its folder."
    )


def _java_at_home(home: Path) -> Java:
    java = read_java(home)
    if java is not None and java.is_supported:
        return java
    fault = "has no bin/java" if java is None else f"is Java {java.version}"
    other = _supported_in_usual_folders()
    if other is not None:
        cure = f"Java {other.version} is installed, so:\n  export JAVA_HOME={other.home}"
    else:
        cure = f"Install one, then unset JAVA_HOME or set it to that one's folder:\n{_INSTALL_COMMANDS}"
    raise JavaError(f"Spark needs Java 17 or 21, and JAVA_HOME={home} {fault}. {cure}")


def _java_on_path() -> Java | None:
    program = shutil.which("java")
    if program is None:
        return None
    home = Path(program).resolve().parent.parent
    return read_java(home) or _ask_java(Path(program))


def _supported_in_usual_folders() -> Java | None:
    for home in _usual_homes():
        java = read_java(home)
        if java is not None and java.is_supported:
            return java
    return None


def _usual_homes() -> Iterator[Path]:
    for pattern in _INSTALL_FOLDERS:
        yield from sorted(Path("/").glob(pattern.removeprefix("/")))


def read_java(home: Path) -> Java | None:
    """The Java in a folder, or None when there is none; its `release` file spares starting it.

    Args:
        home: a folder as JAVA_HOME names it, with `bin/java` in it.
    """
    program = home / "bin" / "java"
    if not os.access(program, os.X_OK):
        return None
    try:
        release = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _ask_java(program)
    match = re.search(r'^JAVA_VERSION="(\d[^"]*)"', release, re.MULTILINE)
    return Java(home, match[1]) if match else _ask_java(program)


def _ask_java(program: Path) -> Java | None:
    """Starts Java to learn its version and home; None for macOS's stand-in, which only offers to install one."""
    command = [str(program), "-XshowSettings:properties", "-version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    properties = dict(re.findall(r"^\s*(java\.home|java\.version) = (.+?)\s*$", answer, re.MULTILINE))
    if not re.match(r"\d", properties.get("java.version", "")):
        return None
    return Java(Path(properties.get("java.home", program.parent.parent)), properties["java.version"])


def main() -> int:
    """The check that scripts/setup.sh makes: 0 when Spark can run, else the message and 1."""
    try:
        find_java()
    except JavaError as error:
        print(f"taskmill: {error}", file=sys.stderr)
        return 1
    return 0
