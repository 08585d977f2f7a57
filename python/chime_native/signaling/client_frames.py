"""The frames that a client sends, built as the SDKs build them (``DefaultSignalingClient.ts``; C++ SDK signaling)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from .dialect import Dialect
from .messages import (
    SdkAudioControlFrame,
    SdkAudioReceiveType,
    SdkAudioSubscriptionConfiguration,
    SdkClientDetails,
    SdkClientMetricFrame,
    SdkDataMessageFrame,
    SdkDataMessagePayload,
    SdkJoinFlags,
    SdkJoinFrame,
    SdkLeaveFrame,
    SdkMeetingSessionCredentials,
    SdkMeetingSessionTimingFrame,
    SdkPauseResumeFrame,
    SdkPingPongFrame,
    SdkPingPongType,
    SdkPrimaryMeetingJoinFrame,
    SdkPrimaryMeetingLeaveFrame,
    SdkRemoteVideoUpdateFrame,
    SdkSignalFrame,
    SdkStreamDescriptor,
    SdkStreamMediaType,
    SdkStreamServiceType,
    SdkSubscribeFrame,
    SdkVideoSubscriptionConfiguration,
)
from .types import (
    AudioSubscription,
    ClientDetails,
    JoinRequest,
    PrimaryMeetingCredentials,
    StreamDescriptor,
    SubscribeRequest,
    VideoSubscription,
)

__all__ = [
    "audio_control_frame",
    "client_metric_frame",
    "data_message_frame",
    "join_frame",
    "leave_frame",
    "meeting_session_timing_frame",
    "pause_frame",
    "ping_frame",
    "pong_frame",
    "primary_meeting_join_frame",
    "primary_meeting_leave_frame",
    "remote_video_update_frame",
    "resume_frame",
    "subscribe_frame",
]

_PROTOCOL_VERSION: Final = 2
_NATIVE_MAX_NUM_OF_VIDEOS: Final = 25
_UINT32_MAX: Final = 0xFFFFFFFF
# The constant description of the own audio stream: placeholders of the SDK, not ids of the meeting.
_AUDIO_TRACK_LABEL: Final = "AmazonChimeExpressAudio"
_AUDIO_STREAM_ID: Final = 1
_AUDIO_GROUP_ID: Final = 1
_AUDIO_FRAMERATE: Final = 15
_AUDIO_MAX_BITRATE_KBPS: Final = 600
_AUDIO_AVG_BITRATE_BPS: Final = 400_000


def ping_frame(ping_id: int, now_ms: int) -> SdkSignalFrame:
    """PING_PONG, a question."""
    return SdkSignalFrame(
        timestamp_ms=now_ms,
        type=SdkSignalFrame.PING_PONG,
        ping_pong=SdkPingPongFrame(type=SdkPingPongType.PING, ping_id=ping_id),
    )


def pong_frame(ping_id: int, now_ms: int) -> SdkSignalFrame:
    """PING_PONG, an answer."""
    return SdkSignalFrame(
        timestamp_ms=now_ms,
        type=SdkSignalFrame.PING_PONG,
        ping_pong=SdkPingPongFrame(type=SdkPingPongType.PONG, ping_id=ping_id),
    )


def join_frame(request: JoinRequest, dialect: Dialect, now_ms: int) -> SdkSignalFrame:
    """JOIN in either dialect."""
    join = SdkJoinFrame(
        protocol_version=_PROTOCOL_VERSION,
        client_details=_client_details(request.client_details),
        audio_session_id=request.audio_session_id,
    )
    if dialect is Dialect.BROWSER:
        join.flags = SdkJoinFlags.HAS_STREAM_UPDATE
        join.wants_compressed_sdp = True
        join.server_side_network_adaption = int(request.server_side_network_adaption)  # type: ignore[assignment]
        join.supported_server_side_network_adaptions.extend(
            int(adaption)  # type: ignore[misc]
            for adaption in request.supported_server_side_network_adaptions
        )
        join.wants_all_temporal_layers_in_index = request.wants_all_temporal_layers_in_index
        join.disable_periodic_keyframe_request_on_content_sender = (
            request.disable_periodic_keyframe_request_on_content_sender
        )
    else:
        join.max_num_of_videos = _NATIVE_MAX_NUM_OF_VIDEOS
        join.flags = SdkJoinFlags.EXCLUDE_SELF_CONTENT_IN_INDEX
        if request.wants_stream_updates:
            join.flags |= SdkJoinFlags.HAS_STREAM_UPDATE
    if request.unmixed_audio:
        join.audio_receive_type = SdkAudioReceiveType.UNMIXED_STREAM
    return SdkSignalFrame(timestamp_ms=now_ms, type=SdkSignalFrame.JOIN, join=join)


def subscribe_frame(
    request: SubscribeRequest, dialect: Dialect, now_ms: int, compressed_sdp_offer: bytes | None = None
) -> SdkSignalFrame:
    """SUBSCRIBE in either dialect; with a compressed offer the plain one is present and empty."""
    sends_video = bool(request.video_streams)
    sub = SdkSubscribeFrame(
        duplex=SdkStreamServiceType.DUPLEX if sends_video else SdkStreamServiceType.RX,
        receive_stream_ids=request.receive_stream_ids,
        sdp_offer=request.sdp_offer if compressed_sdp_offer is None else "",
        video_subscription_configuration=map(_video_subscription, request.video_subscriptions),
        audio_subscription_configurations=map(_audio_subscription, request.audio_subscriptions),
    )
    if compressed_sdp_offer is not None:
        sub.compressed_sdp_offer = compressed_sdp_offer
    if request.audio_host:
        sub.audio_host = request.audio_host
        if dialect is Dialect.BROWSER:
            sub.audio_checkin = False
            sub.audio_muted = request.audio_muted
        elif request.audio_muted:
            sub.audio_muted = True
        if dialect is Dialect.BROWSER or sends_video:
            sub.send_streams.append(_own_audio(request.attendee_id))
    sub.send_streams.extend(_stream_descriptor(stream) for stream in request.video_streams)
    return SdkSignalFrame(timestamp_ms=now_ms, type=SdkSignalFrame.SUBSCRIBE, sub=sub)


def remote_video_update_frame(
    added_or_updated: Iterable[VideoSubscription], removed_mids: Iterable[str], now_ms: int
) -> SdkSignalFrame:
    """REMOTE_VIDEO_UPDATE: what sections shall carry from now on, without a new SDP."""
    update = SdkRemoteVideoUpdateFrame(
        added_or_updated_video_subscriptions=map(_video_subscription, added_or_updated),
        removed_video_subscription_mids=removed_mids,
    )
    return SdkSignalFrame(
        timestamp_ms=now_ms, type=SdkSignalFrame.REMOTE_VIDEO_UPDATE, remote_video_update=update
    )


def pause_frame(stream_ids: Sequence[int], now_ms: int) -> SdkSignalFrame:
    """PAUSE: stop sending these streams to this client."""
    return SdkSignalFrame(
        timestamp_ms=now_ms, type=SdkSignalFrame.PAUSE, pause=SdkPauseResumeFrame(stream_ids=stream_ids)
    )


def resume_frame(stream_ids: Sequence[int], now_ms: int) -> SdkSignalFrame:
    """RESUME: send these streams again."""
    return SdkSignalFrame(
        timestamp_ms=now_ms, type=SdkSignalFrame.RESUME, pause=SdkPauseResumeFrame(stream_ids=stream_ids)
    )


def audio_control_frame(muted: bool, now_ms: int) -> SdkSignalFrame:
    """AUDIO_CONTROL: this client's mute state."""
    return SdkSignalFrame(
        timestamp_ms=now_ms,
        type=SdkSignalFrame.AUDIO_CONTROL,
        audio_control=SdkAudioControlFrame(muted=muted),
    )


def data_message_frame(topic: str, data: bytes, lifetime_ms: int | None, now_ms: int) -> SdkSignalFrame:
    """DATA_MESSAGE with one message; without a lifetime it is not kept for late joiners."""
    payload = SdkDataMessagePayload(topic=topic, data=data)
    if lifetime_ms is not None:
        payload.lifetime_ms = lifetime_ms
    return SdkSignalFrame(
        timestamp_ms=now_ms,
        type=SdkSignalFrame.DATA_MESSAGE,
        data_message=SdkDataMessageFrame(messages=[payload]),
    )


def primary_meeting_join_frame(credentials: PrimaryMeetingCredentials, now_ms: int) -> SdkSignalFrame:
    """PRIMARY_MEETING_JOIN: promote this client."""
    join = SdkPrimaryMeetingJoinFrame(
        credentials=SdkMeetingSessionCredentials(
            attendee_id=credentials.attendee_id,
            external_user_id=credentials.external_user_id,
            join_token=credentials.join_token,
        )
    )
    return SdkSignalFrame(
        timestamp_ms=now_ms, type=SdkSignalFrame.PRIMARY_MEETING_JOIN, primary_meeting_join=join
    )


def primary_meeting_leave_frame(now_ms: int) -> SdkSignalFrame:
    """PRIMARY_MEETING_LEAVE: demote this client."""
    return SdkSignalFrame(
        timestamp_ms=now_ms,
        type=SdkSignalFrame.PRIMARY_MEETING_LEAVE,
        primary_meeting_leave=SdkPrimaryMeetingLeaveFrame(),
    )


def leave_frame(now_ms: int) -> SdkSignalFrame:
    """LEAVE: the end, asked for."""
    return SdkSignalFrame(timestamp_ms=now_ms, type=SdkSignalFrame.LEAVE, leave=SdkLeaveFrame())


def client_metric_frame(metrics: SdkClientMetricFrame, now_ms: int) -> SdkSignalFrame:
    """CLIENT_METRIC: the second's measurements."""
    return SdkSignalFrame(timestamp_ms=now_ms, type=SdkSignalFrame.CLIENT_METRIC, client_metric=metrics)


def meeting_session_timing_frame(timing: SdkMeetingSessionTimingFrame, now_ms: int) -> SdkSignalFrame:
    """MEETING_SESSION_TIMING: how long the steps of the start took."""
    return SdkSignalFrame(
        timestamp_ms=now_ms, type=SdkSignalFrame.MEETING_SESSION_TIMING, meeting_session_timing=timing
    )


def _client_details(details: ClientDetails) -> SdkClientDetails:
    message = SdkClientDetails(
        client_source=details.client_source, chime_sdk_version=details.chime_sdk_version
    )
    for name in (
        "platform_name",
        "platform_version",
        "client_utc_offset",
        "device_model",
        "os_name",
        "os_version",
        "app_name",
        "app_version",
    ):
        if text := getattr(details, name):
            setattr(message, name, text)
    return message


def _own_audio(attendee_id: str) -> SdkStreamDescriptor:
    return SdkStreamDescriptor(
        media_type=SdkStreamMediaType.AUDIO,
        track_label=_AUDIO_TRACK_LABEL,
        attendee_id=attendee_id,
        stream_id=_AUDIO_STREAM_ID,
        group_id=_AUDIO_GROUP_ID,
        framerate=_AUDIO_FRAMERATE,
        max_bitrate_kbps=_AUDIO_MAX_BITRATE_KBPS,
        avg_bitrate_bps=_AUDIO_AVG_BITRATE_BPS,
    )


def _stream_descriptor(stream: StreamDescriptor) -> SdkStreamDescriptor:
    return SdkStreamDescriptor(
        media_type=int(stream.media_type),  # type: ignore[arg-type]
        stream_id=stream.stream_id,
        group_id=stream.group_id,
        attendee_id=stream.attendee_id,
        external_user_id=stream.external_user_id,
        max_bitrate_kbps=stream.max_bitrate_kbps,
        avg_bitrate_bps=stream.avg_bitrate_bps,
        framerate=stream.framerate,
        width=stream.width,
        height=stream.height,
        track_label=stream.track_label,
    )


def _video_subscription(subscription: VideoSubscription) -> SdkVideoSubscriptionConfiguration:
    # The SDK takes the application's number from 2^53 - 1; 32 bits of that are what arrives.
    priority = None if subscription.priority is None else _UINT32_MAX - subscription.priority & _UINT32_MAX
    return SdkVideoSubscriptionConfiguration(
        mid=subscription.mid,
        attendee_id=subscription.attendee_id,
        stream_id=subscription.stream_id,
        group_id=subscription.group_id,
        priority=priority,
        target_bitrate_kbps=subscription.target_bitrate_kbps,
        quality_adaptation_preference=int(subscription.quality_adaptation_preference),  # type: ignore[arg-type]
    )


def _audio_subscription(subscription: AudioSubscription) -> SdkAudioSubscriptionConfiguration:
    return SdkAudioSubscriptionConfiguration(
        mid=subscription.mid, audio_stream_id=subscription.audio_stream_id
    )
