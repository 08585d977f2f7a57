"""Seeded nonsense on the doors of the service while others meet: each is answered or cut off, and nobody else notices."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from chime_native.rtc import RtcPeer
from chime_native.signaling import Dialect, encode_frame
from chime_native.signaling.messages import (
    SdkJoinFrame,
    SdkPauseResumeFrame,
    SdkPingPongFrame,
    SdkPingPongType,
    SdkSignalFrame,
    SdkStreamDescriptor,
    SdkSubscribeFrame,
)

Type = SdkSignalFrame
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
OFFER = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"


def damaged(data: bytes, generator: random.Random) -> bytes:
    """A copy with some bytes changed, and perhaps cut off."""
    changed = bytearray(data)
    for _ in range(generator.randrange(1, 6)):
        changed[generator.randrange(len(changed))] = generator.randrange(256)
    return bytes(changed[: generator.randrange(1, len(changed) + 1)])


def damaged_frames(generator: random.Random) -> Iterator[bytes]:
    """Frames of a client that were right before some of their bytes were changed."""
    camera = SdkStreamDescriptor(media_type=2, max_bitrate_kbps=600)
    subscribe = SdkSubscribeFrame(sdp_offer=OFFER, send_streams=[camera], receive_stream_ids=[0, 2**32 - 1])
    bodies: tuple[dict[str, Any], ...] = (
        {"type": Type.JOIN, "join": SdkJoinFrame(audio_session_id=1)},
        {"type": Type.SUBSCRIBE, "sub": subscribe},
        {"type": Type.PAUSE, "pause": SdkPauseResumeFrame(stream_ids=[1, 2**32 - 1])},
        {"type": Type.PING_PONG, "ping_pong": SdkPingPongFrame(type=SdkPingPongType.PING, ping_id=1)},
    )
    while True:
        frame = SdkSignalFrame(timestamp_ms=1, **generator.choice(bodies))
        yield damaged(encode_frame(frame, Dialect.BROWSER), generator)


async def throw_frames(desk: Any, meeting: Any, generator: random.Random) -> None:
    for number in range(5):
        async with desk.open(meeting, desk.attendee(meeting, f"hostile {number}").join_token) as socket:
            for _, frame in zip(range(40), damaged_frames(generator), strict=False):
                if socket.close_code is not None:
                    break
                await socket.send(frame)


async def throw_bytes(desk: Any, generator: random.Random) -> None:
    for _ in range(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.service.port)
        writer.write(
            b"GET / HTTP/1.1\r\nAuthorization: secret\0" + generator.randbytes(generator.randrange(400))
        )
        writer.write_eof()
        async with asyncio.timeout(20):
            await reader.read()
        writer.close()


async def test_nonsense_on_sockets_harms_nobody_and_is_not_logged(
    desk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    meeting = desk.meeting()
    generator = random.Random(7)
    async with (
        desk.client(meeting, desk.attendee(meeting, "bystander")) as bystander,
        RtcPeer(controlling=True, host="127.0.0.1") as peer,
    ):
        await bystander.join()
        offer = await peer.create_offer()
        await bystander.send(Type.SUBSCRIBE, sub=SdkSubscribeFrame(sdp_offer=offer, audio_host="x"))
        ack = await bystander.receive(Type.SUBSCRIBE_ACK)
        await peer.apply_answer(ack.suback.sdp_answer)
        await peer.connected()

        held = []
        for _ in range(3):
            await throw_frames(desk, meeting, generator)
            await throw_bytes(desk, generator)
            held.append((len(os.listdir("/proc/self/fd")), _resident_mb()))
        assert held[-1][0] <= held[0][0] + 2
        assert held[-1][1] <= held[0][1] + 30

        assert [record for record in caplog.records if record.exc_info or record.levelname == "ERROR"] == []
        assert "secret" not in caplog.text
        metrics = {metric.name: metric.values for metric in desk.service._metrics()}
        assert metrics["chime_requests_malformed_total"][""] == 60

        ping = SdkPingPongFrame(type=SdkPingPongType.PING, ping_id=9)
        await bystander.send(Type.PING_PONG, ping_pong=ping)
        assert (await bystander.receive(Type.PING_PONG)).ping_pong.ping_id == 9
        received = peer.stats()["packets_received"]
        async with asyncio.timeout(20):
            while peer.stats()["packets_received"] < received + 20:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.02)


async def test_what_claims_to_be_compressed_is_a_bad_request(desk: Any) -> None:
    headers = {"Content-Encoding": "gzip"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{desk.service.url}/meetings", data=b"x" * 100, headers=headers) as answer,
    ):
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "BadRequestException")


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_MB
