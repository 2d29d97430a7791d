"""Starts Spark's JVM for local mode, with everything it says in a log file instead of on the terminal."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from taskmill.jobs.errors import StepError
from taskmill.jobs.spark.cache import cache_folder

_KEPT_LOGS = 20

# What Java itself says when it dies of a signal, cannot begin, or does not take its class archive.
_CRASH_SIGNS = (
    "A fatal error has been detected by the Java Runtime Environment",
    "Error occurred during initialization of VM",
    "shared archive",
)

_logs: list[Path] = []


def spark_log() -> Path | None:
    """Where Spark writes its log in local mode; None when this process has started no JVM."""
    return _logs[-1] if _logs else None


def launch_jvm(settings: Mapping[str, str]) -> None:
    """Starts the JVM with these Spark settings, unless this process has one already.

    PySpark would start it by itself, but then its output would be ours: warnings between our own lines, and a pipe that
    stays open for as long as the JVM is still writing the class archive.

    Raises:
        StepError: when it ends before Spark is up.
    """
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    if getattr(SparkContext, "_gateway", None) is not None:
        return
    conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
    log = _new_log()
    try:
        with log.open("ab") as sink:
            gateway = launch_gateway(conf, popen_kwargs={"stdout": sink, "stderr": sink})  # type: ignore[no-untyped-call]
    except PySparkRuntimeError:
        raise StepError(f"Spark did not start: {_last_words(log)}\nThe whole log: {log}") from None
    SparkContext._ensure_initialized(gateway=gateway, conf=conf)


def has_crashed() -> bool:
    """Whether the JVM started last gave up by itself; False when it ran, and Spark in it found something wrong."""
    log = spark_log()
    if log is None:
        return False
    text = log.read_text(encoding="utf-8", errors="replace")
    return any(sign in text for sign in _CRASH_SIGNS)


def _new_log() -> Path:
    folder = cache_folder() / "logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.glob("*.log"), key=lambda log: log.stat().st_mtime)[: -_KEPT_LOGS + 1]:
            old.unlink()
    except OSError:
        # A cache that cannot be written, or another process tidying it.
        folder = folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir())
    log = folder / f"spark-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.log"
    _logs.append(log)
    return log


def _last_words(log: Path) -> str:
    """The line of a failed start's log that says why."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    signs = ("Exception", "Error", "Unrecognized", "fatal error")
    telling = [line.lstrip("# ") for line in lines if any(sign in line for sign in signs)]
    return (telling or lines or ["it wrote nothing"])[0]
