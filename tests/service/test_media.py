"""Attendees hear each other through the service's mixer: real ICE, DTLS, SRTP and Opus on the loopback."""

from __future__ import annotations

import asyncio
import random
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from chime_native.rtc import AudioProfileOptions, PlayoutClock, RtcPeer
from chime_native.signaling import Dialect
from chime_native.signaling.messages import SdkAudioControlFrame, SdkSignalFrame, SdkSubscribeFrame
from numpy.typing import NDArray

Type = SdkSignalFrame
RATE = 48_000
PRESENT = 0.05
"""Share of full scale from which a tone counts as heard; those sent have 0.3."""
ABSENT = 0.003


class Tone:
    def __init__(self, hertz: float) -> None:
        self._hertz = hertz
        self._position = 0

    def read(self, frames: int) -> NDArray[np.int16]:
        time = (self._position + np.arange(frames)) / RATE
        self._position += frames
        return np.round(0.3 * 32767 * np.sin(2 * np.pi * self._hertz * time)).astype(np.int16)[:, np.newaxis]


class Ear:
    """Keeps the last second; says how loud a tone is in it, as a share of full scale."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.int16]] = []
        self._grown = asyncio.Event()

    def write(self, pcm: NDArray[np.int16]) -> None:
        self._blocks = [*self._blocks[-99:], pcm[:, 0].copy()]
        self._grown.set()

    def amplitude(self, hertz: float) -> float:
        if len(self._blocks) < 100:
            return 0.0
        pcm = np.concatenate(self._blocks).astype(float) / 32767
        turns = np.exp(-2j * np.pi * hertz * np.arange(len(pcm)) / RATE)
        window = np.hanning(len(pcm))
        return float(2 * abs(np.sum(pcm * window * turns)) / np.sum(window))

    async def until(self, condition: Callable[[Ear], bool]) -> None:
        """Looks at one second after the other."""
        async with asyncio.timeout(30):
            while not condition(self):
                await self.next_second()

    async def next_second(self) -> None:
        self._blocks.clear()
        while len(self._blocks) < 100:
            self._grown.clear()
            await self._grown.wait()


class Caller:
    """One attendee with signaling and media."""

    def __init__(self, signaling: Any) -> None:
        self.signaling = signaling
        self.peer = RtcPeer(controlling=True, host="127.0.0.1")
        self.ear = Ear()
        self.answer = ""

    async def call(
        self, tone: float | None, profile: AudioProfileOptions | None = None, **subscribe: Any
    ) -> None:
        await self.signaling.join()
        offer = await self.peer.create_offer(audio=profile)
        frame = SdkSubscribeFrame(sdp_offer=offer, receive_stream_ids=[0], audio_host="x", **subscribe)
        await self.signaling.send(Type.SUBSCRIBE, sub=frame)
        ack = await self.signaling.receive(Type.SUBSCRIBE_ACK)
        assert not ack.HasField("error")
        self.answer = ack.suback.sdp_answer
        await self.peer.apply_answer(self.answer)
        await self.peer.connected()
        assert self.peer.audio is not None
        source = None if tone is None else Tone(tone)
        self.peer.audio.start(PlayoutClock.running(), source, [self.ear])

    async def until(self, frame_type: int, wanted: Callable[[SdkSignalFrame], bool]) -> SdkSignalFrame:
        while True:
            frame = await self.signaling.receive(frame_type)
            if wanted(frame):
                return frame


@asynccontextmanager
async def caller(desk: Any, meeting: Any, name: str, **options: Any) -> AsyncIterator[Caller]:
    async with desk.client(meeting, desk.attendee(meeting, name), **options) as signaling:
        who = Caller(signaling)
        try:
            yield who
        finally:
            await who.peer.close()


def names(attendee_id: str) -> Callable[[SdkSignalFrame], bool]:
    return lambda frame: any(s.attendee_id == attendee_id for s in frame.audio_stream_id_info.streams)


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_two_attendees_hear_each_other_and_not_themselves(desk: Any, dialect: Dialect) -> None:
    meeting = desk.meeting()
    async with (
        caller(desk, meeting, "alice", dialect=dialect) as alice,
        caller(desk, meeting, "bob") as bob,
    ):
        await alice.call(440)
        await bob.call(1000)
        await bob.ear.until(lambda ear: ear.amplitude(440) > PRESENT)
        await alice.ear.until(lambda ear: ear.amplitude(1000) > PRESENT)
        await asyncio.gather(alice.ear.next_second(), bob.ear.next_second())
        assert alice.ear.amplitude(440) < ABSENT
        assert bob.ear.amplitude(1000) < ABSENT


async def test_presence_mute_and_volume_reach_the_other(desk: Any) -> None:
    meeting = desk.meeting()
    alice_id = desk.attendee(meeting, "alice").attendee_id
    async with caller(desk, meeting, "alice") as alice, caller(desk, meeting, "bob") as bob:
        await bob.call(None)
        await alice.call(440)
        info = await bob.until(Type.AUDIO_STREAM_ID_INFO, names(alice_id))
        (stream,) = info.audio_stream_id_info.streams
        number = stream.audio_stream_id
        assert not stream.muted

        def is_loud(frame: SdkSignalFrame) -> bool:
            volumes = {s.audio_stream_id: s.volume for s in frame.audio_metadata.attendee_states}
            # A sine of 0.3 has -13.5 dBov.
            return volumes.get(number) in (13, 14)

        await bob.until(Type.AUDIO_METADATA, is_loud)
        await alice.signaling.send(Type.AUDIO_CONTROL, audio_control=SdkAudioControlFrame(muted=True))
        info = await bob.signaling.receive(Type.AUDIO_STREAM_ID_INFO)
        (stream,) = info.audio_stream_id_info.streams
        assert (stream.audio_stream_id, stream.muted) == (number, True)
        # The tone goes on, but the service leaves it out.
        await bob.ear.until(lambda ear: ear.amplitude(440) < ABSENT)
        await bob.until(
            Type.AUDIO_METADATA,
            lambda frame: any(
                s.HasField("volume") and not s.audio_stream_id for s in frame.audio_metadata.attendee_states
            ),
        )


async def test_who_starts_muted_is_not_heard(desk: Any) -> None:
    meeting = desk.meeting()
    async with caller(desk, meeting, "alice") as alice, caller(desk, meeting, "bob") as bob:
        await bob.call(None)
        await alice.call(440, audio_muted=True)
        await bob.ear.next_second()
        await bob.ear.next_second()
        assert bob.ear.amplitude(440) < ABSENT
        await alice.signaling.send(Type.AUDIO_CONTROL, audio_control=SdkAudioControlFrame(muted=False))
        await bob.ear.until(lambda ear: ear.amplitude(440) > PRESENT)


async def test_a_content_share_is_heard_by_others_and_not_by_its_owner(desk: Any) -> None:
    meeting = desk.meeting()
    async with (
        caller(desk, meeting, "alice") as alice,
        caller(desk, meeting, "alice", content=True) as content,
        caller(desk, meeting, "bob") as bob,
    ):
        await alice.call(None)
        await bob.call(None)
        await content.call(2000)
        await bob.ear.until(lambda ear: ear.amplitude(2000) > PRESENT)
        await alice.ear.next_second()
        assert alice.ear.amplitude(2000) < ABSENT


async def test_silence_is_sent_to_who_is_alone(desk: Any) -> None:
    meeting = desk.meeting()
    async with caller(desk, meeting, "alice") as alice:
        await alice.call(None)
        await alice.ear.next_second()
        await alice.ear.next_second()
        assert alice.peer.audio is not None
        assert alice.peer.audio.receiver.stats()["packets_received"] >= 50


async def test_redundancy_is_agreed(desk: Any) -> None:
    meeting = desk.meeting()
    async with caller(desk, meeting, "alice") as alice:
        await alice.call(None)
        assert re.search(r"m=audio 9 UDP/TLS/RTP/SAVPF 63 111", alice.answer)
        assert "a=fmtp:63 111/111" in alice.answer
        await alice.ear.next_second()
        assert alice.peer.stats()["audio"]["red_payload_type"] == 63


class LeftTone(Tone):
    def read(self, frames: int) -> NDArray[np.int16]:
        return np.concatenate([super().read(frames), np.zeros((frames, 1), np.int16)], axis=1)


class RightEar(Ear):
    def write(self, pcm: NDArray[np.int16]) -> None:
        super().write(pcm[:, 1:])


async def test_stereo_goes_from_one_to_another_who_ask_for_it_and_as_mono_to_who_does_not(desk: Any) -> None:
    meeting = desk.meeting()
    stereo = AudioProfileOptions(bitrate=128_000, stereo=True)
    async with (
        caller(desk, meeting, "alice") as alice,
        caller(desk, meeting, "bob") as bob,
        caller(desk, meeting, "carol") as carol,
    ):
        await alice.call(None, stereo)
        assert alice.peer.audio is not None
        assert "stereo=1" in alice.answer
        alice.peer.audio.source = LeftTone(440)
        await bob.call(None, stereo)
        assert bob.peer.audio is not None
        right = RightEar()
        bob.peer.audio.add_sink(right)
        await carol.call(None)
        assert "stereo=1" not in carol.answer
        await bob.ear.until(lambda ear: ear.amplitude(440) > 0.25)
        await carol.ear.until(lambda ear: 0.2 > ear.amplitude(440) > 0.1)
        await right.next_second()
        assert right.amplitude(440) < 0.02


async def test_who_disappears_is_dropped(desk: Any) -> None:
    meeting = desk.meeting()
    alice_id = desk.attendee(meeting, "alice").attendee_id
    async with caller(desk, meeting, "bob") as bob:
        await bob.call(None)
        async with caller(desk, meeting, "alice") as alice:
            await alice.call(None)
            await bob.until(Type.AUDIO_STREAM_ID_INFO, names(alice_id))
            await alice.peer.close()
            info = await bob.signaling.receive(Type.AUDIO_STREAM_ID_INFO)
            (stream,) = info.audio_stream_id_info.streams
            assert stream.dropped
            assert not stream.attendee_id


async def test_leaving_ends_the_media(desk: Any) -> None:
    meeting = desk.meeting()
    async with caller(desk, meeting, "alice") as alice:
        await alice.call(None)
        await alice.signaling.leave()
        async with asyncio.timeout(30):
            await alice.peer.closed()


async def test_an_offer_that_cannot_be_answered_is_refused_and_the_next_one_works(desk: Any) -> None:
    meeting = desk.meeting()
    async with caller(desk, meeting, "alice") as alice:
        await alice.signaling.join()
        for offer in ("nonsense", "v=0\r\n", "\u2603" * 1000):
            await alice.signaling.send(Type.SUBSCRIBE, sub=SdkSubscribeFrame(sdp_offer=offer))
            ack = await alice.signaling.receive(Type.SUBSCRIBE_ACK)
            assert ack.error.status == 400
            assert ack.HasField("suback")
        offer = await alice.peer.create_offer()
        await alice.signaling.send(Type.SUBSCRIBE, sub=SdkSubscribeFrame(sdp_offer=offer))
        ack = await alice.signaling.receive(Type.SUBSCRIBE_ACK)
        await alice.peer.apply_answer(ack.suback.sdp_answer)
        await alice.peer.connected()


async def test_random_packets_on_the_media_port_do_no_harm(desk: Any) -> None:
    meeting = desk.meeting()
    generator = random.Random(5)
    async with caller(desk, meeting, "alice") as alice, caller(desk, meeting, "bob") as bob:
        await alice.call(440)
        await bob.call(None)
        await bob.ear.until(lambda ear: ear.amplitude(440) > PRESENT)
        ports = {
            int(port) for port in re.findall(r"a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)", bob.answer)
        }
        assert ports
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
            for _ in range(500):
                size = generator.randrange(1, 300)
                data = generator.randbytes(size)
                # As STUN, DTLS, RTP and RTCP in turn, as far as the first bytes tell.
                head = generator.choice([b"\x00\x01", b"\x16\xfe", b"\x80\x6f", b"\x80\xc9", b""])
                for port in ports:
                    attacker.sendto(head + data, ("127.0.0.1", port))
                await asyncio.sleep(0)
        await bob.ear.next_second()
        await bob.ear.next_second()
        assert bob.ear.amplitude(440) > PRESENT
        assert bob.peer.stats()["packets_received"] > 0
