"""Who sees whose video, frame by frame, with no sockets and no media."""

from __future__ import annotations

from typing import Any

import pytest
from chime_native.service.conference import (
    Conference,
    ConferenceLimits,
    Downlink,
    ForwardVideo,
    LayerRate,
    Negotiate,
    Send,
    VideoTrack,
)
from chime_native.service.features import Capabilities
from chime_native.service.model import Attendee
from chime_native.signaling import Dialect, decode_frame, encode_frame
from chime_native.signaling.messages import (
    SdkJoinFrame,
    SdkPauseResumeFrame,
    SdkRemoteVideoUpdateFrame,
    SdkServerSideNetworkAdaption,
    SdkSignalFrame,
    SdkStreamDescriptor,
    SdkSubscribeFrame,
    SdkVideoSubscriptionConfiguration,
)

Type = SdkSignalFrame
ADAPTED = SdkServerSideNetworkAdaption.BANDWIDTH_PROBING_AND_VIDEO_QUALITY_ADAPTION
SIMULCAST = (300, 0, 1200)
VIEW_ONLY = 206


class Stage:
    """A conference whose offers are answered at once: the sections named in SUBSCRIBE are received."""

    def __init__(self, **limits: Any) -> None:
        self.now = 0.0
        self.conference = Conference(0.0, self.now, ConferenceLimits(**limits))
        self.attendees: dict[str, Attendee] = {}
        self.frames: dict[int, list[SdkSignalFrame]] = {}
        self.forwarded: dict[tuple[int, str], ForwardVideo] = {}
        self.dialects: dict[int, Dialect] = {}
        self.codecs: dict[int, tuple[str, ...]] = {}

    def attendee(self, name: str, capabilities: Capabilities | None = None) -> Attendee:
        made = Attendee(name, name.title(), "token", capabilities or Capabilities(), 0)
        return self.attendees.setdefault(name, made)

    def drain(self) -> None:
        for action in self.conference.actions():
            match action:
                case Send(number, data):
                    self.frames.setdefault(number, []).append(decode_frame(data))
                case Negotiate(number):
                    streams = enumerate(action.video.receive_stream_ids, 1)
                    tracks = [VideoTrack(str(mid), stream, 100 + mid) for mid, stream in streams if stream]
                    codecs = self.codecs.get(number, ("VP8", "VP9", "H264"))
                    self.conference.handle_answer(number, "answer", self.now, tracks, codecs)
                    self.drain()
                case ForwardVideo():
                    self.forwarded[action.connection, action.mid] = action

    def feed(self, number: int, frame_type: int, **body: Any) -> None:
        frame = SdkSignalFrame(type=frame_type, timestamp_ms=1, **body)  # type: ignore[arg-type]
        self.conference.handle_message(number, encode_frame(frame, self.dialects[number]), self.now)
        self.drain()

    def present(
        self,
        name: str,
        *,
        content: bool = False,
        session: int = 1,
        dialect: Dialect = Dialect.BROWSER,
        **join: Any,
    ) -> int:
        number = self.conference.connect(self.attendee(name), content, dialect, self.now)
        assert number is not None
        self.dialects[number] = dialect
        self.feed(number, Type.JOIN, join=SdkJoinFrame(audio_session_id=session, **join))
        self.conference.handle_media_up(number, self.now)
        self.drain()
        return number

    def subscribe(self, number: int, *, sends: tuple[int, ...] = (), receives: tuple[int, ...] = ()) -> None:
        streams = [SdkStreamDescriptor(media_type=1, stream_id=1, group_id=1, track_label="a")]
        streams += [SdkStreamDescriptor(media_type=2, max_bitrate_kbps=kbps, framerate=15) for kbps in sends]
        sub = SdkSubscribeFrame(
            sdp_offer="offer", duplex=3 if sends else 1, send_streams=streams, receive_stream_ids=receives
        )
        self.feed(number, Type.SUBSCRIBE, sub=sub)

    def take(self, number: int, frame_type: int) -> list[SdkSignalFrame]:
        """The frames of that type since the last call for this connection; others are forgotten."""
        return [frame for frame in self.frames.pop(number, []) if frame.type == frame_type]

    def sources(self, number: int) -> list[tuple[str, int, int]]:
        """(attendee, stream, kbit/s) of the newest INDEX."""
        index = self.take(number, Type.INDEX)[-1].index
        return [(source.attendee_id, source.stream_id, source.max_bitrate_kbps) for source in index.sources]

    def carries(self, number: int, mid: int) -> tuple[int | None, int, bool]:
        order = self.forwarded[number, str(mid)]
        return order.publisher, order.layer, order.is_paused


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize("dialect", list(Dialect))
def test_a_camera_gets_ids_and_is_seen_by_others_only(stage: Stage, dialect: Dialect) -> None:
    alice, bob = stage.present("alice", dialect=dialect), stage.present("bob")
    stage.subscribe(alice, sends=(1400,))
    (ack,) = stage.take(alice, Type.SUBSCRIBE_ACK)
    video = ack.suback.allocations[-1]
    assert (video.stream_id, video.group_id) == (1, 1)
    assert len(ack.suback.allocations) == (2 if dialect is Dialect.NATIVE else 1)
    (index,) = stage.take(bob, Type.INDEX)[-1:]
    (source,) = index.index.sources
    assert (source.attendee_id, source.external_user_id, source.media_type) == ("alice", "Alice", 2)
    assert (source.stream_id, source.group_id, source.max_bitrate_kbps, source.framerate) == (1, 1, 1400, 15)
    stage.subscribe(bob, receives=(0, 1))
    (ack,) = stage.take(bob, Type.SUBSCRIBE_ACK)
    (track,) = ack.suback.tracks
    assert (track.stream_id, track.track_label, track.ssrc) == (1, "v_2", 102)
    assert stage.carries(bob, 2) == (alice, 0, False)
    assert not [frame for frame in stage.take(alice, Type.INDEX) if frame.index.sources]


def test_a_camera_that_is_off_or_gone_is_seen_by_nobody(stage: Stage) -> None:
    alice, bob = stage.present("alice"), stage.present("bob")
    stage.subscribe(alice, sends=(1400,))
    stage.subscribe(bob, receives=(0, 1))
    stage.subscribe(alice)
    assert stage.sources(bob) == []
    assert stage.carries(bob, 2) == (None, 0, False)
    stage.subscribe(alice, sends=(1400,))
    assert stage.sources(bob) == [("alice", 1, 1400)]
    assert stage.carries(bob, 2) == (alice, 0, False)
    stage.conference.handle_disconnect(alice, True, stage.now)
    stage.drain()
    assert stage.sources(bob) == []
    assert stage.carries(bob, 2) == (None, 0, False)


def test_who_reconnects_gets_a_higher_group(stage: Stage) -> None:
    alice, bob = stage.present("alice"), stage.present("bob")
    stage.subscribe(alice, sends=(1400,))
    stage.subscribe(stage.present("alice"), sends=(1400,))
    (source,) = stage.take(bob, Type.INDEX)[-1].index.sources
    assert (source.group_id, source.stream_id) == (2, 2)


def test_layers_share_a_group_and_those_that_are_off_are_left_out(stage: Stage) -> None:
    alice, bob = stage.present("alice"), stage.present("bob")
    stage.subscribe(alice, sends=SIMULCAST)
    assert stage.sources(bob) == [("alice", 1, 300), ("alice", 3, 1200)]
    stage.subscribe(bob, receives=(0, 3))
    assert stage.carries(bob, 2) == (alice, 2, False)
    stage.subscribe(alice, sends=(0, 1200, 0))
    assert stage.sources(bob) == [("alice", 2, 1200)]


def switch(stage: Stage, number: int, mid: int, stream_id: int) -> None:
    wanted = SdkVideoSubscriptionConfiguration(mid=str(mid), attendee_id="alice", stream_id=stream_id)
    update = SdkRemoteVideoUpdateFrame(added_or_updated_video_subscriptions=[wanted])
    stage.feed(number, Type.REMOTE_VIDEO_UPDATE, remote_video_update=update)


def test_another_layer_on_request_and_nothing_for_what_is_not_there(stage: Stage) -> None:
    alice, bob = stage.present("alice"), stage.present("bob")
    stage.subscribe(alice, sends=SIMULCAST)
    stage.subscribe(bob, receives=(0, 3))
    switch(stage, bob, 2, 1)
    assert stage.carries(bob, 2) == (alice, 0, False)
    switch(stage, bob, 2, 77)
    assert stage.carries(bob, 2) == (None, 0, False)
    switch(stage, bob, 9, 1)
    assert (bob, "9") not in stage.forwarded
    removal = SdkRemoteVideoUpdateFrame(removed_video_subscription_mids=["2"])
    stage.feed(bob, Type.REMOTE_VIDEO_UPDATE, remote_video_update=removal)
    assert stage.carries(bob, 2) == (None, 0, False)


def test_pause_and_resume_outlast_a_negotiation(stage: Stage) -> None:
    alice, bob = stage.present("alice"), stage.present("bob")
    stage.subscribe(alice, sends=(1400,))
    stage.subscribe(bob, receives=(0, 1))
    stage.feed(bob, Type.PAUSE, pause=SdkPauseResumeFrame(stream_ids=[1, 99]))
    assert stage.carries(bob, 2) == (alice, 0, True)
    stage.subscribe(bob, receives=(0, 1))
    assert stage.carries(bob, 2) == (alice, 0, True)
    stage.feed(bob, Type.RESUME, pause=SdkPauseResumeFrame(stream_ids=[1]))
    assert stage.carries(bob, 2) == (alice, 0, False)


def test_content_is_a_source_of_its_own_that_its_presenter_does_not_get(stage: Stage) -> None:
    alice, bob = stage.present("alice"), stage.present("bob")
    content = stage.present("alice", content=True, session=2)
    stage.subscribe(alice, sends=(1400,))
    stage.subscribe(content, sends=(2500,))
    assert stage.sources(bob) == [("alice", 1, 1400), ("alice#content", 2, 2500)]
    assert stage.sources(alice) == []
    assert stage.sources(content) == []


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        (Capabilities(), ["alice", "alice#content"]),
        (Capabilities(content="Send"), ["alice"]),
        (Capabilities(video="Send", content="Send"), []),
        (Capabilities(video="None", content="None"), []),
    ],
)
def test_what_must_not_be_received_is_not_offered_and_not_sent(
    stage: Stage, capabilities: Capabilities, expected: list[str]
) -> None:
    stage.attendee("bob", capabilities)
    alice, bob = stage.present("alice"), stage.present("bob")
    stage.subscribe(alice, sends=(1400,))
    stage.subscribe(stage.present("alice", content=True, session=2), sends=(2500,))
    assert [name for name, *_ in stage.sources(bob)] == expected
    stage.subscribe(bob, receives=(0, 1, 2))
    carried = [stage.carries(bob, mid)[0] is not None for mid in (2, 3)]
    assert carried == ["alice" in expected, "alice#content" in expected]


def test_who_must_not_send_is_told_once(stage: Stage) -> None:
    stage.attendee("alice", Capabilities(video="Receive"))
    alice, bob = stage.present("alice"), stage.present("bob")
    for _ in range(2):
        stage.subscribe(alice, sends=(1400,))
    errors = [frame.error.status for frame in stage.take(alice, Type.INDEX) if frame.HasField("error")]
    assert errors == [VIEW_ONLY]
    assert stage.sources(bob) == []


def test_a_capability_taken_away_ends_the_video_and_given_back_brings_it_again(stage: Stage) -> None:
    alice, bob = stage.present("alice"), stage.present("bob")
    stage.subscribe(alice, sends=(1400,))
    stage.subscribe(bob, receives=(0, 1))
    for video, expected in (("Receive", None), ("SendReceive", alice)):
        stage.attendees["alice"].capabilities = Capabilities(video=video)
        stage.conference.handle_capabilities([stage.attendees["alice"]], stage.now)
        stage.drain()
        assert stage.carries(bob, 2)[0] == expected
        assert bool(stage.sources(bob)) == (expected is not None)


def test_no_more_cameras_than_there_is_room_for() -> None:
    stage = Stage(max_video_senders=1)
    alice, bob = stage.present("alice"), stage.present("bob")
    stage.subscribe(alice, sends=(1400,))
    assert stage.take(bob, Type.INDEX)[-1].index.at_capacity
    assert not any(frame.index.at_capacity for frame in stage.take(alice, Type.INDEX))
    stage.subscribe(bob, sends=(1400,))
    assert stage.take(bob, Type.INDEX)[-1].error.status == VIEW_ONLY
    stage.subscribe(alice)
    assert stage.sources(alice) == [("bob", 2, 1400)]


def test_index_is_sent_only_when_it_changes(stage: Stage) -> None:
    alice, bob = stage.present("alice"), stage.present("bob")
    assert stage.take(bob, Type.INDEX)[-1].index.num_participants == 2
    stage.subscribe(alice)
    stage.subscribe(alice)
    assert stage.take(bob, Type.INDEX) == []
    stage.present("carol")
    assert stage.take(bob, Type.INDEX)[-1].index.num_participants == 3


def test_senders_learn_what_all_receivers_can_decode(stage: Stage) -> None:
    alice, bob = stage.present("alice"), stage.present("bob")
    stage.codecs[bob] = ("VP8", "H264")
    stage.subscribe(alice, sends=(1400,))
    stage.subscribe(bob)
    assert not stage.take(alice, Type.INDEX)[-1].index.supported_receive_codec_intersection
    stage.subscribe(bob, receives=(0, 1))
    (index,) = stage.take(alice, Type.INDEX)
    assert list(index.index.supported_receive_codec_intersection) == [1, 3]
    # All of them are named: senders would take no notice of an empty list.
    stage.codecs[bob] = ("VP8", "H264", "VP9")
    stage.subscribe(bob, receives=(0, 1))
    (index,) = stage.take(alice, Type.INDEX)
    assert list(index.index.supported_receive_codec_intersection) == [1, 3, 8]
    stage.subscribe(bob)
    (index,) = stage.take(alice, Type.INDEX)
    assert not index.index.supported_receive_codec_intersection


def test_bitrates_name_what_comes_and_what_reaches_the_receiver(stage: Stage) -> None:
    alice, bob = stage.present("alice"), stage.present("bob")
    stage.subscribe(alice, sends=SIMULCAST)
    stage.take(bob, Type.INDEX)
    rates = {(alice, 0): LayerRate(250_000, 320, 180), (alice, 2): LayerRate(0), (bob, 0): LayerRate(5)}
    stage.conference.handle_video(rates, {bob: Downlink(3_456_789, 1)}, stage.now)
    stage.drain()
    assert stage.take(alice, Type.BITRATES) == []
    frames = stage.frames.pop(bob)
    (bitrates,) = [frame.bitrates for frame in frames if frame.type == Type.BITRATES]
    assert [(item.source_stream_id, item.avg_bitrate_bps) for item in bitrates.bitrates] == [(1, 250_000)]
    assert bitrates.server_available_outgoing_bitrate == 3456
    (index,) = [frame.index for frame in frames if frame.type == Type.INDEX]
    assert [(source.width, source.height) for source in index.sources] == [(320, 180), (0, 0)]


class TestAdaptionByTheService:
    @pytest.fixture
    def bob(self, stage: Stage) -> int:
        return stage.present("bob", server_side_network_adaption=ADAPTED)

    def prefer(self, stage: Stage, bob: int, **kbps: int) -> None:
        wanted = [
            SdkVideoSubscriptionConfiguration(
                mid=mid.strip("_"), target_bitrate_kbps=target, priority=100 - int(mid.strip("_"))
            )
            for mid, target in kbps.items()
        ]
        update = SdkRemoteVideoUpdateFrame(added_or_updated_video_subscriptions=wanted)
        stage.feed(bob, Type.REMOTE_VIDEO_UPDATE, remote_video_update=update)

    def measure(self, stage: Stage, bob: int, estimate: int, sent: int, seconds: float = 2) -> None:
        stage.now += seconds
        stage.conference.handle_video({}, {bob: Downlink(estimate, sent)}, stage.now)
        stage.drain()

    def test_it_is_granted_to_who_asks(self, stage: Stage, bob: int) -> None:
        (ack,) = stage.take(bob, Type.JOIN_ACK)
        assert ack.joinack.default_server_side_network_adaption == ADAPTED
        (ack,) = stage.take(stage.present("carol"), Type.JOIN_ACK)
        assert not ack.joinack.HasField("default_server_side_network_adaption")

    def test_layers_follow_the_size_that_is_shown(self, stage: Stage, bob: int) -> None:
        alice = stage.present("alice")
        stage.subscribe(alice, sends=SIMULCAST)
        stage.subscribe(bob, receives=(0, 3))
        assert stage.carries(bob, 2) == (alice, 2, False)
        self.prefer(stage, bob, _2=600)
        assert stage.carries(bob, 2) == (alice, 0, False)
        self.prefer(stage, bob, _2=10_000)
        assert stage.carries(bob, 2) == (alice, 2, False)

    def test_want_of_bandwidth_costs_layers_then_videos(self, stage: Stage, bob: int) -> None:
        alice, carol = stage.present("alice"), stage.present("carol")
        stage.subscribe(alice, sends=SIMULCAST)
        stage.subscribe(carol, sends=SIMULCAST)
        stage.subscribe(bob, receives=(0, 3, 6))
        self.prefer(stage, bob, _2=10_000, _3=10_000)
        assert [stage.carries(bob, mid)[1] for mid in (2, 3)] == [2, 2]
        self.measure(stage, bob, 1_600_000, 1_600_000)
        self.measure(stage, bob, 1_600_000, 2_400_000)
        assert [stage.carries(bob, mid) for mid in (2, 3)] == [(alice, 2, False), (carol, 0, False)]
        stage.frames.clear()
        self.measure(stage, bob, 400_000, 1_500_000)
        assert stage.carries(bob, 2) == (alice, 0, False)
        assert stage.carries(bob, 3)[2] is True
        (pause,) = stage.take(bob, Type.PAUSE)
        assert list(pause.pause.group_ids) == [2]
        self.measure(stage, bob, 600_000, 300_000, seconds=20)
        (resume,) = stage.take(bob, Type.RESUME)
        assert list(resume.pause.group_ids) == [2]
        assert stage.carries(bob, 3)[2] is False
