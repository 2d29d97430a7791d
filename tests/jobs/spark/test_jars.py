"""The Delta jars: where they are looked for, and how a fetch ends. No network, no Spark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from taskmill.jobs.errors import JarError
from taskmill.jobs.spark import jars

NAMES = ("io.delta_delta-spark_4.1_2.13-4.4.0.jar", "io.delta_delta-storage-4.4.0.jar")

UNKNOWN_HOST = """\
:: resolving dependencies :: org.apache.spark#spark-submit-parent;1.0
\tHost repo.example.org not found. url=https://repo.example.org/io/delta/delta-spark.pom
\t\t::          UNRESOLVED DEPENDENCIES         ::
\t\t:: io.delta#delta-spark_4.1_2.13;4.4.0: not found
Exception in thread "main" java.lang.RuntimeException: [unresolved dependency: io.delta#delta-spark_4.1_2.13;4.4.0]
"""
REFUSED = """\
Server access error at url https://repo.example.org/x.pom (java.net.ConnectException: Connection refused)
\tHost other.example.org not found. url=https://other.example.org/x.pom
"""
NO_SETTINGS = """\
WARNING: Using incubator modules: jdk.incubator.vector
Exception in thread "main" java.lang.IllegalArgumentException: requirement failed: Ivy settings x.xml not there
\tat scala.Predef$.require(Predef.scala:337)
"""


def put_jars(folder: Path) -> tuple[Path, ...]:
    """Two empty files with the names of Delta's jars."""
    folder.mkdir(parents=True)
    for name in NAMES:
        (folder / name).touch()
    return tuple(folder / name for name in NAMES)


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, and none of the user's settings."""
    for name in ("TASKMILL_DELTA_JARS", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TASKMILL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_delta_package_fits_the_installed_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "version", {"pyspark": "4.2.0", "delta-spark": "4.4.0"}.__getitem__)
    assert jars.delta_package() == "io.delta:delta-spark_4.2_2.13:4.4.0"


def test_find_jars_is_none_before_the_first_fetch() -> None:
    assert jars.find_jars() is None


def test_find_jars_reads_the_cache() -> None:
    assert jars.find_jars() is None
    expected = put_jars(jars.jars_folder())
    assert jars.find_jars() == expected


def test_find_jars_takes_no_folder_without_delta() -> None:
    jars.jars_folder().mkdir(parents=True)
    (jars.jars_folder() / NAMES[1]).touch()
    assert jars.find_jars() is None


def test_find_jars_adds_none_to_a_spark_that_ships_delta(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spark" / "jars").mkdir(parents=True)
    (tmp_path / "spark" / "jars" / "delta-spark_4.1_2.13-4.4.0.jar").touch()
    monkeypatch.setattr(jars, "spark_home", lambda: tmp_path / "spark")
    assert jars.find_jars() == ()


def test_find_jars_prefers_the_named_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_jars(jars.jars_folder())
    named = put_jars(tmp_path / "mine")
    monkeypatch.setenv("TASKMILL_DELTA_JARS", str(tmp_path / "mine"))
    assert jars.find_jars() == named
    monkeypatch.setenv("TASKMILL_DELTA_JARS", f"{named[1]}:{named[0]}")
    assert jars.find_jars() == (named[1], named[0])


def test_find_jars_says_which_named_jar_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKMILL_DELTA_JARS", str(tmp_path / "gone.jar"))
    with pytest.raises(JarError, match=r"gone\.jar not found\. Name a folder, or jars separated by ':'"):
        jars.find_jars()


def test_delta_jars_fetches_once(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> None:
    fetched = []

    def resolve(work: Path, settings: Mapping[str, str]) -> None:
        fetched.append(dict(settings))
        put_jars(work / "jars")

    monkeypatch.setattr(jars, "_resolve", resolve)
    first = jars.delta_jars({"spark.jars.ivySettings": "ivy.xml"})
    assert first == jars.delta_jars({}) == tuple(jars.jars_folder() / name for name in NAMES)
    assert fetched == [{"spark.jars.ivySettings": "ivy.xml"}]
    assert [place.name for place in empty_cache.iterdir()] == [jars.jars_folder().name]


def test_delta_jars_leaves_nothing_of_a_failed_fetch(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> None:
    def resolve(work: Path, settings: Mapping[str, str]) -> None:
        (work / "jars").mkdir()
        (work / "jars" / NAMES[0]).touch()
        raise JarError("cut off")

    monkeypatch.setattr(jars, "_resolve", resolve)
    with pytest.raises(JarError, match="cut off"):
        jars.delta_jars({})
    assert list(empty_cache.iterdir()) == []


def test_delta_jars_takes_those_of_a_process_that_was_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(work: Path, settings: Mapping[str, str]) -> None:
        put_jars(jars.jars_folder())

    monkeypatch.setattr(jars, "_resolve", resolve)
    assert jars.delta_jars({}) == tuple(jars.jars_folder() / name for name in NAMES)


def test_delta_jars_says_when_the_cache_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TASKMILL_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(JarError, match="Cannot write to the cache folder: .* Set TASKMILL_CACHE to a folder you own"):
        jars.delta_jars({})


@pytest.mark.parametrize(
    ("report", "cause"),
    [
        pytest.param(UNKNOWN_HOST, "host repo.example.org not found", id="unknown host"),
        pytest.param(REFUSED, "connection refused", id="a refusal counts before an unknown host"),
        pytest.param(NO_SETTINGS, "requirement failed: Ivy settings x.xml not there", id="other exception"),
        pytest.param("", "no output", id="nothing"),
    ],
)
def test_cause_is_the_one_line_that_tells(report: str, cause: str) -> None:
    assert jars._cause(report) == cause
    assert len(jars._failure_message(report).splitlines()) < 10


@pytest.mark.parametrize(
    ("address", "options"),
    [
        ("http://proxy.example:3128", ["-Dhttps.proxyHost=proxy.example", "-Dhttps.proxyPort=3128"]),
        ("proxy.example:3128", ["-Dhttps.proxyHost=proxy.example", "-Dhttps.proxyPort=3128"]),
        ("http://user:secret@proxy.example", ["-Dhttps.proxyHost=proxy.example", "-Dhttps.proxyPort=80"]),
        ("", []),
    ],
)
def test_proxy_options_translate_the_usual_variable(
    monkeypatch: pytest.MonkeyPatch, address: str, options: list[str]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    assert jars._proxy_options() == options
