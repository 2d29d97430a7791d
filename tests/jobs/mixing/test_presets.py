"""The presets give the rates that were published, by hand: FLAN 2021, FLAN Collection v2, T0 and its larger kin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from taskmill.jobs.bundled import bundled_conf
from taskmill.jobs.catalog.catalog import Catalog
from taskmill.jobs.configuration.config import Source, TaskType
from taskmill.jobs.configuration.mixture_settings import Mixture
from taskmill.jobs.configuration.pipeline import Pipeline
from taskmill.jobs.mixing.mixture_files import is_called, load_mixture, presets
from taskmill.udfs.mixtures.rates import Part, TaskSize, rates, shares

# Names and sizes of training sets as T0's code lists them; the number of wordings is made up.
T0 = {
    "glue_mrpc": 3_668, "glue_qqp": 363_846, "paws_labeled_final": 49_401, "kilt_tasks_hotpotqa": 88_869,
    "wiki_qa": 20_360, "adversarial_qa_dbidaf": 10_000, "adversarial_qa_dbert": 10_000,
    "adversarial_qa_droberta": 10_000, "duorc_selfrc": 60_721, "duorc_paraphraserc": 69_524, "ropes": 10_924,
    "quoref": 19_399, "cos_e_v1_11": 9_741, "cosmos_qa": 25_262, "dream": 6_116, "qasc": 8_134, "quail": 10_246,
    "quarel": 1_941, "quartz": 2_696, "sciq": 11_679, "social_i_qa": 33_410, "wiki_hop_original": 43_738,
    "wiqa": 29_808, "amazon_polarity": 3_600_000, "app_reviews": 288_065, "imdb": 25_000, "rotten_tomatoes": 8_530,
    "yelp_review_full": 650_000, "common_gen": 67_389, "wiki_bio": 582_659, "cnn_dailymail_3_0_0": 287_113,
    "gigaword": 3_803_957, "multi_news": 44_972, "samsum": 14_732, "xsum": 204_045, "ag_news": 120_000,
    "dbpedia_14": 560_000, "trec": 5_452,
}  # fmt: skip
GPT_EVAL = (
    "ai2_arc_arc_challenge", "ai2_arc_arc_easy", "trivia_qa_unfiltered", "web_questions", "squad_v2", "openbookqa_main",
    "race_high", "race_middle", "piqa", "hellaswag",
)  # fmt: skip
SUPER_GLUE = tuple(f"super_glue_{name}" for name in ("wsc_fixed", "record", "boolq", "copa", "multirc", "wic"))
HELD_OUT = (
    "winogrande_xl",
    "super_glue_cb",
    "super_glue_rte",
    "anli_r1",
    "story_cloze_2016",
    "crows_pairs",
    "wino_bias",
)


def catalog_of(*names: str) -> Catalog:
    task_type = TaskType.model_validate({
        "task_type": "any", "description": "Any.", "fields": {"text": "text", "answer": "text"}, "answer": "answer",
        "templates": [{"name": "plain", "prompt": "{{ text }}", "response": "{{ answer }}"}],
    })  # fmt: skip
    return Catalog({name: source(name) for name in names}, {"any": task_type}, {})


def source(name: str) -> Source:
    return Source.model_validate({
        "source": name, "revision": "r", "licence": "MIT", "language": "en", "split": "train",
        "read": {"format": "json", "path": str(Path(name))}, "tasks": {"any": {"text": "text", "answer": "answer"}},
    })  # fmt: skip


def parts_of(name: str, catalog: Catalog) -> tuple[Mixture, tuple[Part, ...]]:
    """The preset, and its parts with the tasks of the catalog that they name."""
    mixture = load_mixture(Pipeline(sources=(), templates=()), catalog, name)
    parts = [
        part.rated(key, tuple(task for task, one in catalog.tasks.items()
                              if not part.tasks or any(is_called(one, pattern) for pattern in part.tasks)))
        for key, part in mixture.parts.items()
    ]  # fmt: skip
    return mixture, tuple(parts)


def sized(examples: dict[str, int], wordings: int = 1) -> list[TaskSize]:
    return [TaskSize(f"{name}.any", size, {f"w{n}": size for n in range(wordings)}) for name, size in examples.items()]


def test_every_preset_is_named_after_its_file_and_can_be_read() -> None:
    assert set(presets()) == {"flan_2021", "flan_v2", "t0", "t0_plus", "t0_plus_plus", "opt_iml"}
    for name in presets():
        assert load_mixture(Pipeline(sources=(), templates=()), catalog_of("one"), name).mixture == name
    assert all(path.suffix == ".yaml" for path in bundled_conf().joinpath("presets/mixtures").iterdir())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("flan_2021", {"cb": 250, "rte": 2_490, "at": 3_000, "over": 3_000, "most": 3_000}, id="flan_2021"),
        pytest.param("opt_iml", {"cb": 250, "rte": 2_490, "at": 3_000, "over": 3_001, "most": 4_096}, id="opt_iml"),
    ],
)
def test_examples_proportional_rates_are_those_published(name: str, expected: dict[str, int]) -> None:
    """min(n, 3,000), and min(n, 4,096)."""
    sizes = {"cb": 250, "rte": 2_490, "at": 3_000, "over": 3_001, "most": 30_000}
    mixture, parts = parts_of(name, catalog_of(*sizes))
    found = {task.task: sum(rates(task, parts[0]).values()) for task in sized(sizes, wordings=10)}
    assert found == {f"{key}.any": pytest.approx(value) for key, value in expected.items()}
    assert mixture.split == "train"


def test_flan_2021_gives_an_example_one_of_the_wordings_dealt_evenly() -> None:
    mixture, _ = parts_of("flan_2021", catalog_of("one"))
    assert (mixture.caps.example, mixture.templates) == (1, "even")


def test_flan_v2_has_the_published_weights_and_caps() -> None:
    """0.40, 0.32, 0.20, 0.05 and 0.03; 30,000, 20,000, 5,000, 100,000 and 200,000 examples a task."""
    weights = {"flan": 0.40, "t0": 0.32, "niv2": 0.20, "flan_cot": 0.05, "dialog": 0.03}
    caps = {"flan": 30_000, "t0": 20_000, "niv2": 5_000, "flan_cot": 100_000, "dialog": 200_000}
    sizes = {f"{name}_{size}": count for name in weights for size, count in (("small", 1_000), ("large", 400_000))}
    _, parts = parts_of("flan_v2", catalog_of(*sizes))
    found = {task: share for (task, _), share in shares(sized(sizes), parts).items()}
    assert sum(found.values()) == pytest.approx(1)
    for name, weight in weights.items():
        small, large = found[f"{name}_small.any"], found[f"{name}_large.any"]
        assert small + large == pytest.approx(weight)
        assert large / small == pytest.approx(caps[name] / 1_000)


@pytest.mark.parametrize(
    ("name", "wordings", "expected"),
    [
        # The five sets of more than 500,000 examples: 500,000 // wordings.
        pytest.param("amazon_polarity", 9, 55_555, id="amazon_polarity"),
        pytest.param("yelp_review_full", 7, 71_428, id="yelp_review_full"),
        pytest.param("wiki_bio", 5, 100_000, id="wiki_bio"),
        pytest.param("gigaword", 9, 55_555, id="gigaword"),
        pytest.param("dbpedia_14", 4, 125_000, id="dbpedia_14"),
        # All others: the number of their examples, for every wording.
        pytest.param("glue_qqp", 6, 363_846, id="glue_qqp"),
        pytest.param("trec", 18, 5_452, id="trec"),
    ],
)
def test_t0_rates_are_those_published(name: str, wordings: int, expected: int) -> None:
    _, parts = parts_of("t0", catalog_of(*T0))
    (task,) = sized({name: T0[name]}, wordings)
    assert rates(task, parts[0]) == {f"w{n}": float(expected) for n in range(wordings)}


def test_exactly_five_of_the_sets_of_t0_hit_its_maximum() -> None:
    _, parts = parts_of("t0", catalog_of(*T0))
    hit = {task.task.removesuffix(".any") for task in sized(T0, 2) if rates(task, parts[0])["w0"] != task.examples}
    assert hit == {"amazon_polarity", "yelp_review_full", "wiki_bio", "gigaword", "dbpedia_14"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("t0", set(T0)), ("t0_plus", {*T0, *GPT_EVAL}), ("t0_plus_plus", {*T0, *GPT_EVAL, *SUPER_GLUE}),
    ],
)  # fmt: skip
def test_t0_and_its_kin_have_38_48_and_54_sets_and_nothing_they_are_tested_on(name: str, expected: set[str]) -> None:
    catalog = catalog_of(*T0, *GPT_EVAL, *SUPER_GLUE, *HELD_OUT)
    mixture, parts = parts_of(name, catalog)
    assert {task.removesuffix(".any") for part in parts for task in part.tasks} == expected
    assert {(part.rule, part.maximum) for part in parts} == {("t0", 500_000)}
    assert mixture.unknown_names == "ignore"


def test_a_part_is_filled_by_a_file_that_is_based_on_a_preset(tmp_path: Path) -> None:
    text: Any = "mixture: mine\nbased_on: flan_v2\nparts: {cot: {tasks: [gsm8k]}}\nbudget: {pairs: 9}\n"
    (tmp_path / "mine.yaml").write_text(text)
    pipeline = Pipeline(sources=(), templates=(), mixtures=(str(tmp_path),))
    mixture = load_mixture(pipeline, catalog_of("gsm8k"), "mine")
    assert list(mixture.parts) == ["cot", "niv2", "dialog", "t0", "flan"]
    assert mixture.parts["cot"].tasks == ("gsm8k",)
    assert (mixture.parts["cot"].maximum, mixture.parts["cot"].share) == (100_000, 0.05)
