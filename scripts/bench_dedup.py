"""Speed, memory, recall and precision of near-duplicate search on made-up documents, beside other tools.

Two in a hundred documents are copies to be found (Jaccard 0.8 to 1), and as many are copies not alike enough (below
0.8). The measure is the exact Jaccard similarity of the sets of word 3-grams. A removed document is right when one that
stays is at 0.8 or above. Each tool has its own defaults; `taskmill-3` is taskmill with `words: 3`, which is the measure
here, `taskmill-cheap` with `profile: cheap`. The tools run one after the other, each in processes of its own. Seconds
are of whole processes; taskmill's go from stored `examples` to stored `duplicates`. Memory is what all processes of a
tool held at once.
"""

from __future__ import annotations

import argparse
import sys

from bench_documents import Corpus, distinct_documents
from bench_tools import Outcome, ToolError, scratch, tools
from bench_verdicts import verdict

SHORT, LONG = (20, 30), (1_900, 2_100)  # words
GROWTH = (100_000, 300_000, 1_000_000)
BASELINE = "datasketch"
MEBIBYTE = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench_dedup", description=__doc__)
    parser.add_argument("--short", type=int, default=500_000, help="documents of about 25 words; 0 for none")
    parser.add_argument("--long", type=int, default=20_000, help="documents of about 2,000 words; 0 for none")
    parser.add_argument("--growth", action="store_true", help="only taskmill, on more and more short documents")
    parser.add_argument("--sizes", type=int, nargs="+", default=GROWTH, help="of --growth")
    parser.add_argument("--only", nargs="+", choices=tools("2g"), help="only these tools")
    parser.add_argument("--driver-memory", default="2g", help="of taskmill's JVM")
    options = parser.parse_args()
    if options.growth:
        grow(options.sizes, options.driver_memory)
        return
    for name, count, lengths in (("short", options.short, SHORT), ("long", options.long, LONG)):
        if count:
            compare(name, distinct_documents(count, lengths), options.only, options.driver_memory)


def compare(name: str, corpus: Corpus, only: list[str] | None, driver_memory: str) -> None:
    """Prints a line for each tool, the baseline's first: the others' speed is told as a multiple of its."""
    words = sum(len(text.split()) for text in corpus.texts) / len(corpus.texts)
    print(f"\n{len(corpus.texts):,} {name} documents of {words:,.0f} words, {len(corpus.alike):,} near-duplicate pairs")
    print("tool            documents/s    ratio   seconds   peak MiB   recall   precision     kept", flush=True)
    chosen = {tool: run for tool, run in tools(driver_memory).items() if only is None or tool in only}
    baseline = 0.0
    for tool in sorted(chosen, key=lambda one: one != BASELINE):
        try:
            with scratch() as folder:
                outcome = chosen[tool](corpus, folder)
        except ToolError as error:
            print(f"{tool:<15} {error}", flush=True)
            continue
        speed = len(corpus.texts) / outcome.run.seconds
        baseline = speed if tool == BASELINE else baseline
        print(line(tool, corpus, outcome, speed, baseline), flush=True)


def line(tool: str, corpus: Corpus, outcome: Outcome, speed: float, baseline: float) -> str:
    found = verdict(corpus, outcome.removed)
    ratio = f"{speed / baseline:9.2f}" if baseline else f"{'-':>9}"
    return (
        f"{tool:<15} {speed:11,.0f}{ratio}{outcome.run.seconds:10.1f}{outcome.run.peak / MEBIBYTE:11,.0f}"
        f"{found.recall:9.4f}{found.precision:12.4f}{found.kept:9.4f}"
    )


def grow(sizes: list[int], driver_memory: str) -> None:
    """Prints the seconds of each size, and how they compare with those of the first size times the documents."""
    print("documents     seconds   documents/s   / linear   peak MiB", flush=True)
    first = 0.0  # seconds a document
    for size in sizes:
        try:
            with scratch() as folder:
                run = tools(driver_memory)["taskmill"](distinct_documents(size, SHORT), folder).run
        except ToolError as error:
            sys.exit(f"{size:,} documents: {error}")
        first = first or run.seconds / size
        against = run.seconds / size / first
        print(
            f"{size:>9,}{run.seconds:12.1f}{size / run.seconds:14,.0f}{against:11.2f}{run.peak / MEBIBYTE:11,.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
