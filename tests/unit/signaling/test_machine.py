"""The sans-I/O client of one signaling connection."""

from __future__ import annotations

import pytest
from chime_native.signaling import SdpCompressor, decode_frame, encode_frame
from chime_native.signaling.dialect import Dialect
from chime_native.signaling.events import (
    AudioStatusReceived,
    BitratesReceived,
    ConnectionClosed,
    ConnectionFailed,
    ConnectionOpened,
    ConnectionPhase,
    ErrorReceived,
    IndexReceived,
    JoinAcknowledged,
    LeaveAcknowledged,
    NotificationLevel,
    NotificationReceived,
    PongReceived,
    PongsMissed,
    ProtocolViolated,
    StepTimedOut,
    SubscribeAcknowledged,
)
from chime_native.signaling.machine import SignalingClient
from chime_native.signaling.messages import (
    SdkAudioStatusFrame,
    SdkBitrateFrame,
    SdkErrorFrame,
    SdkIndexFrame,
    SdkJoinAckFrame,
    SdkLeaveAckFrame,
    SdkNotificationFrame,
    SdkPingPongFrame,
    SdkSignalFrame,
    SdkSubscribeAckFrame,
    SdkTurnCredentials,
)
from chime_native.signaling.types import (
    ClientDetails,
    JoinRequest,
    MediaType,
    ServerSideNetworkAdaption,
    StreamDescriptor,
    SubscribeRequest,
    TrackMapping,
    TurnCredentials,
)

START_MS = 1_700_000_000_000
JOIN = JoinRequest(ClientDetails("chime-native", "0.1.0"), audio_session_id=7)
SUBSCRIBE = SubscribeRequest(attendee_id="me", sdp_offer="v=0\r\noffer", audio_host="audio.test:3478")


def service_frame(kind: int, **body: object) -> bytes:
    return encode_frame(SdkSignalFrame(timestamp_ms=START_MS, type=kind, **body))


JOIN_ACK = service_frame(SdkSignalFrame.JOIN_ACK, joinack=SdkJoinAckFrame())
INDEX = service_frame(SdkSignalFrame.INDEX, index=SdkIndexFrame())
SUBSCRIBE_ACK = service_frame(SdkSignalFrame.SUBSCRIBE_ACK, suback=SdkSubscribeAckFrame(sdp_answer="answer"))


def sent(client: SignalingClient) -> list[SdkSignalFrame]:
    return [decode_frame(data) for data in client.data_to_send()]


def types_sent(client: SignalingClient) -> list[int]:
    return [frame.type for frame in sent(client)]


def opened(dialect: Dialect = Dialect.BROWSER) -> SignalingClient:
    client = SignalingClient(START_MS, dialect)
    client.handle_open(START_MS)
    assert client.events() == [ConnectionOpened()]
    return client


def joined(dialect: Dialect = Dialect.BROWSER, join_ack: bytes = JOIN_ACK) -> SignalingClient:
    client = opened(dialect)
    client.join(JOIN, START_MS)
    client.handle_message(join_ack, START_MS)
    client.handle_message(INDEX, START_MS)
    client.events()
    client.data_to_send()
    return client


def test_nothing_is_sent_before_join() -> None:
    client = opened()
    assert client.next_timeout() is None
    assert client.data_to_send() == []
    assert client.phase is ConnectionPhase.OPEN


def test_browser_dialect_pings_before_join() -> None:
    client = opened()
    client.join(JOIN, START_MS)
    data = client.data_to_send()
    assert [message[0] for message in data] == [5, 5]
    ping, join = map(decode_frame, data)
    assert (ping.type, ping.ping_pong.ping_id) == (SdkSignalFrame.PING_PONG, 1)
    assert join.join.flags == 2
    assert join.join.wants_compressed_sdp
    assert join.timestamp_ms == START_MS
    assert not join.join.HasField("max_num_of_videos")


def test_native_dialect_joins_first_with_its_own_fields() -> None:
    client = opened(Dialect.NATIVE)
    client.join(JOIN, START_MS)
    data = client.data_to_send()
    assert [message[0] for message in data] == [2, 2]
    join, ping = map(decode_frame, data)
    assert (join.join.max_num_of_videos, join.join.flags) == (25, 34)
    assert not join.join.HasField("wants_compressed_sdp")
    assert ping.type == SdkSignalFrame.PING_PONG


def test_unmixed_audio_is_asked_for_and_granted() -> None:
    client = opened(Dialect.NATIVE)
    request = JoinRequest(JOIN.client_details, 7, unmixed_audio=True, wants_stream_updates=False)
    client.join(request, START_MS)
    join = sent(client)[0].join
    assert (join.audio_receive_type, join.flags) == (1, 32)
    ack = service_frame(SdkSignalFrame.JOIN_ACK, joinack=SdkJoinAckFrame(audio_subscription_limit=4))
    client.handle_message(ack, START_MS)
    (event,) = client.events()
    assert isinstance(event, JoinAcknowledged)
    assert event.audio_subscription_limit == 4


def test_join_ack_defaults_and_turn() -> None:
    client = opened()
    client.join(JOIN, START_MS)
    turn = SdkTurnCredentials(username="u", password="p", ttl=5, uris=["turn:a", "turn:b"])
    client.handle_message(
        service_frame(
            SdkSignalFrame.JOIN_ACK, joinack=SdkJoinAckFrame(turn_credentials=turn, wants_compressed_sdp=True)
        ),
        START_MS,
    )
    assert client.events() == [
        JoinAcknowledged(
            turn_credentials=TurnCredentials("u", "p", 5, ("turn:a", "turn:b")),
            video_subscription_limit=25,
            compresses_sdp=True,
            default_server_side_network_adaption=ServerSideNetworkAdaption.DEFAULT,
            audio_subscription_limit=0,
        )
    ]


def test_join_without_an_index_times_out() -> None:
    client = opened()
    client.join(JOIN, START_MS)
    client.handle_message(JOIN_ACK, START_MS + 100)
    client.events()
    client.handle_timeout(START_MS + 14_999)
    assert client.events() == [PongsMissed(1)]
    assert client.next_timeout() == START_MS + 15_000
    client.handle_timeout(START_MS + 15_000)
    assert client.events() == [StepTimedOut(ConnectionPhase.JOINING)]


def test_join_ack_after_index_is_ignored() -> None:
    client = opened()
    client.join(JOIN, START_MS)
    client.handle_message(INDEX, START_MS)
    client.handle_message(JOIN_ACK, START_MS)
    (event,) = client.events()
    assert isinstance(event, IndexReceived)
    assert event.first
    assert client.stats()["frames_unexpected"] == 1


def test_join_ack_without_content_is_a_violation() -> None:
    client = opened()
    client.join(JOIN, START_MS)
    client.handle_message(service_frame(SdkSignalFrame.JOIN_ACK, error=SdkErrorFrame(status=503)), START_MS)
    error, violation = client.events()
    assert error == ErrorReceived("JOIN_ACK", 503, "")
    assert isinstance(violation, ProtocolViolated)


def test_index_sources_keep_what_was_absent() -> None:
    client = joined()
    index = SdkIndexFrame()
    index.sources.add(stream_id=3, group_id=0, attendee_id="a", media_type=2)
    index.sources.add(stream_id=4, media_type=9)
    client.handle_message(service_frame(SdkSignalFrame.INDEX, index=index), START_MS)
    (event,) = client.events()
    assert isinstance(event, IndexReceived)
    assert not event.first
    assert event.sources == (
        StreamDescriptor(stream_id=3, group_id=0, attendee_id="a", media_type=MediaType.VIDEO),
        StreamDescriptor(stream_id=4, media_type=MediaType.AUDIO),
    )


def test_subscribe_plain_and_answer() -> None:
    client = joined()
    client.subscribe(SUBSCRIBE, START_MS + 5)
    (frame,) = sent(client)
    assert frame.sub.sdp_offer == "v=0\r\noffer"
    assert not frame.sub.HasField("compressed_sdp_offer")
    assert frame.sub.send_streams[0].track_label == "AmazonChimeExpressAudio"
    assert frame.sub.HasField("audio_muted")
    assert client.awaits_subscribe_ack
    suback = SdkSubscribeAckFrame(sdp_answer="answer")
    suback.tracks.add(stream_id=9, ssrc=77, track_label="v_2")
    client.handle_message(service_frame(SdkSignalFrame.SUBSCRIBE_ACK, suback=suback), START_MS + 20)
    assert client.events() == [SubscribeAcknowledged("answer", (TrackMapping(9, 77, "v_2"),), ())]
    assert client.phase is ConnectionPhase.CONNECTED


def test_subscribe_is_compressed_when_agreed_and_answers_use_their_history() -> None:
    client = joined(
        join_ack=service_frame(SdkSignalFrame.JOIN_ACK, joinack=SdkJoinAckFrame(wants_compressed_sdp=True))
    )
    service = SdpCompressor(use_previous=True)
    for answer in ("answer one with text", "answer two with text"):
        client.subscribe(SUBSCRIBE, START_MS)
        (frame,) = sent(client)
        assert frame.sub.HasField("sdp_offer")
        assert frame.sub.sdp_offer == ""
        assert frame.sub.compressed_sdp_offer
        suback = SdkSubscribeAckFrame(compressed_sdp_answer=service.compress(answer))
        client.handle_message(service_frame(SdkSignalFrame.SUBSCRIBE_ACK, suback=suback), START_MS)
        (event,) = client.events()
        assert isinstance(event, SubscribeAcknowledged)
        assert event.sdp_answer == answer


def test_native_dialect_never_compresses_and_sends_audio_only_with_video() -> None:
    client = joined(
        Dialect.NATIVE,
        service_frame(SdkSignalFrame.JOIN_ACK, joinack=SdkJoinAckFrame(wants_compressed_sdp=True)),
    )
    client.subscribe(SUBSCRIBE, START_MS)
    (frame,) = sent(client)
    assert frame.sub.sdp_offer
    assert not frame.sub.send_streams
    assert not frame.sub.HasField("audio_muted")


def test_a_second_subscribe_waits_for_the_first_answer() -> None:
    client = joined()
    client.subscribe(SUBSCRIBE, START_MS)
    with pytest.raises(RuntimeError, match="before the last one is answered"):
        client.subscribe(SUBSCRIBE, START_MS)


@pytest.mark.parametrize("suback", [None, SdkSubscribeAckFrame(compressed_sdp_answer=b"\xff\xff\xff")])
def test_a_useless_subscribe_ack_is_a_violation(suback: SdkSubscribeAckFrame | None) -> None:
    client = joined()
    client.subscribe(SUBSCRIBE, START_MS)
    client.handle_message(service_frame(SdkSignalFrame.SUBSCRIBE_ACK, suback=suback), START_MS)
    (event,) = client.events()
    assert isinstance(event, ProtocolViolated)
    assert event.frame_type == "SUBSCRIBE_ACK"


def test_subscribe_times_out() -> None:
    client = joined()
    client.subscribe(SUBSCRIBE, START_MS + 1)
    client.handle_timeout(START_MS + 15_001)
    assert StepTimedOut(ConnectionPhase.SUBSCRIBING) in client.events()
    assert not client.awaits_subscribe_ack


def test_pings_are_answered_missed_and_measured() -> None:
    client = joined()
    pong = SdkPingPongFrame(type=2, ping_id=1)
    client.handle_message(service_frame(SdkSignalFrame.PING_PONG, ping_pong=pong), START_MS + 40)
    assert client.events() == [PongReceived(1, 20, 40)]
    client.handle_message(
        service_frame(SdkSignalFrame.PING_PONG, ping_pong=SdkPingPongFrame(type=1, ping_id=99)), START_MS + 50
    )
    (answer,) = sent(client)
    assert (answer.ping_pong.type, answer.ping_pong.ping_id) == (2, 99)
    client.handle_timeout(START_MS + 10_000)
    client.handle_timeout(START_MS + 20_000)
    assert client.events() == [PongsMissed(1)]
    assert types_sent(client) == [SdkSignalFrame.PING_PONG] * 2


def test_leave_and_its_acknowledgement() -> None:
    client = joined()
    client.leave(START_MS)
    assert types_sent(client) == [SdkSignalFrame.LEAVE]
    client.handle_message(service_frame(SdkSignalFrame.LEAVE_ACK, leave_ack=SdkLeaveAckFrame()), START_MS)
    assert client.events() == [LeaveAcknowledged()]
    with pytest.raises(RuntimeError):
        client.leave(START_MS)
    client.close()
    client.handle_close(1005, "", START_MS)
    assert client.events() == [ConnectionClosed(1005, "", ConnectionPhase.LEAVING, by_us=True)]
    assert client.next_timeout() is None


def test_leave_times_out() -> None:
    client = joined()
    client.leave(START_MS)
    client.handle_timeout(START_MS + 15_000)
    assert StepTimedOut(ConnectionPhase.LEAVING) in client.events()


def test_an_unasked_leave_ack_is_unexpected() -> None:
    client = joined()
    client.handle_message(service_frame(SdkSignalFrame.LEAVE_ACK), START_MS)
    assert client.events() == []
    assert client.stats()["frames_unexpected"] == 1


def test_close_tells_how_far_the_connection_was() -> None:
    client = opened()
    client.join(JOIN, START_MS)
    client.handle_close(4410, "ended", START_MS)
    client.handle_close(4410, "ended", START_MS)
    assert client.events() == [ConnectionClosed(4410, "ended", ConnectionPhase.JOINING, by_us=False)]
    assert not client.ready
    assert not client.mute(True, START_MS)
    assert client.stats()["frames_skipped"] == 1


def test_a_failed_opening() -> None:
    client = SignalingClient(START_MS)
    client.handle_open_failed("refused", 403, START_MS)
    assert client.events() == [ConnectionFailed("refused", 403)]
    with pytest.raises(RuntimeError):
        client.join(JOIN, START_MS)


def test_malformed_frames_are_counted_and_dropped() -> None:
    client = joined()
    broken = [b"", b"\x05", b"\x05\x08", b"\x05\xff\xff\xff", bytes(range(200))]
    without_body = [SdkSignalFrame.PING_PONG, SdkSignalFrame.INDEX, SdkSignalFrame.NOTIFICATION]
    for data in broken + [service_frame(kind) for kind in without_body]:
        client.handle_message(data, START_MS)
    client.handle_text(START_MS)
    assert client.events() == []
    assert client.stats()["frames_malformed"] == 8
    assert client.stats()["text_messages"] == 1
    client.subscribe(SUBSCRIBE, START_MS)
    client.handle_message(SUBSCRIBE_ACK, START_MS)
    assert isinstance(client.events()[0], SubscribeAcknowledged)


def test_frames_longer_than_the_limit_are_dropped() -> None:
    client = SignalingClient(START_MS, max_frame_size=100)
    client.handle_open(START_MS)
    client.handle_message(b"\x05" + bytes(100), START_MS)
    assert client.stats() == {"frames_malformed": 1}


def test_unknown_types_are_counted() -> None:
    client = joined()
    client.handle_message(bytes.fromhex("0508051063"), START_MS)
    assert client.events() == []
    assert client.stats()["frames_unknown"] == 1


def test_errors_and_bitrates_act_in_any_frame() -> None:
    client = joined()
    client.handle_message(
        service_frame(
            SdkSignalFrame.AUDIO_STATUS,
            audio_status=SdkAudioStatusFrame(audio_status=410),
            error=SdkErrorFrame(status=206, description="full"),
            bitrates=SdkBitrateFrame(server_available_outgoing_bitrate=900),
        ),
        START_MS,
    )
    assert client.events() == [
        ErrorReceived("AUDIO_STATUS", 206, "full"),
        BitratesReceived((), 900),
        AudioStatusReceived(410),
    ]


def test_an_audio_status_without_content() -> None:
    client = joined()
    client.handle_message(service_frame(SdkSignalFrame.AUDIO_STATUS), START_MS)
    assert client.events() == [AudioStatusReceived(None)]


def test_a_notification_of_unknown_level_is_an_error() -> None:
    client = joined()
    notification = SdkNotificationFrame(level=9, message="x")
    client.handle_message(service_frame(SdkSignalFrame.NOTIFICATION, notification=notification), START_MS)
    assert client.events() == [NotificationReceived(NotificationLevel.ERROR, "x")]
