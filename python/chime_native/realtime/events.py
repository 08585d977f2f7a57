"""Values that realtime callbacks are given, beside plain texts and numbers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PositionInFrame", "VolumeIndicator"]


@dataclass(frozen=True, slots=True)
class PositionInFrame:
    """Where a change of presence stood in the service's frame."""

    attendee_index: int  # among the changes of presence of this frame
    attendees_in_frame: int  # entries of the frame, changes of mute included


@dataclass(frozen=True, slots=True)
class VolumeIndicator:
    """What is known of an attendee's audio; None: nothing yet."""

    volume: float | None = None  # 0 to 1
    muted: bool | None = None
    signal_strength: float | None = None  # 0, 0.5 or 1
