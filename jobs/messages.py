"""What a run tells: a line a step on the terminal, and structured log records that carry the run id."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

LOGGER = logging.getLogger("taskmill")
HEARTBEAT_SECONDS = 30.0


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, message, run_id, and whatever the record was given as `data`."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "message": record.getMessage(),
        }
        entry |= getattr(record, "data", {})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


@dataclass
class Messages:
    """Tells a person on the terminal (stderr) and a log file, as far as `level` lets through: -1 quiet, 0, 1
    verbose."""

    run_id: str
    level: int = 0
    json_logs: bool = False
    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def __post_init__(self) -> None:
        LOGGER.handlers.clear()
        LOGGER.propagate = False
        LOGGER.setLevel(logging.DEBUG if self.level > 0 else logging.INFO)
        if self.json_logs:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(JsonFormatter())
            LOGGER.addHandler(handler)
        else:
            LOGGER.addHandler(logging.NullHandler())

    def say(self, text: str, **data: Any) -> None:
        """A line everyone but the quiet reads."""
        self._emit(logging.INFO, text, data, shown=self.level >= 0)

    def detail(self, text: str, **data: Any) -> None:
        """A line for -v."""
        self._emit(logging.DEBUG, text, data, shown=self.level > 0)

    def warn(self, text: str, **data: Any) -> None:
        """A line even the quiet read."""
        self._emit(logging.WARNING, text, data, shown=True)

    @contextmanager
    def working(self, step: str, what: str) -> Iterator[None]:
        """Shows that something takes time: a spinner on a terminal, elsewhere a line each half minute."""
        begun = time.monotonic()
        LOGGER.info("begin", extra={"data": {"run_id": self.run_id, "step": step, "what": what}})
        if self.level < 0 or self.json_logs:
            yield
        elif self.console.is_terminal:
            with self.console.status(f"[bold]{step}[/]  {what}") as status, _ticking(1.0, lambda: status.update(
                f"[bold]{step}[/]  {what}  [dim]{time.monotonic() - begun:.0f} s[/]"
            )):  # fmt: skip
                yield
        else:
            with _ticking(
                HEARTBEAT_SECONDS, lambda: self.say(f"{step}: still {what}, {time.monotonic() - begun:.0f} s")
            ):
                yield
        seconds = round(time.monotonic() - begun, 3)
        LOGGER.info("end", extra={"data": {"run_id": self.run_id, "step": step, "seconds": seconds}})

    def _emit(self, level: int, text: str, data: dict[str, Any], shown: bool) -> None:
        LOGGER.log(level, text, extra={"data": {"run_id": self.run_id, **data}})
        if shown and not self.json_logs:
            style = "yellow" if level >= logging.WARNING else None
            self.console.print(text, style=style, markup=False, soft_wrap=True)


@contextmanager
def _ticking(seconds: float, tick: Any) -> Iterator[None]:
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(seconds):
            tick()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
