import asyncio
import logging
import time
from random import Random
from typing import Any

import numpy as np
import pytest
from chime_native import MeetingSession
from chime_native.devices import ArraySink, ToneSource
from chime_native.errors import AtCapacityError, ConfigurationError, MeetingEndedError, SessionError
from chime_native.metrics import ClientMetricReport
from chime_native.realtime import DefaultActiveSpeakerPolicy
from chime_native.realtime.transcript import TranscriptionStatusType
from chime_native.rtc import Impairment
from chime_native.session import (
    AudioProfile,
    MeetingSessionCredentials,
    MeetingSessionStatus,
    MeetingSessionVideoAvailability,
)
from chime_native.session import MeetingSessionStatusCode as Code
from chime_native.session.client_identity import signaling_opener
from chime_native.session.events import (
    AttendeePresence,
    AudioVideoDidStart,
    AudioVideoDidStartConnecting,
    AudioVideoDidStop,
    AudioVideoWasDemotedFromPrimaryMeeting,
    LocalSignalStrength,
    MuteState,
    VideoAvailabilityDidChange,
)
from chime_native.signaling import Dialect
from chime_native.signaling.machine import SignalingClient
from chime_native.signaling.messages import SdkMetric, SdkSignalFrame, SdkTranscriptFrame
from chime_native.signaling.shell import WebSocketConnection

Frame = SdkSignalFrame
ROOM_FOR_VIDEO = VideoAvailabilityDidChange(MeetingSessionVideoAvailability(False, True))


async def within(work: Any) -> Any:
    return await asyncio.wait_for(work, 30)


async def hears(sink: ArraySink, hz: float) -> None:
    """Waits for half a second in which this is the strongest frequency."""
    async with asyncio.timeout(30):
        strongest = 0.0
        while abs(strongest - hz) > 4:
            sink.clear()
            pcm = await sink.wait_for(0.5)
            strongest = float(np.argmax(np.abs(np.fft.rfft(pcm[:24000, 0].astype(float))))) * 2


async def next_of(events: Any, kind: type) -> Any:
    """The next event of a kind."""
    while not isinstance(event := await within(anext(events)), kind):
        pass
    return event


async def test_sound_goes_both_ways(service: Any) -> None:
    service.source = ToneSource(600)
    sink = ArraySink()
    async with MeetingSession(service.configuration()) as session:
        av = session.audio_video
        await av.start_audio_input(ToneSource(440))
        await av.bind_audio_element(sink)
        av.start()
        await within(session.started())
        client = await service.client()
        await hears(sink, 600)
        await hears(client.heard, 440)
        blocks = av.audio()
        assert (await within(anext(blocks))).shape == (480, 1)
        status = await within(session.leave())
        assert status.status_code is Code.LEFT
        assert client.frames(Frame.LEAVE)


async def test_the_frames_of_a_join(service: Any) -> None:
    async with MeetingSession(service.configuration()) as session:
        session.audio_video.realtime_mute_local_audio()
        session.audio_video.start()
        await within(session.started())
        client = await service.client()
        kinds = [frame.type for frame in client.received]
        assert kinds[:3] == [Frame.PING_PONG, Frame.JOIN, Frame.SUBSCRIBE]
        join = client.frames(Frame.JOIN)[0].join
        assert join.client_details.client_source == "chime-native"
        assert join.audio_session_id == session._audio_session_id
        subscribe = client.frames(Frame.SUBSCRIBE)[0].sub
        assert subscribe.audio_muted
        assert list(subscribe.receive_stream_ids) == [0]
        assert subscribe.send_streams[0].attendee_id == "a1"
        assert "red/48000/2" in subscribe.sdp_offer
        assert not client.frames(Frame.AUDIO_CONTROL)


async def test_life_cycle_presence_and_mute_as_events(service: Any) -> None:
    session = MeetingSession(service.configuration())
    async with session, session.events() as events:
        session.audio_video.start()
        assert await within(anext(events)) == AudioVideoDidStartConnecting(False)
        assert await within(anext(events)) == AudioVideoDidStart()
        assert await within(anext(events)) == ROOM_FOR_VIDEO
        client = await service.client()
        streams = [
            {"audio_stream_id": 1, "attendee_id": "a1", "external_user_id": "ada", "muted": False},
            {"audio_stream_id": 2, "attendee_id": "b2", "external_user_id": "bob", "muted": True},
        ]
        await client.send(Frame.AUDIO_STREAM_ID_INFO, audio_stream_id_info={"streams": streams})
        assert await within(anext(events)) == AttendeePresence("a1", True, "ada", False)
        assert await within(anext(events)) == AttendeePresence("b2", True, "bob", False)
        assert list(session.roster) == ["a1", "b2"]
        async with session.audio_video.volume("b2") as volumes:
            states = [{"audio_stream_id": 2, "volume": 28, "signal_strength": 1}]
            streams = [{"audio_stream_id": 2, "muted": False}]
            await client.send(Frame.AUDIO_STREAM_ID_INFO, audio_stream_id_info={"streams": streams})
            await client.send(Frame.AUDIO_METADATA, audio_metadata={"attendee_states": states})
            assert (await within(anext(volumes))).muted is False
            update = await within(anext(volumes))
            assert (update.volume, update.muted, update.signal_strength) == (0.5, None, 0.5)
        assert session.roster["b2"].volume == 0.5
        assert await within(anext(events)) == LocalSignalStrength(1)
        session.audio_video.muted = True
        assert await within(anext(events)) == MuteState(True)
        assert (await client.wait_for(Frame.AUDIO_CONTROL)).audio_control.muted
        session.audio_video.stop()
        status = await within(session.ended())
        assert [event async for event in events] == [AudioVideoDidStop(status)]
        assert not session.roster


async def test_data_messages(service: Any) -> None:
    async with MeetingSession(service.configuration()) as session:
        av = session.audio_video
        av.start()
        await within(session.started())
        client = await service.client()
        heard: list[str] = []
        av.realtime_subscribe_to_receive_data_message("chat", lambda message: heard.append(message.text()))
        async with av.data("chat") as messages:
            sent = {
                "topic": "chat",
                "data": b"hi",
                "sender_attendee_id": "b2",
                "sender_external_user_id": "bob",
                "ingest_time_ns": 5_000_000,
            }
            other = sent | {"topic": "other"}
            await client.send(Frame.DATA_MESSAGE, data_message={"messages": [other, sent]})
            message = await within(anext(messages))
        assert (message.text(), message.sender_external_user_id, message.timestamp_ms) == ("hi", "bob", 5.0)
        assert heard == ["hi"]
        av.send_data("chat", {"a": 1}, 1000)
        payload = (await client.wait_for(Frame.DATA_MESSAGE)).data_message.messages[0]
        assert (payload.topic, payload.data, payload.lifetime_ms) == ("chat", b'{"a":1}', 1000)
        with pytest.raises(ValueError, match="Invalid topic"):
            av.send_data("no spaces", "x")


async def test_a_session_that_was_never_started(service: Any) -> None:
    async with MeetingSession(service.configuration()) as session:
        assert (await within(session.leave())).status_code is Code.LEFT
        with pytest.raises(RuntimeError, match="has not been started"):
            await session.started()
    assert service.clients == []


async def test_join_as_one_block(service: Any) -> None:
    meeting = {"MeetingId": "m1", "MediaPlacement": {"SignalingUrl": service.url, "AudioHostUrl": "x"}}
    attendee = {"AttendeeId": "a1", "ExternalUserId": "ada", "JoinToken": "token"}
    async with MeetingSession.join(meeting, attendee) as session:
        assert session.attendee_id == "a1"
        assert session.stats()["media"]["audio"]["sender"]
    assert (await service.client()).frames(Frame.LEAVE)
    with pytest.raises(ConfigurationError, match=r"Attendee\.JoinToken"):
        await MeetingSession.join(meeting, {"AttendeeId": "a1"}).__aenter__()


@pytest.mark.parametrize(
    ("audio_status", "error"), [(410, MeetingEndedError), (409, AtCapacityError), (403, SessionError)]
)
async def test_a_start_that_the_service_refuses(
    service: Any, audio_status: int, error: type[SessionError]
) -> None:
    async def refuse(client: Any, _: Frame) -> None:
        await client.send(Frame.AUDIO_STATUS, audio_status={"audio_status": audio_status})

    service.handlers[Frame.JOIN] = refuse
    async with MeetingSession(service.configuration()) as session:
        session.audio_video.start()
        with pytest.raises(error):
            await within(session.started())


async def test_a_meeting_that_ends(service: Any) -> None:
    async with MeetingSession(service.configuration()) as session:
        session.audio_video.start()
        await within(session.started())
        client = await service.client()
        await client.send(Frame.AUDIO_STATUS, audio_status={"audio_status": 410})
        status = await within(session.ended())
        assert status.status_code is Code.MEETING_ENDED
        assert client.frames(Frame.LEAVE)


async def test_a_service_that_is_not_there_and_a_start_not_to_be_retried(service: Any) -> None:
    configuration = service.configuration()
    configuration.urls.signaling_url = "ws://127.0.0.1:9/nothing"
    async with MeetingSession(configuration, retry_start=False) as session:
        session.audio_video.start()
        with pytest.raises(SessionError, match="cannot be opened"):
            await within(session.started())


async def test_a_cut_socket_is_made_good(service: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with MeetingSession(service.configuration()) as session, session.events() as events:
        av = session.audio_video
        await av.start_audio_input(ToneSource(440))
        av.start()
        await within(session.started())
        client = await service.client()
        client.socket.transport.abort()
        again = await service.client(2)
        await hears(again.heard, 440)
        assert [await within(anext(events)) for _ in range(6)] == [
            AudioVideoDidStartConnecting(False),
            AudioVideoDidStart(),
            ROOM_FOR_VIDEO,
            AudioVideoDidStartConnecting(True),
            ROOM_FOR_VIDEO,  # on a reconnect INDEX is taken in at once
            AudioVideoDidStart(),
        ]
        first, second = (each.frames(Frame.JOIN)[0].join.audio_session_id for each in (client, again))
        assert first == second


async def test_a_raising_realtime_callback_is_logged_or_strict(
    service: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def raising(*_: object) -> None:
        raise RuntimeError("mine")

    for strict in (False, True):
        async with MeetingSession(service.configuration(), strict_callbacks=strict) as session:
            session.audio_video.realtime_subscribe_to_attendee_id_presence(raising)
            session.audio_video.start()
            await within(session.started())
            client = await service.client(1 + strict)
            streams = [{"audio_stream_id": 1, "attendee_id": "a1"}]
            await client.send(Frame.AUDIO_STREAM_ID_INFO, audio_stream_id_info={"streams": streams})
            if strict:
                status = await within(session.ended())
                assert status.status_code is Code.REALTIME_API_FAILED
            else:
                await client.send(Frame.PING_PONG, ping_pong={"type": 1, "ping_id": 7})
                await client.wait_for(Frame.PING_PONG)
                assert session.audio_video._parts.controller.connected
    assert "mine" in caplog.text


async def test_active_speakers_by_callback_and_iterator(service: Any) -> None:
    async with MeetingSession(service.configuration()) as session:
        av = session.audio_video
        lists: list[list[str]] = []
        av.subscribe_to_active_speaker_detector(DefaultActiveSpeakerPolicy(), lists.append)
        av.start()
        await within(session.started())
        client = await service.client()
        streams = [{"audio_stream_id": 1, "attendee_id": "a1"}, {"audio_stream_id": 2, "attendee_id": "b2"}]
        await client.send(Frame.AUDIO_STREAM_ID_INFO, audio_stream_id_info={"streams": streams})
        async with av.active_speakers() as speakers:
            for volume in (20, 25, 20):
                states = [{"audio_stream_id": 2, "volume": volume}]
                await client.send(Frame.AUDIO_METADATA, audio_metadata={"attendee_states": states})
            while await within(anext(speakers)) != ["b2"]:
                pass
        assert lists[-1] == ["b2"]
        assert not av.has_bandwidth_priority
        told: list[bool] = []
        session._link.speakers.on_bandwidth_priority = told.append
        async with av.active_speakers() as speakers:
            for volume in (20, 25, 20, 25, 20, 25):  # one's own, who takes over
                states = [{"audio_stream_id": 1, "volume": volume}]
                await client.send(Frame.AUDIO_METADATA, audio_metadata={"attendee_states": states})
            while (await within(anext(speakers)))[:1] != ["a1"]:
                pass
        assert av.has_bandwidth_priority
        assert told == [True]
        av.unsubscribe_from_active_speaker_detector(lists.append)


async def test_figures_are_sent_and_told(service: Any) -> None:
    class Observer:
        def __init__(self) -> None:
            self.reports: list[ClientMetricReport] = []

        def metrics_did_receive(self, report: ClientMetricReport) -> None:
            self.reports.append(report)

    observer = Observer()
    async with MeetingSession(service.configuration()) as session:
        session.audio_video.add_observer(observer)
        await session.audio_video.start_audio_input(ToneSource(440))
        session.audio_video.start()
        async with session.audio_video.metrics() as figures, asyncio.timeout(30):
            async for report in figures:
                observed = report.observed()
                if observed.audio_packets_received and observed.audio_upstream_level:
                    break
        assert observer.reports
        assert 30 < observed.audio_packets_received <= 60
        assert observed.audio_packets_received_fraction_loss == 0
        client = service.clients[-1]
        frame = (await client.wait_for(SdkSignalFrame.CLIENT_METRIC)).client_metric
        kinds = {metric.type for stream in frame.stream_metric_frames for metric in stream.metrics}
        assert {SdkMetric.RTC_MIC_PPS, SdkMetric.RTC_SPK_PPS, SdkMetric.RTC_SPK_JITTER_MS} <= kinds

        session.audio_video.stop()
        await session.ended()
        told = len(observer.reports)
    assert len(observer.reports) == told


async def test_the_services_estimate_is_a_figure(service: Any) -> None:
    async with MeetingSession(service.configuration()) as session, session.audio_video.metrics() as figures:
        session.audio_video.start()
        await session.started()
        await service.clients[-1].send(
            SdkSignalFrame.BITRATES, bitrates={"server_available_outgoing_bitrate": 640}
        )
        async with asyncio.timeout(30):
            async for report in figures:
                if report.observed().available_incoming_bitrate == 640_000:
                    break


async def test_promotion_and_demotion(service: Any) -> None:
    statuses: list[str] = []

    class Observer:
        def audio_video_was_demoted_from_primary_meeting(self, status: MeetingSessionStatus) -> None:
            statuses.append(status.status_code.name)

    async def answer(client: Any, frame: Frame) -> None:
        credentials = frame.primary_meeting_join.credentials
        error = {} if credentials.join_token == "good" else {"error": {"status": 403}}
        await client.send(Frame.PRIMARY_MEETING_JOIN_ACK, primary_meeting_join_ack={}, **error)

    service.handlers[Frame.PRIMARY_MEETING_JOIN] = answer
    good = MeetingSessionCredentials("p1", "ada", "good")
    bad = MeetingSessionCredentials("p1", "ada", "bad")
    async with MeetingSession(service.configuration()) as session, session.events() as events:
        av = session.audio_video
        av.add_observer(Observer())
        assert (await av.promote_to_primary_meeting(good)).status_code is Code.SIGNALING_REQUEST_FAILED
        av.start()
        await within(session.started())
        client = await service.client()
        assert (
            await within(av.promote_to_primary_meeting(bad))
        ).status_code is Code.AUDIO_AUTHENTICATION_REJECTED
        assert (await within(av.promote_to_primary_meeting(good))).status_code is Code.OK
        await client.send(Frame.PRIMARY_MEETING_LEAVE, primary_meeting_leave={})
        demoted = AudioVideoWasDemotedFromPrimaryMeeting
        await next_of(events, demoted)
        await within(av.promote_to_primary_meeting(good))
        av.demote_from_primary_meeting()
        await next_of(events, demoted)
        await client.wait_for(Frame.PRIMARY_MEETING_LEAVE)
        await within(av.promote_to_primary_meeting(good))
        client.socket.transport.abort()
        await next_of(events, demoted)
        await within(service.client(2))
    assert statuses == [
        "AUDIO_VIDEO_WAS_REMOVED_FROM_PRIMARY_MEETING",
        "OK",
        "AUDIO_VIDEO_DISCONNECTED_WHILE_PROMOTED",
    ]


async def test_transcripts(service: Any) -> None:
    async with (
        MeetingSession(service.configuration()) as session,
        session.audio_video.transcripts() as transcripts,
    ):
        session.audio_video.start()
        await within(session.started())
        client = await service.client()
        heard: list[object] = []
        session.audio_video.transcription_controller.subscribe_to_transcript_event(heard.append)
        frame = SdkTranscriptFrame(
            events=[
                {"status": {"type": 1, "event_time": 5}},
                {"transcript": {"results": [{"result_id": "r", "is_partial": False}]}},
            ]
        )
        message = {"topic": "aws:chime:transcription", "data": frame.SerializeToString(), "ingest_time_ns": 1}
        broken = message | {"data": b"\xff"}
        await client.send(Frame.DATA_MESSAGE, data_message={"messages": [broken, message]})
        status, transcript = [await within(anext(transcripts)) for _ in range(2)]
        assert status.type is TranscriptionStatusType.STARTED
        assert transcript.results[0].result_id == "r"
        assert heard == [status, transcript]


async def test_signaling_first(service: Any) -> None:
    async with MeetingSession(service.configuration()) as session:
        session.audio_video.start(signaling_only=True)
        client = await service.client()
        assert client.received == []
        session.audio_video.start()
        await within(session.started())
        assert len(service.clients) == 1
        assert client.frames(Frame.JOIN)
    async with MeetingSession(service.configuration()) as session:
        session.audio_video.start(signaling_only=True)
        await service.client(2)


async def test_the_start_may_wait_for_the_own_presence(service: Any) -> None:
    configuration = service.configuration()
    configuration.attendee_presence_timeout_ms = 300
    async with MeetingSession(configuration, retry_start=False) as session:
        session.audio_video.start()
        with pytest.raises(SessionError, match=r"not present within 0\.3 s") as caught:
            await within(session.started())
        assert caught.value.status is not None
        assert caught.value.status.status_code is Code.NO_ATTENDEE_PRESENT

    async def subscribe_and_tell(client: Any, frame: Frame) -> None:
        streams = [{"audio_stream_id": 1, "attendee_id": "a1"}]
        await client.send(Frame.AUDIO_STREAM_ID_INFO, audio_stream_id_info={"streams": streams})
        await client.service.answer(client, frame)

    service.handlers[Frame.SUBSCRIBE] = subscribe_and_tell
    configuration.attendee_presence_timeout_ms = 10_000
    async with MeetingSession(configuration, retry_start=False) as session:
        session.audio_video.start()
        await within(session.started())


async def test_the_steps_of_the_start_are_reported(service: Any) -> None:
    async with MeetingSession(service.configuration()) as session:
        session.audio_video.start()
        await within(session.started())
        client = await service.client()
        timing = (await client.wait_for(Frame.MEETING_SESSION_TIMING)).meeting_session_timing
        signaling = timing.signaling[0]
        steps = [
            signaling.start_ms,
            signaling.transport_connected_ms,
            signaling.join_sent_ms,
            signaling.join_ack_received_ms,
            signaling.create_offer_ms,
            signaling.subscribe_sent_ms,
            signaling.subscribe_ack_ms,
            signaling.set_remote_description_ms,
            signaling.ice_connected_ms,
            timing.local_audio[0].first_packet_sent_ms,
        ]
        assert steps == sorted(steps)
        assert timing.remote_audio[0].first_packet_received_ms


async def test_audio_profiles_are_asked_for(service: Any) -> None:
    profile = AudioProfile.fullband_music_stereo(audio_redundancy=False)
    async with MeetingSession(service.configuration(), audio_profile=profile) as session:
        session.audio_video.start()
        await within(session.started())
        offer = (await service.client()).frames(Frame.SUBSCRIBE)[0].sub.sdp_offer
        assert "maxaveragebitrate=128000" in offer
        assert "stereo=1" in offer
        assert "red/48000" not in offer
        with pytest.raises(TypeError, match="an AudioProfile is needed"):
            session.audio_video.set_audio_profile("music")
        with pytest.raises(ValueError, match="bitrate must be 6000 to 510000"):
            session.audio_video.set_audio_profile(AudioProfile(1))
        session.audio_video.set_audio_profile(AudioProfile.fullband_speech_mono())
        (await service.client()).socket.transport.abort()
        again = await service.client(2)
        offer = (await again.wait_for(Frame.SUBSCRIBE)).sub.sdp_offer
        assert "maxaveragebitrate=40000" in offer
        assert "red/48000" in offer


async def test_a_recording_keeps_its_time_over_a_reconnect(service: Any) -> None:
    sink = ArraySink()
    async with MeetingSession(service.configuration()) as session, session.events() as events:
        await session.audio_video.bind_audio_element(sink)
        session.audio_video.start()
        await within(session.started())
        await within(sink.wait_for(0.2))

        async def wait_and_join(client: Any, frame: Frame) -> None:
            await within(sink.wait_for(len(sink) / 48000 + 0.3))
            await client.service.welcome(client, frame)

        service.handlers[Frame.JOIN] = wait_and_join
        (await service.client()).socket.transport.abort()
        await next_of(events, AudioVideoDidStart)
        await next_of(events, AudioVideoDidStart)


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_both_dialects(service: Any, dialect: Dialect) -> None:
    configuration = service.configuration()
    configuration.signaling_dialect = dialect
    async with MeetingSession(configuration) as session:
        session.audio_video.start()
        await within(session.started())
        client = await service.client()
        first = client.received[0].type
        assert first == (Frame.PING_PONG if dialect is Dialect.BROWSER else Frame.JOIN)


async def test_rubbish_on_the_signaling_socket_is_counted_and_does_no_harm(service: Any) -> None:
    random = Random(1)
    async with (
        MeetingSession(service.configuration()) as session,
        session.audio_video.data("chat") as messages,
    ):
        session.audio_video.start()
        await within(session.started())
        client = await service.client()
        for _ in range(200):
            await client.socket.send(random.randbytes(random.randrange(200)))
        await client.socket.send("a text message")
        await client.send(Frame.DATA_MESSAGE, data_message={"messages": [{"topic": "chat", "data": b"hi"}]})
        assert (await within(anext(messages))).text() == "hi"
        counted = session.stats()["signaling"]
        assert counted["frames_malformed"] > 100
        assert counted["text_messages"] == 1


class Valve(Impairment):
    """A network that can be shut."""

    shut = False

    def link(self, direction: str) -> Any:
        valve = self
        link = super().link(direction)

        class Link:
            stats = staticmethod(link.stats)

            def delay(self) -> float | None:
                return None if valve.shut else link.delay()

        return Link()


async def test_media_that_stalls_is_made_good(service: Any) -> None:
    configuration = service.configuration()
    policy = configuration.connection_health_policy_configuration
    policy.connection_wait_time_ms = 0
    policy.connection_unhealthy_threshold = 2  # seconds
    service.source = ToneSource(600)
    heard = ArraySink()
    valve = Valve()
    async with MeetingSession(configuration, impairment=valve) as session:
        await session.audio_video.bind_audio_element(heard)
        session.audio_video.start()
        await within(session.started())
        await hears(heard, 600)
        valve.shut = True
        await within(service.client(2))
        valve.shut = False
        await hears(heard, 600)


async def test_a_frozen_service_is_noticed_by_its_pongs(service: Any) -> None:
    configuration = service.configuration()
    opener = signaling_opener(configuration)

    def with_quick_pings(on_event: Any) -> WebSocketConnection:
        connection = opener(on_event)
        connection.client = SignalingClient(time.time() * 1000, ping_interval_ms=50)
        return connection

    async def freeze(*_: Any) -> None:
        """Answers no ping."""

    service.handlers[Frame.PING_PONG] = freeze
    configuration.connection_health_policy_configuration.connection_wait_time_ms = 0
    async with (
        MeetingSession(configuration, connect_signaling=with_quick_pings) as session,
        session.events() as events,
    ):
        session.audio_video.start()
        while await next_of(events, AudioVideoDidStartConnecting) != AudioVideoDidStartConnecting(True):
            pass
        await within(service.client(2))


async def test_a_service_that_does_not_acknowledge_the_leave(service: Any) -> None:
    async def ignore(*_: Any) -> None:
        """Says nothing."""

    service.handlers[Frame.LEAVE] = ignore
    async with MeetingSession(service.configuration(), leave_limit=0.1) as session:
        session.audio_video.start()
        await within(session.started())
        assert (await within(session.leave())).status_code is Code.LEFT


@pytest.mark.parametrize(
    ("close_code", "ends_with"),
    [(4410, Code.MEETING_ENDED), (4403, Code.SIGNALING_BAD_REQUEST), (1000, Code.SIGNALING_BAD_REQUEST)],
)
async def test_close_codes_while_joining(service: Any, close_code: int, ends_with: Code) -> None:
    async def close(client: Any, _: Frame) -> None:
        await client.socket.close(close_code)

    service.handlers[Frame.JOIN] = close
    async with MeetingSession(service.configuration()) as session:
        session.audio_video.start()
        assert (await within(session.ended())).status_code is ends_with


@pytest.mark.parametrize("close_code", [1000, 4403])
async def test_close_codes_that_do_nothing_to_a_connected_session(service: Any, close_code: int) -> None:
    service.source = ToneSource(600)
    heard = ArraySink()
    async with MeetingSession(service.configuration()) as session:
        await session.audio_video.bind_audio_element(heard)
        session.audio_video.start()
        await within(session.started())
        client = await service.client()
        client.keep_media = True
        await client.socket.close(close_code)
        await hears(heard, 600)
        assert len(service.clients) == 1
        await within(session.leave())
        await client.peer.close()


async def test_a_close_code_that_asks_to_come_again(service: Any) -> None:
    async with MeetingSession(service.configuration()) as session:
        session.audio_video.start()
        await within(session.started())
        await (await service.client()).socket.close(4503)
        await within(service.client(2))
        await within(session.started())


async def test_observers_may_close_the_session_or_wait_for_its_end(service: Any) -> None:
    ends: list[object] = []
    session = MeetingSession(service.configuration())

    class Closes:
        async def audio_video_did_start(self) -> None:
            await session.close()

        async def audio_video_did_stop(self, status: MeetingSessionStatus) -> None:
            await session.close()
            ends.append(status)

    class Waits:
        async def audio_video_did_stop(self, _: MeetingSessionStatus) -> None:
            ends.append(await session.ended())

    for observer in (Closes(), Waits()):
        session.audio_video.add_observer(observer)
    session.audio_video.start()
    await within(session.ended())
    await within(session.close())
    assert len(ends) == 2
