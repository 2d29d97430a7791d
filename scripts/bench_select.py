"""Whether chosen examples teach more than drawn ones: a small classifier is trained on a budget and tested on other
examples; and how long a choice among very many takes.

Four budgets of one size: drawn; chosen by diversity, which sees texts alone; drawn evenly of each label; and chosen by
diversity with label coverage. The first two are for rounds of labelling, where nobody knows labels yet, the others for
training. Figures are means over seeds, with the standard deviation.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import resource
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from taskmill.udfs.selection.choices import Wish, chosen
from taskmill.udfs.selection.diverse import diverse
from taskmill.udfs.selection.vectors import Vectors, fitted

TEST_SHARE = 0.25
SAMPLE = 20_000  # texts that the projection is made from
CHUNK = 20_000
VOCABULARY = 30_000
WAYS = ("drawn", "chosen", "drawn by label", "chosen by label")


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench_select", description=__doc__)
    parser.add_argument("--file", type=Path, help="labelled texts, CSV with a header, or .tsv; may be .gz")
    parser.add_argument("--text", default="text", help="its column of texts")
    parser.add_argument("--label", default="category", help="its column of labels")
    parser.add_argument("--group", help="its column of what is never on both sides, such as a text and its revision")
    parser.add_argument("--budgets", type=int, nargs="+", default=[154, 385, 770])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--made-up", type=int, help="also choose 10,000 of so many made-up texts")
    options = parser.parse_args()
    if options.file is not None:
        texts, labels, groups = read(options.file, options.text, options.label, options.group)
        compare(texts, labels, groups, options.budgets, options.seeds)
    if options.made_up:
        time_choice(options.made_up)


def read(path: Path, text: str, label: str, group: str | None) -> tuple[list[str], list[str], list[str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t" if ".tsv" in path.suffixes else ","))
    groups = [row[group] if group else str(place) for place, row in enumerate(rows)]
    return [" ".join(row[text].split()) for row in rows], [row[label] for row in rows], groups


def compare(
    texts: Sequence[str], labels: Sequence[str], groups: Sequence[str], budgets: Sequence[int], seeds: int
) -> None:
    print(
        f"{len(texts):,} texts, {len(set(labels))} labels, {TEST_SHARE:.0%} of them to test on, {seeds} seeds: accuracy"
    )
    print("  budget" + "".join(f"{way:>19}" for way in WAYS) + "   labels seen   chosen better than drawn")
    for budget in budgets:
        found = np.array([accuracies(texts, labels, groups, budget, seed) for seed in range(seeds)])
        means, spread = found.mean(axis=0), found.std(axis=0, ddof=1)
        told = "".join(f"{means[way]:>11.4f} ± {spread[way]:.3f}" for way in range(len(WAYS)))
        wins = (found[:, 1] > found[:, 0]).sum(), (found[:, 3] > found[:, 2]).sum(), (found[:, 3] > found[:, 0]).sum()
        seen = "/".join(f"{number:.0f}" for number in means[len(WAYS) :])
        print(
            f"{budget:>8}{told}   {seen:>11}   {wins[0]}, {wins[1]} (by label), {wins[2]} (both) of {seeds}", flush=True
        )


def accuracies(
    texts: Sequence[str], labels: Sequence[str], groups: Sequence[str], budget: int, seed: int
) -> tuple[float, ...]:
    """Accuracy after each way to spend a budget, and how many labels a drawn and a chosen one have."""
    names = sorted(set(groups))
    asked_of = set(np.random.default_rng(seed).permutation(names)[: int(TEST_SHARE * len(names))].tolist())
    is_asked = np.array([group in asked_of for group in groups])
    test, pool = np.flatnonzero(is_asked), np.flatnonzero(~is_asked)
    pooled, known = [texts[place] for place in pool], np.array(labels)
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)).fit(pooled)
    inputs, asked = words.transform(pooled), words.transform([texts[place] for place in test])
    vectors = fitted(pooled, seed).vectors(pooled)
    marks = [("task", str(label)) for label in known[pool]]
    nobody = np.zeros(len(pool), np.bool_)
    chance = np.random.default_rng(1_000 + seed)
    drawn = chance.permutation(len(pool))[:budget]
    draws = {"draw": chance.random(len(pool))}
    covers, spreads = Wish({"draw": 1.0}, {}, diversity=0.0, label_coverage=True), Wish({}, {}, label_coverage=True)
    ways = [
        drawn, chosen({}, marks, vectors, nobody, budget, Wish({}, {}), seed).taken,
        chosen(draws, marks, None, nobody, budget, covers, seed).taken,
        chosen({}, marks, vectors, nobody, budget, spreads, seed).taken,
    ]  # fmt: skip

    def accuracy(rows: np.ndarray) -> float:  # type: ignore[type-arg]
        model = LogisticRegression(C=20, max_iter=500).fit(inputs[rows], known[pool[rows]])
        return float(model.score(asked, known[test]))

    return *map(accuracy, ways), *(float(len(set(known[pool[rows]]))) for rows in ways[:2])


def time_choice(count: int) -> None:
    """Chooses 10,000 of made-up texts, whose words are drawn as often as words of a language are."""
    chance = random.Random(3)
    weights = [1 / (rank + 3) for rank in range(VOCABULARY)]
    words = [f"w{number:x}" for number in range(VOCABULARY)]
    begun = time.monotonic()
    texts = (" ".join(chance.choices(words, weights, k=20)) for _ in range(count))
    first = [next(texts) for _ in range(min(SAMPLE, count))]
    made = time.monotonic() - begun
    begun = time.monotonic()
    projection = fitted(first, 0)
    parts: list[Vectors] = [projection.vectors(first)]
    waiting: list[str] = []
    for text in texts:
        waiting.append(text)
        if len(waiting) == CHUNK:
            parts.append(projection.vectors(waiting))
            waiting = []
    parts += [projection.vectors(waiting)] if waiting else []
    vectors = np.concatenate(parts)
    embedded = time.monotonic() - begun
    begun, used = time.monotonic(), time.process_time()
    found = diverse(vectors, 10_000, 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\n{len(found):,} of {count:,} made-up texts: vectors {embedded:.0f} s (the texts themselves are made "
        f"meanwhile; {made / len(first) * count:.0f} s), choice {time.monotonic() - begun:.0f} s "
        f"({time.process_time() - used:.0f} s of one core), peak {peak:,.0f} MiB"
    )


if __name__ == "__main__":
    main()
