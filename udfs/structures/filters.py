"""Every codec as a template filter: `{{ words | as_pos_lines }}` gives text that was read back, or refuses the pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from taskmill.udfs.structures.codec import Codec, filter_of
from taskmill.udfs.structures.constituents import CONSTITUENT_CODECS
from taskmill.udfs.structures.coreference import COREFERENCE_CODECS
from taskmill.udfs.structures.dependencies import DEPENDENCY_CODECS, POS_CODECS
from taskmill.udfs.structures.records import RECORD_CODECS
from taskmill.udfs.structures.relations import RELATION_CODECS
from taskmill.udfs.structures.slot_codecs import SLOT_LIST_CODECS
from taskmill.udfs.structures.slots import SLOT_CODECS
from taskmill.udfs.structures.span_codecs import SPAN_CODECS

CODECS: Mapping[str, Codec] = {
    **CONSTITUENT_CODECS,
    **COREFERENCE_CODECS,
    **DEPENDENCY_CODECS,
    **POS_CODECS,
    **RECORD_CODECS,
    **RELATION_CODECS,
    **SLOT_CODECS,
    **SLOT_LIST_CODECS,
    **SPAN_CODECS,
}


def only(items: Sequence[Mapping[str, Any]], *names: str) -> list[dict[str, Any]]:
    """The structs with these members alone, in this order; KeyError for one that is not there."""
    return [{name: item[name] for name in names} for item in items]


STRUCTURE_FILTERS: Mapping[str, Callable[..., Any]] = {
    "only": only,
    **{name: filter_of(codec) for name, codec in CODECS.items()},
}
