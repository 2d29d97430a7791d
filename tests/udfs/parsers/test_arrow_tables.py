"""Arrow tables with the metadata that `datasets` writes, whole, cut off and damaged."""

from __future__ import annotations

import json
import random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import ipc

from taskmill.udfs.parsers.arrow_tables import batches, class_labels, schema_in
from taskmill.udfs.parsers.records import BadRecord

# As `Features.to_dict` of datasets gives it: version 1 wrote `id`, `num_classes`, `length` and lists of one; 2 left
# out what is null; 4 has `List` in place of `Sequence`.
VALUE = {"dtype": "string", "id": None, "_type": "Value"}
LABEL = {"num_classes": 2, "names": ["no", "yes"], "names_file": None, "id": None, "_type": "ClassLabel"}
TAG = {"names": ["O", "B-PER"], "_type": "ClassLabel"}
FEATURES: dict[str, Any] = {
    "text": VALUE,
    "label": LABEL,
    "tags": {"feature": TAG, "length": -1, "id": None, "_type": "Sequence"},
    "new_tags": {"feature": {"feature": TAG, "_type": "List"}, "_type": "LargeList"},
    "old_tags": [TAG],
    "entities": [{"tag": TAG, "text": VALUE}],
    "answers": {"feature": {"kind": TAG, "text": VALUE}, "length": -1, "id": None, "_type": "Sequence"},
    "meta": {"_type": {"dtype": "string", "_type": "Value"}, "inner": {"label": LABEL}},
    "image": {"_type": "Image"},
    "names": {"languages": ["de", "en"], "_type": "Translation"},
}
TABLE = pa.table(
    {
        "text": ["a", "é", None],
        "label": [0, 1, None],
        "tags": [[0, 1], [], None],
        "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
        "meta": [{"inner": 1}, None, {"inner": 2}],
    }
)


def schema_with(features: Any) -> pa.Schema:
    return TABLE.schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}, "fingerprint": "f"})})


def written(is_file: bool = False, count: int = 3, compression: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    schema = schema_with(FEATURES)
    options = ipc.IpcWriteOptions(compression=compression)
    with (ipc.new_file if is_file else ipc.new_stream)(sink, schema, options=options) as writer:
        for _ in range(count):
            writer.write_table(TABLE.replace_schema_metadata(schema.metadata))
    return bytes(sink.getvalue().to_pybytes())


def found_in(content: bytes) -> tuple[list[pa.RecordBatch], list[BadRecord]]:
    found = list(batches(content))
    assert all(isinstance(one, pa.RecordBatch) for one in found[:-1])  # a fault is the last
    good = [one for one in found if isinstance(one, pa.RecordBatch)]
    return good, [one for one in found if isinstance(one, BadRecord)]


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
@pytest.mark.parametrize("is_file", [False, True], ids=["stream", "file"])
def test_batches_of_whole_tables_are_what_was_written(is_file: bool, compression: str | None) -> None:
    content = written(is_file, compression=compression)
    good, bad = found_in(content)
    assert [batch.to_pylist() for batch in good] == [TABLE.to_pylist()] * 3
    assert not bad
    assert schema_in(content).equals(schema_with(FEATURES), check_metadata=True)
    assert found_in(written(is_file, count=0)) == ([], [])


@pytest.mark.parametrize("is_file", [False, True], ids=["stream", "file"])
def test_a_table_cut_off_anywhere_gives_whole_batches_and_says_so(is_file: bool) -> None:
    content = written(is_file)
    end = content.rindex(b"\xff\xff\xff\xff\0\0\0\0") + 8  # an IPC file says again behind it what it holds
    counts = set()
    for size in range(0, end):
        good, bad = found_in(content[:size])
        assert all(batch.to_pylist() == TABLE.to_pylist() for batch in good)
        assert [one.reason for one in bad] == ["unreadable_file"]
        assert bad[0].detail.endswith(f"; {len(good)} whole batches were read")
        counts.add(len(good))
    assert counts == {0, 1, 2, 3}
    assert all(not found_in(content[:size])[1] for size in range(end, len(content)))


@pytest.mark.parametrize(
    "content", [b"", b"ARROW1", b"ARROW1\0\0", b"PAR1", b"{}", b"\xff\xff\xff\xff\xff\xff\xff\x7f"]
)
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="^no Arrow table: "):
        schema_in(content)
    good, bad = found_in(content)
    assert not good and len(bad) == 1


@pytest.mark.parametrize("is_file", [False, True], ids=["stream", "file"])
def test_no_damage_makes_reading_raise_or_gives_batches_that_cannot_be_read(is_file: bool) -> None:
    contents = [written(is_file, compression=compression) for compression in (None, "lz4", "zstd")]
    chance = random.Random(7)
    for _ in range(2_000):
        damaged = bytearray(chance.choice(contents))
        for _ in range(chance.randint(1, 3)):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        for batch in found_in(bytes(damaged))[0]:
            batch.to_pylist()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_raising(content: bytes) -> None:
    assert found_in(content)[1]
    assert found_in(b"ARROW1\0\0" + content)[1]


def test_class_labels_have_the_paths_of_their_columns() -> None:
    assert class_labels(schema_with(FEATURES)) == {
        "label": ["no", "yes"],
        "tags": ["O", "B-PER"],
        "new_tags": ["O", "B-PER"],
        "old_tags": ["O", "B-PER"],
        "entities.tag": ["O", "B-PER"],
        "answers.kind": ["O", "B-PER"],
        "meta.inner.label": ["no", "yes"],
    }


def test_class_labels_of_parquet_files_are_the_same() -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(TABLE.replace_schema_metadata(schema_with(FEATURES).metadata), sink)
    schema = pq.read_schema(pa.BufferReader(sink.getvalue()))
    assert class_labels(schema) == class_labels(schema_in(written()))
    assert class_labels(schema)


@pytest.mark.parametrize(
    "metadata",
    [None, {"pandas": "{}"}, {"huggingface": "{}"}, {"huggingface": '{"info": null}'}]
    + [{"huggingface": json.dumps({"info": {"features": features}})} for features in (None, {}, {"text": VALUE})],
    ids=str,
)
def test_tables_without_labels_have_none(metadata: dict[str, str] | None) -> None:
    assert class_labels(TABLE.schema.with_metadata(metadata)) == {}


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ("{", "Expecting property name"),
        ("[]", "there is no object to have 'info'"),
        ('{"info": [1]}', "there is no object to have 'features'"),
        ('{"info": {"features": "text"}}', "features is no feature"),
        ('{"info": {"features": {"a": {"b": 1}}}}', "a.b is no feature"),
        ('{"info": {"features": {"a": {"b": {}, "b": {}}}}}', "a is no feature"),
        ('{"info": {"features": {"a": {"_type": "ClassLabel"}}}}', "the names of a are no list of texts"),
        ('{"info": {"features": {"a": {"names": [1], "_type": "ClassLabel"}}}}', "the names of a are no list of texts"),
        ('{"info": {"features": ' + '{"a":' * 5_000, "deeper than 100"),
    ],
    ids=lambda text: text[:40],
)
def test_metadata_that_cannot_be_read_is_refused(metadata: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^the metadata 'huggingface' of the table: .*{said}"):
        class_labels(TABLE.schema.with_metadata({"huggingface": metadata}))
