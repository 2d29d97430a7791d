"""Runs taskmill and the tools it is measured against on the same documents, each in processes of its own.

The other tools need packages that do not fit beside ours: each gets an environment in the cache folder, made at its
first use. They read no network while they run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow.compute as pc
from bench_documents import Corpus
from deltalake import DeltaTable
from processes import Measured, measured

from taskmill.jobs.spark.cache import cache_folder

TASKMILL = Path(__file__).with_name("taskmill")
RIVAL = Path(__file__).with_name("rival_tools.py")
CORES = 2
# What pip installs for each; the English tokenizer that datatrove uses by default is spaCy's.
REQUIREMENTS = {
    "datasketch": ("datasketch==2.0.0",),
    "text-dedup": ("text-dedup==0.4.0",),
    "datatrove": ("datatrove[io,processing]==0.10.1", "spacy>=3.8,<4"),
}
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
PIPELINE = """\
data: DATA
sources: [documents.yaml]
templates: [document.yaml]
profile: throughput
driver_memory: MEMORY
near_duplicates: {stop_above: 1, SETTINGS}
"""
SOURCE = """\
source: documents
revision: made up
licence: CC0-1.0
language: en
read: {format: json, path: "documents_*.jsonl", schema: "id string, text string, label string"}
split: train
tasks:
  document: {fields: {id: id, text: text, label: label}}
"""
TASK_TYPE = """\
task_type: document
description: Which label has the text?
fields: {id: text, text: text, label: text}
answer: label
explanation: [id]
templates:
  - {name: plain, prompt: "{{ text }} {{ id }}", response: "{{ label }}"}
"""


class ToolError(Exception):
    """A tool that could not be installed or did not finish, and why in a line."""


@dataclass(frozen=True)
class Outcome:
    """What a tool took, and the documents it removed, by their numbers."""

    run: Measured
    removed: set[int]


Tool = Callable[[Corpus, Path], Outcome]  # the folder is empty, and its own


def tools(driver_memory: str) -> dict[str, Tool]:
    """All that are measured, by name: taskmill as it ships, with n-grams of three words, and with half the work."""
    ours = {"taskmill": "profile: thorough", "taskmill-3": "words: 3", "taskmill-cheap": "profile: cheap"}
    return {
        **{
            name: partial(remove_with_taskmill, settings=settings, driver_memory=driver_memory)
            for name, settings in ours.items()
        },
        **{name: partial(remove_with_rival, name) for name in REQUIREMENTS},
    }


@contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="taskmill-bench-") as folder:
        yield Path(folder)


def remove_with_taskmill(corpus: Corpus, folder: Path, *, settings: str, driver_memory: str) -> Outcome:
    """From stored `examples` to stored `duplicates`; reading the documents is not measured."""
    corpus.write(folder / "data", CORES)
    pipeline = PIPELINE.replace("DATA", str(folder / "data")).replace("SETTINGS", settings)
    files = {"pipeline.yaml": pipeline.replace("MEMORY", driver_memory), "documents.yaml": SOURCE}
    for name, text in {**files, "document.yaml": TASK_TYPE}.items():
        (folder / name).write_text(text, encoding="utf-8")
    places = ["--conf", str(folder / "pipeline.yaml"), "--tables", str(folder / "tables")]
    command = [str(TASKMILL), "run", "--quiet", "--master", f"local[{CORES}]", *places, "--only"]
    finished([*command, "ingest"], folder)
    return Outcome(finished([*command, "deduplicate"], folder), removed_in(folder / "tables"))


def removed_in(tables: Path) -> set[int]:
    """Numbers of the documents that `duplicates` says leave."""
    duplicates = DeltaTable(str(tables / "duplicates")).to_pyarrow_table()
    leaving = duplicates.filter(duplicates["removed"])["example_id"].combine_chunks()
    examples = DeltaTable(str(tables / "examples")).to_pyarrow_dataset()
    fields = examples.to_table(columns=["fields"], filter=pc.field("example_id").isin(leaving))["fields"]
    return {int(json.loads(text)["id"]) for text in fields.to_pylist()}


def remove_with_rival(name: str, corpus: Corpus, folder: Path) -> Outcome:
    python = environment_of(name)
    corpus.write(folder / "data", CORES)
    (folder / "work").mkdir()
    rival = [str(python), str(RIVAL)]
    run = finished([*rival, "remove", name, f"{folder}/data", f"{folder}/work", str(CORES)], folder)
    finished([*rival, "kept", name, f"{folder}/work", f"{folder}/kept"], folder)
    kept = {int(number) for number in (folder / "kept").read_text(encoding="utf-8").split()}
    return Outcome(run, set(range(len(corpus.texts))) - kept)


def finished(command: list[str], folder: Path) -> Measured:
    """What a command took.

    Raises:
        ToolError: it failed.
    """
    messages = folder / "messages"
    with messages.open("w", encoding="utf-8") as output:
        run = measured(command, output, {**os.environ, **OFFLINE, "TMPDIR": str(folder)})
    if run.code:
        raise ToolError(f"ended with {run.code}: {last_line(messages.read_text(encoding='utf-8', errors='replace'))}")
    return run


def environment_of(name: str) -> Path:
    """The Python that has a tool.

    Raises:
        ToolError: the tool could not be installed.
    """
    folder = cache_folder() / "bench" / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    python, stamp = folder / "bin" / "python", folder / "installed"
    wanted = "\n".join(REQUIREMENTS[name])
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"installing {name}", file=sys.stderr)
        installed([sys.executable, "-m", "venv", "--clear", folder])
        installed([python, "-m", "pip", "install", "--disable-pip-version-check", *REQUIREMENTS[name]])
        stamp.write_text(wanted, encoding="utf-8")
    return python


def installed(command: list[str | Path]) -> None:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise ToolError(f"could not be installed: {last_line(run.stderr or run.stdout)}")


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no message"
