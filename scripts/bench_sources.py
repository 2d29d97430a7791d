"""Times `ingest` over many sources: the seconds for each, how they grow, and the memory of the driver.

Sources are made from a seed: for each schema a few like ones, in six formats by turns. Each number of sources is read
in a process of its own, as a first run would, so that its memory and its start are its own.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from taskmill.jobs import ingest
from taskmill.jobs.command import Options, bundled_conf, opened
from taskmill.jobs.storage import tables

SEED = 20
LIKE = 5  # sources of one schema
WORDS = [
    "river",
    "harbour",
    "garden",
    "kitchen",
    "station",
    "letter",
    "music",
    "winter",
    "morning",
    "market",
    "window",
    "bridge",
    "village",
    "doctor",
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench_sources", description=__doc__)
    parser.add_argument("--sources", type=int, default=1_500, help=f"sources to read, {LIKE} of each schema")
    parser.add_argument("--rows", type=int, default=200, help="rows of each source")
    parser.add_argument("--steps", type=int, default=3, help="how many numbers of sources are tried, up to the last")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)  # a made project, read in this process
    options = parser.parse_args()
    if options.one is not None:
        read_all(options.one)
        return
    print("sources     rows   seconds   s / source   driver peak: JVM   Python")
    for step in range(1, options.steps + 1):
        count = max(LIKE, options.sources * step // options.steps)
        with tempfile.TemporaryDirectory() as name:
            write_project(Path(name), count, options.rows)
            subprocess.run([sys.executable, __file__, "--one", name], check=True)


def read_all(folder: Path) -> None:
    """Reads every source of a project with `ingest`, and prints what it took."""
    with opened(Options(folder / "pipeline.yaml", str(folder / "tables"), verbosity=-1)) as context:
        begun = time.monotonic()
        ingest.run(context)
        seconds = time.monotonic() - begun
        count = len(context.catalog.sources)
        rows = context.warehouse.read(tables.EXAMPLES).count()
        jvm, python = peak("java"), peak(Path(__file__).name)
    print(
        f"{count:>7,}{rows:>9,}{seconds:>10.1f}{seconds / count:>13.3f}{jvm:>16,.0f} MB{python:>6,.0f} MB", flush=True
    )


def write_project(folder: Path, count: int, rows: int) -> None:
    """A pipeline with that many sources, their files, and one task type for all."""
    for name in ("data", "sources", "templates"):
        (folder / name).mkdir()
    for task_type in ("closed_book_qa", "named_entity_recognition"):
        text = (bundled_conf().parent / "templates" / f"{task_type}.yaml").read_text(encoding="utf-8")
        (folder / "templates" / f"{task_type}.yaml").write_text(text, encoding="utf-8")
    conf = {"data": "data", "sources": ["sources"], "templates": ["templates"]}
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(conf), encoding="utf-8")
    makers = [json_lines, csv_with_header, tsv, parquet, conll, json_document]
    for number in range(count):
        schema = number // LIKE
        name = f"source_{number:05d}"
        read, fields = makers[schema % len(makers)](folder / "data" / name, schema, questions(number, rows))
        task_type = "named_entity_recognition" if "entities" in fields else "closed_book_qa"
        source = {
            "source": name, "revision": str(SEED), "licence": "CC0-1.0", "language": "en", "split": "train",
            "read": read, "tasks": {task_type: fields},
        }  # fmt: skip
        (folder / "sources" / f"{name}.yaml").write_text(yaml.safe_dump(source), encoding="utf-8")


def questions(source: int, rows: int) -> Iterator[tuple[str, str]]:
    chance = random.Random(SEED + source)
    for number in range(rows):
        yield f"{source} {number} " + " ".join(chance.choices(WORDS, k=12)), " ".join(chance.choices(WORDS, k=2))


Made = tuple[dict[str, Any], dict[str, str]]  # the `read` block and the fields of the task
Rows = Iterator[tuple[str, str]]


def json_lines(path: Path, schema: int, rows: Rows) -> Made:
    text = "".join(json.dumps({f"q{schema}": q, f"a{schema}": a, "id": n}) + "\n" for n, (q, a) in enumerate(rows))
    return written(
        path.with_suffix(".jsonl"), text, "json", schema, schema_=f"q{schema} string, a{schema} string, id int"
    )


def csv_with_header(path: Path, schema: int, rows: Rows) -> Made:
    text = f"q{schema},a{schema}\n" + "".join(f'"{q}","{a}"\n' for q, a in rows)
    made = written(path.with_suffix(".csv"), text, "csv", schema, schema_=f"q{schema} string, a{schema} string")
    return {**made[0], "options": {"header": True}}, made[1]


def tsv(path: Path, schema: int, rows: Rows) -> Made:
    text = "".join(f"{q}\t{a}\n" for q, a in rows)
    made = written(path.with_suffix(".tsv"), text, "csv", schema, schema_=f"q{schema} string, a{schema} string")
    return {**made[0], "options": {"sep": "\t", "quote": ""}}, made[1]


def parquet(path: Path, schema: int, rows: Rows) -> Made:
    pairs = list(rows)
    path = path.with_suffix(".parquet")
    pq.write_table(pa.table({f"q{schema}": [q for q, _ in pairs], f"a{schema}": [a for _, a in pairs]}), path)
    return {"format": "parquet", "path": path.name}, {"question": f"q{schema}", "answer": f"a{schema}"}


def conll(path: Path, schema: int, rows: Rows) -> Made:
    sentences = ("".join(f"{word}\t{'B-place' if word in a else 'O'}\n" for word in q.split()) for q, a in rows)
    path = path.with_suffix(".conll")
    path.write_text("\n".join(sentences), encoding="utf-8")
    read = {"format": "conll", "path": path.name, "options": {"columns": f"token tag{schema}", "tags": f"tag{schema}"}}
    return read, {"text": "text", "entities": "transform(entities, e -> struct(e.text, e.type, e.start, e.end))"}


def json_document(path: Path, schema: int, rows: Rows) -> Made:
    text = json.dumps([{f"q{schema}": q, f"a{schema}": a} for q, a in rows])
    made = written(path.with_suffix(".json"), text, "json", schema, schema_=f"q{schema} string, a{schema} string")
    return {**made[0], "options": {"multiLine": True}}, made[1]


def written(path: Path, text: str, kind: str, schema: int, schema_: str) -> Made:
    path.write_text(text, encoding="utf-8")
    return {"format": kind, "path": path.name, "schema": schema_}, {"question": f"q{schema}", "answer": f"a{schema}"}


def peak(command: str) -> float:
    """Megabytes that the largest process of this command has held at once (`VmHWM` of Linux; 0 where unknown)."""
    peaks = [0.0]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if command in (process / "cmdline").read_text(encoding="utf-8", errors="replace"):
                status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
                peaks.append(int(status["VmHWM"].split()[0]) / 1000)
        except (OSError, KeyError):
            continue  # it has ended meanwhile
    return max(peaks)


if __name__ == "__main__":
    main()
