"""Whether there is video to see, and room to send one's own (SDK: ``ReceiveVideoStreamIndexTask.updateVideoAvailability``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chime_native.realtime import Modality
from chime_native.signaling.events import IndexReceived
from chime_native.signaling.types import MediaType

__all__ = ["MeetingSessionVideoAvailability", "VideoAvailability"]


@dataclass(frozen=True, slots=True)
class MeetingSessionVideoAvailability:
    """What the last INDEX said."""

    remote_video_available: bool = False  #: somebody else sends video
    can_start_local_video: bool = False  #: the meeting has room for one's own


class VideoAvailability:
    """Of one connection. What comes while connecting is told once connected, as in the SDK."""

    def __init__(
        self, self_attendee_id: str, on_change: Callable[[MeetingSessionVideoAvailability], object]
    ) -> None:
        self._self_attendee_id = self_attendee_id
        self._on_change = on_change
        self._known = MeetingSessionVideoAvailability()
        self._pending: IndexReceived | None = None
        self._holds = False

    def begin(self, *, resume: bool) -> None:
        """Another connection begins: nothing is known of it. On a reconnect nothing is held back."""
        self._known = MeetingSessionVideoAvailability()
        self._pending = None
        self._holds = not resume

    def connected(self) -> None:
        """What was held back is told."""
        self._holds = False
        pending, self._pending = self._pending, None
        if pending is not None:
            self.handle_index(pending)

    def handle_index(self, index: IndexReceived) -> None:
        """The video sources of the meeting have changed."""
        if self._holds:
            self._pending = index
            return
        others = [
            source
            for source in index.sources
            if source.media_type is MediaType.VIDEO
            and Modality(source.attendee_id or "").base != self._self_attendee_id
        ]
        availability = MeetingSessionVideoAvailability(bool(others), not index.at_capacity)
        if availability != self._known:
            self._known = availability
            self._on_change(availability)
