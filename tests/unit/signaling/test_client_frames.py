"""What a client sends is byte by byte what the SDK sends for the same things."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chime_native.signaling import Dialect, client_frames, decode_frame, encode_frame
from chime_native.signaling.messages import SdkSignalFrame
from chime_native.signaling.types import (
    AudioSubscription,
    ClientDetails,
    JoinRequest,
    MediaType,
    PrimaryMeetingCredentials,
    ServerSideNetworkAdaption,
    StreamDescriptor,
    SubscribeRequest,
    VideoQualityAdaptationPreference,
    VideoSubscription,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "signaling.json"
SENT_BY_THE_SDK = {
    case["name"]: case
    for case in json.loads(VECTORS.read_text())["cases"]
    if case["kind"] == "frame" and case["source"] == "DefaultSignalingClient"
}


def frame_named(name: str) -> tuple[SdkSignalFrame, dict[str, Any], str]:
    case = SENT_BY_THE_SDK[name]
    frame = decode_frame(bytes.fromhex(case["hex"]))
    return frame, case["json"], case["hex"]


@pytest.mark.parametrize("name", [name for name in SENT_BY_THE_SDK if name.startswith("c2s/join/")])
def test_join(name: str) -> None:
    frame, content, wanted = frame_named(name)
    join = content["join"]
    request = JoinRequest(
        ClientDetails(**join["client_details"]),
        audio_session_id=int(join["audio_session_id"]),
        server_side_network_adaption=ServerSideNetworkAdaption(int(frame.join.server_side_network_adaption)),
        supported_server_side_network_adaptions=tuple(
            ServerSideNetworkAdaption(int(number))
            for number in frame.join.supported_server_side_network_adaptions
        ),
        wants_all_temporal_layers_in_index=join["wants_all_temporal_layers_in_index"],
        disable_periodic_keyframe_request_on_content_sender=join.get(
            "disable_periodic_keyframe_request_on_content_sender", False
        ),
    )
    built = client_frames.join_frame(request, Dialect.BROWSER, frame.timestamp_ms)
    assert encode_frame(built).hex() == wanted


SUBSCRIBES = [
    name
    for name in SENT_BY_THE_SDK
    if name.startswith("c2s/subscribe/") and not name.endswith("audio-checkin")  # never used
]


@pytest.mark.parametrize("name", SUBSCRIBES)
def test_subscribe(name: str) -> None:
    frame, _, wanted = frame_named(name)
    sub = frame.sub
    request = SubscribeRequest(
        attendee_id=sub.send_streams[0].attendee_id if sub.send_streams else "",
        sdp_offer=sub.sdp_offer,
        audio_host=sub.audio_host,
        audio_muted=sub.audio_muted,
        receive_stream_ids=tuple(sub.receive_stream_ids),
        video_streams=tuple(
            StreamDescriptor(
                media_type=MediaType.VIDEO,
                **{field.name: value for field, value in stream.ListFields() if field.name != "media_type"},
            )
            for stream in sub.send_streams
            if stream.media_type == MediaType.VIDEO
        ),
        video_subscriptions=tuple(map(subscription_of, sub.video_subscription_configuration)),
    )
    compressed = sub.compressed_sdp_offer if sub.HasField("compressed_sdp_offer") else None
    built = client_frames.subscribe_frame(request, Dialect.BROWSER, frame.timestamp_ms, compressed)
    assert encode_frame(built).hex() == wanted


def subscription_of(configuration: Any) -> VideoSubscription:
    fields = {
        field.name: value
        for field, value in configuration.ListFields()
        if field.name not in ("priority", "quality_adaptation_preference")
    }
    priority = 4_294_967_295 - configuration.priority if configuration.HasField("priority") else None
    preference = VideoQualityAdaptationPreference(int(configuration.quality_adaptation_preference))
    return VideoSubscription(priority=priority, quality_adaptation_preference=preference, **fields)


@pytest.mark.parametrize("name", [name for name in SENT_BY_THE_SDK if "remotevideoupdate" in name])
def test_remote_video_update(name: str) -> None:
    frame, _, wanted = frame_named(name)
    update = frame.remote_video_update
    built = client_frames.remote_video_update_frame(
        map(subscription_of, update.added_or_updated_video_subscriptions),
        update.removed_video_subscription_mids,
        frame.timestamp_ms,
    )
    assert encode_frame(built).hex() == wanted


OTHERS = [
    name
    for name in SENT_BY_THE_SDK
    if name.startswith("c2s/")
    and name.split("/")[1]
    in (
        "pause",
        "resume",
        "leave",
        "audiocontrol",
        "pingpong",
        "datamessage",
        "primarymeetingjoin",
        "primarymeetingleave",
    )
]


@pytest.mark.parametrize("name", OTHERS)
def test_other_frames(name: str) -> None:
    frame, _, wanted = frame_named(name)
    assert encode_frame(rebuilt(frame)).hex() == wanted


def rebuilt(frame: SdkSignalFrame) -> SdkSignalFrame:
    now_ms = frame.timestamp_ms
    match frame.type:
        case SdkSignalFrame.PAUSE:
            return client_frames.pause_frame(list(frame.pause.stream_ids), now_ms)
        case SdkSignalFrame.RESUME:
            return client_frames.resume_frame(list(frame.pause.stream_ids), now_ms)
        case SdkSignalFrame.LEAVE:
            return client_frames.leave_frame(now_ms)
        case SdkSignalFrame.AUDIO_CONTROL:
            return client_frames.audio_control_frame(frame.audio_control.muted, now_ms)
        case SdkSignalFrame.PING_PONG if frame.ping_pong.type == 1:
            return client_frames.ping_frame(frame.ping_pong.ping_id, now_ms)
        case SdkSignalFrame.PING_PONG:
            return client_frames.pong_frame(frame.ping_pong.ping_id, now_ms)
        case SdkSignalFrame.DATA_MESSAGE:
            (message,) = frame.data_message.messages
            lifetime_ms = message.lifetime_ms if message.HasField("lifetime_ms") else None
            return client_frames.data_message_frame(message.topic, message.data, lifetime_ms, now_ms)
        case SdkSignalFrame.PRIMARY_MEETING_JOIN:
            credentials = frame.primary_meeting_join.credentials
            return client_frames.primary_meeting_join_frame(
                PrimaryMeetingCredentials(
                    credentials.attendee_id, credentials.external_user_id, credentials.join_token
                ),
                now_ms,
            )
    return client_frames.primary_meeting_leave_frame(now_ms)


def test_native_subscribe_with_video_and_per_attendee_audio() -> None:
    request = SubscribeRequest(
        "me",
        "v=0",
        audio_host="host",
        audio_muted=True,
        receive_stream_ids=(0, 4),
        video_streams=(StreamDescriptor(stream_id=2, media_type=MediaType.VIDEO),),
        audio_subscriptions=(AudioSubscription("3", 9),),
    )
    sub = client_frames.subscribe_frame(request, Dialect.NATIVE, 1).sub
    assert sub.duplex == 3
    assert [stream.media_type for stream in sub.send_streams] == [1, 2]
    assert sub.audio_muted
    assert not sub.HasField("audio_checkin")
    assert [(entry.mid, entry.audio_stream_id) for entry in sub.audio_subscription_configurations] == [
        ("3", 9)
    ]
