"""Precision and recall of the recognisers of personal data, by kind and by language, and every mistake they make.

The labelled sets are those of the tests: `labelled`, with which the recognisers were made, and `unseen`, which was
written afterwards and for which nothing was changed.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the sets lie in tests/

from taskmill.udfs.personal_data.kinds import KINDS, Recogniser
from taskmill.udfs.screening.screens import BUILTIN, Search
from tests.udfs.personal_data.labelled import LABELLED, UNSEEN, Score, judged, labelled_texts, scores


def main(engine: str = BUILTIN) -> None:
    recogniser = Search(engine).recogniser
    for folder in (LABELLED, UNSEEN):
        texts = list(labelled_texts(folder))
        marked = sum(len(text.spans) for text in texts)
        print(f"{folder}: {marked} marks, {sum(1 for text in texts if not text.spans)} texts without any\n")
        found = scores(recogniser, folder)
        languages = sorted({text.language for text in texts})
        _table("kind", [(kind, found.get((kind, "all"))) for kind in (*KINDS, "all")])
        _table("language", [(language, found.get(("all", language))) for language in languages])
        _mistakes(recogniser, folder)


def _table(heading: str, rows: list[tuple[str, Score | None]]) -> None:
    print(f"| {heading} | marked | found | wrong | precision | recall |\n| --- | --- | --- | --- | --- | --- |")
    for name, score in rows:
        if score is not None:
            marked = score.right + score.missed
            rates = f"{score.precision:.3f} | {score.recall:.3f}"
            print(f"| {name} | {marked} | {score.right} | {score.wrong} | {rates} |")
    print()


def _mistakes(recogniser: Recogniser, folder: str) -> None:
    for one, _, (missed, wrong) in judged(recogniser, folder):
        for word, spans in (("missed", missed), ("wrong", wrong)):
            for span in spans:
                print(f"{word} {span.kind} ({one.language}): {one.text[span.start : span.end]!r} in {one.text!r}")
    print()


if __name__ == "__main__":
    main(*sys.argv[1:2])
