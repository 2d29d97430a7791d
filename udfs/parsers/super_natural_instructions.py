"""Super-NaturalInstructions: tasks with their definition, examples and instances, one JSON document each."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from taskmill.udfs.parsers.json_documents import Node, ShapeError, document
from taskmill.udfs.parsers.records import UNREADABLE_FILE, BadRecord, File, Found, Record, shown

EXAMPLES = pa.list_(pa.struct([("input", pa.string()), ("output", pa.string()), ("explanation", pa.string())]))
EXAMPLE_KEYS: Mapping[str, str] = {"positive_examples": "Positive Examples", "negative_examples": "Negative Examples"}
ABOUT_KEYS: Mapping[str, str] = {
    "categories": "Categories",
    "reasoning": "Reasoning",
    "domains": "Domains",
    "source": "Source",
    "input_language": "Input_language",
    "output_language": "Output_language",
    "instruction_language": "Instruction_language",
    "url": "URL",
    "instance_license": "Instance License",
    "contributors": "Contributors",
}
TEXTS = pa.list_(pa.string())
SCHEMA = pa.schema(
    [
        ("task", pa.string()), ("definition", pa.string()), ("other_definitions", TEXTS),
        *((name, EXAMPLES) for name in EXAMPLE_KEYS),
        ("id", pa.string()), ("input", pa.string()), ("output", TEXTS),
        *((name, TEXTS) for name in ABOUT_KEYS),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class SuperNaturalInstructions:
    """Task files of Super-NaturalInstructions (Wang et al. 2022, https://arxiv.org/abs/2204.07705).

    One record an instance, in the order of the file, with what the file says about its task. `task` is the file name
    without `.json`; `definition` the first one, and `other_definitions` the rest, mostly empty. A text where a list of
    texts should be is a list of one. Older files lack ids and some keys: these columns are null then. NaN is null:
    published files have it for an unknown URL.

    An instance with a missing, mistyped or repeated key is a bad record with its path. So is an example of the task;
    the instances then stand without it. A file whose own keys are repeated or mistyped cannot be read.
    """

    @property
    def schema(self) -> pa.Schema:
        return SCHEMA

    def records(self, file: File) -> Iterator[Found]:
        """Every instance of a task file, behind the examples that cannot be read; see `Parser.records`."""
        top = document(file.content, nan_is_null=True)
        if isinstance(top, BadRecord):
            yield top
            return
        try:
            task = Node(top)
            shared = {"task": task_name(file.name), **_about(task)}
            examples = {name: _items(task, key) for name, key in EXAMPLE_KEYS.items()}
            instances = task.member("Instances").items()
        except ShapeError as error:
            yield BadRecord(UNREADABLE_FILE, str(error), shown(file.content))
            return
        for name, found in examples.items():
            shared[name] = None if found is None else (yield from _examples(found))
        for instance in instances:
            try:
                yield Record({**shared, **_instance(instance)})
            except ShapeError as error:
                yield instance.refused(error)


def task_name(file_name: str) -> str:
    """The name of the task in a file: the file's name without `.json` and without the ending of its compression."""
    stem, _, _ = file_name.rpartition(".json")
    return stem or file_name


def _about(task: Node) -> dict[str, Any]:
    definitions = task.member("Definition")
    texts = definitions.texts()
    if not texts:
        raise ShapeError(f"{definitions.path}: an empty list")
    about = {name: _nullable_texts(task.get(key)) for name, key in ABOUT_KEYS.items()}
    return {"definition": texts[0], "other_definitions": texts[1:], **about}


def _nullable_texts(found: Node | None) -> list[str | None] | None:
    if found is None or isinstance(found.value, str):
        return None if found is None else [found.text()]
    return [None if item.value is None else item.text() for item in found.items()]


def _items(task: Node, key: str) -> list[Node] | None:
    found = task.get(key)
    return None if found is None else found.items()


def _examples(items: list[Node]) -> Generator[BadRecord, None, list[dict[str, str | None]]]:
    """Gives the bad ones and returns the good ones."""
    good: list[dict[str, str | None]] = []
    for item in items:
        try:
            explanation = item.get("explanation")
            good.append(
                {
                    "input": item.member("input").text(),
                    "output": item.member("output").text(),
                    "explanation": None if explanation is None else explanation.text(),
                }
            )
        except ShapeError as error:
            yield item.refused(error)
    return good


def _instance(instance: Node) -> dict[str, Any]:
    identifier = instance.get("id")
    return {
        "id": None if identifier is None else identifier.text(),
        "input": instance.member("input").text(),
        "output": instance.member("output").texts(),
    }
