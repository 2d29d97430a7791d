"""The settings of a local session, as a pure function of what the caller decides. Spark is not started."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.errors import StepError
from taskmill.jobs.spark import archive, jvm, session
from taskmill.jobs.spark.java import Java
from taskmill.jobs.spark.session import SessionSettings, has_local_places, local_settings

CRASH = "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb)\n"
BAD_MASTER = 'Exception in thread "main" org.apache.spark.SparkException: Master must start with yarn, spark or local\n'
JARS = (Path("/cache/delta-spark.jar"), Path("/cache/delta-storage.jar"))


def test_local_settings_let_the_caller_win() -> None:
    settings = SessionSettings(
        master="local[3]",
        driver_memory="5g",
        extra_conf={"spark.sql.shuffle.partitions": "7", "spark.ui.enabled": "true"},
    )
    conf = local_settings(settings, JARS, [])
    assert conf["spark.master"] == "local[3]"
    assert conf["spark.driver.memory"] == "5g"
    assert conf["spark.sql.shuffle.partitions"] == "7"
    assert conf["spark.ui.enabled"] == "true"


def test_local_settings_keep_the_callers_class_path_and_java_options_beside_ours() -> None:
    extra = {"spark.driver.extraClassPath": "/mine.jar", "spark.driver.extraJavaOptions": "-Dmine=1"}
    conf = local_settings(SessionSettings(extra_conf=extra), JARS, ["-XX:SharedArchiveFile=/a.jsa"])
    assert conf["spark.driver.extraClassPath"] == "/cache/delta-spark.jar:/cache/delta-storage.jar:/mine.jar"
    options = conf["spark.driver.extraJavaOptions"].split()
    assert "-XX:SharedArchiveFile=/a.jsa" in options
    assert options[-1] == "-Dmine=1"


@pytest.mark.parametrize(("profile", "stops_early"), [("quick", True), ("throughput", False)])
def test_local_settings_keep_the_full_compiler_for_large_inputs(profile: str, stops_early: bool) -> None:
    conf = local_settings(SessionSettings(profile=profile), JARS, [])  # type: ignore[arg-type]
    assert ("-XX:TieredStopAtLevel=1" in conf["spark.driver.extraJavaOptions"]) is stops_early


def test_local_settings_are_reachable_from_this_machine_only() -> None:
    conf = local_settings(SessionSettings(), JARS, [])
    assert conf["spark.driver.host"] == conf["spark.driver.bindAddress"] == "127.0.0.1"


class Starts:
    """Stands for the JVM: each start writes the next log, and fails unless that is empty."""

    def __init__(self, folder: Path, logs: list[str]) -> None:
        self.folder, self.logs, self.settings = folder, logs, []  # type: ignore[var-annotated]

    def launch(self, settings: dict[str, str]) -> None:
        self.settings.append(settings["spark.driver.extraJavaOptions"])
        log = self.folder / f"{len(self.settings)}.log"
        log.write_text(self.logs[len(self.settings) - 1])
        jvm._logs.append(log)
        if log.read_text():
            raise StepError("Spark did not start")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive that fits every session of the test."""
    monkeypatch.setenv("TASKMILL_CACHE", str(tmp_path))
    monkeypatch.setattr(session, "delta_jars", lambda settings: JARS)
    monkeypatch.setattr(session, "archive_key", lambda *_: "0123456789abcdef")
    monkeypatch.setattr(archive, "_recordings", [])
    monkeypatch.setattr(jvm, "_logs", [])
    place = tmp_path / "classes/0123456789abcdef-7.jsa"
    place.parent.mkdir()
    place.write_bytes(b"classes")
    return place


def launch(monkeypatch: pytest.MonkeyPatch, kept: Path, logs: list[str]) -> list[str]:
    starts = Starts(kept.parents[1], logs)
    monkeypatch.setattr(session, "launch_jvm", starts.launch)
    session._launch_with_archive(SessionSettings(), Java(Path("/java"), "17.0.1"))
    return ["-XX:SharedArchiveFile" in options for options in starts.settings]


def test_a_crash_drops_the_archive_once_spark_starts_without_it(monkeypatch: pytest.MonkeyPatch, kept: Path) -> None:
    assert launch(monkeypatch, kept, [CRASH, ""]) == [True, False]
    assert not kept.exists()


@pytest.mark.parametrize("logs", [[BAD_MASTER], [CRASH, CRASH]], ids=["mistyped-master", "crash-without-it-too"])
def test_a_start_that_fails_for_another_reason_keeps_the_archive(
    monkeypatch: pytest.MonkeyPatch, kept: Path, logs: list[str]
) -> None:
    with pytest.raises(StepError, match="Spark did not start"):
        launch(monkeypatch, kept, logs)
    assert kept.exists()


def test_a_start_that_fails_leaves_no_recording(monkeypatch: pytest.MonkeyPatch, kept: Path) -> None:
    kept.unlink()

    def fail(settings: dict[str, str]) -> None:
        (option,) = [one for one in settings["spark.driver.extraJavaOptions"].split() if "ArchiveClassesAtExit" in one]
        Path(option.partition("=")[2]).write_bytes(b"few classes")
        raise StepError("Spark did not start")

    monkeypatch.setattr(session, "launch_jvm", fail)
    with pytest.raises(StepError):
        session._launch_with_archive(SessionSettings(), Java(Path("/java"), "17.0.1"))
    assert list(kept.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (SessionSettings(), True),
        (SessionSettings(master="local[4]"), True),
        (SessionSettings(master="yarn"), False),
        (SessionSettings(master="sc://host"), False),
        (SessionSettings(extra_conf={"spark.master": "spark://host:7077"}), False),
    ],
)
def test_places_are_local_where_spark_is(
    monkeypatch: pytest.MonkeyPatch, settings: SessionSettings, expected: bool
) -> None:
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    assert has_local_places(settings) is expected
