"""Near-duplicates removed by other tools, each at its own defaults; run by the Python that has the tool.

rival_tools.py remove TOOL DOCUMENTS FOLDER CORES     reads documents_*.jsonl, leaves what it keeps in the folder
rival_tools.py kept TOOL FOLDER FILE                  writes the ids of what was kept, one a line
"""

from __future__ import annotations

import gzip
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def main() -> None:
    what, tool, *arguments = sys.argv[1:]
    if what == "remove":
        documents, folder, cores = arguments
        REMOVERS[tool](Path(documents), Path(folder), int(cores))
    else:
        folder, file = arguments
        Path(file).write_text("".join(f"{one}\n" for one in KEPT[tool](Path(folder))), encoding="utf-8")


def with_datasketch(documents: Path, folder: Path, cores: int) -> None:
    """The tool has no pipeline: word 3-grams, 128 permutations, threshold 0.8, each document asked and then put in."""
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=0.8, num_perm=128)
    with (folder / "kept").open("w", encoding="utf-8") as kept:
        for rows in batches(documents):
            minhashes = MinHash.bulk([three_grams(row["text"]) for row in rows], num_perm=128)
            for row, minhash in zip(rows, minhashes, strict=True):
                if not lsh.query(minhash):
                    lsh.insert(row["id"], minhash)
                    kept.write(row["id"] + "\n")


def batches(documents: Path) -> Iterator[list[dict[str, str]]]:
    for path in sorted(documents.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            while batch := [json.loads(line) for line in itertools.islice(lines, 1_000)]:
                yield batch


def three_grams(text: str) -> set[bytes]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[at : at + 3]).encode() for at in range(len(words) - 2)}


def with_text_dedup(documents: Path, folder: Path, cores: int) -> None:
    places = ["--data_files", f"{documents}/*.jsonl", "--output", str(folder / "kept")]
    options = ["--path", "json", "--split", "train", "--column", "text", "--num_proc", str(cores)]
    command = [sys.executable, "-m", "text_dedup.minhash", *options, *places, "--cache_dir", str(folder / "cache")]
    subprocess.run(command, check=True)


def with_datatrove(documents: Path, folder: Path, cores: int) -> None:
    """The four stages of its example, as many tasks as cores where the number is free."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
    )
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    signatures, buckets, removed = (f"{folder}/{name}" for name in ("signatures", "buckets", "removed"))
    reader = JsonlReader(str(documents))
    stages = [
        (cores, [reader, MinhashDedupSignature(signatures)]),
        (MinhashConfig().num_buckets, [MinhashDedupBuckets(signatures, buckets)]),
        (1, [MinhashDedupCluster(buckets, removed)]),
        (cores, [reader, MinhashDedupFilter(removed), JsonlWriter(f"{folder}/kept")]),
    ]
    for number, (tasks, steps) in enumerate(stages):
        LocalPipelineExecutor(steps, tasks=tasks, workers=cores, logging_dir=f"{folder}/logs/{number}").run()


def kept_by_datasketch(folder: Path) -> Iterator[str]:
    yield from (folder / "kept").read_text(encoding="utf-8").split()


def kept_by_text_dedup(folder: Path) -> Iterator[str]:
    from datasets import load_from_disk

    yield from (str(one) for one in load_from_disk(str(folder / "kept"))["id"])


def kept_by_datatrove(folder: Path) -> Iterator[str]:
    for path in sorted((folder / "kept").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from (json.loads(line)["id"] for line in lines)


REMOVERS = {"datasketch": with_datasketch, "text-dedup": with_text_dedup, "datatrove": with_datatrove}
KEPT = {"datasketch": kept_by_datasketch, "text-dedup": kept_by_text_dedup, "datatrove": kept_by_datatrove}

if __name__ == "__main__":
    main()
