"""What one render may spend: time, steps, and the size of what an expression makes.

Templates and rows are somebody else's. A render that goes past a limit raises, and its row is refused; the limits on
steps and sizes fall the same way on every machine, the limit on time is the backstop for what neither of them sees.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from jinja2.exceptions import SecurityError, TemplateRuntimeError

TICK_SECONDS = 0.05  # how often the clock is looked at while a render runs


@dataclass(frozen=True)
class Limits:
    """Bounds of a render, and of the pair it makes; characters are Unicode code points."""

    max_prompt_chars: int = 100_000
    max_response_chars: int = 50_000
    max_value_size: int = 1_000_000  # characters and items that one expression may make
    max_steps: int = 100_000  # times round a loop, in all loops of a render together
    max_render_seconds: float = 0.5


class OutOfTimeError(TemplateRuntimeError):
    """A template took longer than it may."""


class OutOfStepsError(SecurityError):
    """A template went round its loops more often than it may."""


class _Spending(threading.local):
    """What the render that runs in this thread may still spend."""

    limits: Limits = Limits()
    steps: int = 0
    deadline: float = float("inf")


_spending = _Spending()


def max_value_size() -> int:
    """Characters and items that an expression of the render that runs may make."""
    return _spending.limits.max_value_size


def check_size(size: int) -> None:
    """Raises SecurityError when an expression would make more characters or items than it may."""
    limit = max_value_size()
    if size > limit:
        raise SecurityError(f"an expression would make {size:,} characters or items; the limit is {limit:,}")


def check_text(size: int) -> None:
    """Raises SecurityError when a render is longer than any pair of these limits could be."""
    limits = _spending.limits
    limit = max(limits.max_value_size, limits.max_prompt_chars + limits.max_response_chars)
    if size > limit:
        raise SecurityError(f"a text of {size:,} characters or more; the limit is {limit:,}")


def counted(items: Iterable[Any]) -> Iterator[Any]:
    """The items one by one, each a step; OutOfStepsError when the render has none left."""
    for item in items:
        _spending.steps += 1
        if _spending.steps > _spending.limits.max_steps:
            raise OutOfStepsError(f"more than {_spending.limits.max_steps:,} times round its loops")
        yield item


def start_render(limits: Limits, seconds: float | None = None) -> None:
    """Starts the count of one render, or of many rows at once that may take `seconds`; to be called in `watched`."""
    _spending.limits = limits
    _spending.steps = 0
    _spending.deadline = time.monotonic() + (limits.max_render_seconds if seconds is None else seconds)


@contextmanager
def watched() -> Iterator[None]:
    """Raises OutOfTimeError in the block once the render started last is past its time.

    A timer signal can only be had in a process's main thread, where Spark's Python workers and our commands render;
    elsewhere (a notebook's thread pool) the limits on steps and size hold, and the one on time does not. One timer
    serves many renders: setting a timer takes longer than most of them.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGALRM) is _look:
        yield
        return
    before = signal.signal(signal.SIGALRM, _look)
    # The timer fires again and again: an exception can get lost in a callback of the garbage collector.
    signal.setitimer(signal.ITIMER_REAL, TICK_SECONDS, TICK_SECONDS)
    try:
        yield
    finally:
        _spending.deadline = float("inf")
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def stop_clock() -> None:
    """The render is over; what follows is our own work."""
    _spending.deadline = float("inf")


def _look(_signal: int, _frame: FrameType | None) -> None:
    if time.monotonic() > _spending.deadline:
        raise OutOfTimeError(f"took longer than {_spending.limits.max_render_seconds:g} s")
