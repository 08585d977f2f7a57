"""What happens on a signaling connection, as the client sees it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from .types import ServerSideNetworkAdaption, StreamDescriptor, TrackMapping, TurnCredentials

__all__ = [
    "AudioAttendeeState",
    "AudioMetadataReceived",
    "AudioStatusReceived",
    "AudioStreamIdInfo",
    "AudioStreamIdInfoReceived",
    "BitratesReceived",
    "ConnectionClosed",
    "ConnectionFailed",
    "ConnectionOpened",
    "ConnectionPhase",
    "DataMessage",
    "DataMessagesReceived",
    "ErrorReceived",
    "IndexReceived",
    "JoinAcknowledged",
    "LeaveAcknowledged",
    "NotificationLevel",
    "NotificationReceived",
    "PongReceived",
    "PongsMissed",
    "PrimaryMeetingJoinAcknowledged",
    "PrimaryMeetingLeft",
    "ProtocolViolated",
    "RemoteVideoPaused",
    "RemoteVideoResumed",
    "SignalingEvent",
    "SourceBitrate",
    "StepTimedOut",
    "StreamAllocation",
    "SubscribeAcknowledged",
    "TranscriptReceived",
]


class ConnectionPhase(enum.Enum):
    """How far a connection has come; decides what its end means."""

    OPENING = "opening"
    OPEN = "open"  # nothing asked for yet
    JOINING = "joining"  # JOIN sent, no INDEX yet
    SUBSCRIBING = "subscribing"  # joined, and the first SUBSCRIBE_ACK has not come yet
    CONNECTED = "connected"
    LEAVING = "leaving"  # LEAVE sent
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ConnectionOpened:
    """The WebSocket is open."""


@dataclass(frozen=True, slots=True)
class ConnectionFailed:
    """The WebSocket could not be opened."""

    reason: str
    http_status: int | None  # the service's answer, where it gave one


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """The WebSocket has ended."""

    code: int  # 1006: without a close frame, 1005: with one that has no code
    reason: str
    phase: ConnectionPhase  # how far the connection had come
    by_us: bool  # whether this side had begun to close


@dataclass(frozen=True, slots=True)
class StepTimedOut:
    """The service did not answer in time; ``phase`` is what was waited for."""

    phase: ConnectionPhase


@dataclass(frozen=True, slots=True)
class ProtocolViolated:
    """An answer came without its content, so that what was asked for cannot succeed."""

    frame_type: str
    reason: str


@dataclass(frozen=True, slots=True)
class JoinAcknowledged:
    """JOIN_ACK: what the service grants."""

    turn_credentials: TurnCredentials | None
    video_subscription_limit: int  # at most this many videos; 25 where the service names none
    compresses_sdp: bool
    default_server_side_network_adaption: ServerSideNetworkAdaption
    audio_subscription_limit: int  # attendees heard one by one; 0: only the mix


@dataclass(frozen=True, slots=True)
class IndexReceived:
    """INDEX: all video sources of the meeting; the first one ends the join."""

    first: bool
    sources: tuple[StreamDescriptor, ...]
    at_capacity: bool
    paused_at_source_ids: tuple[int, ...]
    num_participants: int  # 0: not told
    supported_receive_codec_intersection: tuple[
        int, ...
    ]  # of VideoCodecCapability, unknown ones too; empty: any


@dataclass(frozen=True, slots=True)
class StreamAllocation:
    """The ids that the service gave to one stream that this client sends."""

    stream_id: int
    group_id: int
    track_label: str


@dataclass(frozen=True, slots=True)
class SubscribeAcknowledged:
    """SUBSCRIBE_ACK: the answer to an offer."""

    sdp_answer: str
    tracks: tuple[TrackMapping, ...]
    allocations: tuple[StreamAllocation, ...]


@dataclass(frozen=True, slots=True)
class AudioStreamIdInfo:
    """One change of the roster. With an attendee: joined. With neither attendee nor ``muted``: left."""

    audio_stream_id: int
    attendee_id: str = ""
    external_user_id: str = ""
    muted: bool | None = None  # None: not told
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class AudioStreamIdInfoReceived:
    """AUDIO_STREAM_ID_INFO: changes of the roster, in order."""

    streams: tuple[AudioStreamIdInfo, ...]


@dataclass(frozen=True, slots=True)
class AudioAttendeeState:
    """Measurements of one audio stream."""

    audio_stream_id: int
    volume: int | None = None  # attenuation in decibels; None: not told
    signal_strength: int | None = None  # 0 to 2; None: not told


@dataclass(frozen=True, slots=True)
class AudioMetadataReceived:
    """AUDIO_METADATA: volumes and signal strengths at one instant."""

    attendee_states: tuple[AudioAttendeeState, ...]


@dataclass(frozen=True, slots=True)
class AudioStatusReceived:
    """AUDIO_STATUS: mostly the end of the session; None: the frame had no content."""

    status: int | None


@dataclass(frozen=True, slots=True)
class ErrorReceived:
    """A frame of any type had an error status."""

    frame_type: str
    status: int
    description: str


@dataclass(frozen=True, slots=True)
class SourceBitrate:
    """What one source sends at present."""

    source_stream_id: int
    avg_bitrate_bps: int


@dataclass(frozen=True, slots=True)
class BitratesReceived:
    """BITRATES: what the sources send, and the service's estimate of the way down to this client."""

    bitrates: tuple[SourceBitrate, ...]
    server_available_outgoing_bitrate_kbps: int  # 0: no estimate


@dataclass(frozen=True, slots=True)
class RemoteVideoPaused:
    """PAUSE: the service has stopped sending these senders' videos."""

    group_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RemoteVideoResumed:
    """RESUME: the service sends these senders' videos again."""

    group_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DataMessage:
    """One data message from the service."""

    topic: str
    data: bytes
    sender_attendee_id: str
    sender_external_user_id: str
    ingest_time_ns: (
        int | None
    )  # 0: this client's own message, thrown back because it sends too much; None: not told
    lifetime_ms: int


@dataclass(frozen=True, slots=True)
class DataMessagesReceived:
    """DATA_MESSAGE: messages in order."""

    messages: tuple[DataMessage, ...]


@dataclass(frozen=True, slots=True)
class TranscriptReceived:
    """AUDIO_TRANSCRIPT (native schema): a serialised SdkTranscriptFrame, as the data of a transcription message is."""

    data: bytes


class NotificationLevel(enum.IntEnum):
    """Severity of a notification; absent or unknown is ERROR."""

    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class NotificationReceived:
    """NOTIFICATION: text for the log."""

    level: NotificationLevel
    message: str


@dataclass(frozen=True, slots=True)
class PrimaryMeetingJoinAcknowledged:
    """PRIMARY_MEETING_JOIN_ACK: this client is promoted, unless ``error_status`` is not 0."""

    error_status: int


@dataclass(frozen=True, slots=True)
class PrimaryMeetingLeft:
    """PRIMARY_MEETING_LEAVE: the service has demoted this client."""


@dataclass(frozen=True, slots=True)
class LeaveAcknowledged:
    """LEAVE_ACK: the connection can be closed."""


@dataclass(frozen=True, slots=True)
class PongReceived:
    """The latest ping was answered."""

    ping_id: int
    clock_skew_ms: int  # local clock less the service's, estimated
    round_trip_ms: float


@dataclass(frozen=True, slots=True)
class PongsMissed:
    """The last pings were not answered when the next one was due."""

    consecutive: int


SignalingEvent = (
    ConnectionOpened
    | ConnectionFailed
    | ConnectionClosed
    | StepTimedOut
    | ProtocolViolated
    | JoinAcknowledged
    | IndexReceived
    | SubscribeAcknowledged
    | AudioStreamIdInfoReceived
    | AudioMetadataReceived
    | AudioStatusReceived
    | ErrorReceived
    | BitratesReceived
    | RemoteVideoPaused
    | RemoteVideoResumed
    | DataMessagesReceived
    | TranscriptReceived
    | NotificationReceived
    | PrimaryMeetingJoinAcknowledged
    | PrimaryMeetingLeft
    | LeaveAcknowledged
    | PongReceived
    | PongsMissed
)
