"""What may be spent on a model: tokens, money, and requests a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

MILLION = 1_000_000
MINUTE = 60.0


@dataclass(frozen=True)
class Budget:
    """Bounds of all requests of a run; None for no bound.

    Attributes:
        price_in, price_out: of a million tokens, in the currency of `max_cost`.
    """

    max_tokens: int | None = None
    max_cost: float | None = None
    price_in: float = 0.0
    price_out: float = 0.0

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.price_in + tokens_out * self.price_out) / MILLION


class Spending:
    """What has been spent, and what requests under way may still cost: a request is let through only while the dearest
    outcome of all of them is within the budget."""

    def __init__(self, budget: Budget) -> None:
        self.budget, self.tokens_in, self.tokens_out = budget, 0, 0
        self._lock, self._reserved_in, self._reserved_out = Lock(), 0, 0

    @property
    def cost(self) -> float:
        return self.budget.cost(self.tokens_in, self.tokens_out)

    def reserve(self, most_in: int, most_out: int) -> bool:
        """Whether a request of at most so many tokens is within the budget; then they are set aside."""
        with self._lock:
            tokens_in = self.tokens_in + self._reserved_in + most_in
            tokens_out = self.tokens_out + self._reserved_out + most_out
            budget = self.budget
            if budget.max_tokens is not None and tokens_in + tokens_out > budget.max_tokens:
                return False
            if budget.max_cost is not None and budget.cost(tokens_in, tokens_out) > budget.max_cost:
                return False
            self._reserved_in += most_in
            self._reserved_out += most_out
            return True

    def settle(self, most_in: int, most_out: int, tokens_in: int, tokens_out: int) -> None:
        """The request is over, and took so many tokens."""
        with self._lock:
            self._reserved_in -= most_in
            self._reserved_out -= most_out
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out


class Pace:
    """Lets requests through at even intervals, so many a minute; None for no bound."""

    def __init__(
        self, per_minute: float | None, clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._interval = 0.0 if per_minute is None else MINUTE / per_minute
        self._clock, self._sleep, self._lock, self._next = clock, sleep, Lock(), 0.0

    def wait(self) -> None:
        """Returns when the next request may go."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._interval
        if turn > now:
            self._sleep(turn - now)
