"""Pins, lists and lineages: what they settle, and contradictions that name both lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.jobs.catalog.catalog import read_catalog
from taskmill.jobs.catalog.cluster_rules import Placing, lineages_of, normal_name
from taskmill.jobs.configuration.config import Source
from taskmill.jobs.configuration.pipeline import load_pipeline

SOURCE = """\
source: {name}
revision: r1
licence: MIT
language: en
{more}
read: {{format: json, path: "*.jsonl"}}
split: train
tasks:
  qa: {{question: q, answer: a}}
  tell: {{fields: {{question: q, answer: a}}, {pin}}}
"""
TASK_TYPE = """\
task_type: {name}
{pin}
description: Answer.
fields: {{question: text, answer: text}}
answer: answer
templates:
  - {{name: one, prompt: "{name} {{{{ question }}}}", response: "{{{{ answer }}}}"}}
"""


def settled(
    folder: Path, rules: Sequence[str], more: str = "", pin: str = "where: 'true'"
) -> tuple[Placing, list[str]]:
    """What these files of rules settle for the sources one and two, each with the tasks qa (pinned) and tell (not)."""
    files = {
        "data/a.jsonl": "",
        "sources/one.yaml": SOURCE.format(name="one", more=more, pin=pin),
        "sources/two.yaml": SOURCE.format(name="two", more="", pin="where: 'true'"),
        "templates/qa.yaml": TASK_TYPE.format(name="qa", pin="task_cluster: reading"),
        "templates/tell.yaml": TASK_TYPE.format(name="tell", pin=""),
        **{f"rules{place}.yaml": text for place, text in enumerate(rules)},
        "pipeline.yaml": "data: data\nsources: [sources]\ntemplates: [templates]\ncluster_rules: "
        + str([f"rules{place}.yaml" for place in range(len(rules))]),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    catalog, mistakes = read_catalog(load_pipeline(folder / "pipeline.yaml"))
    return catalog.placing, [message.replace(f"{folder}/", "") for message in mistakes]


def test_the_nearer_pin_counts(tmp_path: Path) -> None:
    """Rules before a source's task, that before a task type."""
    placing, mistakes = settled(
        tmp_path, ["cluster_rules: rules0\npins: {telling: [two.tell]}\n"], pin="task_cluster: chat"
    )
    assert not mistakes
    assert placing.pins == {"one.qa": "reading", "one.tell": "chat", "two.qa": "reading", "two.tell": "telling"}
    assert placing.origins == {
        "one.qa": "task_type", "one.tell": "source", "two.qa": "task_type", "two.tell": "rules"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param("one.tell", {"one.tell"}, id="task"),
        pytest.param("one", {"one.qa", "one.tell"}, id="source"),
        pytest.param("ONE", {"one.qa", "one.tell"}, id="another-spelling"),
        pytest.param("Uno-Data", {"one.qa", "one.tell"}, id="alias"),
        pytest.param("*.tell", {"one.tell", "two.tell"}, id="glob"),
    ],
)
def test_a_name_may_be_of_a_task_a_source_or_many(tmp_path: Path, pattern: str, expected: set[str]) -> None:
    placing, mistakes = settled(
        tmp_path, [f"cluster_rules: rules0\npins: {{mine: ['{pattern}']}}\n"], more="aliases: [uno data]"
    )
    assert not mistakes
    assert {name for name, cluster in placing.pins.items() if cluster == "mine"} == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param(["pins: {a: [one.qa], b: [one.qa]}"],
                     "rules0.yaml, line 2: 'one.qa' is pinned to 'b' here, and to 'a' in rules0.yaml, line 2",
                     id="pins"),
        pytest.param(["pins: {a: [one.qa]}", "pins:\n  b: [one]"],
                     "rules1.yaml, line 3: 'one.qa' is pinned to 'b' here, and to 'a' in rules0.yaml, line 2",
                     id="pins-of-two-files"),
        pytest.param(["pins: {a: [one.tell]}\ntogether:\n  - [one.qa, one.tell]"],
                     "rules0.yaml, line 4: 'one.qa' and 'one.tell' must be together, but templates/qa.yaml, line 2 "
                     "pins the one to 'reading' and rules0.yaml, line 2 the other to 'a'", id="together-against-pins"),
        pytest.param(["apart:\n  - [one.qa, two.qa]"],
                     "rules0.yaml, line 3: 'one.qa' and 'two.qa' must be apart, but templates/qa.yaml, line 2 and "
                     "templates/qa.yaml, line 2 pin both to 'reading'", id="apart-against-pins"),
        pytest.param(["together: [[one.tell, two.tell]]\napart:\n  - [one.tell, two.tell]"],
                     "rules0.yaml, line 4: 'one.tell' and 'two.tell' must be apart, but rules0.yaml, line 2 puts them "
                     "together", id="apart-against-together"),
        pytest.param(["pins: {a: [three]}"],
                     "rules0.yaml, line 2: pins.a.0: no task or source is called 'three'", id="unknown"),
    ],
)  # fmt: skip
def test_contradictions_name_both_lines(tmp_path: Path, rules: list[str], expected: str) -> None:
    _, mistakes = settled(tmp_path, [f"cluster_rules: rules{place}\n{text}\n" for place, text in enumerate(rules)])
    assert [message for message in mistakes if message.startswith(expected)], mistakes


def test_names_of_a_preset_may_be_unknown(tmp_path: Path) -> None:
    text = "cluster_rules: rules0\nunknown_names: ignore\npins: {a: [three]}\nrelated: [[a, b]]\n"
    placing, mistakes = settled(tmp_path, [text])
    assert not mistakes
    assert placing.related == (("a", "b"),)


def test_lists_become_pairs_of_tasks(tmp_path: Path) -> None:
    text = "cluster_rules: rules0\ntogether: [[one.tell, two.tell]]\napart: [[one.qa, two.tell]]\n"
    placing, mistakes = settled(tmp_path, [text])
    assert not mistakes
    assert (placing.together, placing.apart) == ((("one.tell", "two.tell"),), (("one.qa", "two.tell"),))


def source(name: str, aliases: Sequence[str] = (), parents: Sequence[str] = ()) -> Source:
    return Source.model_validate(
        {
            "source": name, "revision": "r", "licence": "MIT", "language": "en", "split": "train",
            "read": {"format": "json", "path": "x"}, "tasks": {"any": {"text": "text"}},
            "aliases": tuple(aliases), "parents": tuple(parents),
        }
    )  # fmt: skip


def test_spellings_and_subsets_are_of_one_lineage() -> None:
    found = lineages_of(
        [
            source("super_glue_cb", aliases=["SuperGLUE CB"]), source("superglue_cb_small", parents=["SuperGLUE-CB"]),
            source("cb2", parents=["superglue_cb_small"]), source("rte"),
        ]
    )  # fmt: skip
    assert found == {
        "super_glue_cb": "cb2", "superglue_cb_small": "cb2", "cb2": "cb2", "rte": "rte"
    }  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12), st.randoms())
def test_lineages_are_the_components_whatever_the_order(edges: list[tuple[int, int]], random: object) -> None:
    """Against networkx."""
    networkx = pytest.importorskip("networkx")
    graph = networkx.Graph(edges)
    graph.add_nodes_from(range(10))
    sources = [source(f"s{node}", parents=[f"s{other}" for one, other in edges if one == node]) for node in range(10)]
    random.shuffle(sources)  # type: ignore[attr-defined]
    found = lineages_of(sources)
    for component in networkx.connected_components(graph):
        assert {found[f"s{node}"] for node in component} == {min(f"s{node}" for node in component)}


@pytest.mark.parametrize("name", ["SuperGLUE CB", "super_glue-cb", "superglue.cb"])
def test_normal_names_leave_spelling_out(name: str) -> None:
    assert normal_name(name) == "supergluecb"
