"""Families: one source file, many sources by the names of their files. Spark is not started."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.catalog.source_checks import place_of
from taskmill.jobs.command import Options, load
from taskmill.jobs.errors import ConfigError
from tests.conftest import REVIEWS, make_project, write, write_lines

FAMILY = REVIEWS.replace("source: reviews", "source: shop\neach: EACH").replace("reviews/*.jsonl", "shops/*.jsonl")


def family(folder: Path, each: str, files: tuple[str, ...]) -> list[str]:
    """The sources of a project with this family, but its two others."""
    make_project(folder)
    write(folder / "sources/shop.yaml", FAMILY.replace("EACH", each))
    for name in files:
        write_lines(folder / "data/shops" / name, [{"id": 1, "text": f"Good {name}", "label": 1}])
    _, catalog = load(Options(folder / "pipeline.yaml"))
    return sorted(set(catalog.sources) - {"reviews", "notes"})


def test_each_name_is_a_source_of_its_files(tmp_path: Path) -> None:
    found = family(tmp_path, r"'shops/(.+?)(?:-\d+)?\.jsonl$'", ("North-1.jsonl", "North-2.jsonl", "far_east.jsonl"))
    assert found == ["shop_far_east", "shop_north"]
    _, catalog = load(Options(tmp_path / "pipeline.yaml"))
    assert [Path(path).name for path in catalog.sources["shop_north"].read.paths] == ["North-1.jsonl", "North-2.jsonl"]
    assert catalog.tasks["shop_north.sentiment"].source.licence == "CC0-1.0"


def test_a_file_without_a_name_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"shop\.yaml, line 2: each: .* finds no name in 1 of the files.*odd\.jsonl"):
        family(tmp_path, r"'shops/n(.+)\.jsonl$'", ("north.jsonl", "odd.jsonl"))


@pytest.mark.parametrize(
    ("each", "said"),
    [
        pytest.param("'shops/(.+'", "no regular expression", id="not-closed"),
        pytest.param("'shops/.+'", "needs one group", id="no-group"),
    ],
)
def test_each_has_to_be_a_pattern_with_a_group(tmp_path: Path, each: str, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"shop\.yaml, line 2: each: .*{said}"):
        family(tmp_path, each, ("north.jsonl",))


def test_a_name_that_another_source_has_is_a_mistake(tmp_path: Path) -> None:
    make_project(tmp_path)
    write(tmp_path / "sources/shop_north.yaml", REVIEWS.replace("source: reviews", "source: shop_north"))
    with pytest.raises(ConfigError, match="'shop_north' is defined twice"):
        family(tmp_path, r"'shops/(.+)\.jsonl$'", ("north.jsonl",))


def test_mistakes_of_a_family_are_told_once(tmp_path: Path) -> None:
    make_project(tmp_path)
    text = FAMILY.replace("EACH", r"'shops/(.+)\.jsonl$'").replace("sentiment: {text: text,", "sentiment: {texd: text,")
    write(tmp_path / "sources/shop.yaml", text)
    for name in ("a", "b", "c"):
        write_lines(tmp_path / f"data/shops/{name}.jsonl", [{"id": 1, "text": name, "label": 1}])
    with pytest.raises(ConfigError) as caught:
        load(Options(tmp_path / "pipeline.yaml"))
    assert sum("texd" in mistake for mistake in caught.value.mistakes) == 1


def test_a_data_folder_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family(tmp_path, r"'shops/(.+)\.jsonl$'", ("north.jsonl",))
    monkeypatch.chdir(tmp_path)
    pipeline, catalog = load(Options(tmp_path / "pipeline.yaml", None, ("data=data",)))
    (path,) = catalog.sources["shop_north"].read.paths
    assert Path(place_of(pipeline, path)).is_file()
