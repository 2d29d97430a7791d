"""Task clusters against the categories of experts: normalised mutual information, adjusted Rand index, and the share of
tasks whose most similar task has the same category.

The tasks are files of Super-NaturalInstructions (definition, examples, instances, categories). Ours has its default
settings and no pins, and chooses the number of clusters itself; the baselines are told how many categories there are:
TF-IDF of the definitions with average linkage, and clusters drawn at random.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from taskmill.udfs.similarity.clusters import clustered, most_similar, similarities
from taskmill.udfs.similarity.profiles import TaskProfile
from taskmill.udfs.similarity.vectors import task_vectors

INSTANCES = 50
DRAWS = 20  # of the random baseline
Found = tuple[list[TaskProfile], list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench_clusters", description=__doc__)
    parser.add_argument("--tasks", type=Path, required=True, help="folder of task files (*.json)")
    parser.add_argument("--index", type=Path, help="TSV with columns task and category, instead of the files' own")
    parser.add_argument("--made-up", type=int, default=0, help="also time so many tasks, made of these")
    options = parser.parse_args()
    profiles, categories = read_tasks(options.tasks, options.index)
    if len(profiles) < 2:
        sys.exit(f"{options.tasks}: there are {len(profiles)} task files with a category; two are needed")
    print(f"{len(profiles):,} tasks in {len(set(categories)):,} categories")
    print("method                       clusters    NMI     ARI   nearest   seconds")
    tell("taskmill", *ours(profiles), categories)
    tell("TF-IDF, average linkage", *tfidf(profiles, len(set(categories))), categories)
    tell_random(categories)
    if options.made_up:
        many = made_up(profiles, options.made_up)
        labels, _, seconds = ours(many)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"\n{len(many):,} made-up tasks: {len(set(labels)):,} clusters, {seconds:.1f} s, peak {peak:,.0f} MiB")


def read_tasks(folder: Path, index: Path | None) -> Found:
    """The profiles and categories of the task files, sorted by name; files without a category are left out."""
    named = {}
    if index is not None:
        with index.open(encoding="utf-8", newline="") as lines:
            named = {row["task"]: row["category"] for row in csv.DictReader(lines, delimiter="\t")}
    profiles, categories = [], []
    for path in sorted(folder.glob("*.json")):
        task = json.loads(path.read_text(encoding="utf-8"))
        category = named.get(path.stem) or (listed(task.get("Categories")) or [None])[0]
        if category:
            profiles.append(profile_of(path.stem, task))
            categories.append(category)
    return profiles, categories


def profile_of(name: str, task: dict[str, Any]) -> TaskProfile:
    examples = [*task.get("Positive Examples", []), *task.get("Instances", [])[:INSTANCES]]
    explained = [*task.get("Positive Examples", []), *task.get("Negative Examples", [])]
    return TaskProfile(
        name,
        instructions=tuple(listed(task["Definition"])),
        inputs=tuple((str(one["input"]),) for one in examples),
        answers=tuple(tuple(listed(one["output"])) for one in examples),
        notes=tuple(str(one["explanation"]) for one in explained if one.get("explanation")),
    )


def listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


def ours(profiles: Sequence[TaskProfile]) -> tuple[list[int], list[int], float]:
    """Cluster and most similar task of each task, and the seconds this took."""
    begun = time.perf_counter()
    similarity = similarities(task_vectors(profiles))
    labels = clustered(similarity).numbers.tolist()
    nearest = [most_similar(similarity, place, 1)[0] for place in range(len(profiles))]
    return labels, nearest, time.perf_counter() - begun


def tfidf(profiles: Sequence[TaskProfile], count: int) -> tuple[list[int], list[int], float]:
    begun = time.perf_counter()
    texts = ["\n".join(profile.instructions) for profile in profiles]
    rows = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(texts).toarray()
    similarity = rows @ rows.T
    labels = fcluster(linkage(rows, "average", metric="cosine"), count, "maxclust").tolist()
    nearest = [most_similar(similarity, place, 1)[0] for place in range(len(profiles))]
    return labels, nearest, time.perf_counter() - begun


def tell(name: str, labels: Sequence[int], nearest: Sequence[int], seconds: float, categories: Sequence[str]) -> None:
    same = np.mean([categories[place] == categories[other] for place, other in enumerate(nearest)])
    line(name, len(set(labels)), agreement(categories, labels), float(same), f"{seconds:10.1f}")


def tell_random(categories: Sequence[str]) -> None:
    """The mean over some draws."""
    chance = random.Random(20)
    kinds = sorted(set(categories))
    drawn = [[chance.randrange(len(kinds)) for _ in categories] for _ in range(DRAWS)]
    found = np.mean([agreement(categories, labels) for labels in drawn], axis=0)
    places = range(len(categories))
    nearest = np.mean([categories[chance.choice(places)] == one for one in categories for _ in range(DRAWS)])
    line("random", len(kinds), (float(found[0]), float(found[1])), float(nearest), f"{'':10}")


def agreement(categories: Sequence[str], labels: Sequence[int]) -> tuple[float, float]:
    return float(normalized_mutual_info_score(categories, labels)), float(adjusted_rand_score(categories, labels))


def line(name: str, count: int, scores: tuple[float, float], nearest: float, seconds: str) -> None:
    print(f"{name:<28} {count:8,} {scores[0]:7.3f} {scores[1]:7.3f} {nearest:9.3f}{seconds}")


def made_up(profiles: Sequence[TaskProfile], count: int) -> list[TaskProfile]:
    """So many tasks, each one of these with a fifth of its words left out and another draw of its examples."""
    chance, found = random.Random(20), []
    for place in range(count):
        one = profiles[place % len(profiles)]
        words = [word for text in one.instructions for word in text.split() if chance.random() > 0.2]
        rows = [chance.randrange(len(one.inputs)) for _ in one.inputs]
        found.append(
            TaskProfile(
                f"{one.name}-{place}", (" ".join(words),), one.fields, tuple(one.inputs[row] for row in rows),
                tuple(one.answers[row] for row in rows), one.labels, one.notes, one.languages,
            )
        )  # fmt: skip
    return found


if __name__ == "__main__":
    main()
