"""FLAN's published clusters, exceptions and sibling rule, from a file of names, against the rules as published.

The oracle below is the rule as FLAN states it, written out for each cluster; it knows nothing of our plan.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from taskmill.jobs.catalog.cluster_rules import lineages_of
from taskmill.jobs.command import bundled_conf
from taskmill.jobs.configuration.config import Source, read_model
from taskmill.jobs.configuration.positions import load_document
from taskmill.jobs.configuration.settings import ClusterRules
from taskmill.jobs.folds.fold_plan import EACH_CLUSTER, FoldPlan, FoldRules, PlannedTask, plan_folds

SIZES = {
    "summarization": 11, "structure_to_text": 4, "reading_comprehension": 6, "open_domain_qa": 4, "paraphrase": 4,
    "sentiment": 4, "text_formatting": 3, "common_sense": 4, "translation": 8, "coreference": 3, "entailment": 10,
    "math": 1, "conversational_qa": 2, "word_disambiguation": 1, "linguistic_acceptability": 1,
    "question_classification": 1, "read_comp_and_common_sense": 2,
}  # fmt: skip
NOT_BESIDE = {  # testing on the cluster, these are not trained on
    "paraphrase": {"entailment"},
    "entailment": {"paraphrase"},
    "reading_comprehension": {"read_comp_and_common_sense"},
    "common_sense": {"read_comp_and_common_sense"},
    "read_comp_and_common_sense": {"reading_comprehension", "common_sense"},
}
SIBLINGS = [
    {"opinion_abstracts_rotten_tomatoes", "opinion_abstracts_idebate"},
    {"squad_v1", "squad_v2"},
    {"arc_challenge", "arc_easy"},
    {"anli_r1", "anli_r2", "anli_r3"},
    {"mnli_matched", "mnli_mismatched"},
]


@pytest.fixture(scope="module")
def rules() -> ClusterRules:
    found, mistakes = read_model(ClusterRules, load_document(bundled_conf() / "presets" / "flan_2021.yaml"))
    assert found is not None, mistakes
    return found


def tasks_of(rules: ClusterRules) -> list[PlannedTask]:
    names = [name for cluster in rules.pins.values() for name in cluster]
    lineages = lineages_of([source(name) for name in names], rules.siblings)
    return [PlannedTask(name, cluster, lineages[name], 100) for cluster, found in rules.pins.items() for name in found]


def source(name: str) -> Source:
    return Source.model_validate(
        {
            "source": name, "revision": "r", "licence": "MIT", "language": "en", "split": "train",
            "read": {"format": "json", "path": str(Path(name))}, "tasks": {"any": {"text": "text"}},
        }
    )  # fmt: skip


def plan(rules: ClusterRules, **settings: int) -> FoldPlan:
    return plan_folds(tasks_of(rules), FoldRules(EACH_CLUSTER, rules.related, **settings))


def test_the_file_has_the_published_clusters(rules: ClusterRules) -> None:
    assert {cluster: len(names) for cluster, names in rules.pins.items()} == SIZES
    assert len({name for names in rules.pins.values() for name in names}) == 69


def test_every_cluster_is_held_out_once_as_flan_holds_it_out(rules: ClusterRules) -> None:
    """Test on one cluster, train on all others but those that FLAN leaves out beside it."""
    found = plan(rules)
    assert sorted(found.names) == sorted(SIZES)
    for fold, cluster in enumerate(found.names):
        assert found.held_out(fold) == sorted(rules.pins[cluster])
        trained = {
            name
            for other, names in rules.pins.items()
            if other != cluster and other not in NOT_BESIDE.get(cluster, set())
            for name in names
        }
        assert found.trained_on(fold) == sorted(trained)


def test_splits_within_clusters_never_part_siblings(rules: ClusterRules) -> None:
    """Of each cluster of more than one task or set of siblings, one is held out; turns go through all of them."""
    units = {
        cluster: len({next((min(one) for one in SIBLINGS if name in one), name) for name in names})
        for cluster, names in rules.pins.items()
    }
    seen: dict[str, set[str]] = {cluster: set() for cluster in rules.pins}
    for turn in range(max(units.values())):
        held_out = plan(rules, held_out_tasks=1, turn=turn).held_out_tasks
        for siblings in SIBLINGS:
            assert siblings <= held_out or not siblings & held_out
        for cluster, names in rules.pins.items():
            out = held_out & set(names)
            assert bool(out) == (units[cluster] > 1)
            assert len({next((min(one) for one in SIBLINGS if name in one), name) for name in out}) <= 1
            seen[cluster] |= out
    for cluster, names in rules.pins.items():
        assert seen[cluster] == (set(names) if units[cluster] > 1 else set())
