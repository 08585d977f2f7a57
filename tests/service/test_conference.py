"""A meeting's live side, frame by frame, with a clock of the test's own and no sockets."""

from __future__ import annotations

import random
from typing import Any

import pytest
from chime_native.service.conference import (
    AttendeeJoined,
    AttendeeLeft,
    AudioFlow,
    Close,
    Conference,
    ConferenceLimits,
    Negotiate,
    Send,
    SetAudio,
    StopMedia,
)
from chime_native.service.features import Capabilities
from chime_native.service.model import Attendee
from chime_native.signaling import Dialect, SdpDecompressor, compress_sdp, decode_frame, encode_frame
from chime_native.signaling.messages import (
    SdkAudioControlFrame,
    SdkClientMetricFrame,
    SdkDataMessageFrame,
    SdkDataMessagePayload,
    SdkJoinFrame,
    SdkLeaveFrame,
    SdkPingPongFrame,
    SdkPingPongType,
    SdkSignalFrame,
    SdkSubscribeFrame,
)

Type = SdkSignalFrame
OFFER = "v=0\r\no=mozilla-chrome 1 2 IN IP4 127.0.0.1\r\n"


class Hall:
    """A conference with its clients: reads actions into what each client was sent and what else is to be done."""

    def __init__(self, **limits: Any) -> None:
        self.now = 100.0
        self.conference = Conference(1_700_000_000.0, self.now, ConferenceLimits(**limits))
        self.sent: dict[int, list[SdkSignalFrame]] = {}
        self.raw: dict[int, list[bytes]] = {}
        self.done: list[Any] = []
        self.attendees: dict[str, Attendee] = {}

    def attendee(self, name: str, capabilities: Capabilities | None = None) -> Attendee:
        if name not in self.attendees:
            number = len(self.attendees)
            self.attendees[name] = Attendee(
                name, name.title(), "token", capabilities or Capabilities(), number
            )
        return self.attendees[name]

    def drain(self) -> None:
        for action in self.conference.actions():
            if isinstance(action, Send):
                self.raw.setdefault(action.connection, []).append(action.data)
                self.sent.setdefault(action.connection, []).append(decode_frame(action.data))
            else:
                self.done.append(action)

    def connect(self, name: str, *, content: bool = False, dialect: Dialect = Dialect.BROWSER) -> int:
        number = self.conference.connect(self.attendee(name), content, dialect, self.now)
        assert number is not None
        return number

    def feed(self, number: int, frame_type: int, dialect: Dialect = Dialect.BROWSER, **body: Any) -> None:
        frame = SdkSignalFrame(type=frame_type, timestamp_ms=1, **body)  # type: ignore[arg-type]
        self.conference.handle_message(number, encode_frame(frame, dialect), self.now)
        self.drain()

    def join(
        self,
        name: str,
        session: int | None = 7,
        *,
        content: bool = False,
        dialect: Dialect = Dialect.BROWSER,
        compressed: bool = False,
    ) -> int:
        number = self.connect(name, content=content, dialect=dialect)
        join = SdkJoinFrame(wants_compressed_sdp=compressed)
        if session is not None:
            join.audio_session_id = session
        self.feed(number, Type.JOIN, dialect, join=join)
        return number

    def media_up(self, number: int) -> None:
        self.conference.handle_media_up(number, self.now)
        self.drain()

    def present(self, name: str, session: int | None = 7, **options: Any) -> int:
        number = self.join(name, session, **options)
        self.media_up(number)
        return number

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.conference.handle_timeout(self.now)
        self.drain()

    def take(self, number: int, frame_type: int | None = None) -> list[SdkSignalFrame]:
        frames = self.sent.pop(number, [])
        return [frame for frame in frames if frame_type is None or frame.type == frame_type]

    def take_done(self, kind: type | None = None) -> list[Any]:
        done, self.done = self.done, []
        return [action for action in done if kind is None or isinstance(action, kind)]

    def forget(self) -> None:
        self.sent.clear()
        self.raw.clear()
        self.done.clear()


@pytest.fixture
def hall() -> Hall:
    return Hall()


def types(frames: list[SdkSignalFrame]) -> list[int]:
    return [frame.type for frame in frames]


def roster(frames: list[SdkSignalFrame]) -> list[list[tuple[int, str]]]:
    infos = [frame.audio_stream_id_info for frame in frames if frame.type == Type.AUDIO_STREAM_ID_INFO]
    return [[(stream.audio_stream_id, stream.attendee_id) for stream in info.streams] for info in infos]


# --- joining ---


def test_a_ping_before_join_is_answered_with_its_id(hall: Hall) -> None:
    number = hall.connect("alice")
    hall.feed(number, Type.PING_PONG, ping_pong=SdkPingPongFrame(type=SdkPingPongType.PING, ping_id=41))
    (pong,) = hall.take(number)
    assert (pong.type, pong.ping_pong.type, pong.ping_pong.ping_id) == (
        Type.PING_PONG,
        SdkPingPongType.PONG,
        41,
    )
    assert pong.timestamp_ms == 1_700_000_100_000


def test_a_join_is_answered_in_the_order_that_clients_need(hall: Hall) -> None:
    frames = hall.take(hall.join("alice"))
    assert types(frames) == [Type.JOIN_ACK, Type.INDEX, Type.AUDIO_STREAM_ID_INFO]
    ack, index, info = frames
    assert ack.HasField("joinack")
    assert ack.joinack.HasField("turn_credentials")
    assert not ack.joinack.turn_credentials.uris
    assert index.HasField("index")
    assert info.HasField("audio_stream_id_info")
    assert roster(frames) == [[]]


@pytest.mark.parametrize(("dialect", "prefix"), [(Dialect.BROWSER, 0x05), (Dialect.NATIVE, 0x02)])
def test_each_dialect_gets_its_prefix(hall: Hall, dialect: Dialect, prefix: int) -> None:
    number = hall.join("alice", dialect=dialect)
    assert {data[0] for data in hall.raw[number]} == {prefix}


def test_a_second_join_on_one_connection_is_dropped(hall: Hall) -> None:
    number = hall.join("alice")
    hall.forget()
    hall.feed(number, Type.JOIN, join=SdkJoinFrame())
    assert hall.take(number) == []
    assert hall.conference.member_counters()["frames_unexpected"] == 1


def test_presence_begins_when_the_media_is_up(hall: Hall) -> None:
    alice = hall.present("alice")
    hall.forget()
    bob = hall.join("bob")
    assert roster(hall.take(bob)) == [[(1, "alice")]]
    assert hall.take(alice) == []
    hall.media_up(bob)
    assert roster(hall.take(alice)) == [[(2, "bob")]]
    assert roster(hall.take(bob)) == [[(2, "bob")]]
    assert hall.take_done(AttendeeJoined) == [AttendeeJoined("bob", "Bob", False)]
    hall.media_up(bob)
    assert hall.take(alice) == []


def test_a_full_meeting_says_so(hall: Hall) -> None:
    hall = Hall(max_attendees=1)
    alice = hall.join("alice")
    bob = hall.join("bob")
    frames = hall.take(bob)
    assert frames[-1].audio_status.audio_status == 409
    assert Type.INDEX not in types(frames)
    hall.feed(bob, Type.LEAVE, leave=SdkLeaveFrame())
    assert types(hall.take(bob)) == [Type.LEAVE_ACK]
    # The one who is in may come back, and bring a content share.
    assert types(hall.take(hall.join("alice")))[:2] == [Type.JOIN_ACK, Type.INDEX]
    assert types(hall.take(hall.join("alice", 8, content=True)))[:2] == [Type.JOIN_ACK, Type.INDEX]
    hall.conference.handle_disconnect(alice, True, hall.now)


def test_a_third_content_share_is_refused(hall: Hall) -> None:
    for name in ("alice", "bob"):
        hall.present(name, content=True)
    (ack,) = hall.take(hall.join("carol", content=True))
    assert (ack.type, ack.error.status, ack.HasField("joinack")) == (Type.JOIN_ACK, 509, True)


def test_one_attendee_cannot_hold_many_sockets(hall: Hall) -> None:
    for _ in range(4):
        hall.connect("alice")
    assert hall.conference.connect(hall.attendee("alice"), False, Dialect.BROWSER, hall.now) is None
    assert hall.conference.connect(hall.attendee("bob"), False, Dialect.BROWSER, hall.now) is not None


# --- coming back ---


def test_the_same_client_replaces_its_old_connection_silently(hall: Hall) -> None:
    bob = hall.present("bob")
    old = hall.present("alice")
    hall.forget()
    new = hall.join("alice")
    assert hall.take(old) == []
    assert hall.take(bob) == []
    done = hall.take_done()
    assert StopMedia(old) in done
    assert Close(old, 1000) in done
    # The own entry comes with the own media, everybody else at once.
    assert roster(hall.take(new)) == [[(1, "bob")]]
    hall.media_up(new)
    assert roster(hall.take(bob)) == [[(3, "alice"), (2, "")]]
    assert hall.take_done() == []
    hall.wait(60)
    assert hall.take(bob) == []


def test_another_client_of_the_same_attendee_ends_the_older_one(hall: Hall) -> None:
    old = hall.present("alice", session=1)
    hall.forget()
    new = hall.join("alice", session=2)
    (status,) = hall.take(old)
    assert (status.type, status.audio_status.audio_status) == (Type.AUDIO_STATUS, 301)
    assert StopMedia(old) in hall.take_done()
    hall.media_up(new)
    hall.feed(old, Type.LEAVE, leave=SdkLeaveFrame())
    assert types(hall.take(old)) == [Type.LEAVE_ACK]
    assert roster(hall.take(new))[1:] == [[(2, "alice"), (1, "")]]
    hall.wait(5)
    assert Close(old, 1000) in hall.take_done()


def test_clients_without_a_session_id_count_as_different(hall: Hall) -> None:
    old = hall.present("alice", session=None, dialect=Dialect.NATIVE)
    hall.forget()
    hall.join("alice", session=None, dialect=Dialect.NATIVE)
    assert hall.take(old)[0].audio_status.audio_status == 301


def test_a_broken_socket_leaves_time_to_come_back(hall: Hall) -> None:
    bob = hall.present("bob")
    alice = hall.present("alice")
    hall.forget()
    hall.conference.handle_disconnect(alice, False, hall.now)
    hall.drain()
    assert hall.take(bob) == []
    assert hall.conference.next_timeout() == hall.now + 10.0
    hall.wait(9)
    again = hall.present("alice")
    assert roster(hall.take(bob)) == [[(3, "alice"), (2, "")]]
    hall.conference.handle_disconnect(again, False, hall.now)
    hall.wait(10)
    info, _index = hall.take(bob)
    (stream,) = info.audio_stream_id_info.streams
    assert (stream.audio_stream_id, stream.dropped) == (3, True)
    assert StopMedia(again) in hall.done
    assert hall.take_done(AttendeeLeft) == [AttendeeLeft("alice", "Alice", False, True)]


def test_a_socket_closed_on_purpose_is_the_end_at_once(hall: Hall) -> None:
    bob = hall.present("bob")
    alice = hall.present("alice")
    hall.forget()
    hall.conference.handle_disconnect(alice, True, hall.now)
    hall.drain()
    assert roster(hall.take(bob)) == [[(2, "")]]
    assert StopMedia(alice) in hall.take_done()


def test_who_never_comes_back_is_dropped(hall: Hall) -> None:
    bob = hall.present("bob")
    hall.present("alice")
    hall.join("alice")
    hall.forget()
    hall.wait(10)
    info, _index = hall.take(bob)
    assert info.audio_stream_id_info.streams[0].dropped


def test_who_comes_back_and_leaves_before_its_media_is_up_is_gone(hall: Hall) -> None:
    bob = hall.present("bob")
    hall.present("alice")
    new = hall.join("alice")
    hall.forget()
    hall.feed(new, Type.LEAVE, leave=SdkLeaveFrame())
    assert roster(hall.take(bob)) == [[(2, "")]]


def test_who_lost_the_socket_and_closes_its_media_has_time_to_come_back(hall: Hall) -> None:
    bob = hall.present("bob")
    alice = hall.present("alice")
    hall.forget()
    hall.conference.handle_disconnect(alice, False, hall.now)
    hall.conference.handle_media_down(alice, hall.now)
    hall.drain()
    assert roster(hall.take(bob)) == []
    hall.present("alice")
    assert roster(hall.take(bob)) == [[(3, "alice"), (2, "")]]


def test_who_lost_the_socket_closes_its_media_and_stays_away_is_dropped(hall: Hall) -> None:
    bob = hall.present("bob")
    alice = hall.present("alice")
    hall.forget()
    hall.conference.handle_disconnect(alice, False, hall.now)
    hall.conference.handle_media_down(alice, hall.now)
    hall.drain()
    hall.wait(10)
    info, _index = hall.take(bob)
    assert info.audio_stream_id_info.streams[0].dropped


def test_lost_media_is_a_dropped_attendee(hall: Hall) -> None:
    bob = hall.present("bob")
    alice = hall.present("alice")
    hall.forget()
    hall.conference.handle_media_down(alice, hall.now)
    hall.drain()
    info, _index = hall.take(bob)
    assert info.audio_stream_id_info.streams[0].dropped
    # Its signaling goes on, and so it may make a new connection.
    hall.feed(alice, Type.PING_PONG, ping_pong=SdkPingPongFrame(type=SdkPingPongType.PING, ping_id=1))
    assert Type.PING_PONG in types(hall.take(alice))


# --- negotiation ---


def test_an_offer_is_given_to_the_media_and_its_answer_to_the_client(hall: Hall) -> None:
    alice = hall.join("alice")
    hall.forget()
    hall.feed(alice, Type.SUBSCRIBE, sub=SdkSubscribeFrame(sdp_offer=OFFER, audio_muted=True))
    (negotiate,) = hall.take_done(Negotiate)
    assert (negotiate.connection, negotiate.offer) == (alice, OFFER)
    assert negotiate.audio == AudioFlow(heard=False, hears=True)
    hall.conference.handle_answer(alice, "answer", hall.now)
    hall.drain()
    (ack,) = hall.take(alice)
    assert (ack.type, ack.suback.sdp_answer) == (Type.SUBSCRIBE_ACK, "answer")


def test_answers_are_compressed_when_the_client_wants_it(hall: Hall) -> None:
    alice = hall.join("alice", compressed=True)
    assert hall.take(alice)[0].joinack.wants_compressed_sdp
    reader = SdpDecompressor()
    for answer in ("first answer", "second answer"):
        subscribe = SdkSubscribeFrame(sdp_offer="", compressed_sdp_offer=compress_sdp(OFFER))
        hall.feed(alice, Type.SUBSCRIBE, sub=subscribe)
        assert hall.take_done(Negotiate)[0].offer == OFFER
        hall.conference.handle_answer(alice, answer, hall.now)
        hall.drain()
        (ack,) = hall.take(alice)
        assert reader.decompress(ack.suback.compressed_sdp_answer) == answer


def test_the_native_dialect_is_never_answered_compressed(hall: Hall) -> None:
    alice = hall.join("alice", dialect=Dialect.NATIVE, compressed=True)
    assert not hall.take(alice)[0].joinack.wants_compressed_sdp


def test_offers_are_answered_one_after_the_other(hall: Hall) -> None:
    alice = hall.join("alice")
    hall.forget()
    for text in ("one", "two"):
        hall.feed(alice, Type.SUBSCRIBE, sub=SdkSubscribeFrame(sdp_offer=text))
    assert [action.offer for action in hall.take_done(Negotiate)] == ["one"]
    hall.conference.handle_negotiation_failed(alice, "no audio", hall.now)
    hall.drain()
    (ack,) = hall.take(alice)
    assert (ack.error.status, ack.error.description, ack.HasField("suback")) == (400, "no audio", True)
    assert [action.offer for action in hall.take_done(Negotiate)] == ["two"]
    for _ in range(20):
        hall.feed(alice, Type.SUBSCRIBE, sub=SdkSubscribeFrame(sdp_offer="more"))
    assert hall.conference.member_counters()["frames_unexpected"] == 16


@pytest.mark.parametrize(
    "subscribe",
    [
        SdkSubscribeFrame(),
        SdkSubscribeFrame(sdp_offer=""),
        SdkSubscribeFrame(compressed_sdp_offer=b"\x00\x01\x02"),
    ],
)
def test_an_offer_that_cannot_be_read_is_refused_at_once(hall: Hall, subscribe: SdkSubscribeFrame) -> None:
    alice = hall.join("alice")
    hall.forget()
    hall.feed(alice, Type.SUBSCRIBE, sub=subscribe)
    (ack,) = hall.take(alice)
    assert (ack.type, ack.error.status) == (Type.SUBSCRIBE_ACK, 400)
    assert hall.take_done(Negotiate) == []


# --- mute, capabilities ---


def test_mute_is_told_to_all_and_kept_from_the_mix(hall: Hall) -> None:
    bob = hall.present("bob")
    alice = hall.present("alice")
    hall.forget()
    hall.feed(alice, Type.AUDIO_CONTROL, audio_control=SdkAudioControlFrame(muted=True))
    for number in (alice, bob):
        (info,) = hall.take(number)
        (stream,) = info.audio_stream_id_info.streams
        assert (stream.audio_stream_id, stream.attendee_id, stream.muted) == (2, "", True)
    assert hall.take_done(SetAudio) == [SetAudio(alice, AudioFlow(heard=False, hears=True))]
    late = hall.join("carol")
    (info,) = hall.take(late, Type.AUDIO_STREAM_ID_INFO)
    assert [stream.muted for stream in info.audio_stream_id_info.streams] == [False, True]


def test_capabilities_decide_which_ways_audio_goes(hall: Hall) -> None:
    alice = hall.present("alice")
    hall.forget()
    for audio, flow in (
        ("Receive", AudioFlow(heard=False, hears=True)),
        ("Send", AudioFlow(heard=True, hears=False)),
        ("None", AudioFlow(heard=False, hears=False)),
        ("SendReceive", AudioFlow(heard=True, hears=True)),
    ):
        attendee = hall.attendee("alice")
        attendee.capabilities = Capabilities(audio=audio)
        hall.conference.handle_capabilities([attendee], hall.now)
        hall.drain()
        assert hall.take_done(SetAudio) == [SetAudio(alice, flow)]


def test_a_content_share_is_an_attendee_in_the_group_of_its_owner(hall: Hall) -> None:
    alice = hall.present("alice")
    content = hall.join("alice", 9, content=True)
    hall.feed(alice, Type.SUBSCRIBE, sub=SdkSubscribeFrame(sdp_offer=OFFER))
    hall.feed(content, Type.SUBSCRIBE, sub=SdkSubscribeFrame(sdp_offer=OFFER))
    own, shared = hall.take_done(Negotiate)
    assert own.group == shared.group
    assert shared.audio == AudioFlow(heard=True, hears=False)
    hall.take(alice)
    hall.media_up(content)
    assert roster(hall.take(alice)) == [[(2, "alice#content")]]
    assert hall.take_done(AttendeeJoined) == [AttendeeJoined("alice", "Alice", True)]


# --- volumes, data messages ---


def test_volumes_go_to_everybody(hall: Hall) -> None:
    alice, bob = hall.present("alice"), hall.present("bob")
    hall.forget()
    hall.conference.handle_audio({alice: 20, bob: 80}, None, hall.now)
    hall.drain()
    for number in (alice, bob):
        (frame,) = hall.take(number)
        (state,) = frame.audio_metadata.attendee_states
        assert (state.audio_stream_id, state.volume) == (1, 20)


def test_no_volume_goes_out_for_who_is_between_two_connections(hall: Hall) -> None:
    """A client that joins anew is told of the others only, and would not know whose its old stream is."""
    old = hall.present("alice", 7)
    hall.conference.handle_disconnect(old, False, hall.now)
    new = hall.join("alice", 7)
    hall.forget()
    hall.conference.handle_audio({old: 20}, None, hall.now)
    hall.drain()
    assert hall.take(new) == []
    hall.media_up(new)
    hall.forget()
    hall.conference.handle_audio({new: 20}, None, hall.now)
    hall.drain()
    (frame,) = hall.take(new)
    assert [state.audio_stream_id for state in frame.audio_metadata.attendee_states] == [2]


def message(topic: str = "chat", lifetime_ms: int = 0) -> SdkDataMessageFrame:
    return SdkDataMessageFrame(
        messages=[SdkDataMessagePayload(topic=topic, data=b"hi", lifetime_ms=lifetime_ms)]
    )


def test_data_messages_go_to_everybody_else_and_to_late_joiners(hall: Hall) -> None:
    alice, bob = hall.present("alice"), hall.present("bob")
    content = hall.present("bob", 9, content=True)
    hall.forget()
    hall.feed(alice, Type.DATA_MESSAGE, data_message=message(lifetime_ms=60_000))
    assert hall.take(alice) == []
    assert hall.take(content) == []
    (frame,) = hall.take(bob)
    (payload,) = frame.data_message.messages
    assert (payload.sender_attendee_id, payload.sender_external_user_id, payload.data) == (
        "alice",
        "Alice",
        b"hi",
    )
    (late,) = hall.take(hall.join("carol"), Type.DATA_MESSAGE)
    assert late.data_message.messages[0].data == b"hi"


# --- the end ---


def test_leave_is_acknowledged_and_ends_the_presence(hall: Hall) -> None:
    bob, alice = hall.present("bob"), hall.present("alice")
    hall.forget()
    hall.feed(alice, Type.LEAVE, leave=SdkLeaveFrame())
    assert types(hall.take(alice)) == [Type.LEAVE_ACK]
    info, _index = hall.take(bob)
    (stream,) = info.audio_stream_id_info.streams
    assert (stream.audio_stream_id, stream.HasField("dropped")) == (2, False)
    assert StopMedia(alice) in hall.take_done()
    hall.feed(alice, Type.PING_PONG, ping_pong=SdkPingPongFrame(type=SdkPingPongType.PING, ping_id=1))
    assert hall.take(alice) == []
    hall.wait(5)
    assert Close(alice, 1000) in hall.take_done()


def test_the_end_of_the_meeting_is_told_by_status_or_by_close_code(hall: Hall) -> None:
    alice, idle = hall.present("alice"), hall.connect("bob")
    hall.forget()
    hall.conference.end(hall.now)
    hall.drain()
    assert Type.AUDIO_STATUS in types(frames := hall.take(alice))
    assert frames[0].audio_status.audio_status == 410
    done = hall.take_done()
    assert Close(idle, 4410) in done
    assert StopMedia(alice) in done
    hall.feed(alice, Type.LEAVE, leave=SdkLeaveFrame())
    assert Type.LEAVE_ACK in types(hall.take(alice))
    hall.conference.handle_disconnect(alice, True, hall.now)
    assert hall.conference.connections == 0


def test_a_deleted_attendee_and_its_content_are_told_and_the_others_stay(hall: Hall) -> None:
    alice, content, bob = hall.present("alice"), hall.present("alice", 9, content=True), hall.present("bob")
    hall.forget()
    hall.conference.remove_attendee(hall.attendee("alice"), hall.now)
    hall.drain()
    for number in (alice, content):
        assert [f.audio_status.audio_status for f in hall.take(number, Type.AUDIO_STATUS)] == [411]
    assert roster(hall.take(bob)) == [[(1, "")], [(2, "")]]


def test_who_does_not_leave_when_told_is_disconnected(hall: Hall) -> None:
    alice = hall.present("alice")
    hall.conference.end(hall.now)
    hall.wait(5)
    assert Close(alice, 1000) in hall.take_done()
    assert hall.conference.connections == 0
    assert hall.conference.next_timeout() is None


# --- bad input ---


def test_what_cannot_be_read_is_counted_and_the_call_goes_on(hall: Hall) -> None:
    alice, bob = hall.present("alice"), hall.present("bob")
    hall.forget()
    generator = random.Random(7)
    for _ in range(2000):
        data = generator.randbytes(generator.randrange(0, 80))
        hall.conference.handle_message(alice, data, hall.now)
    hall.conference.handle_message(alice, b"\x05" + bytes(1 << 19), hall.now)
    hall.conference.handle_text(alice)
    hall.drain()
    counters = hall.conference.member_counters()
    assert counters["frames_malformed"] > 1000
    assert counters["text_messages"] == 1
    assert hall.take_done() == []
    hall.feed(alice, Type.DATA_MESSAGE, data_message=message())
    assert Type.DATA_MESSAGE in types(hall.take(bob))


def test_random_changes_to_good_frames_never_raise(hall: Hall) -> None:
    generator = random.Random(8)
    bodies: list[dict[str, Any]] = [
        {"type": Type.PING_PONG, "ping_pong": SdkPingPongFrame(type=SdkPingPongType.PING, ping_id=1)},
        {"type": Type.JOIN, "join": SdkJoinFrame(audio_session_id=1)},
        {"type": Type.SUBSCRIBE, "sub": SdkSubscribeFrame(sdp_offer=OFFER)},
        {"type": Type.SUBSCRIBE, "sub": SdkSubscribeFrame(compressed_sdp_offer=compress_sdp(OFFER))},
        {"type": Type.AUDIO_CONTROL, "audio_control": SdkAudioControlFrame(muted=True)},
        {"type": Type.DATA_MESSAGE, "data_message": message()},
        {"type": Type.CLIENT_METRIC, "client_metric": SdkClientMetricFrame()},
        {"type": Type.LEAVE, "leave": SdkLeaveFrame()},
    ]
    good = [encode_frame(SdkSignalFrame(timestamp_ms=1, **body)) for body in bodies]
    for _ in range(300):
        number = hall.join("alice")
        for _ in range(10):
            data = bytearray(generator.choice(good))
            for _ in range(generator.randrange(3)):
                data[generator.randrange(len(data))] = generator.randrange(256)
            hall.conference.handle_message(number, bytes(data), hall.now)
            hall.drain()
        hall.conference.handle_disconnect(number, True, hall.now)
        hall.drain()
    assert hall.conference.connections == 0


def test_types_that_nobody_knows_and_bodies_that_are_missing_are_counted(hall: Hall) -> None:
    alice = hall.join("alice")
    hall.forget()
    hall.feed(alice, 99)
    for frame_type in (Type.PING_PONG, Type.SUBSCRIBE, Type.AUDIO_CONTROL, Type.DATA_MESSAGE):
        hall.feed(alice, frame_type)
    counters = hall.conference.member_counters()
    assert (counters["frames_unknown"], counters["frames_unexpected"]) == (1, 4)
    assert hall.take(alice) == []
