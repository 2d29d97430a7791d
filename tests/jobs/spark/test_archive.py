"""The class archive's life as a file: recorded, taken over once whole, refused when cut short. No Java is started."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from taskmill.jobs.spark import archive
from taskmill.jobs.spark.java import Java

KEY = "0123456789abcdef"
WHOLE = (0xF00BABA8).to_bytes(4, "little") + b"classes"
# Java leaves room for the header, writes the classes, and fills in the header last.
CUT_OFF = b"\0\0\0\0" + b"clas"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The archive folder of a cache of the test's own."""
    monkeypatch.setenv("TASKMILL_CACHE", str(tmp_path))
    monkeypatch.setattr(archive, "_recordings", [])
    (tmp_path / "classes").mkdir()
    return tmp_path / "classes"


def names(folder: Path) -> list[str]:
    """What lies in the folder."""
    return sorted(place.name for place in folder.iterdir())


def test_archive_options_record_when_there_is_none(folder: Path) -> None:
    first, _ = archive.archive_options(KEY, record=True)
    assert first == f"-XX:ArchiveClassesAtExit={folder}/{KEY}.{os.getpid()}.recording"
    assert archive.archive_options(KEY, record=False) == []


def record(folder: Path, content: bytes) -> None:
    """As a command does that goes well, and its JVM after it."""
    archive.archive_options(KEY, record=True)
    archive.keep_recording()
    (folder / f"{KEY}.{os.getpid()}.recording").write_bytes(content)


def test_archive_options_take_over_a_whole_recording(folder: Path) -> None:
    record(folder, WHOLE)
    options = archive.archive_options(KEY, record=True)
    assert options[:2] == [f"-XX:SharedArchiveFile={folder}/{KEY}-11.jsa", "-Xshare:auto"]
    assert names(folder) == [f"{KEY}-11.jsa"]


def test_archive_options_delete_the_recording_of_a_command_that_failed(folder: Path) -> None:
    (folder / f"{KEY}.77.recording").write_bytes(WHOLE)
    assert archive.archive_options(KEY, record=False) == []
    assert names(folder) == []


def test_archive_options_delete_marks_without_a_recording(folder: Path) -> None:
    mark = folder / f"{KEY}.77.kept"
    mark.touch()
    os.utime(mark, (time.time() - 7200, time.time() - 7200))
    archive.archive_options(KEY, record=False)
    assert names(folder) == []


def test_drop_recording_deletes_that_of_this_process_alone(folder: Path) -> None:
    (folder / f"{KEY}.77.recording").write_bytes(CUT_OFF)
    archive.archive_options(KEY, record=True)
    (folder / f"{KEY}.{os.getpid()}.recording").write_bytes(WHOLE)
    archive.drop_recording()
    archive.keep_recording()
    assert names(folder) == [f"{KEY}.77.recording"]


def test_archive_options_leave_a_recording_that_is_being_written(folder: Path) -> None:
    (folder / f"{KEY}.77.recording").write_bytes(CUT_OFF)
    assert archive.archive_options(KEY, record=False) == []
    assert names(folder) == [f"{KEY}.77.recording"]


def test_archive_options_delete_a_recording_that_was_cut_off(folder: Path) -> None:
    recording = folder / f"{KEY}.77.recording"
    recording.write_bytes(CUT_OFF)
    os.utime(recording, (time.time() - 7200, time.time() - 7200))
    assert archive.archive_options(KEY, record=False) == []
    assert names(folder) == []


def test_archive_options_leave_what_belongs_to_another_spark(folder: Path) -> None:
    (folder / "fedcba9876543210.77.recording").write_bytes(WHOLE)
    assert archive.archive_options(KEY, record=False) == []
    assert names(folder) == ["fedcba9876543210.77.recording"]


def test_find_archive_deletes_one_that_was_cut_short_since(folder: Path) -> None:
    (folder / f"{KEY}-11.jsa").write_bytes(WHOLE[:6])
    assert archive.find_archive(KEY) is None
    assert names(folder) == []


def test_find_archive_takes_the_largest_and_deletes_the_others(folder: Path) -> None:
    for size in (11, 40, 9):
        (folder / f"{KEY}-{size}.jsa").write_bytes(WHOLE.ljust(size)[:size])
    (folder / f"{KEY}-99.jsa").write_bytes(WHOLE)
    (folder / "fedcba9876543210-11.jsa").write_bytes(WHOLE)
    assert archive.find_archive(KEY) == folder / f"{KEY}-40.jsa"
    assert names(folder) == [f"{KEY}-40.jsa", "fedcba9876543210-11.jsa"]


def test_drop_archive_says_whether_there_was_one(folder: Path) -> None:
    (folder / f"{KEY}-11.jsa").write_bytes(WHOLE)
    assert archive.drop_archive(KEY)
    assert not archive.drop_archive(KEY)


def test_archives_that_nobody_uses_go_when_a_new_one_comes(folder: Path) -> None:
    old = folder / "fedcba9876543210-11.jsa"
    old.write_bytes(WHOLE)
    os.utime(old, (time.time() - 40 * 86400, time.time() - 40 * 86400))
    record(folder, WHOLE)
    archive.archive_options(KEY, record=False)
    assert names(folder) == [f"{KEY}-11.jsa"]


def test_archive_options_do_without_a_folder_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TASKMILL_CACHE", str(tmp_path / "file"))
    assert archive.archive_options(KEY, record=True) == []


def test_archive_key_changes_with_java_and_with_the_jars(tmp_path: Path) -> None:
    jar = tmp_path / "delta-spark_4.1_2.13-4.4.0.jar"
    jar.touch()
    java = Java(tmp_path, "17.0.1")
    keys = {archive.archive_key(java, tmp_path, [jar]), archive.archive_key(Java(tmp_path, "17.0.2"), tmp_path, [jar])}
    os.utime(jar, (1, 1))
    keys.add(archive.archive_key(java, tmp_path, [jar]))
    assert len(keys) == 3
