"""Real sockets, real processes: killed, frozen, cut off; the session comes back and sound is heard again, in time."""

import asyncio
import contextlib
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from chime_native import MeetingSession
from chime_native.devices import ArraySink, ToneSource
from chime_native.rtc import RtcPeer
from chime_native.service import LocalService, ServiceSettings
from chime_native.session import MeetingSessionConfiguration
from chime_native.session import MeetingSessionStatusCode as Code
from chime_native.session.events import (
    AttendeePresence,
    AudioVideoDidStart,
    AudioVideoDidStartConnecting,
    AudioVideoDidStop,
)
from interop_harness import UdpRelay, lasting_port

ADA_HZ, BOB_HZ = 440, 660
BLOCKED_S = 10
START_S = 90  # what a Python process with all of this may take on a busy machine


class ServedMeeting:
    """The process of ``served_meeting.py``: the same meeting on the same port, however often it is started."""

    def __init__(self, state_file: Path) -> None:
        self._state_file = state_file
        self.port = lasting_port()
        self.process: asyncio.subprocess.Process | None = None
        self.told: dict[str, Any] = {}

    async def start(self) -> None:
        script = Path(__file__).with_name("served_meeting.py")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            script,
            str(self.port),
            str(self._state_file),
            "ada",
            "bob",
            stdout=asyncio.subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.told = json.loads(await asyncio.wait_for(self.process.stdout.readline(), START_S))

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def send_signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def configurations(self) -> list[MeetingSessionConfiguration]:
        return [MeetingSessionConfiguration(self.told["meeting"], one) for one in self.told["attendees"]]


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[ServedMeeting]:
    meeting = ServedMeeting(tmp_path / "state.sqlite")
    try:
        await meeting.start()
        yield meeting
    finally:
        await meeting.kill()


class Life:
    """What ``session.events()`` tells of a session's life, presence left out."""

    def __init__(self) -> None:
        self.seen: list[object] = []
        self._changed = asyncio.Event()

    async def watch(self, session: MeetingSession) -> None:
        async for event in session.events():
            if isinstance(event, AudioVideoDidStartConnecting | AudioVideoDidStart | AudioVideoDidStop):
                self.seen.append(event)
                self._changed.set()

    async def until(self, wanted: list[object]) -> None:
        """Waits until exactly this was told."""
        async with asyncio.timeout(60):
            while len(self.seen) < len(wanted):
                self._changed.clear()
                await self._changed.wait()
        assert self.seen == wanted


STARTED = [AudioVideoDidStartConnecting(False), AudioVideoDidStart()]
BROUGHT_BACK = [*STARTED, AudioVideoDidStartConnecting(True), AudioVideoDidStart()]


@contextlib.asynccontextmanager
async def call(
    tools: Any, configurations: list[MeetingSessionConfiguration], **options: Any
) -> AsyncIterator[tuple[list[MeetingSession], list[ArraySink], list[Life]]]:
    """Ada and Bob hear each other."""
    sinks, lives = [ArraySink(), ArraySink()], [Life(), Life()]
    async with contextlib.AsyncExitStack() as stack:
        sessions = [
            await stack.enter_async_context(MeetingSession(configuration, **options))
            for configuration in configurations
        ]
        watchers = [asyncio.create_task(life.watch(one)) for life, one in zip(lives, sessions, strict=True)]
        for one, sink, hz in zip(sessions, sinks, (ADA_HZ, BOB_HZ), strict=True):
            await one.audio_video.start_audio_input(ToneSource(hz))
            await one.audio_video.bind_audio_element(sink)
            one.audio_video.start()
        await tools.within(asyncio.gather(*(one.started() for one in sessions)))
        await hear_each_other(tools, sinks)
        yield sessions, sinks, lives
        for one in sessions:
            await tools.within(one.leave())
        await tools.within(asyncio.gather(*watchers))


async def hear_each_other(tools: Any, sinks: list[ArraySink]) -> None:
    await asyncio.gather(tools.hears(sinks[0], BOB_HZ), tools.hears(sinks[1], ADA_HZ))


async def test_the_service_is_killed_and_restarted(served: ServedMeeting, tools: Any) -> None:
    async with call(tools, served.configurations()) as (sessions, sinks, lives):
        ports = [one.stats()["media"]["selected_pair"]["remote"][1] for one in sessions]
        await served.kill()
        await served.start()  # its media is on other ports
        for life in lives:
            await life.until(BROUGHT_BACK)
        await hear_each_other(tools, sinks)
        assert not set(ports) & {one.stats()["media"]["selected_pair"]["remote"][1] for one in sessions}
        assert {one.attendee_id for one in sessions} == set(sessions[0].roster)


async def test_the_service_is_killed_and_does_not_know_the_meeting_any_more(
    served: ServedMeeting, tools: Any
) -> None:
    async with call(tools, served.configurations()) as (sessions, _, lives):
        await served.kill()
        async with LocalService(port=served.port):
            ends = await tools.within(asyncio.gather(*(one.ended() for one in sessions)))
        assert [end.status_code for end in ends] == [Code.SIGNALING_BAD_REQUEST] * 2
        for life, end in zip(lives, ends, strict=True):
            await life.until([*STARTED, AudioVideoDidStartConnecting(True), AudioVideoDidStop(end)])


async def test_the_service_is_killed_for_good(served: ServedMeeting, tools: Any) -> None:
    configurations = served.configurations()
    for configuration in configurations:
        configuration.reconnect_timeout_ms = 2_000  # two minutes unless changed
    async with call(tools, configurations) as (sessions, _, lives):
        await served.kill()
        # Far sooner than the two minutes: connecting to a closed port fails at once.
        ends = await tools.within(asyncio.gather(*(one.ended() for one in sessions)))
        for life, end in zip(lives, ends, strict=True):
            assert end.is_failure
            await life.until([*STARTED, AudioVideoDidStartConnecting(True), AudioVideoDidStop(end)])


async def test_the_service_is_frozen_for_a_while(served: ServedMeeting, tools: Any) -> None:
    configurations = served.configurations()
    for configuration in configurations:
        policy = configuration.connection_health_policy_configuration
        policy.connection_wait_time_ms = 0  # 10 s unless changed
        policy.connection_unhealthy_threshold = 2  # 25 s unless changed
        configuration.connection_timeout_ms = 3_000  # 15 s unless changed
    async with call(tools, configurations, leave_limit=1) as (_, sinks, lives):
        served.send_signal(signal.SIGSTOP)
        for life in lives:
            await life.until(BROUGHT_BACK[:3])
        served.send_signal(signal.SIGCONT)
        for life in lives:
            await life.until(BROUGHT_BACK)
        await hear_each_other(tools, sinks)


class RelayedPeer(RtcPeer):
    """A client's peer whose packets all go through a relay; neither side knows the other's address."""

    relay: UdpRelay

    async def create_offer(self, **options: Any) -> str:
        offer = await super().create_offer(**options)
        return re.sub(r"(a=candidate:\S+ 1 udp \d+) \S+ \d+", r"\1 127.0.0.1 9", offer)

    async def apply_answer(self, sdp: str) -> None:
        found = re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+)", sdp)
        self.relay.take_service_candidates([list(one) for one in found])
        host, port = self.relay.address
        await super().apply_answer(re.sub(r"(a=candidate:\S+ 1 udp \d+) \S+ \d+", rf"\1 {host} {port}", sdp))


async def test_udp_is_blocked_for_ten_seconds(meeting: Any, tools: Any) -> None:
    async with UdpRelay() as ada_relay, UdpRelay() as bob_relay:
        relays = iter((ada_relay, bob_relay))

        def make_peer(ice_servers: Any) -> RtcPeer:
            peer = RelayedPeer(controlling=True, ice_servers=ice_servers)
            peer.relay = next(relays)
            return peer

        configurations = [await meeting.configuration(name) for name in ("ada", "bob")]
        async with call(tools, configurations, make_peer=make_peer) as (sessions, sinks, lives):
            ada_relay.blocked = True
            await tools.falls_silent(sinks[0])
            await tools.falls_silent(sinks[1])
            await asyncio.sleep(BLOCKED_S)  # the outage itself
            ada_relay.blocked = False
            await hear_each_other(tools, sinks)
            assert [life.seen for life in lives] == [STARTED, STARTED]  # shorter than all deadlines
            assert set(sessions[1].roster) == {one.attendee_id for one in sessions}

            # Blocked first, or the next check may mend it before the silence is long enough to be noticed.
            ada_relay.blocked = True
            await tools.falls_silent(sinks[0])
            ada_relay.rebind()  # as a NAT that has forgotten its bindings: the service sees another port
            ada_relay.blocked = False
            await hear_each_other(tools, sinks)
            assert [life.seen for life in lives] == [STARTED, STARTED]


async def test_an_attendee_is_frozen(tools: Any) -> None:
    """Others see it dropped, and hear each other all the while; once it goes on it comes back."""
    settings = ServiceSettings(heartbeat_s=1, reconnect_grace_s=1)
    async with LocalService(settings=settings) as service:
        client = service.boto3_client()
        created = await asyncio.to_thread(
            client.create_meeting,
            ClientRequestToken="frozen",
            MediaRegion="us-east-1",
            ExternalMeetingId="frozen",
        )
        meeting_id = created["Meeting"]["MeetingId"]
        attendee = await asyncio.to_thread(client.create_attendee, MeetingId=meeting_id, ExternalUserId="ada")
        heard = ArraySink()
        async with MeetingSession(MeetingSessionConfiguration(created, attendee)) as ada:
            await ada.audio_video.bind_audio_element(heard)
            ada.audio_video.start()
            await tools.within(ada.started())
            async with ada.audio_video.presence() as presence:
                arguments = ["join", "--api", service.url, "--meeting-id", meeting_id]
                guest = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "chime_native",
                    *arguments,
                    "--play",
                    f"tone:{BOB_HZ}",
                    "--seconds",
                    "60",
                )
                try:
                    await tools.hears(heard, BOB_HZ)
                    came = await next_of_guest(presence, ada, tools)
                    assert came.present
                    guest.send_signal(signal.SIGSTOP)
                    gone = await next_of_guest(presence, ada, tools)
                    assert (gone.present, gone.dropped) == (False, True)
                    guest.send_signal(signal.SIGCONT)
                    assert (await next_of_guest(presence, ada, tools)).present
                    await tools.hears(heard, BOB_HZ)
                finally:
                    guest.kill()
                    await guest.wait()


async def next_of_guest(presence: Any, ada: MeetingSession, tools: Any) -> AttendeePresence:
    """The next that is told of anybody but Ada."""
    while True:
        event: AttendeePresence = await tools.within(anext(presence))
        if event.attendee_id != ada.attendee_id:
            return event
