"""Tables of Hugging Face datasets: labels by name, types that Spark has, and files that do not fit."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import ipc

from taskmill.udfs.parsers.hugging_face import HuggingFace
from taskmill.udfs.parsers.records import BadRecord, File, Record

LABEL = {"names": ["no", "yes"], "_type": "ClassLabel"}
TEXT = {"dtype": "string", "_type": "Value"}
FEATURES = {
    "text": TEXT,
    "label": LABEL,
    "tags": {"feature": LABEL, "_type": "Sequence"},
    "spans": [{"kind": LABEL, "text": TEXT}],
}
SPAN = pa.struct([("kind", pa.int64()), ("text", pa.string())])
TABLE = pa.table(
    {
        "text": pa.array(["a", "é", None], pa.large_string()),
        "label": pa.array([1, -1, None], pa.int64()),
        "tags": pa.array([[0, 1], [], None], pa.list_(pa.int64())),
        "spans": pa.array(
            [[{"kind": 1, "text": "x"}], None, []], pa.list_(pa.struct([("kind", pa.int64()), ("text", pa.string())]))
        ),
        "size": pa.array([1, 2, 3], pa.uint32()),
        "pair": pa.array([[1.0, 2.0], None, [3.0, 4.0]], pa.list_(pa.float16(), 2)),
        "kind": pa.array(["p", "q", "p"]).dictionary_encode(),
    }
)
ROWS = [
    {"text": "a", "label": "yes", "tags": ["no", "yes"], "spans": [{"kind": "yes", "text": "x"}], "size": 1,
     "pair": [1.0, 2.0], "kind": "p"},
    {"text": "é", "label": None, "tags": [], "spans": None, "size": 2, "pair": None, "kind": "q"},
    {"text": None, "label": None, "tags": None, "spans": [], "size": 3, "pair": [3.0, 4.0], "kind": "p"},
]  # fmt: skip


def stored(table: pa.Table = TABLE, kind: str = "stream", features: Any = FEATURES) -> bytes:
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    sink = io.BytesIO()
    if kind == "parquet":
        pq.write_table(table.set_column(5, "pair", table["pair"].cast(pa.list_(pa.float32(), 2))), sink)
    else:
        with (ipc.new_file if kind == "file" else ipc.new_stream)(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()


def read(content: bytes, labels: str = "names", name: str = "d/data-00000-of-00001.arrow") -> list[Any]:
    found = list(HuggingFace(labels).records(File(name, content)))
    return [one.values if isinstance(one, Record) else one for one in found]


@pytest.mark.parametrize("kind", ["stream", "file", "parquet"])
def test_labels_are_names_and_types_are_those_of_spark(kind: str) -> None:
    assert read(stored(kind=kind)) == ROWS


@pytest.mark.parametrize("kind", ["stream", "parquet"])
def test_labels_may_stay_indices(kind: str) -> None:
    assert [row["label"] for row in read(stored(kind=kind), labels="indices")] == [1, -1, None]


def test_an_unknown_kind_of_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="names or indices"):
        HuggingFace("texts")


def test_a_label_without_a_name_makes_the_batch_a_bad_record() -> None:
    table = pa.table({"label": [0, 2]})
    (bad,) = read(stored(table, features={"label": LABEL}))
    assert isinstance(bad, BadRecord)
    assert "no index into its 2 names" in bad.detail


@pytest.mark.parametrize("kind", ["stream", "parquet"])
def test_a_file_that_is_cut_off_says_so(kind: str) -> None:
    content = stored(kind=kind)
    assert isinstance(read(content[: len(content) // 2])[-1], BadRecord)


def test_files_of_one_dataset_have_the_same_columns() -> None:
    parser = HuggingFace().with_schema(HuggingFace().schema_in(stored()))
    other = stored(TABLE.drop_columns(["size"]))
    (bad,) = parser.tables(File("b.arrow", other))
    assert isinstance(bad, BadRecord)
    assert "other columns than in the first file" in bad.detail


def test_what_save_to_disk_writes_beside_the_tables_is_left_out() -> None:
    parser = HuggingFace().with_schema(HuggingFace().schema_in(stored()))
    assert list(parser.tables(File("d/state.json", b"{}"))) == []
    assert [type(one) for one in parser.tables(File("d/notes.txt", b"what"))] == [BadRecord]
