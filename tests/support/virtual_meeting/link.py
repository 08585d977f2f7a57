"""One direction of a network in virtual time."""

from __future__ import annotations

import heapq
import itertools
from random import Random

Arrival = tuple[int, int, bytes]


class Link:
    """Delays each packet unevenly, so that some overtake others, and loses them in bursts (Gilbert's model).

    ``loss`` is the share of packets lost, 0 to 1, ``burst`` the mean number lost in a row; both may be changed.
    """

    def __init__(self, random: Random, loss: float = 0.0, burst: float = 2.0) -> None:
        self.loss = loss
        self.burst = burst
        self.blocked_until_us = 0
        self.lost = 0
        self._random = random
        self._is_bad = False
        self._count = itertools.count()
        self._under_way: list[Arrival] = []

    def send(self, packet: bytes, now_us: int) -> None:
        if now_us < self.blocked_until_us or self._loses():
            self.lost += 1
            return
        # Mostly 20 to 30 ms, sometimes far more: the tail is what jitter buffers are for.
        delay_us = 20_000 + round(self._random.expovariate(1 / 5_000))
        heapq.heappush(self._under_way, (now_us + delay_us, next(self._count), packet))

    def arrived(self, now_us: int) -> list[tuple[int, bytes]]:
        """(arrival in microseconds, packet) of what came until now, in the order of arrival."""
        out = []
        while self._under_way and self._under_way[0][0] <= now_us:
            at_us, _, packet = heapq.heappop(self._under_way)
            out.append((at_us, packet))
        return out

    def _loses(self) -> bool:
        if self.loss <= 0:
            return False
        leave_bad = 1 / self.burst
        enter_bad = min(1.0, self.loss * leave_bad / (1 - self.loss))
        self._is_bad = self._random.random() < (1 - leave_bad if self._is_bad else enter_bad)
        return self._is_bad
