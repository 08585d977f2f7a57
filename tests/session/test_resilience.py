"""Connections that break, services that go away, and what is left afterwards: nothing."""

import asyncio
import gc
import os
import socket
from pathlib import Path
from random import Random
from typing import Any

import pytest
from chime_native import MeetingSession
from chime_native.devices import ArraySink, ToneSource
from chime_native.session import MeetingSessionStatusCode as Code
from chime_native.session.events import AudioVideoDidStart, AudioVideoDidStartConnecting

GROWTH_ALLOWED = 8_000_000  # bytes; it levels off after some thirty joins


def resident_bytes() -> int:
    """Memory of this process, without what only waits for the garbage collector."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def test_a_cut_socket_is_made_good(meeting: Any, tools: Any) -> None:
    heard = ArraySink()
    async with (
        MeetingSession(await meeting.configuration("ada")) as ada,
        MeetingSession(await meeting.configuration("bob")) as bob,
        bob.events() as events,
    ):
        await ada.audio_video.start_audio_input(ToneSource(440))
        await bob.audio_video.bind_audio_element(heard)
        bob.audio_video.start()
        ada.audio_video.start()
        await tools.within(asyncio.gather(ada.started(), bob.started()))
        await tools.hears(heard, 440)
        bob._link.connection.signaling._socket.transport.abort()  # type: ignore[union-attr]
        seen: list[object] = []
        while AudioVideoDidStartConnecting(True) not in seen or seen[-1] != AudioVideoDidStart():
            seen.append(await tools.within(anext(events)))
        await tools.hears(heard, 440)
        assert set(bob.roster) == {ada.attendee_id, bob.attendee_id}


async def test_a_service_that_goes_away_for_good(meeting: Any, tools: Any) -> None:
    configuration = await meeting.configuration("ada")
    configuration.reconnect_timeout_ms = 1_000
    async with MeetingSession(configuration) as session:
        session.audio_video.start()
        await tools.within(session.started())
        await meeting.service.close()
        status = await tools.within(session.ended())
        assert status.is_failure or status.status_code is Code.MEETING_ENDED


@pytest.mark.parametrize("joins", [5, pytest.param(100, marks=pytest.mark.slow)])
async def test_nothing_is_left_of_many_joins(meeting: Any, tools: Any, open_things: Any, joins: int) -> None:
    configuration = await meeting.configuration("ada")

    async def join() -> None:
        async with MeetingSession(configuration) as session:
            await session.audio_video.start_audio_input(ToneSource(440))
            session.audio_video.start()
            await tools.within(session.started())

    for _ in range(max(3, joins // 3)):  # until all that is loaded, cached or pooled once is there
        await join()
    before, memory_before = open_things(), resident_bytes()
    for _ in range(joins):
        await join()
    assert resident_bytes() - memory_before < GROWTH_ALLOWED
    async with asyncio.timeout(30):  # the service takes a moment to let go of its side
        while any(after > earlier for after, earlier in zip(open_things(), before, strict=True)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # what the operating system counts gives no event


async def test_rubbish_on_the_media_port_does_no_harm(meeting: Any, tools: Any) -> None:
    heard = ArraySink()
    random = Random(1)
    async with (
        MeetingSession(await meeting.configuration("ada")) as ada,
        MeetingSession(await meeting.configuration("bob")) as bob,
    ):
        await ada.audio_video.start_audio_input(ToneSource(440))
        await bob.audio_video.bind_audio_element(heard)
        for session in (ada, bob):
            session.audio_video.start()
            await tools.within(session.started())
        await tools.hears(heard, 440)

        host, port = bob.stats()["media"]["selected_pair"]["local"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(200):
                # First bytes of RTP and RTCP, of DTLS, and of anything.
                first = random.choice((0x80, 0x90, 0x16, random.randrange(256)))
                sender.sendto(bytes([first]) + random.randbytes(random.randrange(200)), (host, port))
        await tools.hears(heard, 440)
        assert bob.audio_video._parts.controller.connected
