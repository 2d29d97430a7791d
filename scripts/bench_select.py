"""Whether chosen examples teach more than drawn ones: a small classifier trained on a budget chosen to cover the texts,
and on a random budget of the same size, both tested on the same examples; and how long a choice among very many takes.

The choice sees texts alone, never labels. Figures are means over seeds, with the standard deviation.
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

from taskmill.udfs.selection.diverse import diverse
from taskmill.udfs.selection.vectors import Vectors, fitted

TEST_SHARE = 0.25
SAMPLE = 20_000  # texts that the projection is made from
CHUNK = 20_000
VOCABULARY = 30_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench_select", description=__doc__)
    parser.add_argument("--file", type=Path, help="labelled texts, CSV with a header, or .tsv; may be .gz")
    parser.add_argument("--text", default="text", help="its column of texts")
    parser.add_argument("--label", default="category", help="its column of labels")
    parser.add_argument("--budgets", type=int, nargs="+", default=[154, 385, 770])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--made-up", type=int, help="also choose 10,000 of so many made-up texts")
    options = parser.parse_args()
    if options.file is not None:
        texts, labels = read(options.file, options.text, options.label)
        compare(texts, labels, options.budgets, options.seeds)
    if options.made_up:
        time_choice(options.made_up)


def read(path: Path, text: str, label: str) -> tuple[list[str], list[str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t" if ".tsv" in path.suffixes else ","))
    return [" ".join(row[text].split()) for row in rows], [row[label] for row in rows]


def compare(texts: Sequence[str], labels: Sequence[str], budgets: Sequence[int], seeds: int) -> None:
    print(f"{len(texts):,} texts, {len(set(labels))} labels, {TEST_SHARE:.0%} of them to test on, {seeds} seeds")
    print(f"{'budget':>8}{'random':>18}{'chosen':>18}{'labels: random':>16}{'chosen':>8}")
    for budget in budgets:
        found = np.array([accuracies(texts, labels, budget, seed) for seed in range(seeds)])
        means, spread = found.mean(axis=0), found.std(axis=0)
        print(
            f"{budget:>8}{means[0]:>10.4f} ± {spread[0]:.4f}{means[1]:>10.4f} ± {spread[1]:.4f}"
            f"{means[2]:>16.1f}{means[3]:>8.1f}",
            flush=True,
        )


def accuracies(texts: Sequence[str], labels: Sequence[str], budget: int, seed: int) -> tuple[float, ...]:
    """Accuracy after a random and a chosen budget, and how many labels each has."""
    order = np.random.default_rng(seed).permutation(len(texts))
    test, pool = np.split(order, [int(TEST_SHARE * len(texts))])
    pooled, known = [texts[place] for place in pool], np.array(labels)
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)).fit(pooled)
    inputs, asked = words.transform(pooled), words.transform([texts[place] for place in test])
    drawn = np.random.default_rng(1_000 + seed).permutation(len(pool))[:budget]
    chosen = diverse(fitted(pooled, seed).vectors(pooled), budget, seed)

    def accuracy(rows: np.ndarray) -> float:  # type: ignore[type-arg]
        model = LogisticRegression(C=20, max_iter=500).fit(inputs[rows], known[pool[rows]])
        return float(model.score(asked, known[test]))

    seen = [len(set(known[pool[rows]])) for rows in (drawn, chosen)]
    return accuracy(drawn), accuracy(chosen), *seen


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
    begun = time.monotonic()
    found = diverse(vectors, 10_000, 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\n{len(found):,} of {count:,} made-up texts: vectors {embedded:.0f} s (the texts themselves are made "
        f"meanwhile; {made / len(first) * count:.0f} s), choice {time.monotonic() - begun:.0f} s, peak {peak:,.0f} MiB"
    )


if __name__ == "__main__":
    main()
