"""Video through the service over real ICE, DTLS and SRTP, with pictures that nobody decodes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from chime_native._native.rtp import RtpPacket
from chime_native.rtc import RtcPeer, VideoSection
from chime_native.rtc.rtcp import Nack, PictureLossIndication
from chime_native.signaling import Dialect
from chime_native.signaling.messages import (
    SdkPauseResumeFrame,
    SdkSignalFrame,
    SdkStreamDescriptor,
    SdkSubscribeFrame,
)

Type = SdkSignalFrame
CAMERA_SSRC = 555
VP8 = 96
KEY_FRAME = bytes.fromhex("101000009d012a4001b400")  # 320 x 180
OTHER_FRAME = bytes.fromhex("1011000000")


class Caller:
    """One attendee that sends or receives packets of video."""

    def __init__(self, signaling: Any, dialect: Dialect) -> None:
        self.signaling = signaling
        self.dialect = dialect
        self.feedback: asyncio.Queue[Any] = asyncio.Queue()
        self.packets: asyncio.Queue[RtpPacket] = asyncio.Queue()
        self.peer = RtcPeer(controlling=True, host="127.0.0.1", on_feedback=self.feedback.put_nowait)
        self.sections: list[VideoSection] = [VideoSection("1")]
        self.sequence_number = 65530

    async def subscribe(self, *receives: int, sends: bool = False) -> SdkSignalFrame:
        direction = "sendrecv" if sends else "inactive"
        self.sections[0] = VideoSection("1", direction, ssrc=CAMERA_SSRC if sends else None)  # type: ignore[arg-type]
        while len(self.sections) <= len(receives):
            mid = str(len(self.sections) + 1)
            self.peer.set_video_handler(mid, lambda data, _: self.packets.put_nowait(RtpPacket.parse(data)))
            self.sections.append(VideoSection(mid, "recvonly"))
        offer = await self.peer.create_offer(video_sections=self.sections)
        # The native dialect counts the own audio section, and no video section that sends.
        own = [0] if self.dialect is Dialect.BROWSER else [0] * (1 if sends else 2)
        streams = [SdkStreamDescriptor(media_type=2, max_bitrate_kbps=600)] if sends else []
        frame = SdkSubscribeFrame(
            sdp_offer=offer, send_streams=streams, receive_stream_ids=[*own, *receives], audio_host="x"
        )
        await self.signaling.send(Type.SUBSCRIBE, sub=frame)
        ack: SdkSignalFrame = await self.signaling.receive(Type.SUBSCRIBE_ACK)
        assert not ack.HasField("error")
        await self.peer.apply_answer(ack.suback.sdp_answer)
        await self.peer.connected()
        return ack

    def send_frame(self, payload: bytes) -> None:
        self.sequence_number = (self.sequence_number + 1) & 0xFFFF
        packet = RtpPacket(
            payload_type=VP8,
            sequence_number=self.sequence_number,
            timestamp=self.sequence_number * 3000 & 0xFFFFFFFF,
            ssrc=CAMERA_SSRC,
            payload=payload,
            marker=True,
        )
        self.peer.send_rtp((packet.pack(),))

    async def film(self) -> None:
        """Sends key frames until it is cancelled."""
        while True:
            self.send_frame(KEY_FRAME)
            await asyncio.sleep(0.05)

    async def is_asked_for_a_key_frame(self) -> None:
        async with asyncio.timeout(30):
            while True:
                if await self.feedback.get() == PictureLossIndication(_service_ssrc(self), CAMERA_SSRC):
                    return

    async def next_packet(self) -> RtpPacket:
        async with asyncio.timeout(30):
            return await self.packets.get()

    async def index(self, condition: Callable[[Any], bool]) -> Any:
        while True:
            index = (await self.signaling.receive(Type.INDEX)).index
            if condition(index):
                return index


def _service_ssrc(caller: Caller) -> int:
    """Who the service is in its feedback: the SSRC of its audio."""
    assert caller.peer.audio is not None
    (ssrc,) = caller.peer.audio.parameters.remote_ssrcs
    return ssrc


@asynccontextmanager
async def caller(desk: Any, meeting: Any, name: str, dialect: Dialect) -> AsyncIterator[Caller]:
    async with desk.client(meeting, desk.attendee(meeting, name), dialect=dialect) as signaling:
        who = Caller(signaling, dialect)
        await signaling.join()
        try:
            yield who
        finally:
            await who.peer.close()


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_pictures_go_from_one_to_another(desk: Any, dialect: Dialect) -> None:
    meeting = desk.meeting()
    async with (
        caller(desk, meeting, "alice", dialect) as alice,
        caller(desk, meeting, "bob", dialect) as bob,
    ):
        await alice.subscribe(sends=True)
        await bob.subscribe()
        (source,) = (await bob.index(lambda index: bool(index.sources))).sources
        ack = await bob.subscribe(source.stream_id)
        (track,) = ack.suback.tracks
        assert (track.stream_id, track.track_label) == (source.stream_id, "v_2")

        alice.send_frame(OTHER_FRAME)
        await alice.is_asked_for_a_key_frame()
        alice.send_frame(KEY_FRAME)
        alice.send_frame(OTHER_FRAME)
        first, second = await bob.next_packet(), await bob.next_packet()
        assert (first.payload, second.payload) == (KEY_FRAME, OTHER_FRAME)
        assert first.ssrc == second.ssrc == track.ssrc
        assert second.sequence_number == (first.sequence_number + 1) & 0xFFFF
        assert (second.timestamp - first.timestamp) & 0xFFFFFFFF == 3000
        assert b"2" in first.extensions.values()

        bob.peer.send_feedback(Nack(1, track.ssrc, (second.sequence_number,)))
        again = await bob.next_packet()
        assert (again.payload_type, again.ssrc) != (second.payload_type, second.ssrc)
        assert again.payload == second.sequence_number.to_bytes(2) + second.payload
        assert again.timestamp == second.timestamp

        pause = SdkPauseResumeFrame(stream_ids=[source.stream_id])
        await bob.signaling.send(Type.PAUSE, pause=pause)
        await bob.signaling.send(Type.RESUME, pause=pause)
        await alice.is_asked_for_a_key_frame()
        alice.send_frame(OTHER_FRAME)
        alice.send_frame(KEY_FRAME)
        resumed = await bob.next_packet()
        assert resumed.payload == KEY_FRAME
        assert resumed.sequence_number == (second.sequence_number + 1) & 0xFFFF

        await alice.subscribe()
        assert await bob.index(lambda index: not index.sources)


async def test_a_layer_is_told_with_its_size_and_bitrate(desk: Any) -> None:
    meeting = desk.meeting()
    async with (
        caller(desk, meeting, "alice", Dialect.BROWSER) as alice,
        caller(desk, meeting, "bob", Dialect.BROWSER) as bob,
    ):
        await bob.subscribe()
        await alice.subscribe(sends=True)
        async with asyncio.TaskGroup() as tasks:
            camera = tasks.create_task(alice.film())
            index = await bob.index(lambda index: bool(index.sources) and index.sources[0].width)
            (source,) = index.sources
            assert (source.width, source.height) == (320, 180)
            bitrates = (await bob.signaling.receive(Type.BITRATES)).bitrates
            camera.cancel()
        (rate,) = bitrates.bitrates
        assert rate.source_stream_id == source.stream_id
        # 11 octets 20 times a second, on a machine that may be busy.
        assert 200 < rate.avg_bitrate_bps < 2400


async def test_broken_packets_and_feedback_harm_nobody(desk: Any) -> None:
    meeting = desk.meeting()
    async with (
        caller(desk, meeting, "alice", Dialect.BROWSER) as alice,
        caller(desk, meeting, "bob", Dialect.BROWSER) as bob,
    ):
        await alice.subscribe(sends=True)
        await bob.subscribe()
        (source,) = (await bob.index(lambda index: bool(index.sources))).sources
        ack = await bob.subscribe(source.stream_id)
        ssrc = ack.suback.tracks[0].ssrc
        for payload in (b"", b"\x90", b"\xff" * 40):
            alice.send_frame(payload)
        bob.peer.send_feedback(Nack(1, ssrc, tuple(range(0, 65536, 7))[:2000]))
        bob.peer.send_feedback(Nack(1, 12345, (1, 2, 3)), PictureLossIndication(1, 54321))
        await alice.is_asked_for_a_key_frame()
        alice.send_frame(KEY_FRAME)
        assert (await bob.next_packet()).payload == KEY_FRAME
