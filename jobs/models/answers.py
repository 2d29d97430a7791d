"""Answers of models that were paid for already, in one file: what was asked before is not asked again."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from taskmill.jobs.errors import StepError
from taskmill.udfs.ids import hashed

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, model TEXT, answered_at TEXT, text TEXT, "
    "tokens_in INTEGER, tokens_out INTEGER)"
)
BUSY_SECONDS = 30.0


@dataclass(frozen=True)
class Question:
    """What a model is asked; `turn` tells apart questions that are meant to be asked more than once."""

    system: str
    user: str
    turn: int = 0

    @property
    def text(self) -> str:
        """All that is sent of it."""
        return self.system + self.user

    def key(self, model: str, temperature: float) -> str:
        """Stands for everything the answer depends on."""
        return hashed(model, repr(temperature), self.system, self.user, str(self.turn))


@dataclass(frozen=True)
class Answer:
    """What a model said, and what it took; `is_stored` when it was there already, and took nothing now."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    answered_at: str = ""
    is_stored: bool = False


class Answers:
    """Stored answers. Safe for several threads and processes; an answer is there as soon as it was received.

    Raises:
        StepError: if the file is none of ours.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._lock = path, Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._file = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None)
            self._file.execute(SCHEMA)
        except sqlite3.DatabaseError as error:
            raise StepError(f"{path} is not a file of stored answers ({error}): give another --answers FILE") from error

    def find(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers that are there, by key."""
        found = {}
        with self._lock, closing(self._file.cursor()) as cursor:
            for key in keys:
                row = cursor.execute(
                    "SELECT text, tokens_in, tokens_out, answered_at FROM answers WHERE key = ?", (key,)
                ).fetchone()
                if row is not None:
                    text, tokens_in, tokens_out, answered_at = row
                    found[key] = Answer(text, tokens_in, tokens_out, answered_at, is_stored=True)
        return found

    def keep(self, key: str, model: str, answer: Answer) -> None:
        values = (key, model, answer.answered_at, answer.text, answer.tokens_in, answer.tokens_out)
        with self._lock:
            self._file.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", values)

    def close(self) -> None:
        self._file.close()
