"""The shape of what the collector is fed with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["RawStats"]

#: One entry of an RTCStatsReport, with the W3C's names and units (webrtc-stats): seconds, bytes, samples at the codec clock.
RawStats = Mapping[str, Any]
