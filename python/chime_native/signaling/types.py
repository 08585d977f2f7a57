"""Values that go both ways on the signaling connection, apart from how they are encoded."""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = [
    "AudioSubscription",
    "ClientDetails",
    "JoinRequest",
    "MediaType",
    "PrimaryMeetingCredentials",
    "ServerSideNetworkAdaption",
    "StreamDescriptor",
    "SubscribeRequest",
    "TrackMapping",
    "TurnCredentials",
    "VideoCodecCapability",
    "VideoQualityAdaptationPreference",
    "VideoSubscription",
]


class MediaType(enum.IntEnum):
    """Kind of a stream; what is absent on the wire is AUDIO."""

    AUDIO = 1
    VIDEO = 2


class ServerSideNetworkAdaption(enum.IntEnum):
    """How much the service adapts video to the network; the numbers are those of the wire."""

    DEFAULT = 1
    NONE = 2
    BANDWIDTH_PROBING = 3
    BANDWIDTH_PROBING_AND_REMOTE_VIDEO_QUALITY_ADAPTION = 4


class VideoQualityAdaptationPreference(enum.IntEnum):
    """What a service keeps up when the network is short."""

    BALANCED = 1
    MAINTAIN_FRAMERATE = 2
    MAINTAIN_RESOLUTION = 3


class VideoCodecCapability(enum.IntEnum):
    """Codecs that a meeting's members can receive; 7, 9 and 10 exist in the native schema only."""

    VP8 = 1
    H264_BASELINE_PROFILE = 2
    H264_CONSTRAINED_BASELINE_PROFILE = 3
    H264_MAIN_PROFILE = 4
    H264_HIGH_PROFILE = 5
    H264_CONSTRAINED_HIGH_PROFILE = 6
    H265 = 7
    VP9_PROFILE_0 = 8
    VP9_PROFILE_1 = 9
    VP9_PROFILE_2 = 10
    AV1_MAIN_PROFILE = 11


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """What the client says about itself in JOIN; empty texts are left out."""

    client_source: str
    chime_sdk_version: str
    platform_name: str = ""
    platform_version: str = ""
    client_utc_offset: str = ""  # like +05:30
    device_model: str = ""
    os_name: str = ""
    os_version: str = ""
    app_name: str = ""  # with app_version: the application's metadata
    app_version: str = ""


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """What goes into JOIN. Who joins is told by the connection's token alone."""

    client_details: ClientDetails
    # 32 random bits made once per session and kept over its reconnects: tells a reconnect from a second device.
    audio_session_id: int
    server_side_network_adaption: ServerSideNetworkAdaption = ServerSideNetworkAdaption.DEFAULT
    supported_server_side_network_adaptions: tuple[ServerSideNetworkAdaption, ...] = ()
    wants_all_temporal_layers_in_index: bool = False
    disable_periodic_keyframe_request_on_content_sender: bool = False
    # Ask for one audio stream per attendee instead of the mix; granted by audio_subscription_limit in the answer.
    unmixed_audio: bool = False
    # Native dialect: whether presence is wanted (flag "stream updates"); the browser dialect always asks for it.
    wants_stream_updates: bool = True


@dataclass(frozen=True, slots=True)
class StreamDescriptor:
    """One stream of a sender. A number or text that is None is not on the wire (read: 0 or "")."""

    stream_id: int | None = None
    group_id: int | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    media_type: MediaType = MediaType.AUDIO
    max_bitrate_kbps: int | None = None
    avg_bitrate_bps: int | None = None
    framerate: int | None = None
    width: int | None = None
    height: int | None = None
    track_label: str | None = None


@dataclass(frozen=True, slots=True)
class VideoSubscription:
    """What one video section of the SDP shall carry."""

    mid: str
    attendee_id: str | None = None
    stream_id: int | None = None  # a layer switch names the stream; preferences name the group instead
    group_id: int | None = None
    priority: int | None = None  # the application's number, from 0; smaller is more important
    target_bitrate_kbps: int | None = None
    quality_adaptation_preference: VideoQualityAdaptationPreference = (
        VideoQualityAdaptationPreference.BALANCED
    )


@dataclass(frozen=True, slots=True)
class AudioSubscription:
    """Which attendee's audio (by its stream id) one audio section of the SDP shall carry."""

    mid: str
    audio_stream_id: int


@dataclass(frozen=True, slots=True)
class SubscribeRequest:
    """What goes into SUBSCRIBE: the offer and what its sections are for."""

    attendee_id: str
    sdp_offer: str
    audio_host: str | None = None  # None or empty: no audio
    audio_muted: bool = False
    # One per video section in SDP order: the stream of a recvonly section, 0 for every other. In the native dialect a 0
    # for each own audio section comes first and own video sections have none.
    receive_stream_ids: tuple[int, ...] = (0,)
    video_streams: tuple[StreamDescriptor, ...] = ()  # own camera, one per encoding; empty: not sending
    video_subscriptions: tuple[VideoSubscription, ...] = ()  # with server-side adaption only
    audio_subscriptions: tuple[AudioSubscription, ...] = ()  # per-attendee audio only


@dataclass(frozen=True, slots=True)
class TurnCredentials:
    """A TURN server that the service gives."""

    username: str
    password: str
    ttl: int  # seconds
    uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrackMapping:
    """Which stream a section carries: its label is "v_" + mid, its SSRC the one of the RTP packets."""

    stream_id: int
    ssrc: int
    track_label: str


@dataclass(frozen=True, slots=True)
class PrimaryMeetingCredentials:
    """An attendee of the primary meeting, with which a replica's attendee is promoted."""

    attendee_id: str
    external_user_id: str
    join_token: str
