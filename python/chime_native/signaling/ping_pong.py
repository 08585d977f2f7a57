"""Pings both ways (SDK: ``src/pingpong/DefaultPingPong.ts``): a sign of life, the round trip and the clock skew."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from .events import PongReceived, PongsMissed

__all__ = ["DEFAULT_INTERVAL_MS", "PingPong", "SentPing", "SentPong"]

DEFAULT_INTERVAL_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class SentPing:
    """A PING to send now."""

    ping_id: int


@dataclass(frozen=True, slots=True)
class SentPong:
    """A PONG to send now."""

    ping_id: int


class PingPong:
    """Feed it, then drain ``events()`` and ``pings_to_send()`` fully before the next input.

    Times are milliseconds on the clock of the frames' ``timestamp_ms``. A ping goes out at ``start`` and every
    ``interval_ms``; only a pong with the latest id counts; when a ping is due and the last is unanswered, the number of
    unanswered ones in a row is reported. Ids begin at 1 on every connection.
    """

    def __init__(self, interval_ms: float = DEFAULT_INTERVAL_MS) -> None:
        if interval_ms <= 0:
            raise ValueError(f"interval_ms must be more than 0, not {interval_ms}")
        self._interval_ms = interval_ms
        self._next_ping_ms: float | None = None
        self._ping_id = 0
        self._ping_sent_ms = 0.0
        self._unanswered = 0
        self._events: list[PongReceived | PongsMissed] = []
        self._to_send: list[SentPing | SentPong] = []

    def start(self, now_ms: float) -> None:
        """The connection is open: pings begin, with id 1 (they go on with the next id if none was closed in between)."""
        self._next_ping_ms = now_ms
        self.handle_timeout(now_ms)

    def stop(self) -> None:
        """The connection is closing, closed or broken: no more pings, nothing is missed any more."""
        self._next_ping_ms = None
        self._ping_id = 0
        self._unanswered = 0

    def next_timeout(self) -> float | None:
        """When ``handle_timeout`` is due; None: never."""
        return self._next_ping_ms

    def handle_timeout(self, now_ms: float) -> None:
        """Sends a ping if one is due; one, however late the call comes."""
        if self._next_ping_ms is None or now_ms < self._next_ping_ms:
            return
        self._next_ping_ms += self._interval_ms
        if self._next_ping_ms <= now_ms:
            self._next_ping_ms = now_ms + self._interval_ms
        if self._unanswered:
            self._events.append(PongsMissed(self._unanswered))
        self._unanswered += 1
        self._ping_id = (self._ping_id + 1) & 0xFFFFFFFF
        self._ping_sent_ms = now_ms
        self._to_send.append(SentPing(self._ping_id))

    def handle_ping(self, ping_id: int) -> None:
        """The other side pinged: it is answered at once, which is no answer to our own pings."""
        self._to_send.append(SentPong(ping_id))

    def handle_pong(self, ping_id: int, remote_ms: float, now_ms: float) -> None:
        """The other side answered at ``remote_ms`` on its clock."""
        if self._next_ping_ms is None or ping_id != self._ping_id:
            return
        self._unanswered = 0
        round_trip_ms = now_ms - self._ping_sent_ms
        # Half the round trip before its answer the other side's clock showed what ours showed at our ping.
        remote_at_ping_ms = math.floor(remote_ms - round_trip_ms / 2 + 0.5)
        clock_skew_ms = round(self._ping_sent_ms - remote_at_ping_ms)
        self._events.append(PongReceived(ping_id, clock_skew_ms, round_trip_ms))

    def events(self) -> list[PongReceived | PongsMissed]:
        """What happened since the last call, in order."""
        events, self._events = self._events, []
        return events

    def pings_to_send(self) -> list[SentPing | SentPong]:
        """What is to be sent since the last call, in order."""
        to_send, self._to_send = self._to_send, []
        return to_send
