"""Examples as documents: each content field a set of shingles, or, where it is short, a value that has to be equal.

Two examples are near-duplicates when all their fields are: a question asked of the same passage is another question,
and a task's definition says nothing about its instances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from taskmill.udfs.near_duplicates.arrays import Integers, Mask, Numbers, distinct_in_rows, drawn_odd, mixed, offsets_of
from taskmill.udfs.near_duplicates.minhash import bands, signatures
from taskmill.udfs.near_duplicates.shingles import Shingles, Shingling, shingles

Batches = Iterable[pa.RecordBatch]

FEWEST_SHINGLES = 4  # of a field, beside boilerplate; with fewer it is compared as a whole
_PLACE_SEED, _SCOPE_SEED = 0x706C616365, 0x73636F7065

DOCUMENT_DDL = "doc long, scope long, sizes array<int>, hashes array<long>"
SIGNATURE_DDL = "task string, example_id string, doc long, keys array<long>"
FREQUENT_DDL = "task string, hash long"


@dataclass(frozen=True)
class Hashing:
    """How documents are compared; signatures made in other ways do not fit together.

    Attributes:
        bands, rows: of the signature; `bands * rows` permutations.
        boilerplate: for each task the shingles that many of its examples have, sorted; they tell nothing.
    """

    shingling: Shingling = Shingling()
    bands: int = 32
    rows: int = 8
    seed: int = 0
    boilerplate: Mapping[str, Numbers] = field(default_factory=dict)


@dataclass(frozen=True)
class Documents:
    """Some examples of one task.

    Attributes:
        fields: the shingles of all their fields, those of one example behind each other; none for a field that is
            compared as a whole.
        offsets: where each example's fields begin, and the end of the last; shape (examples + 1,).
        scopes: examples with different ones are never near-duplicates; shape (examples,).
    """

    fields: Shingles
    offsets: Integers
    scopes: Numbers

    @property
    def is_shingled(self) -> Mask:
        """Whether an example has a field with shingles; the others are only compared exactly."""
        return np.diff(self.fields.offsets[self.offsets]) > 0

    def united(self) -> Shingles:
        """The shingles of each example, those of different fields told apart."""
        places = np.arange(len(self.fields)) - np.repeat(self.offsets[:-1], np.diff(self.offsets))
        numbers = drawn_odd(int(places.max(initial=0)) + 1, _PLACE_SEED)[places]
        hashes = mixed(self.fields.hashes * np.repeat(numbers, self.fields.sizes))
        offsets = self.fields.offsets[self.offsets]
        return Shingles.of_sets(offsets, hashes)


def documents(
    texts: pa.ListArray, wholes: Numbers, scopes: Integers, hashing: Hashing, boilerplate: Numbers | None = None
) -> Documents:
    """Examples as documents.

    Args:
        texts: list<string>, the content fields of each example in the order of its task type; null for no value.
        wholes: a hash of each of these texts, all examples behind each other.
        scopes: int64; what has to be equal beside the fields, such as task type and languages.
        boilerplate: sorted shingles that are left out.
    """
    found = shingles(texts.values, hashing.shingling)
    if boilerplate is not None and len(boilerplate):
        found = _without(found, boilerplate)
    is_whole = found.sizes < FEWEST_SHINGLES
    offsets = np.asarray(texts.offsets, dtype=np.int64)
    equal = np.where(is_whole, wholes, np.uint64(0))
    return Documents(_emptied(found, is_whole), offsets, _scoped(scopes, offsets, equal))


def _without(found: Shingles, boilerplate: Numbers) -> Shingles:
    places = np.minimum(np.searchsorted(boilerplate, found.hashes), len(boilerplate) - 1)
    return _kept(found, boilerplate[places] != found.hashes)


def _emptied(found: Shingles, rows: Mask) -> Shingles:
    return _kept(found, np.repeat(~rows, found.sizes)) if rows.any() else found


def _kept(found: Shingles, is_kept: Mask) -> Shingles:
    offsets = offsets_of(is_kept)[found.offsets]
    return replace(found, offsets=offsets, hashes=found.hashes[is_kept])


def _scoped(scopes: Integers, offsets: Integers, wholes: Numbers) -> Numbers:
    """The scopes with the values of the fields that have to be equal."""
    places = np.arange(len(wholes)) - np.repeat(offsets[:-1], np.diff(offsets))
    products = wholes * drawn_odd(int(places.max(initial=0)) + 1, _SCOPE_SEED)[places]
    sums = np.zeros(len(products) + 1, np.uint64)
    np.cumsum(products, out=sums[1:])
    return mixed(sums[offsets[1:]] - sums[offsets[:-1]] + scopes.view(np.uint64))


def signed(hashing: Hashing) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that gives the band keys of examples, `SIGNATURE_DDL`; of those with no field long enough, none.

    It takes batches with task, example_id, doc, scope (int64), texts (list<string>) and wholes (list<int64>).
    """

    def sign(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for task, part in by_task(batch):
                yield _signed(task, part, hashing)

    return sign


def _signed(task: str, batch: pa.RecordBatch, hashing: Hashing) -> pa.RecordBatch:
    found = _documents_in(task, batch, hashing)
    rows = np.flatnonzero(found.is_shingled)
    united = found.united().take(rows)
    values = signatures(united, hashing.bands * hashing.rows, hashing.seed)
    keys = bands(values, hashing.bands, hashing.rows, hashing.seed)
    # The lowest bits, which number the band, stay as they are.
    shift = np.uint64(8)
    keys = (mixed(keys + found.scopes[rows, None]) << shift) | (np.arange(hashing.bands, dtype=np.uint64))
    offsets = pa.array(np.arange(len(rows) + 1) * hashing.bands, pa.int32())
    columns = [batch.column(name).take(pa.array(rows)) for name in ("task", "example_id", "doc")]
    lists = pa.ListArray.from_arrays(offsets, pa.array(keys.view(np.int64).ravel()))
    return pa.RecordBatch.from_arrays([*columns, lists], names=["task", "example_id", "doc", "keys"])


def shingled(hashing: Hashing) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that gives the fields of examples as shingles, `DOCUMENT_DDL`; it takes what `signed` takes."""

    def shingle(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for task, part in by_task(batch):
                found = _documents_in(task, part, hashing)
                sizes = pa.array(found.fields.sizes, pa.int32())
                lists = pa.ListArray.from_arrays(pa.array(found.offsets, pa.int32()), sizes)
                ends = pa.array(found.fields.offsets[found.offsets], pa.int32())
                hashes = pa.ListArray.from_arrays(ends, pa.array(found.fields.hashes.view(np.int64)))
                scopes = pa.array(found.scopes.view(np.int64))
                yield pa.RecordBatch.from_arrays(
                    [part.column("doc"), scopes, lists, hashes], names=["doc", "scope", "sizes", "hashes"]
                )

    return shingle


def frequent(hashing: Hashing) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """The function that gives every distinct shingle of every example, `FREQUENT_DDL`, to be counted by task."""

    def find(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for task, part in by_task(batch):
                found = shingles(part.column("texts").flatten(), hashing.shingling)
                lengths = part.column("texts").value_lengths().fill_null(0).to_numpy()
                example_of = np.repeat(np.arange(len(lengths)), lengths)
                _, hashes = distinct_in_rows(np.repeat(example_of, found.sizes), found.hashes)
                yield pa.RecordBatch.from_arrays(
                    [pa.repeat(task, len(hashes)), pa.array(hashes.view(np.int64))], names=["task", "hash"]
                )

    return find


def _documents_in(task: str, batch: pa.RecordBatch, hashing: Hashing) -> Documents:
    scopes = batch.column("scope").to_numpy()
    wholes = batch.column("wholes").flatten().to_numpy().view(np.uint64)
    return documents(_unsliced(batch.column("texts")), wholes, scopes, hashing, hashing.boilerplate.get(task))


def _unsliced(texts: pa.ListArray) -> pa.ListArray:
    """The lists with offsets that begin at 0."""
    return pa.ListArray.from_arrays(
        pa.array(offsets_of(texts.value_lengths().fill_null(0).to_numpy()), pa.int32()), texts.flatten()
    )


def by_task(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The runs of rows of one task."""
    if batch.num_rows == 0:
        return
    names = batch.column("task").dictionary_encode()
    codes = names.indices.to_numpy()
    begins = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    for start, stop in zip(begins, np.r_[begins[1:], batch.num_rows], strict=True):
        yield names.dictionary[int(codes[start])].as_py(), batch.slice(int(start), int(stop - start))
