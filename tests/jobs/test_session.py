"""The settings of a local session, as a pure function of what the caller decides. Spark is not started."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.session import SessionSettings, local_settings

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
