"""Data messages: checks, rate limits, and storage for late joiners (SDK guide, "API overview": data messages)."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass
from typing import Final

from chime_native.service.rate import TokenBucket
from chime_native.signaling.messages import SdkDataMessagePayload

__all__ = ["DataMessageLimits", "DataMessageRelay", "Relayed", "Sender"]

_TOPIC: Final = re.compile(r"[a-zA-Z0-9_-]{1,36}")


@dataclass(frozen=True, slots=True)
class DataMessageLimits:
    """The documented limits of the service."""

    max_data_bytes: int = 2048
    max_stored: int = 1024
    max_lifetime_ms: int = 300_000
    soft_rate: float = 100.0
    """Messages a second of one meeting; beyond it (and the burst) senders get their message back as throttled."""
    soft_burst: int = 200
    attendee_rate: float = 200.0
    """Messages a second of one attendee; beyond it messages are dropped without a word."""
    attendee_burst: int = 2000
    meeting_rate: float = 500.0
    meeting_burst: int = 10_000


@dataclass(frozen=True, slots=True)
class Sender:
    attendee_id: str
    external_user_id: str


@dataclass(frozen=True, slots=True)
class Relayed:
    """What becomes of a message: to everybody else, or back to its sender as throttled."""

    payload: SdkDataMessagePayload
    throttled: bool


class DataMessageRelay:
    """The data messages of one meeting. ``epoch_s`` plus ``now`` is the time in seconds since 1970."""

    def __init__(self, epoch_s: float, now: float, limits: DataMessageLimits | None = None) -> None:
        self.limits = limits or DataMessageLimits()
        self.counters: Counter[str] = Counter()
        self._epoch_s = epoch_s
        self._soft = TokenBucket(self.limits.soft_rate, self.limits.soft_burst, now)
        self._hard = TokenBucket(self.limits.meeting_rate, self.limits.meeting_burst, now)
        self._attendees: dict[str, TokenBucket] = {}
        self._stored: deque[tuple[float, SdkDataMessagePayload]] = deque(maxlen=self.limits.max_stored)
        self._last_ingest_ns = 0

    def relay(self, sender: Sender, message: SdkDataMessagePayload, now: float) -> Relayed | None:
        """What to send, or None for a message that is malformed or beyond the hard limits (counted)."""
        if not _TOPIC.fullmatch(message.topic) or len(message.data) > self.limits.max_data_bytes:
            self.counters["malformed"] += 1
            return None
        bucket = self._attendees.get(sender.attendee_id)
        if bucket is None:
            bucket = TokenBucket(self.limits.attendee_rate, self.limits.attendee_burst, now)
            self._attendees[sender.attendee_id] = bucket
        if not bucket.take(now) or not self._hard.take(now):
            self.counters["dropped"] += 1
            return None
        throttled = not self._soft.take(now)
        self.counters["throttled" if throttled else "relayed"] += 1
        lifetime_ms = min(message.lifetime_ms, self.limits.max_lifetime_ms)
        payload = SdkDataMessagePayload(
            topic=message.topic,
            data=message.data,
            lifetime_ms=lifetime_ms,
            sender_attendee_id=sender.attendee_id,
            sender_external_user_id=sender.external_user_id,
            # 0 tells the sender that its message was throttled.
            ingest_time_ns=0 if throttled else self.ingest_time_ns(now),
        )
        if lifetime_ms and not throttled:
            self._stored.append((now + lifetime_ms / 1000.0, payload))
        return Relayed(payload, throttled)

    def stored(self, now: float) -> list[SdkDataMessagePayload]:
        """Messages that are still alive, oldest first, for somebody who joins now."""
        alive = [(end, payload) for end, payload in self._stored if end > now]
        self._stored = deque(alive, maxlen=self.limits.max_stored)
        return [payload for _, payload in alive]

    def ingest_time_ns(self, now: float) -> int:
        """Nanoseconds since 1970, rising with every message."""
        self._last_ingest_ns = max(self._last_ingest_ns + 1, int((self._epoch_s + now) * 1e9))
        return self._last_ingest_ns
