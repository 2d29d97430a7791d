"""Mistakes in files of mixtures: all at once, each with file, line and the nearest right name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from taskmill.jobs.command import Options, load
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.mixing.mixture_files import own_mixtures
from tests.conftest import make_project, write


@pytest.fixture
def project(tmp_path: Path) -> Path:
    make_project(tmp_path)
    conf = tmp_path / "pipeline.yaml"
    write(conf, conf.read_text() + "mixtures: [mixtures]\n")
    return tmp_path


def mistakes(project: Path, text: str) -> list[str]:
    write(project / "mixtures/tried.yaml", text)
    with pytest.raises(ConfigError) as found:
        load(Options(project / "pipeline.yaml"))
    return [one.replace(str(project), "") for one in found.value.mistakes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("mixture: tried\nbuget: {pairs: 5}\n", "line 2: buget: .* Did you mean 'budget'", id="key"),
        pytest.param("mixture: tried\ncaps: {exmple: 1}\n", "caps.exmple: .* Did you mean 'example'", id="cap"),
        pytest.param(
            "mixture: tried\nparts:\n  a: {tasks: [reviws]}\n",
            "line 3: parts.a.tasks.0: no task or source is called 'reviws' .* Did you mean 'reviews'", id="task",
        ),
        pytest.param("mixture: tried\nbased_on: flan_2012\n", "line 2: based_on: .* mean 'flan_2021'", id="base"),
        pytest.param("mixture: tried\nbased_on: tried\n", "tried -> tried goes in a circle", id="circle"),
        pytest.param("caps: {}\n", "mixture is missing; begin the file with `mixture: tried`", id="no-name"),
        pytest.param("mixture: tried\nparts: {a: {rule: t0}}\n", "needs `maximum`", id="t0"),
        pytest.param("mixture: tried\nparts: {a: {rule: temperature}}\n", "with a temperature", id="temperature"),
        pytest.param("mixture: tried\nparts: {a: {rule: equal}}\n", "add `budget`", id="equal-without-budget"),
        pytest.param("mixture: tried\nbudget: {}\n", "give either `pairs` or `tokens`", id="empty-budget"),
        pytest.param(
            "mixture: tried\nparts: {a: {share: 0.7}, b: {share: 0.6}}\n", "come to 1.3", id="shares"
        ),
        pytest.param("mixture: tried\nselect: {examples: 0}\n", "select.examples", id="select"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_where_it_stands(project: Path, text: str, expected: str) -> None:
    (told,) = mistakes(project, text)
    assert told.startswith("/mixtures/tried.yaml, line ")
    assert re.search(expected, told), told


def test_two_files_of_one_name_and_an_empty_place_are_mistakes(project: Path) -> None:
    write(project / "mixtures/other.yaml", "mixture: tried\n")
    (told,) = mistakes(project, "mixture: tried\n")
    assert "'tried' is also the mixture of" in told
    write(project / "pipeline.yaml", (project / "pipeline.yaml").read_text().replace("[mixtures]", "[mixturs]"))
    with pytest.raises(ConfigError, match="mixturs: no YAML file is there; correct `mixtures`"):
        load(Options(project / "pipeline.yaml"))


def test_own_mixtures_are_those_of_the_files_and_may_take_the_name_of_a_preset(project: Path) -> None:
    write(project / "mixtures/flan.yaml", "mixture: flan_2021\nsplit: all\n")
    write(project / "mixtures/mine.yaml", "mixture: mine\nbased_on: flan_2021\n")
    pipeline, catalog = load(Options(project / "pipeline.yaml"))
    found = {one.mixture: one for one in own_mixtures(pipeline, catalog)}
    assert set(found) == {"flan_2021", "mine"}
    assert found["mine"].split == "all" and not found["mine"].parts
