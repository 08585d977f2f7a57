"""What can be set about the local service; every limit has a safe default."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ServiceSettings"]


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Limits and times of the service; the defaults are Amazon Chime's documented ones where there are any."""

    region: str = "us-east-1"
    account_id: str = "000000000000"
    max_meetings: int = 250
    """Quota of meetings at once."""
    max_attendee_records: int = 1000
    """Attendees that may be created for one meeting; how many may join at once is MeetingFeatures.Attendee.MaxCount."""
    max_replicas: int = 4
    """Replica meetings of one primary meeting."""
    max_tags: int = 50
    empty_meeting_s: float = 300.0
    """A meeting ends when nobody has been connected for this long."""
    meeting_lifetime_s: float = 24 * 3600.0
    """A meeting ends this long after its creation; an ended meeting is remembered as long for its ClientRequestToken."""
    max_body_bytes: int = 1 << 20
    """Largest body of a REST request."""
    max_frame_bytes: int = 1 << 18
    """Largest WebSocket message; the largest frames of the SDK, offers with 25 videos, are a tenth of this."""
    max_connections: int = 2000
    """Signaling connections at once, over all meetings."""
    send_queue_frames: int = 1024
    """Frames waiting for one slow client before it is disconnected."""
    join_timeout_s: float = 15.0
    """A peer whose media does not connect in this time is given up."""
    metadata_interval_s: float = 0.2
    """AUDIO_METADATA with volumes: 5 a second, as the SDK's guide says."""
    signal_interval_s: float = 1.0
    """How often signal strengths are looked at."""
