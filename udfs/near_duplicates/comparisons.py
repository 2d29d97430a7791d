"""Candidate pairs compared exactly, one hub after the other, so that memory follows the size of a slice of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from taskmill.udfs.near_duplicates.arrays import Integers, Numbers, offsets_of
from taskmill.udfs.near_duplicates.shingles import Shingles
from taskmill.udfs.near_duplicates.verify import similarity

COMPARED_DDL = "left long, right long, bands int, similarity double, containment double"
NO_HUB = -1


def compared(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The similarity of pairs, `COMPARED_DDL`: that of the two fields that are least alike; 0 for other scopes.

    Args:
        batches: left, right, bands, scope, sizes, hashes (as `documents.DOCUMENT_DDL` has them). First, with right
            null, the document `left` itself, and behind it those that are compared with it.
    """
    hub: pa.RecordBatch | None = None
    for batch in batches:
        whole = batch if hub is None else pa.concat_batches([hub, batch])
        is_hub = whole.column("right").is_null().to_numpy(zero_copy_only=False)
        found = _compared(whole, is_hub)
        if found.num_rows:
            yield found
        hub = whole.slice(int(np.flatnonzero(is_hub)[-1]), 1)


def _compared(batch: pa.RecordBatch, is_hub: Numbers) -> pa.RecordBatch:
    hub_of = np.maximum.accumulate(np.where(is_hub, np.arange(len(is_hub)), NO_HUB))
    rows = np.flatnonzero(~is_hub)
    hubs = hub_of[rows]
    scopes = batch.column("scope").to_numpy()
    fields, begins, counts = _fields(batch)
    likeness, containment = np.ones(len(rows)), np.ones(len(rows))
    comparable = (scopes[rows] == scopes[hubs]) & (counts[rows] == counts[hubs])
    for place in range(int(counts.max(initial=0))):
        here = np.flatnonzero(comparable & (counts[rows] > place))
        one, other = begins[hubs[here]] + place, begins[rows[here]] + place
        found = similarity(fields, one, fields, other)
        # Without shingles on either side the values are equal: they are part of the scope.
        is_set = (fields.sizes[one] > 0) | (fields.sizes[other] > 0)
        likeness[here] = np.minimum(likeness[here], np.where(is_set, found.jaccard, 1.0))
        containment[here] = np.minimum(containment[here], np.where(is_set, found.containment, 1.0))
    likeness[~comparable] = containment[~comparable] = 0.0
    columns = [batch.column(name).take(pa.array(rows)) for name in ("left", "right", "bands")]
    names = ["left", "right", "bands", "similarity", "containment"]
    return pa.RecordBatch.from_arrays([*columns, pa.array(likeness), pa.array(containment)], names=names)


def _fields(batch: pa.RecordBatch) -> tuple[Shingles, Integers, Integers]:
    """The shingles of all fields of all rows, where the fields of each row begin, and how many it has."""
    counts = batch.column("sizes").value_lengths().to_numpy().astype(np.int64)
    sizes = batch.column("sizes").flatten().to_numpy().astype(np.int64)
    hashes = batch.column("hashes").flatten().to_numpy().view(np.uint64)
    return Shingles.of_sets(offsets_of(sizes), hashes), offsets_of(counts)[:-1], counts
