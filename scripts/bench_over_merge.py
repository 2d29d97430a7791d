"""What stays of short, distinct instances under one long template, and which planted duplicates among them are caught.

The template stands in the field's text, as in published instruction sets. Instances are distinct; beside them are pairs
of known Jaccard similarity: of the sets of word 5-grams that are not the template's, the measure that taskmill uses.
`stay` counts the distinct ones only; `removed below` are pairs below the threshold of which one left. Each tool has its
own defaults. What the S-curve expects is the probability that a pair of that similarity shares a band.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator

from bench_documents import ALIKE, Corpus, Pair, templated_documents
from bench_tools import ToolError, scratch, tools
from bench_verdicts import caught

from taskmill.jobs.configuration.settings import NearDuplicates
from taskmill.udfs.near_duplicates.curve import probability

TEMPLATE_WORDS = 200
INSTANCE_WORDS = (8, 15)
EDGES = (ALIKE, 0.85, 0.9, 1.0)  # of the ranges that pairs are told by; the last is of equal n-grams
NAMES = ("taskmill", "datasketch", "text-dedup", "datatrove")


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench_over_merge", description=__doc__)
    parser.add_argument("--examples", type=int, default=50_000, help="distinct instances")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="only these tools")
    parser.add_argument("--driver-memory", default="2g", help="of taskmill's JVM")
    options = parser.parse_args()
    corpus = templated_documents(options.examples, TEMPLATE_WORDS, INSTANCE_WORDS)
    alike, words = len(corpus.alike), " to ".join(map(str, INSTANCE_WORDS))
    print(f"{options.examples:,} distinct instances of {words} words under one template of {TEMPLATE_WORDS}")
    print(f"beside {alike:,} pairs at {ALIKE} or above, {len(corpus.pairs) - alike:,} below")
    print("tool               stay   caught   removed below   seconds", flush=True)
    for tool in options.only:
        try:
            with scratch() as folder:
                outcome = tools(options.driver_memory)[tool](corpus, folder)
        except ToolError as error:
            print(f"{tool:<12} {error}", flush=True)
            continue
        below = [pair for pair in corpus.pairs if not pair.is_alike]
        print(
            f"{tool:<12}{share_of_distinct(corpus, outcome.removed):11.4%}{caught(corpus.alike, outcome.removed):9.4f}"
            f"{caught(below, outcome.removed):16.4f}{outcome.run.seconds:10.1f}",
            flush=True,
        )
        if tool == "taskmill":
            curve = list(caught_by_similarity(corpus, outcome.removed))
    if "taskmill" in options.only:
        print("\n".join(["", *curve]))


def share_of_distinct(corpus: Corpus, removed: set[int]) -> float:
    """The share of documents without a planted copy that stay."""
    paired = {number for pair in corpus.pairs for number in (pair.original, pair.copy)}
    return 1 - len(removed - paired) / (len(corpus.texts) - len(paired))


def caught_by_similarity(corpus: Corpus, removed: set[int]) -> Iterator[str]:
    """A line for each range of similarities: pairs, the share caught, and what the S-curve expects."""
    bands, rows = NearDuplicates().bands_and_rows
    yield f"taskmill, {bands} bands of {rows}\nJaccard         pairs   caught   S-curve"
    for low, high in zip(EDGES, (*EDGES[1:], math.inf), strict=True):
        pairs = [pair for pair in corpus.pairs if low <= pair.jaccard < high]
        if pairs:
            name = f"{low:.2f}" if high == math.inf else f"{low:.2f} to {high:.2f}"
            yield f"{name:<12}{len(pairs):>9,}{caught(pairs, removed):9.4f}{expected(pairs, bands, rows):10.4f}"


def expected(pairs: list[Pair], bands: int, rows: int) -> float:
    return sum(probability(pair.jaccard, bands, rows) for pair in pairs) / len(pairs)


if __name__ == "__main__":
    main()
