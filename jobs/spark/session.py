"""The Spark session: the one that is there already, or a local one with Delta that starts quickly and quietly."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from taskmill.jobs.errors import JarError, StepError
from taskmill.jobs.spark.archive import archive_key, archive_options, drop_archive, drop_recording, find_archive
from taskmill.jobs.spark.cache import cache_folder
from taskmill.jobs.spark.jars import delta_jars, delta_package, spark_home
from taskmill.jobs.spark.java import Java, find_java
from taskmill.jobs.spark.jvm import has_crashed, launch_jvm

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
_DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog"

# In every session, ours or a warehouse's: what the results depend on.
_SQL_SETTINGS = {
    # A bad value in a source gives NULL, which is then quarantined; ANSI mode would stop the job instead.
    "spark.sql.ansi.enabled": "false",
    # Timestamps in sources and tables read the same on every machine.
    "spark.sql.session.timeZone": "UTC",
    # Notes the Python line of every column expression, for a third of the time it takes to build a plan.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    # A partitioned write keeps a file open for each of so many partitions of a Spark task. By default it keeps one, and
    # sorts whole rows, texts and all, to get by with that.
    "spark.sql.maxConcurrentOutputFileWriters": "100",
}

# Local mode only. Spark's defaults are for a cluster and large tables; see docs/architecture.md for measurements.
_LOCAL_SETTINGS = {
    "spark.sql.extensions": _DELTA_EXTENSION,
    "spark.sql.catalog.spark_catalog": _DELTA_CATALOG,
    # Nothing outside this machine may connect, and a laptop's changing address must not matter.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Rows reach the Python workers by a local socket of the file system, which is less work than the network.
    "spark.python.unix.domain.socket.enabled": "true",
    # Delta reads a table's log in this many Spark tasks; 50 by default.
    "spark.databricks.delta.snapshotPartitions": "2",
    # Delta's vacuum and Spark's listing of files start this many Spark tasks; 10,000 by default.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
}

_QUICK_JAVA_OPTIONS = (
    # Short work: neither the second compiler nor a parallel collector earns back what it costs.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    # With their usual start sizes, heap and class space are collected several times before the first row.
    "-Xms400m",
    "-XX:MetaspaceSize=256m",
    # With one compiler Java gives compiled code 48 MB. A run of every step needs more, and then compiles the same
    # methods again and again: a quarter of its time.
    "-XX:ReservedCodeCacheSize=240m",
)
# Small data is interpreted sooner than code for it is generated and compiled.
_QUICK_SETTINGS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # A small file is one Spark task; by default it is cut into one for each core.
    "spark.sql.files.minPartitionNum": "1",
}
_THROUGHPUT_JAVA_OPTIONS = ("-XX:+UseParallelGC",)

# Delta keeps the state of this many tables in memory: ours and some more. A JVM property, ignored as a Spark setting.
_DELTA_LOG_CACHE_SIZE = 20


@dataclass(frozen=True)
class SessionSettings:
    """What a caller decides about its session.

    Attributes:
        app_name: shown in Spark's own pages and logs.
        master: `local[4]` and the like; None means the one that spark-submit names, or else every local core.
        profile: `quick` for samples, tests and previews, `throughput` for large inputs; local mode only.
        extra_conf: Spark settings, which win over ours.
        driver_memory: `4g` and the like; local mode only.
        record: whether this session may record the class archive when there is none yet. False for a session that does
            little, since later ones start only from what this one has loaded.
    """

    app_name: str = "taskmill"
    master: str | None = None
    profile: Literal["quick", "throughput"] = "quick"
    extra_conf: Mapping[str, str] = field(default_factory=dict)
    driver_memory: str | None = None
    record: bool = True


def get_session(settings: SessionSettings) -> SparkSession:
    """A session with Delta: the active or submitted one, else a local one made as `settings` say.

    Raises:
        JavaError: local mode, and no Java that Spark runs on.
        JarError: the Delta jars cannot be had, or the submitted session has no Delta.
        StepError: local mode, and Spark did not start.
    """
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is None:
        session = _hosted_session(settings) if _is_hosted(settings) else _own_session(settings)
    _set_sql_settings(session, {**_SQL_SETTINGS, **settings.extra_conf})
    return session


def _is_hosted(settings: SessionSettings) -> bool:
    """Whether somebody else has made the Spark that this process belongs to: spark-submit, a warehouse, a server."""
    if any(name in os.environ for name in ("PYSPARK_GATEWAY_PORT", "SPARK_REMOTE", "DATABRICKS_RUNTIME_VERSION")):
        return True
    return (settings.master or "").startswith("sc://")


def has_local_places(settings: SessionSettings) -> bool:
    """Whether a place without a scheme is this machine's; on a cluster it is what the cluster takes it for."""
    master = settings.extra_conf.get("spark.master", settings.master) or "local"
    return master.startswith("local") and not _is_hosted(settings)


def _hosted_session(settings: SessionSettings) -> SparkSession:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName(settings.app_name)
    if (settings.master or "").startswith("sc://"):
        builder = builder.remote(str(settings.master))
    session = builder.getOrCreate()
    # A warehouse and a Connect server have Delta without naming the extension; plain spark-submit has to be told.
    if "PYSPARK_GATEWAY_PORT" in os.environ and not session.conf.get("spark.sql.extensions", ""):
        raise JarError(
            "This spark-submit has no Delta. Add:\n"
            f"  --packages {delta_package()} \\\n"
            f"  --conf spark.sql.extensions={_DELTA_EXTENSION} \\\n"
            f"  --conf spark.sql.catalog.spark_catalog={_DELTA_CATALOG}"
        )
    return session


def _own_session(settings: SessionSettings) -> SparkSession:
    from pyspark.logger import PySparkLogger
    from pyspark.sql import SparkSession

    # PySpark asks for pandas with the first Arrow function. Loading it while the JVM starts costs no time.
    threading.Thread(target=import_module, args=("pandas",), daemon=True).start()
    # These print a failed query's whole trace on the terminal; the exception itself says what is wrong.
    for name in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
        PySparkLogger.getLogger(name).setLevel("CRITICAL")

    java = find_java()
    os.environ["JAVA_HOME"] = str(java.home)
    # A SPARK_HOME left over from another Spark would start that one's JVM.
    os.environ["SPARK_HOME"] = str(spark_home())
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    # For the small Java program that only puts Spark's command line together.
    os.environ.setdefault("SPARK_LAUNCHER_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    # Else workers take the system's Python, which has none of our packages.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)

    conf = _launch_with_archive(settings, java)
    return SparkSession.builder.config(map={**conf}).getOrCreate()


def _launch_with_archive(settings: SessionSettings, java: Java) -> dict[str, str]:
    jars = delta_jars(settings.extra_conf)
    key = archive_key(java, spark_home(), jars)
    conf = local_settings(settings, jars, archive_options(key, record=settings.record))
    try:
        launch_jvm(conf)
    except StepError:
        drop_recording()
        # Java does not read an archive through before it trusts it: damage inside shows as a crash. Only a start
        # without it tells that it was to blame.
        if not has_crashed() or find_archive(key) is None:
            raise
        conf = local_settings(settings, jars, [])
        launch_jvm(conf)
        drop_archive(key)
    return conf


def local_settings(settings: SessionSettings, jars: Sequence[Path], java_options: Sequence[str]) -> dict[str, str]:
    """Every Spark setting of a local session: ours, then the caller's."""
    extra = dict(settings.extra_conf)
    own_options = _QUICK_JAVA_OPTIONS if settings.profile == "quick" else _THROUGHPUT_JAVA_OPTIONS
    folder = cache_folder() / "spark"
    options = [
        *own_options,
        *java_options,
        f"-Ddelta.log.cacheSize={_DELTA_LOG_CACHE_SIZE}",
        f"-Dderby.system.home={folder}",
        f"-XX:ErrorFile={cache_folder() / 'logs' / 'java-crash-%p.log'}",
        extra.pop("spark.driver.extraJavaOptions", ""),
    ]
    # On the application's class path, not in spark.jars: only classes found there go into the class archive.
    class_path = [*map(str, jars), extra.pop("spark.driver.extraClassPath", "")]
    return {
        **_LOCAL_SETTINGS,
        **(_QUICK_SETTINGS if settings.profile == "quick" else {}),
        "spark.app.name": settings.app_name,
        "spark.master": settings.master or "local[*]",
        "spark.driver.memory": settings.driver_memory or _default_memory(settings.profile),
        "spark.sql.shuffle.partitions": str(_shuffle_partitions(settings)),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.extraClassPath": os.pathsep.join(filter(None, class_path)),
        "spark.driver.extraJavaOptions": " ".join(filter(None, options)),
        **extra,
    }


def _shuffle_partitions(settings: SessionSettings) -> int:
    """Two for small work; for large inputs four per core, so that a partition still fits in memory."""
    return 2 if settings.profile == "quick" else 4 * (os.cpu_count() or 1)


def _default_memory(profile: str) -> str:
    """Half of the machine's memory for large inputs, the rest being for Python workers; 2 GB for small work."""
    if profile == "quick":
        return "2g"
    with contextlib.suppress(OSError, ValueError):
        gigabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**30
        # Above 31 GB Java's references grow, and the heap holds less than before.
        return f"{min(31, max(2, gigabytes // 2))}g"
    return "2g"


def _set_sql_settings(session: SparkSession, settings: Mapping[str, str]) -> None:
    """Sets what can change in a running session; the rest was given at its start, or is its owner's decision."""
    for key, value in settings.items():
        if session.conf.isModifiable(key):
            session.conf.set(key, value)
