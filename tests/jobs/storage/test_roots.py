"""Table roots that can be told apart without Spark."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.errors import TableError
from taskmill.jobs.storage.roots import check_readable, check_writable, local_folder, resolved_root


@pytest.mark.parametrize(
    ("root", "folder"),
    [
        ("/a/b", Path("/a/b")),
        ("file:///a/b", Path("/a/b")),
        ("s3a://bucket/a", None),
        ("catalog:taskmill", None),
    ],
)
def test_local_folder_is_none_for_other_places(root: str, folder: Path | None) -> None:
    assert local_folder(root) == folder


def test_resolved_root_makes_folders_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolved_root("tables") == str(tmp_path / "tables")
    assert resolved_root("file:///a") == "file:///a"
    assert resolved_root("catalog:taskmill") == "catalog:taskmill"


def test_check_writable_makes_the_folder_and_leaves_nothing_in_it(tmp_path: Path) -> None:
    check_writable(str(tmp_path / "a/b"))
    assert list((tmp_path / "a/b").iterdir()) == []
    check_writable("s3a://bucket/tables")


def test_check_writable_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TableError, match="is a file, and the tables need a folder"):
        check_writable(str(tmp_path / "file"))
    with pytest.raises(TableError, match=r"is no folder that can be written \(Not a directory\)"):
        check_writable(f"file://{tmp_path}/file/tables")


def test_check_writable_refuses_a_folder_that_cannot_be_written() -> None:
    with pytest.raises(TableError, match="is no folder that can be written"):
        check_writable("/proc/taskmill" if Path("/proc").is_dir() else "/taskmill")


def test_check_readable_wants_a_table_with_a_log(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="export needs table 'pairs' under .* Run `taskmill run` with the same"):
        check_readable(str(tmp_path), "pairs", "export")
    (tmp_path / "pairs/_delta_log").mkdir(parents=True)
    check_readable(str(tmp_path), "pairs", "export")
    check_readable("s3a://bucket/tables", "pairs", "export")
