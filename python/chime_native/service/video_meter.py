"""How much video comes and goes: bitrates from counters that only grow, and what receivers say of their paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chime_native.service.conference.actions import Downlink, LayerRate

__all__ = ["VideoMeter"]

ESTIMATE_LIFE_US: Final = 5_000_000
"""Receivers repeat their REMB every second while video comes in; an old one says nothing any more."""


class VideoMeter:
    """Connections are named by their number. Each call of :meth:`measure` is about the time since the one before."""

    def __init__(self, now_us: int) -> None:
        self._at_us = now_us
        self._received: dict[tuple[int, int], int] = {}
        self._sent: dict[int, int] = {}
        self._estimates: dict[int, tuple[int, int]] = {}

    def estimate(self, number: int, bitrate_bps: int, now_us: int) -> None:
        """A receiver says how much it can receive."""
        self._estimates[number] = bitrate_bps, now_us

    def measure(
        self, received: Mapping[int, Sequence[Mapping[str, Any]]], sent: Mapping[int, int], now_us: int
    ) -> tuple[dict[tuple[int, int], LayerRate], dict[int, Downlink]]:
        """Rates by connection and layer, and downlinks by connection.

        ``received`` are the layers in `VideoForwarder.source_stats` of those who send, ``sent`` octets of those who receive.
        """
        elapsed_us, self._at_us = max(1, now_us - self._at_us), now_us
        rates = {}
        for number, layers in received.items():
            for place, layer in enumerate(layers):
                new = layer["octets"] - self._received.get((number, place), 0)
                self._received[number, place] = layer["octets"]
                rates[number, place] = LayerRate(_bps(new, elapsed_us), layer["width"], layer["height"])
        downlinks = {}
        for number, octets in sent.items():
            bitrate_bps, at_us = self._estimates.get(number, (0, 0))
            is_new = now_us - at_us < ESTIMATE_LIFE_US
            new = octets - self._sent.get(number, 0)
            self._sent[number] = octets
            downlinks[number] = Downlink(bitrate_bps if is_new else 0, _bps(new, elapsed_us))
        return rates, downlinks

    def forget(self, number: int) -> None:
        """The connection is gone."""
        self._received = {key: octets for key, octets in self._received.items() if key[0] != number}
        self._sent.pop(number, None)
        self._estimates.pop(number, None)


def _bps(octets: int, elapsed_us: int) -> int:
    # A section that ended takes its octets with it.
    return max(0, octets) * 8_000_000 // elapsed_us
