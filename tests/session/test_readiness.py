"""Readiness checks against the local service over real sockets: what is ready, and what is not, for each reason."""

import asyncio
import re
from pathlib import Path
from typing import Any

from chime_native import MeetingReadinessChecker, MeetingReadinessCheckerConfiguration, MeetingSession
from chime_native.devices import PatternVideoSource
from chime_native.rtc import Impairment, RtcPeer
from chime_native.service import LocalService, ServiceSettings
from chime_native.service.turn import TurnServer
from chime_native.session import MeetingSessionConfiguration
from interop_harness import TurnRelay, UdpRelay, lasting_port

PATIENT = MeetingReadinessCheckerConfiguration(timeout_ms=30_000)  # what must succeed, on a busy machine
SHORT = MeetingReadinessCheckerConfiguration(timeout_ms=2_000)  # what cannot succeed


async def test_all_is_ready_and_nothing_is_left(meeting: Any, tools: Any) -> None:
    async with MeetingSession(await meeting.configuration("ada")) as ada:
        checker = MeetingReadinessChecker(ada, PATIENT)
        pattern = PatternVideoSource(1280, 720)
        feedback = [
            await tools.within(checker.check_video_connectivity()),
            await tools.within(checker.check_content_share_connectivity(pattern)),
        ]
        assert feedback == ["Succeeded"] * 2, checker.detail
        assert ada.audio_video.get_all_video_tiles() == []
        assert ada.stats()["content_share"] == {}
        # The session is as good as new.
        ada.audio_video.start()
        await tools.within(ada.started())


async def test_the_service_has_no_way_over_tcp(meeting: Any, tools: Any) -> None:
    async with MeetingSession(await meeting.configuration("ada")) as ada:
        checker = MeetingReadinessChecker(ada, PATIENT)
        assert await tools.within(checker.check_network_tcp_connectivity()) == "ICENegotiationFailed"
        assert "no TURN server over TCP" in checker.detail
        assert (checker.turn_uris, checker.tcp_is_offered) == ((), False)


async def test_an_attendee_who_may_not_show_anything(meeting: Any, tools: Any) -> None:
    may = {"Audio": "SendReceive", "Video": "Receive", "Content": "Receive"}
    attendee = await meeting.call("create_attendee", ExternalUserId="ada", Capabilities=may)
    async with MeetingSession(MeetingSessionConfiguration(meeting.created, attendee)) as ada:
        checker = MeetingReadinessChecker(ada, SHORT)
        assert await tools.within(checker.check_video_connectivity()) == "VideoNotSent"
        checker = MeetingReadinessChecker(ada, PATIENT)
        content = await tools.within(checker.check_content_share_connectivity(PatternVideoSource()))
        assert content == "Failed"
        assert "refused" in checker.detail


async def test_packets_do_not_come_through(meeting: Any, tools: Any) -> None:
    configuration = await meeting.configuration("ada")
    async with MeetingSession(configuration, impairment=Impairment(loss=1.0)) as ada:
        checker = MeetingReadinessChecker(ada, SHORT)
        assert await tools.within(checker.check_audio_connectivity()) == "AudioNotReceived"
        assert "0 packets were received" in checker.detail


class RelayedPeer(RtcPeer):
    """A client's peer whose packets all go through a relay; neither side knows the other's address."""

    relay: UdpRelay

    async def create_offer(self, **options: Any) -> str:
        offer = await super().create_offer(**options)
        return re.sub(r"(a=candidate:\S+ 1 udp \d+) \S+ \d+", r"\1 127.0.0.1 9", offer)

    async def apply_answer(self, sdp: str) -> None:
        host, port = self.relay.address
        await super().apply_answer(re.sub(r"(a=candidate:\S+ 1 udp \d+) \S+ \d+", rf"\1 {host} {port}", sdp))


async def test_udp_is_blocked(meeting: Any, tools: Any) -> None:
    async with UdpRelay() as relay:
        relay.blocked = True

        def make_peer(ice_servers: Any) -> RtcPeer:
            peer = RelayedPeer(controlling=True, ice_servers=ice_servers)
            peer.relay = relay
            return peer

        async with MeetingSession(await meeting.configuration("ada"), make_peer=make_peer) as ada:
            checker = MeetingReadinessChecker(ada, SHORT)
            assert await tools.within(checker.check_network_udp_connectivity()) == "ICENegotiationFailed"
            assert "over UDP" in checker.detail
            assert checker.turn_uris == ()


async def test_the_service_is_not_there(meeting: Any, tools: Any) -> None:
    configuration = await meeting.configuration("ada")
    assert configuration.urls is not None
    configuration.urls.signaling_url = f"ws://127.0.0.1:{lasting_port()}/control"
    async with MeetingSession(configuration, retry_start=False) as ada:
        checker = MeetingReadinessChecker(ada, PATIENT)
        pattern = PatternVideoSource()
        for check in (
            checker.check_network_udp_connectivity(),
            checker.check_network_tcp_connectivity(),
            checker.check_audio_connectivity(),
            checker.check_video_connectivity(),
            checker.check_content_share_connectivity(pattern),
        ):
            assert await tools.within(check) == "ConnectionFailed"
            assert checker.detail
        assert (checker.turn_uris, checker.tcp_is_offered) == (None, None)
        ada.configuration.urls = None
        assert await checker.check_network_udp_connectivity() == "MeetingSessionURLsNotInitialized"


async def test_a_check_that_is_cancelled_leaves_nothing(meeting: Any, tools: Any) -> None:
    async with MeetingSession(await meeting.configuration("ada")) as ada:
        checker = MeetingReadinessChecker(ada, PATIENT)
        check = asyncio.ensure_future(checker.check_audio_connectivity())
        await tools.within(_running(ada))
        check.cancel()
        await asyncio.wait({check})
        assert check.cancelled()
        assert ada.stats()["signaling"] == {}
        assert await tools.within(checker.check_network_udp_connectivity()) == "Succeeded"


async def _running(session: MeetingSession) -> None:
    async with session.events() as events:
        async for _ in events:
            return


async def test_where_only_tcp_comes_through(tmp_path: Path, tools: Any) -> None:
    async with TurnRelay(tmp_path) as relay:
        over_tcp = relay.uri.replace("=udp", "=tcp")
        nobody = f"turn:127.0.0.1:{lasting_port()}?transport=udp"
        settings = ServiceSettings(turn=TurnServer([nobody, over_tcp], relay.secret))
        async with LocalService(settings=settings) as service:
            client = service.boto3_client()
            meeting = await asyncio.to_thread(
                client.create_meeting, MediaRegion="us-east-1", ExternalMeetingId="m1"
            )
            attendee = await asyncio.to_thread(
                client.create_attendee, MeetingId=meeting["Meeting"]["MeetingId"], ExternalUserId="ada"
            )
            client.close()
            async with MeetingSession(MeetingSessionConfiguration(meeting, attendee)) as ada:
                checker = MeetingReadinessChecker(ada, PATIENT)
                assert await tools.within(checker.check_network_tcp_connectivity()) == "Succeeded"
                assert checker.turn_uris == (nobody, over_tcp)
                assert checker.tcp_is_offered
