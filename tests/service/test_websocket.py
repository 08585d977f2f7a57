"""The signaling endpoint over real sockets: both dialects, tokens, bad input."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from typing import Any

import aiohttp
import pytest
import websockets
from chime_native.service import LocalService, ServiceSettings
from chime_native.service.websocket import ClientSocket
from chime_native.signaling import Dialect
from chime_native.signaling.messages import SdkPingPongFrame, SdkPingPongType, SdkSignalFrame
from websockets.exceptions import ConnectionClosed, InvalidStatus

Type = SdkSignalFrame


async def close_code(socket: websockets.ClientConnection) -> int | None:
    async with asyncio.timeout(30):
        with contextlib.suppress(ConnectionClosed):
            while await socket.recv():
                pass
    return socket.close_code


async def ping(peer: Any, number: int = 1) -> None:
    await peer.send(Type.PING_PONG, ping_pong=SdkPingPongFrame(type=SdkPingPongType.PING, ping_id=number))
    pong = await peer.receive(Type.PING_PONG)
    assert pong.ping_pong.ping_id == number


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_client_joins_and_leaves(desk: Any, dialect: Dialect) -> None:
    meeting = desk.meeting()
    async with desk.client(meeting, desk.attendee(meeting), dialect) as peer:
        if dialect is Dialect.BROWSER:
            assert peer.socket.subprotocol == "_aws_wt_session"
            await ping(peer)
        else:
            assert peer.socket.subprotocol is None
        await peer.join()
        await peer.leave()


async def test_the_query_that_the_browser_appends_does_no_harm(desk: Any) -> None:
    meeting = desk.meeting()
    suffix = "?X-Chime-Control-Protocol-Version=3&X-Amzn-Chime-Send-Close-On-Error=1"
    async with desk.open(meeting, desk.attendee(meeting).join_token, suffix=suffix) as socket:
        assert socket.subprotocol == "_aws_wt_session"


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("token", ["wrong", "#content", "0" * 64])
async def test_a_wrong_token_is_told_by_close_code(desk: Any, dialect: Dialect, token: str) -> None:
    async with desk.open(desk.meeting(), token, dialect) as socket:
        assert await close_code(socket) == 4403


async def test_no_token_at_all_is_told_by_close_code(desk: Any) -> None:
    url = f"ws{desk.service.url.removeprefix('http')}/control/{desk.meeting().meeting_id}"
    async with websockets.connect(url) as socket:
        assert await close_code(socket) == 4403


async def test_a_token_is_good_for_its_own_meeting_only(desk: Any) -> None:
    mine, other = desk.meeting(), desk.meeting()
    async with desk.open(other, desk.attendee(mine).join_token) as socket:
        assert await close_code(socket) == 4403


async def test_a_token_is_no_good_after_its_attendee_was_deleted(desk: Any) -> None:
    meeting = desk.meeting()
    alice, bob = desk.attendee(meeting), desk.attendee(meeting, "bob")
    client = desk.service.boto3_client()
    async with desk.client(meeting, alice) as peer, desk.client(meeting, bob) as other:
        await peer.join()
        await other.join()
        await asyncio.to_thread(
            client.delete_attendee, MeetingId=meeting.meeting_id, AttendeeId=alice.attendee_id
        )
        status = await peer.receive(Type.AUDIO_STATUS)
        assert status.audio_status.audio_status == 411
        await peer.leave()
        await ping(other)
    for token in (alice.join_token, f"{alice.join_token}#content"):
        async with desk.open(meeting, token) as socket:
            assert await close_code(socket) == 4403
    client.close()


async def test_the_end_of_a_meeting_reaches_those_in_it_and_those_who_come_late(desk: Any) -> None:
    meeting = desk.meeting()
    alice, bob = desk.attendee(meeting), desk.attendee(meeting, "bob")
    client = desk.service.boto3_client()
    async with desk.client(meeting, alice) as joined, desk.client(meeting, bob) as idle:
        await joined.join()
        await ping(idle)
        await asyncio.to_thread(client.delete_meeting, MeetingId=meeting.meeting_id)
        status = await joined.receive(Type.AUDIO_STATUS)
        assert status.audio_status.audio_status == 410
        await joined.leave()
        assert await close_code(idle.socket) == 4410
    async with desk.open(meeting, alice.join_token) as socket:
        assert await close_code(socket) == 4410
    client.close()


async def test_a_full_meeting_is_told(desk: Any) -> None:
    meeting = desk.meeting(max_count=1)
    async with (
        desk.client(meeting, desk.attendee(meeting)) as first,
        desk.client(meeting, desk.attendee(meeting, "bob")) as second,
    ):
        await first.join()
        await second.send(Type.JOIN, join={"audio_session_id": 1})
        status = await second.receive(Type.AUDIO_STATUS)
        assert status.audio_status.audio_status == 409
        await second.leave()
        await ping(first)


async def test_the_same_attendee_from_elsewhere_ends_the_older_one(desk: Any) -> None:
    meeting = desk.meeting()
    alice = desk.attendee(meeting)
    async with desk.client(meeting, alice) as older, desk.client(meeting, alice) as newer:
        await older.join(session=1)
        await newer.join(session=2)
        status = await older.receive(Type.AUDIO_STATUS)
        assert status.audio_status.audio_status == 301
        await older.leave()
        await ping(newer)


async def test_the_same_client_replaces_its_dead_socket(desk: Any) -> None:
    meeting = desk.meeting()
    alice = desk.attendee(meeting)
    async with desk.client(meeting, alice) as older, desk.client(meeting, alice) as newer:
        await older.join(session=1)
        await newer.join(session=1)
        assert await close_code(older.socket) == 1000
        await ping(newer)


async def test_random_messages_do_no_harm(desk: Any) -> None:
    meeting = desk.meeting()
    generator = random.Random(3)
    async with (
        desk.client(meeting, desk.attendee(meeting)) as peer,
        desk.client(meeting, desk.attendee(meeting, "bob")) as other,
    ):
        await peer.join()
        await other.join()
        for _ in range(300):
            await peer.socket.send(generator.randbytes(generator.randrange(200)))
        await peer.socket.send("text")
        await peer.socket.send(b"\x05" + bytes(300_000))
        await ping(peer, 7)
        await ping(other, 8)


async def test_a_message_beyond_all_measure_costs_the_connection_of_its_sender_only(desk: Any) -> None:
    meeting = desk.meeting()
    async with (
        desk.client(meeting, desk.attendee(meeting)) as peer,
        desk.client(meeting, desk.attendee(meeting, "bob")) as other,
    ):
        await other.join()
        await peer.socket.send(bytes(2 << 20))
        assert await close_code(peer.socket) == 1009
        await ping(other)


async def test_other_subprotocols_and_plain_requests_are_refused(desk: Any) -> None:
    url = f"{desk.service.url}/control/{desk.meeting().meeting_id}"
    with pytest.raises(InvalidStatus):
        await websockets.connect(
            f"ws{url.removeprefix('http')}", subprotocols=[websockets.Subprotocol("chat")]
        )
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 426


async def test_stopping_the_service_tells_its_clients(desk: Any) -> None:
    meeting = desk.meeting()
    async with desk.client(meeting, desk.attendee(meeting)) as peer:
        await peer.join()
        closing = asyncio.create_task(desk.service.close())
        status = await peer.receive(Type.AUDIO_STATUS)
        assert status.audio_status.audio_status == 410
        await peer.leave()
        await closing


async def test_clients_that_do_not_listen_do_not_keep_the_service_from_stopping() -> None:
    settings = ServiceSettings(stop_s=0.05, leave_s=0.05)
    async with LocalService(settings=settings) as service:
        client = service.boto3_client()
        meeting = await asyncio.to_thread(
            client.create_meeting_with_attendees,
            MediaRegion="us-east-1",
            ExternalMeetingId="m1",
            Attendees=[{"ExternalUserId": "alice"}],
        )
        client.close()
        token = meeting["Attendees"][0]["JoinToken"]
        url = meeting["Meeting"]["MediaPlacement"]["SignalingUrl"]
        async with aiohttp.ClientSession() as session:
            socket = await session.ws_connect(url, protocols=("_aws_wt_session", token))
            async with asyncio.timeout(30):
                await service.close()
            await socket.close()


async def test_no_secret_is_logged(desk: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="chime_native")
    caplog.set_level(logging.DEBUG, logger="aiohttp")
    meeting = desk.meeting()
    alice = desk.attendee(meeting)
    async with desk.client(meeting, alice) as peer:
        await peer.join()
        await peer.leave()
    async with desk.open(meeting, "not-the-token-" + alice.join_token) as socket:
        await close_code(socket)
    assert alice.join_token not in caplog.text


class StuckSocket:
    """A WebSocket whose client never reads."""

    def __init__(self) -> None:
        self.aborted = 0
        self.transport = self

    async def send_bytes(self, data: bytes) -> None:  # noqa: ARG002 (where it would go is full)
        await asyncio.Event().wait()

    def abort(self) -> None:
        self.aborted += 1


async def test_a_client_that_does_not_read_is_cut_off_and_costs_a_bounded_queue() -> None:
    stuck: Any = StuckSocket()
    client = ClientSocket(stuck, stuck, max_queued=8)
    writer = asyncio.create_task(client.write())
    await asyncio.sleep(0)
    for _ in range(9):
        client.send(b"frame")
        await asyncio.sleep(0)
    assert stuck.aborted == 0
    for _ in range(100):
        client.send(b"frame")
    assert stuck.aborted == 1
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
