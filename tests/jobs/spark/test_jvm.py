"""What the log of a JVM that did not start says. No Java is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.spark import jvm


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("#\n# A fatal error has been detected by the Java Runtime Environment:\n", True, id="signal"),
        pytest.param("Error occurred during initialization of VM\nUnable to use shared archive.\n", True, id="refused"),
        pytest.param("An error has occurred while processing the shared archive file.\n", True, id="archive"),
        pytest.param("org.apache.spark.SparkException: Could not parse Master URL: 'locl[4]'\n", False, id="master"),
        pytest.param("Unrecognized VM option 'X'\nError: Could not create the Java Virtual Machine.\n", False,
                     id="option"),
        pytest.param("", False, id="nothing"),
    ],
)  # fmt: skip
def test_has_crashed_tells_java_from_spark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: bool
) -> None:
    log = tmp_path / "spark.log"
    log.write_text(text)
    monkeypatch.setattr(jvm, "_logs", [log])
    assert jvm.has_crashed() is expected


def test_has_crashed_is_false_where_none_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jvm, "_logs", [])
    assert not jvm.has_crashed()
