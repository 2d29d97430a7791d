"""Recall and precision of near-duplicates against an exhaustive list, from stored examples to accepted pairs.

The folder holds `near_duplicate_docs.jsonl.gz` (doc_id, text, source, label) and `near_duplicate_pairs.tsv`, with the
Jaccard similarity of word 3-grams of every pair at or above 0.2.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path

from taskmill.jobs.command import Options, opened
from taskmill.jobs.context import Context
from taskmill.jobs.duplicates.near_duplicates import candidate_pairs, compare
from taskmill.jobs.duplicates.signatures import hashing_of, update_signatures
from taskmill.jobs.examples import CONTRAST
from taskmill.jobs.run import run
from taskmill.jobs.spark.persisted import Persisted
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import DEDUPLICATE, INGEST

PIPELINE = """\
data: DATA
sources: [documents.yaml]
templates: [document.yaml]
near_duplicates: {words: 3, threshold: THRESHOLD, keep_rejected: true, stop_above: 1}
"""
SOURCE = """\
source: documents
revision: published
licence: see the sets
language: en
read: {format: json, path: near_duplicate_docs.jsonl.gz, schema: "doc_id string, text string, label string"}
split: train
tasks:
  document: {fields: {doc_id: doc_id, text: text, label: "coalesce(label, 'none')"}}
"""
TASK_TYPE = """\
task_type: document
description: What does the reviewer think?
fields: {doc_id: text, text: text, label: text}
answer: label
explanation: [doc_id]
templates:
  - {name: plain, prompt: "{{ text }} {{ doc_id }}", response: "{{ label }}"}
"""
Pair = frozenset[str]


def main() -> None:
    data = Path(sys.argv[1]).resolve()
    known = published(data / "near_duplicate_pairs.tsv")
    print("threshold   bands      pairs   found   recall   accepted   wrong   reviews of opposite labels removed")
    for threshold in (0.8, 0.5):
        with tempfile.TemporaryDirectory() as folder:
            write_project(Path(folder), data, threshold)
            options = Options(Path(folder, "pipeline.yaml"), f"{folder}/tables", verbosity=-1)
            with opened(options) as context:
                report(context, known, threshold)


def published(path: Path) -> dict[Pair, float]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        names = rows.fieldnames or []
        return {frozenset((row[names[0]], row[names[1]])): float(row["jaccard_word_3gram"]) for row in rows}


def write_project(folder: Path, data: Path, threshold: float) -> None:
    pipeline = PIPELINE.replace("DATA", str(data)).replace("THRESHOLD", str(threshold))
    for name, text in {"pipeline.yaml": pipeline, "documents.yaml": SOURCE, "document.yaml": TASK_TYPE}.items():
        (folder / name).write_text(text, encoding="utf-8")


def report(context: Context, known: dict[Pair, float], threshold: float) -> None:
    settings = context.pipeline.near_duplicates
    run(context, (INGEST,))
    run(context, (DEDUPLICATE,))
    ids = {
        row["doc"]: row["doc_id"]
        for row in context.warehouse.read(tables.EXAMPLES)
        .selectExpr("xxhash64(example_id) AS doc", "get_json_object(fields, '$.doc_id') AS doc_id")
        .collect()
    }
    removed = context.warehouse.read(tables.DUPLICATES).where("removed AND kind = 'exact'").select("example_id")
    exact = {row["doc"] for row in removed.selectExpr("xxhash64(example_id) AS doc").collect()}
    hashing = update_signatures(context, settings, hashing_of(settings))
    candidates = candidate_pairs(context, hashing, removed).where("left <> right")
    pairs = compare(context, settings, hashing, candidates, Persisted())
    accepted = {
        frozenset((ids[row["left"]], ids[row["right"]])): row["similarity"]
        for row in pairs.where(f"similarity >= {threshold}").collect()
    }
    gone = {ids[doc] for doc in exact}  # found already, as equal to one that stays
    wanted = {pair for pair, jaccard in known.items() if jaccard >= threshold and not pair & gone}
    wrong = [pair for pair in accepted if known.get(pair, 0.0) < threshold - 5e-5]
    flips = context.warehouse.read(tables.DUPLICATES).where(f"kind = '{CONTRAST}' AND removed").count()
    found = len(wanted & accepted.keys())
    print(
        f"{threshold:9} {hashing.bands:>4} x {hashing.rows} {len(wanted):10,} {found:7,} {found / len(wanted):8.4f} "
        f"{len(accepted):10,} {len(wrong):7,} {flips:8,}"
    )
    kinds = context.warehouse.read(tables.DUPLICATES).groupBy("kind", "removed").count().collect()
    print(
        "           "
        + ", ".join(f"{row['count']:,} {row['kind']}{' removed' if row['removed'] else ''}" for row in kinds)
    )


if __name__ == "__main__":
    main()
