"""What clients ask for: the events of a `SignalingConnection`."""

from __future__ import annotations

from dataclasses import dataclass

from chime_native.signaling.messages import (
    SdkDataMessagePayload,
    SdkStreamDescriptor,
    SdkVideoSubscriptionConfiguration,
)

__all__ = [
    "AudioMuteChanged",
    "ConnectionEvent",
    "DataMessageReceived",
    "JoinRequested",
    "LeaveRequested",
    "PrimaryMeetingJoinRequested",
    "PrimaryMeetingLeaveRequested",
    "SubscribeRequested",
    "VideoPauseRequested",
    "VideoUpdateRequested",
]


@dataclass(frozen=True, slots=True)
class JoinRequested:
    audio_session_id: int | None
    """The same on every reconnect of one client; None where the client sends none."""
    wants_unmixed_audio: bool = False
    """Asks for the sound of single attendees besides the mix."""
    wants_adapted_video: bool = False
    """Leaves it to the service to choose layers and to pause videos, as the bandwidth allows."""


@dataclass(frozen=True, slots=True)
class SubscribeRequested:
    offer: str
    audio_muted: bool | None
    """None when the client does not say."""
    send_streams: tuple[SdkStreamDescriptor, ...] = ()
    """What the client sends, audio too, with placeholders for ids."""
    receive_stream_ids: tuple[int, ...] = ()
    """Streams to be received, in the order of the offer's sections."""
    video_subscriptions: tuple[SdkVideoSubscriptionConfiguration, ...] = ()
    audio_subscriptions: tuple[tuple[str, int], ...] = ()
    """Mids of audio sections after the first, each with the audio stream that it shall carry."""


@dataclass(frozen=True, slots=True)
class AudioMuteChanged:
    muted: bool


@dataclass(frozen=True, slots=True)
class VideoUpdateRequested:
    """Sections that shall carry something else, without a new offer."""

    subscriptions: tuple[SdkVideoSubscriptionConfiguration, ...]
    removed_mids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VideoPauseRequested:
    stream_ids: tuple[int, ...]
    paused: bool
    """False: resume."""


@dataclass(frozen=True, slots=True)
class DataMessageReceived:
    message: SdkDataMessagePayload


@dataclass(frozen=True, slots=True)
class PrimaryMeetingJoinRequested:
    attendee_id: str
    join_token: str


@dataclass(frozen=True, slots=True)
class PrimaryMeetingLeaveRequested:
    """The client goes back to its replica meeting; nothing is answered."""


@dataclass(frozen=True, slots=True)
class LeaveRequested:
    """The client leaves; LEAVE_ACK is already on its way."""


ConnectionEvent = (
    JoinRequested
    | SubscribeRequested
    | AudioMuteChanged
    | VideoUpdateRequested
    | VideoPauseRequested
    | DataMessageReceived
    | PrimaryMeetingJoinRequested
    | PrimaryMeetingLeaveRequested
    | LeaveRequested
)
