"""Instances of Super-NaturalInstructions, against made-up task files and the published ones."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from taskmill.udfs.parsers.records import BadRecord, File, Found, Record
from taskmill.udfs.parsers.super_natural_instructions import SCHEMA, SuperNaturalInstructions, task_name

DATA = os.environ.get("TASKMILL_SHARED_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="TASKMILL_SHARED_DATA does not say where the public datasets are")
EXAMPLE = {"input": "2 + 2", "output": "4", "explanation": "Four fingers."}
INSTANCE = {"id": "task001-a", "input": "1 + 1", "output": ["2", "two"]}
TASK: dict[str, Any] = {
    "Contributors": ["A. B."], "Source": ["sums"], "URL": ["https://example.org"], "Categories": ["Arithmetic"],
    "Reasoning": [], "Definition": ["Add."], "Input_language": ["English"], "Output_language": ["English"],
    "Instruction_language": ["English"], "Domains": ["Mathematics"], "Positive Examples": [EXAMPLE],
    "Negative Examples": [], "Instances": [INSTANCE], "Instance License": ["MIT"],
}  # fmt: skip


def found_in(task: Any, name: str = "tasks/task001_sums.json") -> list[Found]:
    content = task if isinstance(task, bytes) else json.dumps(task).encode()
    return list(SuperNaturalInstructions().records(File(name, content)))


def only(found: list[Found]) -> dict[str, Any]:
    (record,) = found
    assert isinstance(record, Record)
    return dict(record.values)


def refused(found: Found) -> tuple[str, str]:
    assert isinstance(found, BadRecord)
    return found.reason, found.detail


def test_records_have_the_task_and_the_instance() -> None:
    assert only(found_in(TASK)) == {
        "task": "task001_sums", "definition": "Add.", "other_definitions": [], "positive_examples": [EXAMPLE],
        "negative_examples": [], "id": "task001-a", "input": "1 + 1", "output": ["2", "two"],
        "categories": ["Arithmetic"], "reasoning": [], "domains": ["Mathematics"], "source": ["sums"],
        "input_language": ["English"], "output_language": ["English"], "instruction_language": ["English"],
        "url": ["https://example.org"], "instance_license": ["MIT"], "contributors": ["A. B."],
    }  # fmt: skip


def test_older_files_have_nulls() -> None:
    record = only(found_in({"Definition": "Add.", "Instances": [{"input": "1 + 1", "output": "2"}]}))
    assert {name: value for name, value in record.items() if value is not None} == {
        "task": "task001_sums", "definition": "Add.", "other_definitions": [], "input": "1 + 1", "output": ["2"],
    }  # fmt: skip
    assert set(record) == set(SCHEMA.names)


def test_further_definitions_are_kept() -> None:
    record = only(found_in({**TASK, "Definition": ["Add.", "Give the sum."]}))
    assert (record["definition"], record["other_definitions"]) == ("Add.", ["Give the sum."])


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_task_name_is_the_file_name_without_its_endings(name: str) -> None:
    assert task_name(name) == "a"


def test_a_file_name_without_an_ending_is_the_name_of_the_task() -> None:
    assert task_name("task1") == "task1"


def test_nan_is_null() -> None:
    assert only(found_in({**TASK, "URL": [float("nan")]}))["url"] == [None]


def test_a_bad_instance_is_named_and_the_others_are_read() -> None:
    wrong: list[dict[str, Any]] = [
        {**INSTANCE, "output": None},
        {**INSTANCE, "output": [2]},
        {**INSTANCE, "id": 1},
        {"id": "x", "output": ["2"]},
    ]
    *found, good = found_in({**TASK, "Instances": [*wrong, INSTANCE]})
    assert [refused(one) for one in found] == [
        ("unreadable_record", "Instances[0]: 'output' is null"),
        ("unreadable_record", "Instances[1].output[0]: expected text, found a number"),
        ("unreadable_record", "Instances[2].id: expected text, found a number"),
        ("unreadable_record", "Instances[3]: there is no 'input'"),
    ]
    assert only([good])["id"] == "task001-a"


def test_a_repeated_key_costs_its_instance() -> None:
    text = json.dumps({**TASK, "Instances": [INSTANCE, INSTANCE]}).replace('"1 + 1"', '"1 + 1", "input": "2"', 1)
    wrong, good = found_in(text.encode())
    assert refused(wrong) == ("unreadable_record", "Instances[0]: the key 'input' stands twice")
    assert only([good])["input"] == "1 + 1"


def test_a_bad_example_is_refused_and_left_out() -> None:
    wrong, good = found_in({**TASK, "Positive Examples": [EXAMPLE, {"input": "1", "output": ["1"]}, EXAMPLE]})
    assert refused(wrong) == ("unreadable_record", "Positive Examples[1].output: expected text, found a list")
    assert only([good])["positive_examples"] == [EXAMPLE, EXAMPLE]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b'{"Definition": "a", "Definition": "b", "Instances": []}', "the document: the key 'Definition' stands twice"),
        (b'{"Instances": []}', "the document: there is no 'Definition'"),
        (b'{"Definition": [], "Instances": []}', "Definition: an empty list"),
        (b'{"Definition": "a"}', "the document: there is no 'Instances'"),
        (b'{"Definition": "a", "Instances": [], "URL": 3}', "URL: expected a list, found a number"),
        (b'{"Definition": "a", "Instances": [Infinity]}', "Infinity is no JSON number"),
        (b"NaN", "the document: expected an object, found null"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_bad_record(content: bytes, detail: str) -> None:
    (found,) = found_in(content)
    assert refused(found) == ("unreadable_file", detail)


@needs_data
def test_every_published_instance_is_read() -> None:
    count = 0
    for path in sorted(Path(DATA, "super_natural_instructions", "tasks").iterdir()):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        task = json.loads(content)
        rows = [only([one]) for one in found_in(content, path.name)]
        assert [(row["id"], row["input"], row["output"]) for row in rows] == [
            (instance["id"], instance["input"], instance["output"]) for instance in task["Instances"]
        ]
        for row in rows:
            assert [row["definition"], *row["other_definitions"]] == task["Definition"]
            assert row["positive_examples"] == task["Positive Examples"]
            assert row["negative_examples"] == task["Negative Examples"]
            assert (row["categories"], row["source"]) == (task["Categories"], task["Source"])
            assert row["instance_license"] == task["Instance License"]
        assert pa.RecordBatch.from_pylist(rows, schema=SCHEMA).num_rows == len(rows)
        count += len(rows)
    assert count == 8_829
