"""Whole catalogs: every mistake of every file at once, and the bundled ones without any."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.catalog.catalog import load_catalog, read_catalog
from taskmill.jobs.catalog.task import templates_of
from taskmill.jobs.command import bundled_conf
from taskmill.jobs.configuration.pipeline import load_pipeline
from taskmill.jobs.errors import ConfigError

SOURCE = """\
source: {name}
revision: r1
licence: MIT
language: en
read: {{format: json, path: "*.jsonl"}}
split: train
tasks:
  qa: {{question: q, answer: a}}
"""
TASK_TYPE = """\
task_type: {name}
task_cluster: reading
description: Answer.
fields: {{question: text, answer: text}}
answer: answer
templates:
  - name: one
    prompt: "{{{{ question }}}}"
    response: "{{{{ answer }}}}"
"""
PIPELINE = "data: data\nsources: [sources]\ntemplates: [templates]\ncluster_rules: [rules.yaml]\n"
RULES = "cluster_rules: rules\n"


def project(folder: Path, files: dict[str, str]) -> Path:
    """A pipeline file beside its folders; these files are added or replace the sound ones."""
    sound = {
        "pipeline.yaml": PIPELINE,
        "rules.yaml": RULES,
        "data/a.jsonl": "",
        "sources/squad.yaml": SOURCE.format(name="squad"),
        "templates/qa.yaml": TASK_TYPE.format(name="qa"),
    }
    for name, text in {**sound, **files}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "pipeline.yaml"


def mistakes(folder: Path, files: dict[str, str]) -> list[str]:
    _, found = read_catalog(load_pipeline(project(folder, files)))
    return [message.replace(f"{folder}/", "") for message in found]


def test_load_catalog_names_the_tasks(tmp_path: Path) -> None:
    files = {"sources/other.yaml": SOURCE.format(name="other") + "role: benchmark\n"}
    catalog = load_catalog(load_pipeline(project(tmp_path, files)))
    assert list(catalog.tasks) == ["other.qa", "squad.qa"]
    assert [task.is_benchmark for task in catalog.tasks.values()] == [True, False]
    assert catalog.placing.pins == {"other.qa": "reading", "squad.qa": "reading"}
    assert [template.uses for template in templates_of(catalog.task_types["qa"])] == [("question", "answer")]


def test_a_task_that_nothing_pins_is_left_to_similarity(tmp_path: Path) -> None:
    files = {"templates/qa.yaml": TASK_TYPE.format(name="qa").replace("task_cluster: reading\n", "")}
    catalog = load_catalog(load_pipeline(project(tmp_path, files)))
    assert catalog.placing.pins == {}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param("sources/news.yaml", SOURCE.format(name="squat"),
                     "sources/news.yaml, line 1: source 'squat' stands in a file of another name; call it squat.yaml",
                     id="source-in-a-file-of-another-name"),
        pytest.param("templates/sums.yaml", TASK_TYPE.format(name="sum"),
                     "templates/sums.yaml, line 1: task_type 'sum' stands in a file of another name; call it sum.yaml",
                     id="type-in-a-file-of-another-name"),
        pytest.param("sources/copy.yaml", SOURCE.format(name="squad"),
                     "sources/squad.yaml: source 'squad' is also defined in sources/copy.yaml; names are used once",
                     id="source-twice"),
        pytest.param("sources/squad.yaml", "a: [\n", "sources/squad.yaml, line 2: not valid YAML", id="no-yaml"),
        pytest.param("sources/squad.yaml", SOURCE.format(name="squad").replace("split:", "licence: MIT\nsplit:"),
                     "sources/squad.yaml, line 6: 'licence' stands here a second time", id="key-twice"),
        pytest.param("sources/squad.yaml", SOURCE.format(name="squad").replace("*.jsonl", "*.csv"),
                     "sources/squad.yaml, line 5: read.path: '*.csv' matches nothing under 'data'", id="no-data"),
        pytest.param("rules.yaml", RULES + "related: [[reading, readng]]\n",
                     "rules.yaml, line 2: related.0: no task has the cluster 'readng' (it has: reading). Did you mean "
                     "'reading'?", id="related-cluster"),
        pytest.param("pipeline.yaml", PIPELINE.replace("[sources]", "[sorces]"),
                     "sorces: no YAML file is there (there is no folder ", id="no-folder"),
        pytest.param("pipeline.yaml", PIPELINE.replace("[sources]", "[sources/x*]"),
                     "sources/x*: no YAML file is there (looked in ", id="no-match"),
        pytest.param("pipeline.yaml", PIPELINE.replace("[sources]", "[sources/x.yaml]"),
                     "sources/x.yaml: no YAML file is there (looked in ", id="no-file"),
    ],
)  # fmt: skip
def test_read_catalog_tells_the_mistake(tmp_path: Path, name: str, text: str, expected: str) -> None:
    found = mistakes(tmp_path, {name: text})
    assert any(message.startswith(expected) for message in found), found


def test_read_catalog_tells_every_mistake_of_every_file(tmp_path: Path) -> None:
    source = SOURCE.format(name="squad")
    found = mistakes(
        tmp_path,
        {
            "sources/squad.yaml": source.replace("question: q", "qestion: q"),
            "sources/news.yaml": SOURCE.format(name="news").replace("licence: MIT\n", ""),
            "sources/web.yaml": SOURCE.format(name="web").replace("answer: a", "answer: a +"),
            "sources/wiki.yaml": SOURCE.format(name="wiki").replace("r1", "1.5"),
            "sources/bad.yaml": "source: [",
            "templates/qa.yaml": TASK_TYPE.format(name="qa").replace("question }}", "qestion }}"),
            "templates/sum.yaml": TASK_TYPE.format(name="sum").replace("description", "descripton"),
            "rules.yaml": RULES + "related: [[reading, gone]]\n",
        },
    )
    for parts in (
        ("sources/squad.yaml, line 8", "qestion"),
        ("sources/squad.yaml, line 8", "needs the field 'question'"),
        ("sources/news.yaml", "licence is missing"),
        ("sources/web.yaml, line 8", "not valid Spark SQL"),
        ("sources/wiki.yaml, line 2", "put it in quotes"),
        ("sources/bad.yaml", "not valid YAML"),
        ("templates/qa.yaml, line 8", "'qestion' is not a field"),
        ("templates/sum.yaml, line 3", "Did you mean 'description'?"),
        ("templates/sum.yaml", "description is missing"),
        ("rules.yaml, line 2: related.0", "'gone'"),
    ):
        assert any(all(part in message for part in parts) for message in found), (parts, found)
    with pytest.raises(ConfigError) as caught:
        load_catalog(load_pipeline(tmp_path / "pipeline.yaml"))
    assert len(caught.value.mistakes) == len(found)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: [\n" + TASK_TYPE.format(name="qa"), id="no-yaml"),
        pytest.param(TASK_TYPE.format(name="qa").replace("description", "descripton"), id="unknown-key"),
    ],
)
def test_read_catalog_does_not_blame_sources_for_a_task_type_with_mistakes(tmp_path: Path, text: str) -> None:
    """Nor rules that name its cluster."""
    found = mistakes(tmp_path, {"templates/qa.yaml": text, "rules.yaml": RULES + "related: [[reading, qa]]\n"})
    assert found
    assert all(message.startswith("templates/qa.yaml") for message in found)


def test_read_catalog_still_tells_of_a_task_type_that_no_file_has(tmp_path: Path) -> None:
    source = SOURCE.format(name="other").replace("qa:", "qs:")
    found = mistakes(tmp_path, {"templates/qa.yaml": "a: [", "sources/other.yaml": source})
    assert any("sources/other.yaml, line 8: no task type 'qs'" in message for message in found)


def test_bundled_sample_has_no_mistakes() -> None:
    catalog, found = read_catalog(load_pipeline(bundled_conf() / "sample.yaml"))
    assert found == []
    assert len(catalog.task_types) >= 15
    assert {task.task_type.task_type for task in catalog.tasks.values()} <= set(catalog.task_types)
    assert all(source.revision and source.licence for source in catalog.sources.values())


def test_bundled_sources_have_no_mistakes_but_the_missing_data() -> None:
    pipeline = load_pipeline(bundled_conf() / "pipeline.yaml", ["data=/no/such"])
    catalog, found = read_catalog(pipeline)
    assert found == ["data: there is no folder '/no/such'; say where the data are: --set data=PATH"]
    assert len(catalog.sources) >= 15
