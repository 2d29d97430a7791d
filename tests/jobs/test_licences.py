"""Licence rules over a run: who is left out, that the sums close, and whose data an export says it holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taskmill.jobs.attribution import as_markdown
from taskmill.jobs.catalog.source_licences import licence_notices, refused_sources, source_terms
from taskmill.jobs.command import Options, load
from taskmill.jobs.configuration.settings import Licences
from taskmill.jobs.export import Export
from taskmill.jobs.export import run as export
from tests.conftest import Runner, make_project, read_table, write

NOTES = "CC BY-NC 4.0"


def change(folder: Path, source: str, old: str, new: str) -> None:
    path = folder / f"sources/{source}.yaml"
    assert old in path.read_text()
    write(path, path.read_text().replace(old, new))


def refused(folder: Path, **rules: object) -> dict[str, str]:
    pipeline, catalog = load(Options(folder / "pipeline.yaml"))
    return refused_sources(catalog, Licences(**rules))


def test_a_parent_binds_its_children_and_theirs(project: Path) -> None:
    change(project, "notes", "CC0-1.0", NOTES)
    change(project, "reviews", "licence: CC0-1.0", "licence: CC0-1.0\nparents: [Note_s]")
    found = refused(project, deny=["CC-BY-NC-*"])
    assert set(found) == {"notes", "reviews"}
    assert found["reviews"] == "licence of its parent 'notes': 'CC-BY-NC-4.0' is denied by 'CC-BY-NC-*'"
    assert refused(project, allow=["CC0-1.0", "CC-BY-NC-4.0"]) == {}


def test_parents_in_a_circle_end(project: Path) -> None:
    change(project, "notes", "licence: CC0-1.0", "licence: MIT\nparents: [reviews]")
    change(project, "reviews", "licence: CC0-1.0", "licence: CC0-1.0\nparents: [notes]")
    terms = source_terms(load(Options(project / "pipeline.yaml"))[1])
    assert terms["notes"].licences == {"notes": "MIT", "reviews": "CC0-1.0"}
    assert terms["notes"].obligations == terms["reviews"].obligations == {"attribution"}


def test_a_parent_without_a_file_is_unknown(project: Path) -> None:
    change(project, "reviews", "licence: CC0-1.0", "licence: CC0-1.0\nparents: [imdb]")
    assert refused(project) == {}
    found = refused(project, unknown="deny")
    assert list(found) == ["reviews"] and "parent 'imdb' has no source file" in found["reviews"]


def test_check_tells_unknown_names_with_the_nearest(project: Path) -> None:
    change(project, "notes", "CC0-1.0", "Apatchy-2.0")
    pipeline, catalog = load(Options(project / "pipeline.yaml"))
    (notice,) = licence_notices(catalog, pipeline.licences)
    assert notice.endswith("notes.yaml, line 3: licence: 'Apatchy-2.0' is no SPDX id; the nearest is 'Apache-2.0'")


def test_rules_take_pairs_out_and_give_them_back(run_pipeline: Runner, project: Path, tmp_path: Path) -> None:
    change(project, "notes", "CC0-1.0", NOTES)
    conf, tables = project / "pipeline.yaml", tmp_path / "tables"
    first = run_pipeline(conf, tables)
    whole = {(pair["pair_id"], pair["run_id"]) for pair in read_table(tables, "pairs")}

    denying = run_pipeline(conf, tables, ['licences={"deny": ["CC-BY-NC-*"]}'])
    left = read_table(tables, "pairs")
    assert {pair["source"] for pair in left} == {"reviews"}
    assert {(pair["pair_id"], pair["run_id"]) for pair in left} < whole  # reviews were not rendered again
    counts = denying.ledger.done("render")["notes.gist"].counts
    assert (counts.rows_in, counts.rows_out, counts.not_selected, counts.missing) == (12, 0, 12, 0)

    again = run_pipeline(conf, tables)
    assert {pair["pair_id"] for pair in read_table(tables, "pairs")} == {pair_id for pair_id, _ in whole}
    assert again.ledger.done("render")["notes.gist"] == first.ledger.done("render")["notes.gist"]

    # The rules of the day hold for an export, even when the tables are of before.
    stricter = run_pipeline(conf, tables, ['licences={"deny": ["CC-BY-NC-*"]}'], only=["ingest"])
    export(stricter, Export("text", "jsonl", str(tmp_path / "out")))
    assert {source["source"] for source in bundle(tmp_path / "out")["sources"]} == {"reviews"}


def bundle(out: Path) -> dict[str, object]:
    return json.loads((out / "attribution.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("included", [False, True])
def test_an_export_says_whose_data_it_holds(run_pipeline: Runner, tmp_path: Path, included: bool) -> None:
    make_project(tmp_path)
    more = "licence: CC BY-NC 4.0\ndo_not_train: true\nhomepage: https://example.org/<b>\nparents: [imdb]"
    change(tmp_path, "notes", "licence: CC0-1.0", more)
    context = run_pipeline(tmp_path / "pipeline.yaml", tmp_path / "tables")
    out = tmp_path / "out"
    export(context, Export("chat", "jsonl", str(out), do_not_train=included))
    found = bundle(out)
    lines = [json.loads(line) for path in (out / "train").glob("*.json") for line in path.read_text().splitlines()]
    of_source = {source["source"]: source for source in found["sources"]}
    assert {name: source["pairs"] for name, source in of_source.items()} == {
        name: sum(line["source"] == name for line in lines) for name in {line["source"] for line in lines}
    }
    assert set(of_source) == ({"notes", "reviews"} if included else {"reviews"})
    assert found["strictest"] == ("unknown" if included else "none")
    text = (out / "ATTRIBUTION.md").read_text()
    assert text == as_markdown(found)
    if included:
        assert of_source["notes"]["licence"] == "CC-BY-NC-4.0"
        assert of_source["notes"]["licence_urls"] == ["https://spdx.org/licenses/CC-BY-NC-4.0.html"]
        assert of_source["notes"]["parents"] == [{"source": "imdb", "licence": None, "licence_urls": []}]
        assert "<b>" not in text and "https://example.org/&lt;b&gt;" in text
