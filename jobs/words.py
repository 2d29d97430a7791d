"""Numbers as messages tell them: `1 task`, `2 tasks`."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """The number, thousands apart, and the noun, with an `s` unless there is one."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
