"""How many bits a second to send, from what reports say. Knows no clock.

The part of Google Congestion Control that goes by losses (draft-ietf-rmcat-gcc-02, section 6), and the receiver's REMB.
"""

from __future__ import annotations

__all__ = ["VideoRate"]

START = 1_000_000
"""What is begun with; browsers are told the same by the SDK (x-google-start-bitrate)."""
LEAST = 50_000
FEW_LOSSES, MANY_LOSSES = 0.02, 0.1
GROWTH = 1.08
"""A report, that is, a second."""


class VideoRate:
    """``bitrate`` is never above ``limit``, which the application or the meeting sets, nor above the last REMB."""

    def __init__(self, limit: int) -> None:
        self._by_loss = float(START)
        self._remb: int | None = None
        self._limit = limit

    @property
    def limit(self) -> int:
        """Bits per second."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        self._limit = limit

    @property
    def bitrate(self) -> int:
        """Bits per second to send now."""
        most = self._limit if self._remb is None else min(self._limit, self._remb)
        return max(LEAST, min(int(self._by_loss), most))

    def handle_report(self, fraction_lost: float) -> None:
        """A receiver report: the part of the packets that was lost since the one before, 0 to 1."""
        if fraction_lost > MANY_LOSSES:
            self._by_loss = max(LEAST, self.bitrate * (1 - 0.5 * fraction_lost))
        elif fraction_lost < FEW_LOSSES:
            # From what was really sent, or losses that come later would not be felt for long.
            self._by_loss = max(self._by_loss, min(self._by_loss, self.bitrate * 1.5) * GROWTH)

    def handle_remb(self, bitrate: int) -> None:
        """What the receiver estimates that it can get, in bits per second."""
        self._remb = bitrate
