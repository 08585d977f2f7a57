"""A bad network for one attendee: random loss and jitter, below RTP and above SRTP."""

from __future__ import annotations

import random

__all__ = ["ImpairedLink", "Impairment"]

#: Delays are cut here, in multiples of the mean, so that a packet is late but not lost for good.
MAX_DELAY_IN_MEANS = 5.0


class Impairment:
    """Random loss and jitter of one attendee's own network, the same for both directions.

    ``loss`` is the share of packets dropped, 0 to 1. ``jitter_ms`` is the mean of the extra delay, which is
    exponentially distributed and cut at five times the mean; packets overtake each other as they would with netem.
    With a ``seed`` the same packets are lost and delayed in every run.
    """

    def __init__(self, loss: float = 0.0, jitter_ms: float = 0.0, seed: int | None = None) -> None:
        if not 0.0 <= loss <= 1.0:
            raise ValueError(f"loss must be 0 to 1, not {loss}")
        if not 0.0 <= jitter_ms <= 10_000.0:
            raise ValueError(f"jitter_ms must be 0 to 10000, not {jitter_ms}")
        self.loss = loss
        self.jitter_ms = jitter_ms
        self.seed = seed

    def link(self, direction: str) -> ImpairedLink:
        """One direction (``"in"`` or ``"out"``) with its own sequence of random numbers."""
        seed = None if self.seed is None else f"{self.seed}/{direction}"
        return ImpairedLink(self.loss, self.jitter_ms, random.Random(seed))

    def __repr__(self) -> str:
        return f"Impairment(loss={self.loss}, jitter_ms={self.jitter_ms}, seed={self.seed})"


class ImpairedLink:
    """Decides for each packet of one direction; knows no clock and holds no packet."""

    def __init__(self, loss: float, jitter_ms: float, generator: random.Random) -> None:
        self._loss = loss
        self._jitter = jitter_ms / 1000
        self._random = generator
        self.packets = 0
        self.packets_lost = 0
        self.packets_delayed = 0

    def delay(self) -> float | None:
        """For the next packet: seconds to hold it, or None when it is lost."""
        self.packets += 1
        # Both numbers are drawn for every packet, so that a change of one setting does not move the other's choices.
        chance, wait = self._random.random(), self._random.expovariate(1.0)
        if chance < self._loss:
            self.packets_lost += 1
            return None
        if self._jitter == 0.0:
            return 0.0
        self.packets_delayed += 1
        return min(wait, MAX_DELAY_IN_MEANS) * self._jitter

    def stats(self) -> dict[str, int]:
        """Counters since the start."""
        return {
            "packets": self.packets,
            "packets_lost": self.packets_lost,
            "packets_delayed": self.packets_delayed,
        }
