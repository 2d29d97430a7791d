"""What a pipeline file may say of personal data and sensitive themes."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.catalog.catalog import load_catalog
from taskmill.jobs.configuration.pipeline import load_pipeline
from taskmill.jobs.configuration.safety_settings import ABOUT, PersonalData, Sensitive
from taskmill.jobs.errors import ConfigError
from taskmill.udfs.personal_data.kinds import KINDS
from taskmill.udfs.sensitive.themes import THEMES
from tests.conftest import PIPELINE, SENTIMENT, make_project, write


def test_every_kind_and_theme_has_a_setting_and_is_annotated() -> None:
    assert set(PersonalData.model_fields) - {"tasks", "engine"} == set(KINDS)
    assert set(Sensitive.model_fields) - {"tasks", "about", "classifier", "threshold"} == set(THEMES)
    assert PersonalData().actions("a.b") == dict.fromkeys(KINDS, "annotate")
    assert Sensitive().consequences("a.b") == dict.fromkeys(THEMES, "annotate")


def test_a_word_alone_is_for_every_kind_and_later_tasks_win() -> None:
    said = {"card": "redact", "tasks": {"a.*": "quarantine", "a.b": {"email": False}}}
    settings = PersonalData.model_validate(said)
    assert settings.actions("c.d") == {**dict.fromkeys(KINDS, "annotate"), "card": "redact"}
    assert settings.actions("a.b") == {**dict.fromkeys(KINDS, "quarantine"), "email": "off"}
    assert PersonalData.model_validate("redact").actions("a.b") == dict.fromkeys(KINDS, "redact")
    assert PersonalData.model_validate(False).actions("a.b") == dict.fromkeys(KINDS, "off")


@pytest.mark.parametrize(
    "task", ["toxic_chat.detection", "hatexplain.labels", "sni_task137_detoxifying.text", "stereoset.intrasentence"]
)
def test_a_task_about_toxicity_is_not_quarantined_unless_it_is_named(task: str) -> None:
    assert Sensitive.model_validate("quarantine").consequences(task) == dict.fromkeys(THEMES, "annotate")
    glob = Sensitive.model_validate({"tasks": {"*": "quarantine"}})
    assert glob.consequences(task) == dict.fromkeys(THEMES, "annotate")
    named = Sensitive.model_validate({"tasks": {"*": "quarantine", task: {"violence": "quarantine"}}})
    assert named.consequences(task) == {**dict.fromkeys(THEMES, "annotate"), "violence": "quarantine"}
    assert Sensitive.model_validate("off").consequences(task) == dict.fromkeys(THEMES, "off")


def test_a_task_type_about_one_theme_is_spared_for_that_one() -> None:
    settings = Sensitive.model_validate("quarantine")
    assert settings.consequences("a.b", ("drugs",)) == {**dict.fromkeys(THEMES, "quarantine"), "drugs": "annotate"}
    assert settings.consequences("a.b", ("toxicity",)) == dict.fromkeys(THEMES, "annotate")
    assert "a.b" not in ABOUT


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("personal_data: {crad: redact}", "line 5: personal_data.crad: unknown key .*Did you mean 'card'"),
        ("personal_data: {card: redakt}", "personal_data.card: .*'annotate', 'redact', 'quarantine' or 'off'"),
        ("personal_data: redakt", "'redakt' is no word for all of them .*Did you mean 'redact'"),
        ("personal_data: {tasks: {'a.*': {emial: off}}}", "unknown key .*Did you mean 'email'"),
        ("personal_data: {engine: presido}", "personal_data.engine: .*'builtin' or 'presidio'"),
        ("sensitive: {voilence: quarantine}", "unknown key .*Did you mean 'violence'"),
        ("sensitive: {violence: redact}", "sensitive.violence: .*'annotate', 'quarantine' or 'off'"),
        ("sensitive: {threshold: 7}", "sensitive.threshold: .*less than or equal to 1"),
        ("sensitive: {classifier: my.module}", "'my.module' names no function; write package.module:function"),
    ],
    ids=lambda text: text[:40],
)
def test_mistakes_name_the_place_and_the_nearest(tmp_path: Path, line: str, told: str) -> None:
    write(tmp_path / "pipeline.yaml", f"{PIPELINE}{line}\n")
    with pytest.raises(ConfigError, match=told):
        load_pipeline(tmp_path / "pipeline.yaml")


@pytest.mark.parametrize("key", ["personal_data", "sensitive"])
def test_a_task_that_is_not_there_is_a_mistake(tmp_path: Path, key: str) -> None:
    make_project(tmp_path)
    pipeline = load_pipeline(tmp_path / "pipeline.yaml", [f"{key}.tasks={{reviws.sentiment: off, 'notes.*': off}}"])
    with pytest.raises(ConfigError, match=rf"{key}.tasks: no task is called 'reviws.sentiment'.*Did you mean 'reviews"):
        load_catalog(pipeline)


def test_a_task_type_is_about_known_themes(tmp_path: Path) -> None:
    make_project(tmp_path)
    write(tmp_path / "templates/sentiment.yaml", SENTIMENT + "about: [violense]\n")
    with pytest.raises(ConfigError, match="there is no theme 'violense'.*Did you mean 'violence'"):
        load_catalog(load_pipeline(tmp_path / "pipeline.yaml"))
