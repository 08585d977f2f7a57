"""What ``session.events()`` gives, one frozen dataclass an observer method; names are the SDK's own in CamelCase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chime_native.session.status import MeetingSessionStatus
    from chime_native.session.video_availability import MeetingSessionVideoAvailability
    from chime_native.videotiles import VideoSource, VideoTileState

__all__ = [
    "AttendeePresence",
    "AudioVideoDidStart",
    "AudioVideoDidStartConnecting",
    "AudioVideoDidStop",
    "AudioVideoWasDemotedFromPrimaryMeeting",
    "ConnectionDidBecomeGood",
    "ConnectionDidBecomePoor",
    "ConnectionDidSuggestStopVideo",
    "LocalSignalStrength",
    "MuteState",
    "RemoteVideoSourcesDidChange",
    "SessionEvent",
    "VideoAvailabilityDidChange",
    "VideoSendDidBecomeUnavailable",
    "VideoTileDidUpdate",
    "VideoTileWasRemoved",
    "VolumeUpdate",
]


@dataclass(frozen=True, slots=True)
class AudioVideoDidStartConnecting:
    """The session begins to connect."""

    reconnecting: bool  #: whether it was connected before


@dataclass(frozen=True, slots=True)
class AudioVideoDidStart:
    """The session is connected."""


@dataclass(frozen=True, slots=True)
class AudioVideoDidStop:
    """The session is over."""

    status: MeetingSessionStatus  #: why


@dataclass(frozen=True, slots=True)
class ConnectionDidBecomePoor:
    """Much of what should be heard does not arrive."""


@dataclass(frozen=True, slots=True)
class ConnectionDidBecomeGood:
    """It arrives again."""


@dataclass(frozen=True, slots=True)
class ConnectionDidSuggestStopVideo:
    """Much of what should be heard does not arrive, and video takes part of the capacity."""


@dataclass(frozen=True, slots=True)
class VideoAvailabilityDidChange:
    """Whether others send video, or whether there is room for one's own, has changed."""

    availability: MeetingSessionVideoAvailability


@dataclass(frozen=True, slots=True)
class VideoSendDidBecomeUnavailable:
    """No more cameras can be sent in this meeting; others are still seen."""


@dataclass(frozen=True, slots=True)
class VideoTileDidUpdate:
    """A tile was made, or something about it has changed."""

    tile_state: VideoTileState


@dataclass(frozen=True, slots=True)
class VideoTileWasRemoved:
    """A tile is gone."""

    tile_id: int


@dataclass(frozen=True, slots=True)
class RemoteVideoSourcesDidChange:
    """Others began or ceased to send video."""

    video_sources: tuple[VideoSource, ...]


@dataclass(frozen=True, slots=True)
class AudioVideoWasDemotedFromPrimaryMeeting:
    """The attendee is back in the replica meeting that it joined."""

    status: MeetingSessionStatus  #: by whom or why


@dataclass(frozen=True, slots=True)
class AttendeePresence:
    """An attendee came (also: is still there after a reconnect) or went."""

    attendee_id: str  #: ends with ``#content`` for a content share
    present: bool  #: False: gone
    external_user_id: str  #: as given to CreateAttendee
    dropped: bool  #: gone because the service lost it, not because it left


@dataclass(frozen=True, slots=True)
class VolumeUpdate:
    """What changed of an attendee; None means not changed."""

    attendee_id: str
    volume: float | None  #: 0 (silent) to 1 (loudest)
    muted: bool | None
    signal_strength: (
        float | None
    )  #: 0 (none), 0.5 (weak) or 1 (good): how well the service receives the attendee
    external_user_id: str | None


@dataclass(frozen=True, slots=True)
class MuteState:
    """The local attendee was muted or unmuted, by the application."""

    muted: bool


@dataclass(frozen=True, slots=True)
class LocalSignalStrength:
    """How well the service receives this attendee."""

    signal_strength: float  #: 0 (none), 0.5 (weak) or 1 (good)


SessionEvent = (
    AudioVideoDidStartConnecting
    | AudioVideoDidStart
    | AudioVideoDidStop
    | AudioVideoWasDemotedFromPrimaryMeeting
    | ConnectionDidBecomePoor
    | ConnectionDidBecomeGood
    | ConnectionDidSuggestStopVideo
    | VideoAvailabilityDidChange
    | VideoSendDidBecomeUnavailable
    | VideoTileDidUpdate
    | VideoTileWasRemoved
    | RemoteVideoSourcesDidChange
    | AttendeePresence
    | MuteState
    | LocalSignalStrength
)
