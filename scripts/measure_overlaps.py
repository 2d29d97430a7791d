"""Recall of a list of known overlaps between public sets, and false alarms among the other overlaps that are reported.

The list is `ground_truth/known_overlaps.tsv.gz` under the data folder: records of one set that repeat records of
another. Every task cluster is held out by itself here, so that any two tasks of different clusters are compared. An
overlap counts as found when one of the two examples leaves as a duplicate of the other, or when `contamination` has the
one with the other's task. What is reported beyond the list is judged by plain Python over the texts, with no hashing.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from taskmill.jobs.command import Options, opened
from taskmill.jobs.context import Context
from taskmill.jobs.run import run
from taskmill.jobs.storage import tables
from taskmill.jobs.storage.ledger import CHECK_TASKS, CLUSTER_TASKS, DECONTAMINATE, DEDUPLICATE, GROUP_EXAMPLES, INGEST

REPOSITORY = Path(__file__).resolve().parent.parent
NAMES = (
    "agieval_aqua_rat", "btc", "cad_nli", "flan_cot_aqua", "flan_cot_gsm8k", "flan_cot_qasc", "gap", "gsm8k", "mgsm",
    "sni", "xquad",
)  # fmt: skip
SAMPLED = 500
ALIKE = 0.5  # of the 3-grams of the shorter text
FEWEST = 6  # 3-grams that a text needs for that; a shorter one has to be equal or to stand in the other as it is


@dataclass(frozen=True)
class Found:
    """What the tables say: examples by normalised text, and which are linked."""

    texts: dict[str, list[str]]
    by_text: dict[tuple[str, str], set[str]]
    task_of: dict[str, str]
    removed: set[tuple[str, str]]
    reported: list[dict[str, Any]]


@dataclass(frozen=True)
class Listed:
    """An overlap of the list: of both records the source and the text."""

    left: tuple[str, str]
    right: tuple[str, str]
    kind: str


def main() -> None:
    data = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Path(folder, "pipeline.yaml")
        pipeline.write_text(json.dumps(settings(data)), encoding="utf-8")
        with opened(Options(pipeline, f"{folder}/tables", verbosity=-1)) as context:
            for step in (INGEST, DEDUPLICATE, GROUP_EXAMPLES, CHECK_TASKS, CLUSTER_TASKS):
                run(context, (step,))
            begun = time.monotonic()
            run(context, (DECONTAMINATE,))
            print(f"decontaminate: {time.monotonic() - begun:.1f} s")
            found = read(context)
    report_recall(found, known(data))
    report_alarms(found)


def settings(data: Path) -> dict[str, Any]:
    sources = [str(REPOSITORY / f"conf/sources/{name}.yaml") for name in NAMES]
    apart = {"folds": "each_cluster", "clusters": {"by": "task_type"}}
    return {"data": str(data), "sources": sources, "templates": [str(REPOSITORY / "templates")], **apart}


def read(context: Context) -> Found:
    rows = (
        context.warehouse.read(tables.EXAMPLES).select("task", "example_id", "fields", "answer", "references").collect()
    )
    texts, by_text, task_of = {}, defaultdict(set), {}
    for row in rows:
        values = json.loads(row["fields"]).values()
        texts[row["example_id"]] = [value if isinstance(value, str) else json.dumps(value) for value in values if value]
        texts[row["example_id"]] += row["references"] or [row["answer"]]
        task_of[row["example_id"]] = row["task"]
        for text in texts[row["example_id"]]:
            by_text[row["task"].split(".")[0], normal(text)].add(row["example_id"])
    duplicates = context.warehouse.read(tables.DUPLICATES).where("removed").select("example_id", "kept_id").collect()
    reported = [row.asDict() for row in context.warehouse.read(tables.CONTAMINATION).collect()]
    return Found(texts, dict(by_text), task_of, {(row[0], row[1]) for row in duplicates}, reported)


def known(data: Path) -> Iterator[Listed]:
    """The list, with the texts of both records."""
    with gzip.open(data / "ground_truth/known_overlaps.tsv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            left = record(data, row["left_dataset"], f"{row['left_file']} {row['left_key']}", row["field"])
            right = record(data, row["right_dataset"], row["right_key"], row["field"])
            yield Listed(left, right, row["kind"].partition("=")[0])


def record(data: Path, name: str, key: str, field: str) -> tuple[str, str]:
    """The source that a listed record belongs to, and its text."""
    if name == "super_natural_instructions":
        file, _, instance = key.rpartition(" ")
        return f"sni_{Path(file).name.split('_')[0]}", instances(data / name / file)[instance]
    if name == "xquad":
        return name, questions(data / "xquad/xquad.en.json.gz")[key][field]
    if name == "gap":
        return name, gap_texts(data / name)[key]
    if name == "btc":
        file, _, number = key.partition("#")
        return name, sentences(data / name / file)[int(number)]
    found = re.fullmatch(r"(\S+?)[: ](?:line )?(\d+)", key)
    assert found, key
    line = lines(data / name / found[1])[int(found[2]) - 1]
    source = {"agieval": "agieval_aqua_rat", "flan_cot": f"flan_cot_{found[1].split('_')[0]}"}.get(name, name)
    if found[1].endswith(".jsonl"):
        return source, json.loads(line)["question"]
    return source, line.split("\t")[0].strip('"')


@cache
def lines(path: Path) -> list[str]:
    packed = path.with_name(path.name + ".gz")
    if packed.exists():
        return gzip.decompress(packed.read_bytes()).decode().split("\n")
    return path.read_text(encoding="utf-8").split("\n")


@cache
def instances(path: Path) -> dict[str, str]:
    return {one["id"]: one["input"] for one in json.loads("\n".join(lines(path)))["Instances"]}


@cache
def questions(path: Path) -> dict[str, dict[str, str]]:
    articles = json.loads(gzip.decompress(path.read_bytes()))["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    return {
        one["id"]: {"question": one["question"], "context": paragraph["context"]}
        for paragraph in paragraphs
        for one in paragraph["qas"]
    }


@cache
def gap_texts(folder: Path) -> dict[str, str]:
    rows = [line.split("\t") for name in ("development", "validation") for line in lines(folder / f"gap-{name}.tsv")]
    return {row[0]: row[1] for row in rows if len(row) > 1}


@cache
def sentences(path: Path) -> list[str]:
    """From place 1 on."""
    found = [block for block in re.split(r"\n\s*\n", "\n".join(lines(path))) if block.strip()]
    return ["", *(" ".join(line.split()[0] for line in block.splitlines() if line.strip()) for block in found)]


@cache
def normal(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def examples_with(found: Found, record: tuple[str, str]) -> set[str]:
    """The examples that a record became: those with its text, or with the longest beginning of it that any has."""
    source, text = record
    words = normal(text).split()
    for size in range(len(words), 2, -1):
        ids = found.by_text.get((source, " ".join(words[:size])))
        if ids:
            return ids
    return set()


def report_recall(found: Found, listed: Iterable[Listed]) -> None:
    linked = {(row["example_id"], row["other_task"]) for row in found.reported}
    rows: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for one in listed:
        left, right = examples_with(found, one.left), examples_with(found, one.right)
        key = (one.kind, re.sub(r"task\d+", "", one.left[0]), one.right[0])
        rows[key]["listed"] += 1
        if not left or not right:
            rows[key]["not read"] += 1
        elif any((a, b) in found.removed or (b, a) in found.removed for a in left for b in right):
            rows[key]["duplicate"] += 1
        elif any((a, found.task_of[b]) in linked or (b, found.task_of[a]) in linked for a in left for b in right):
            rows[key]["overlap"] += 1
        else:
            rows[key]["missed"] += 1
            print(f"missed: {one.left} {one.right}"[:200])
    total: defaultdict[str, Counter[str]] = defaultdict(Counter)
    columns = ("listed", "duplicate", "overlap", "missed", "not read")
    print(f"{'':52}" + "".join(f"{name:>10}" for name in columns))
    for (kind, one, other), counts in sorted(rows.items()):
        print(f"{kind[:16]:17}{one:17} {other:17}" + "".join(f"{counts[name]:10,}" for name in columns))
        total[kind].update(counts)
    for kind, counts in total.items():
        recall = (counts["duplicate"] + counts["overlap"]) / counts["listed"]
        print(f"{kind}: recall {recall:.4f}")


def report_alarms(found: Found) -> None:
    """Judges some of the reported overlaps, those with the lowest ids: hashes are as good as draws."""
    rows = [row for row in found.reported if row["kind"] != "same_group"]
    rows = sorted(rows, key=lambda row: (row["example_id"][-8:], row["other_task"]))[:SAMPLED]
    wrong = [row for row in rows if not overlap(found.texts[row["example_id"]], found.texts[row["other_id"]])]
    kinds = Counter(row["kind"] for row in found.reported)
    print(", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common()))
    print(f"judged {len(rows):,}, of which no overlap {len(wrong):,} ({len(wrong) / max(1, len(rows)):.2%})")
    for row in wrong[:5]:
        print(f"  {row['task']} and {row['other_task']}, {row['kind']}: {row['spans']}")


def overlap(texts: Iterable[str], others: Iterable[str]) -> bool:
    """Whether a text of one example is equal to one of the other or stands in it, or shares half of its 3-grams."""
    words = [[normal(text).split() for text in side] for side in (texts, others)]
    return any(_alike(one, other) for one in words[0] for other in words[1])


def _alike(one: list[str], other: list[str]) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= 3 and f" {' '.join(shorter)} " in f" {' '.join(longer)} ":
        return True
    grams = [{tuple(words[at : at + 3]) for at in range(len(words) - 2)} for words in (one, other)]
    fewer = min(map(len, grams))
    return fewer >= FEWEST and len(grams[0] & grams[1]) >= ALIKE * fewer


if __name__ == "__main__":
    main()
