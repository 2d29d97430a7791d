"""Runs every step over lopsided data, each kind in a run of its own, and prints seconds and peak memory."""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deltalake import DeltaTable

Row = tuple[str, str]  # id, text

MEASURE_RUN = Path(__file__).with_name("measure_run")
ROWS, DOCUMENT_WORDS = 1_000_000, 3_990_000  # Spark reads JSON strings of at most 20 million characters
PIPELINE = """\
data: .
sources: [texts.yaml, others.yaml]
templates: [label.yaml]
folds: 1
profile: throughput
driver_memory: 2g
near_duplicates: {stop_above: 1}
gates: {single_output: off}
"""
SOURCE = """\
source: NAME
revision: made
licence: CC0-1.0
language: en
role: ROLE
read: {format: json, path: NAME.jsonl, schema: "id string, text string, label string"}
split: train
tasks:
  label: {id: id, text: text, label: label}
"""
TASK_TYPE = """\
task_type: label
description: What is it?
fields: {id: text, text: text, label: text}
answer: label
explanation: [id]
templates:
  - {name: plain, prompt: "{{ text }} {{ id }}", response: "{{ label }}"}
"""
RANDOM = random.Random(5)
WORDS = [f"{first}{second}" for first in ("bar", "cor", "dim", "fen", "gol", "hus") for second in "abcdefghijklmnop"]


def main() -> None:
    kinds = {"identical": identical, "another id": another_id, "nearly the same": alike, "20 MB documents": documents}
    parser = argparse.ArgumentParser(prog="scripts/measure_skew", description=__doc__)
    parser.add_argument("--only", choices=kinds, help="this kind alone")
    only = parser.parse_args().only
    print(f"{'':18}{'rows':>10}{'examples':>10}{'left out':>10}{'seconds':>10}{'peak MB':>10}")
    for name, rows in kinds.items():
        if only not in {None, name}:
            continue
        with tempfile.TemporaryDirectory() as folder:
            count = write(Path(folder), rows())
            command = [MEASURE_RUN, "--conf", f"{folder}/pipeline.yaml", "--tables", f"{folder}/tables", "-q"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{name}: the run failed\n{done.stdout}{done.stderr}")
            told = done.stdout
            seconds, peak = (re.search(rf"{what} +([\d,.]+)", told) for what in ("seconds", "peak memory"))
            assert seconds and peak, told
            examples = DeltaTable(f"{folder}/tables/examples").to_pyarrow_table(columns=["example_id"]).num_rows
            removed = DeltaTable(f"{folder}/tables/duplicates").to_pyarrow_table(columns=["removed"])["removed"]
            left = sum(map(bool, removed.to_pylist()))
            print(f"{name:18}{count:10,}{examples:10,}{left:10,}{seconds[1]:>10}{peak[1]:>10}", flush=True)


def words(count: int) -> str:
    return " ".join(RANDOM.choices(WORDS, k=count))


def identical() -> Iterator[Row]:
    text = words(30)
    return (("0", text) for _ in range(ROWS))


def another_id() -> Iterator[Row]:
    text = words(30)
    return ((str(number), text) for number in range(ROWS))


def alike() -> Iterator[Row]:
    text = words(60)
    return (("0", f"{text} number{number}") for number in range(ROWS))


def documents() -> Iterator[Row]:
    text = words(DOCUMENT_WORDS)
    return (("0", one) for one in (text, f"{text} so", words(30)))


def write(folder: Path, rows: Iterator[Row]) -> int:
    """The project; a benchmark beside it has the first row, so that overlaps are looked for. Gives the rows."""
    for name, role in (("texts", "train"), ("others", "benchmark")):
        (folder / f"{name}.yaml").write_text(SOURCE.replace("NAME", name).replace("ROLE", role), encoding="utf-8")
    (folder / "label.yaml").write_text(TASK_TYPE, encoding="utf-8")
    (folder / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
    count = 0
    with (folder / "texts.jsonl").open("w", encoding="utf-8") as file:
        for count, (row_id, text) in enumerate(rows, start=1):
            if count == 1:
                other = json.dumps({"id": "0", "text": f"{text} {words(5)}", "label": "other"})
                (folder / "others.jsonl").write_text(other + "\n", encoding="utf-8")
            file.write(json.dumps({"id": row_id, "text": text, "label": "same"}) + "\n")
    return count


if __name__ == "__main__":
    main()
