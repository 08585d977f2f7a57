"""Frames that the service sends: a body, given its time and encoded once for each dialect that needs it."""

from __future__ import annotations

import enum
from typing import Any

from chime_native.signaling import Dialect, encode_frame
from chime_native.signaling.messages import SdkSignalFrame

__all__ = ["AudioStatus", "CloseCode", "FrameType", "Outgoing"]

FrameType = SdkSignalFrame


class AudioStatus(enum.IntEnum):
    """Values of AUDIO_STATUS that end a session (MeetingSessionStatus.ts)."""

    JOINED_FROM_ANOTHER_DEVICE = 301
    AUTHENTICATION_REJECTED = 403
    CALL_AT_CAPACITY = 409
    MEETING_ENDED = 410
    ATTENDEE_REMOVED = 411
    INTERNAL_SERVER_ERROR = 500
    SERVICE_UNAVAILABLE = 503


class CloseCode(enum.IntEnum):
    """Codes with which the service closes a WebSocket."""

    NORMAL = 1000
    GOING_AWAY = 1001
    REJECTED = 4403
    MEETING_ENDED = 4410
    # Clients reconnect after 4500 to 4599 (DefaultSignalingClient.ts).
    RESTARTING = 4500
    OVERLOADED = 4503


class Outgoing:
    """One frame for any number of connections; ``body`` holds the fields of ``SdkSignalFrame`` besides type and time."""

    def __init__(self, frame_type: FrameType.Type, timestamp_ms: int, **body: Any) -> None:
        self.frame = SdkSignalFrame(type=frame_type, timestamp_ms=timestamp_ms, **body)
        self._encoded: dict[Dialect, bytes] = {}

    def encoded(self, dialect: Dialect) -> bytes:
        data = self._encoded.get(dialect)
        if data is None:
            data = self._encoded[dialect] = encode_frame(self.frame, dialect)
        return data
