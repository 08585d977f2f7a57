"""How long to wait before trying again (SDK: ``src/backoff/FullJitterBackoff.ts``, ``FullJitterLimitedBackoff.ts``)."""

from __future__ import annotations

import random as random_module
from collections.abc import Callable
from typing import Protocol

__all__ = ["Backoff", "FullJitterBackoff", "FullJitterLimitedBackoff", "RetryLimitExceededError"]


class Backoff(Protocol):
    """What a reconnect controller needs of a back-off."""

    def reset(self) -> None:
        """The last attempt succeeded: begin from the shortest wait."""

    def next_backoff_amount_ms(self) -> float:
        """Milliseconds to wait now; each call counts as a failed attempt."""


class RetryLimitExceededError(RuntimeError):
    """All attempts that a limited back-off allows have been made."""


class FullJitterBackoff:
    """A random share of a limit that doubles with every attempt, and a fixed part: random * min(long, short * 2^n) + fixed.

    Times are milliseconds; negative ones count as 0. ``random`` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        fixed_wait_ms: float,
        short_backoff_ms: float,
        long_backoff_ms: float,
        *,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        self._fixed_wait_ms = max(0, fixed_wait_ms)
        self._short_backoff_ms = max(0, short_backoff_ms)
        self._long_backoff_ms = max(0, long_backoff_ms)
        self._random = random
        self._limit_ms = self._short_backoff_ms

    def reset(self) -> None:
        """The last attempt succeeded: begin from the shortest wait."""
        self._limit_ms = self._short_backoff_ms

    def next_backoff_amount_ms(self) -> float:
        """Milliseconds to wait now; each call counts as a failed attempt."""
        limit_ms = min(self._long_backoff_ms, self._limit_ms)
        # Doubled only while that matters, so that it stays a number after thousands of attempts.
        if self._limit_ms < self._long_backoff_ms:
            self._limit_ms *= 2
        return self._random() * limit_ms + self._fixed_wait_ms


class FullJitterLimitedBackoff(FullJitterBackoff):
    """The same for at most ``limit`` attempts; a reset does not give attempts back."""

    def __init__(
        self,
        fixed_wait_ms: float,
        short_backoff_ms: float,
        long_backoff_ms: float,
        limit: int,
        *,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        super().__init__(fixed_wait_ms, short_backoff_ms, long_backoff_ms, random=random)
        self._limit = limit
        self._attempts = 0

    def next_backoff_amount_ms(self) -> float:
        """As above; raises ``RetryLimitExceededError`` when all attempts have been made."""
        self._attempts += 1
        if self._attempts > self._limit:
            raise RetryLimitExceededError(f"all {self._limit} attempts have been made")
        return super().next_backoff_amount_ms()
