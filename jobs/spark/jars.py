"""The Delta jars for local mode: fetched once through Spark's own package resolver, then used from the cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from taskmill.jobs.errors import JarError
from taskmill.jobs.spark.cache import cache_folder
from taskmill.jobs.spark.java import find_java

# The version of Scala that PySpark's distribution is built with.
_SCALA_VERSION = "2.13"

# Spark ships everything else that Delta asks for, in versions that older copies on the class path would break.
_EXCLUDED = ("com.*:*", "commons-*:*", "io.airlift:*", "javax.*:*", "org.*:*")

# Settings that say where packages come from; a user gives them in spark-defaults.conf or in conf/pipeline.yaml.
_RESOLVER_SETTINGS = ("spark.jars.ivySettings", "spark.jars.repositories")

_FETCH_SECONDS = 600

# What the resolver's report says, and what that means; the first that fits counts. It also asks repositories that do
# not matter, so that a host which is not found tells least.
_CAUSES = (
    (r"PKIX path building failed", "Java does not trust the repository's certificate"),
    (r"Connection refused", "connection refused"),
    (r"response code for (\S+) did not indicate a success", "the repository refused {0}"),
    (r"[Tt]imed out", "the connection timed out"),
    (r"No space left", "no space left on the disk"),
    (r"Host (\S+) not found", "host {0} not found"),
    (r"unresolved dependency", "the repository does not have it"),
)


def delta_package() -> str:
    """The Maven coordinates of the Delta that fits the installed Spark: `io.delta:delta-spark_4.1_2.13:4.4.0`."""
    spark = ".".join(version("pyspark").split(".")[:2])
    return f"io.delta:delta-spark_{spark}_{_SCALA_VERSION}:{version('delta-spark')}"


def jars_folder() -> Path:
    """The cache folder for this pair of versions; it exists only when it is complete."""
    return cache_folder() / f"delta-{version('delta-spark')}-spark-{version('pyspark')}"


def find_jars() -> tuple[Path, ...] | None:
    """The Delta jars that are on this machine already, or None. Nothing to add gives an empty tuple.

    Raises:
        JarError: when TASKMILL_DELTA_JARS names a place without Delta.
    """
    named = os.environ.get("TASKMILL_DELTA_JARS")
    if named:
        return _named_jars(named)
    if any((spark_home() / "jars").glob("delta-spark_*.jar")):
        return ()
    jars = tuple(sorted(jars_folder().glob("*.jar")))
    return jars if _has_delta(jars) else None


def delta_jars(settings: Mapping[str, str]) -> tuple[Path, ...]:
    """The Delta jars, fetched first when they are not here yet.

    Args:
        settings: Spark settings; those that say where packages come from are passed on.

    Raises:
        JarError: when they cannot be had; the message says what to do.
    """
    jars = find_jars()
    if jars is None:
        _fetch_jars(settings)
        jars = find_jars()
    if jars is None:
        raise JarError(f"{jars_folder()} has no delta-spark jar. Delete that folder and run again.")
    return jars


def spark_home() -> Path:
    """The folder of the installed pyspark, found without importing it."""
    from importlib.util import find_spec

    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise JarError("pyspark is not installed in this environment. Install taskmill again: pip install taskmill")
    return Path(spec.origin).parent


def _named_jars(named: str) -> tuple[Path, ...]:
    jars: list[Path] = []
    for part in named.split(os.pathsep):
        place = Path(part).expanduser().absolute()
        jars += sorted(place.glob("*.jar")) if place.is_dir() else [place]
    missing = [str(jar) for jar in jars if not jar.is_file()]
    if missing or not _has_delta(jars):
        fault = f"{', '.join(missing)} not found" if missing else "no delta-spark jar there"
        raise JarError(
            f"TASKMILL_DELTA_JARS={named!r}: {fault}. Name a folder, or jars separated by {os.pathsep!r}, with "
            f"{delta_package()} and the other io.delta jars of that version."
        )
    return tuple(jars)


def _has_delta(jars: tuple[Path, ...] | list[Path]) -> bool:
    return any("delta-spark_" in jar.name for jar in jars)


def _fetch_jars(settings: Mapping[str, str]) -> None:
    """Resolves into a folder of its own, then renames: a fetch that is cut off leaves nothing that looks complete."""
    target = jars_folder()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".fetch-", dir=target.parent))
    except OSError as error:
        raise JarError(f"Cannot write to the cache folder: {error}. Set TASKMILL_CACHE to a folder you own.") from None
    try:
        _resolve(work, settings)
        if find_jars() is None:
            shutil.rmtree(target, ignore_errors=True)
            (work / "jars").rename(target)
    except OSError as error:
        # Another process may have put its copy there first, and may be running from it: that one is as good.
        if find_jars() is None:
            raise JarError(f"Cannot store the Delta jars in {target}: {error}.") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _resolve(work: Path, settings: Mapping[str, str]) -> None:
    """Has spark-submit resolve the package and run a main class that does nothing but print a version."""
    conf = {key: settings[key] for key in _RESOLVER_SETTINGS if key in settings}
    conf |= {"spark.jars.packages": delta_package(), "spark.jars.excludes": ",".join(_EXCLUDED)}
    conf |= {"spark.jars.ivy": str(work), "spark.master": "local[1]"}
    command = [str(spark_home() / "bin" / "spark-submit")]
    for key, value in conf.items():
        command += ["--conf", f"{key}={value}"]
    command += ["--class", "scala.util.Properties", "spark-internal"]
    environment = {**os.environ, "JAVA_HOME": str(find_java().home), "SPARK_HOME": str(spark_home())}
    environment["SPARK_SUBMIT_OPTS"] = " ".join([os.environ.get("SPARK_SUBMIT_OPTS", ""), *_proxy_options()]).strip()
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_FETCH_SECONDS,
            check=False,
        )
        output = done.stdout + done.stderr
        has_failed = done.returncode != 0
    except subprocess.TimeoutExpired:
        output, has_failed = f"no answer within {_FETCH_SECONDS} seconds", True
    if has_failed or not any((work / "jars").glob("*.jar")):
        raise JarError(_failure_message(output))


def _proxy_options() -> list[str]:
    """HTTPS_PROXY and HTTP_PROXY as Java wants them, which does not read them itself."""
    options = []
    for scheme in ("https", "http"):
        address = os.environ.get(f"{scheme}_proxy") or os.environ.get(f"{scheme.upper()}_PROXY")
        proxy = urlsplit(address if address and "//" in address else f"//{address or ''}")
        if proxy.hostname:
            options += [f"-D{scheme}.proxyHost={proxy.hostname}", f"-D{scheme}.proxyPort={proxy.port or 80}"]
    return options


def _failure_message(output: str) -> str:
    return (
        f"Could not fetch {delta_package()} (about 15 MB, once per machine): {_cause(output)}.\n"
        "One of these helps:\n"
        "  network   check that this machine reaches Maven Central; behind a proxy set HTTPS_PROXY\n"
        "  mirror    set DEFAULT_ARTIFACT_REPOSITORY=https://your.mirror/maven2/, or in the pipeline file's `spark`\n"
        "            spark.jars.ivySettings to the path of an Ivy settings file\n"
        f"  by hand   copy the folder {jars_folder().name} from the taskmill cache of another machine, and set\n"
        "            TASKMILL_DELTA_JARS to the copy"
    )


def _cause(output: str) -> str:
    """The one line of the resolver's long report that tells what went wrong."""
    for sign, cause in _CAUSES:
        found = re.search(sign, output)
        if found:
            return cause.format(*found.groups())
    lines = [line.strip().rstrip(".") for line in output.splitlines() if line.strip()]
    telling = next(
        (line for line in lines if re.search(r"Exception|[Ee]rror", line)), lines[-1] if lines else "no output"
    )
    return re.sub(r'^Exception in thread "\w+" [\w.$]+: ', "", telling)
