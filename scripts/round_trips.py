"""Writes every sentence of public named-entity and dependency corpora with every codec that fits, and reads it again.

Prints for each corpus and codec the sentences that came back exactly, and those refused with their reasons: a text
that does not give the gold annotation back is never used.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from taskmill.udfs.parsers.conll import Conll
from taskmill.udfs.parsers.conllu import Conllu
from taskmill.udfs.parsers.files import opened
from taskmill.udfs.parsers.records import BadRecord, Parser
from taskmill.udfs.structures.filters import CODECS, STRUCTURE_FILTERS, only

CORPORA: Mapping[str, tuple[str, Parser]] = {
    "wnut17": ("wnut17/*.conll*", Conll(separator="tab")),
    "btc": ("btc/*.conll*", Conll(separator="tab")),
    "wikigold": ("wikigold/*.conll.txt*", Conll(separator="blank", scheme="iob1")),
    "ud en_ewt": ("ud/en_ewt*", Conllu()),
    "ud ja_gsd": ("ud/ja_gsd*", Conllu()),
}
MAX_BYTES = 1 << 30
Row = Mapping[str, Any]

OF_ENTITIES: Mapping[str, Callable[[Row], tuple[Any, ...]]] = {
    "as_json": lambda row: (row["entities"],),
    "as_inline_tags": lambda row: (only(row["entities"], "text", "type", "start", "end"), row["text"]),
    "as_entity_lines": lambda row: (row["entities"],),
    "as_entities_by_type": lambda row: (row["entities"],),
    "as_bio": lambda row: (row["entities"], row["tokens"]),
    "as_bioes": lambda row: (row["entities"], row["tokens"]),
    "as_iob1": lambda row: (row["entities"], row["tokens"]),
}
OF_WORDS: Mapping[str, Callable[[Row], tuple[Any, ...]]] = {
    "as_pos_lines": lambda row: (only(row["words"], "form", "upos"),),
    "as_pos_inline": lambda row: (only(row["words"], "form", "upos"),),
    **dict.fromkeys(
        ("as_brackets", "as_dependency_table", "as_head_lines"),
        lambda row: (only(row["words"], "id", "form", "head", "deprel"),),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/round_trips", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with wnut17, btc, wikigold and ud")
    folder = parser.parse_args().data
    for corpus, (pattern, format_) in CORPORA.items():
        rows, unread = read(sorted(folder.glob(pattern)), format_)
        print(f"{corpus}: {len(rows):,} sentences; {sum(unread.values()):,} not read {dict(unread) or ''}")
        for name, arguments in (OF_WORDS if isinstance(format_, Conllu) else OF_ENTITIES).items():
            refused = Counter(reason for row in rows if (reason := tried(name, arguments(row))) is not None)
            exact = len(rows) - refused.total()
            print(f"  {name:<22}{exact:>7,} exact ({exact / len(rows):8.3%}){refused.total():>5,} refused", end="")
            print("".join(f"\n{'':<26}{count:,} x {reason}" for reason, count in refused.most_common(3)))


def read(paths: list[Path], parser: Parser) -> tuple[list[Row], Counter[str]]:
    """The records of these files, and how often each reason not to read one."""
    rows: list[Row] = []
    unread: Counter[str] = Counter()
    for found in (one for path in paths for one in records(path, parser)):
        if isinstance(found, BadRecord):
            unread[found.detail.partition(": ")[2] or found.detail] += 1
        else:
            rows.append(found.values)
    return rows, unread


def records(path: Path, parser: Parser) -> Iterator[Any]:
    for file in opened(str(path), path.read_bytes(), MAX_BYTES):
        if isinstance(file, BadRecord):
            yield file
        else:
            yield from parser.records(file)


def tried(name: str, arguments: tuple[Any, ...]) -> str | None:
    """None if the text gives the annotation back, else the first words of why not."""
    assert name in CODECS, name
    try:
        STRUCTURE_FILTERS[name](*arguments)
    except ValueError as error:
        return str(error).partition(":")[2].strip()[:60]
    return None


if __name__ == "__main__":
    main()
