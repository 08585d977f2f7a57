"""RtcPeer with the real engine: with itself, and with a plain aiortc client; tones are checked in the PCM that arrives."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from fractions import Fraction
from typing import Any

import aioice.ice
import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from chime_native.rtc import AudioProfileOptions, Impairment, PlayoutClock, RtcPeer
from interop_harness.sound import dominant_frequency, tone_amplitude

AMPLITUDE = 9000  # of 32768: 0.27


class Tone:
    """A source of a steady tone."""

    def __init__(self, hz: float, channels: int = 1) -> None:
        self.hz, self.channels, self.position = hz, channels, 0

    def read(self, frames: int) -> np.ndarray:
        times = (self.position + np.arange(frames)) / 48_000
        self.position += frames
        samples = (np.sin(2 * np.pi * self.hz * times) * AMPLITUDE).astype(np.int16)
        return np.repeat(samples[:, np.newaxis], self.channels, axis=1)


class Talk(Tone):
    """A tone that swells three times a second: speech to those who tell speech from hum."""

    def read(self, frames: int) -> np.ndarray:
        swell = 0.5 - 0.5 * np.cos(2 * np.pi * 3 * (self.position + np.arange(frames)) / 48_000)
        return (super().read(frames) * swell[:, np.newaxis]).astype(np.int16)


class Ear:
    """A sink that collects from the first sound on."""

    def __init__(self) -> None:
        self.blocks: list[np.ndarray] = []
        self.changed = asyncio.Event()

    def write(self, pcm: np.ndarray) -> None:
        if self.blocks or np.abs(pcm).max() > 1000:
            self.blocks.append(pcm.copy())
            self.changed.set()

    async def hear(self, seconds: float) -> np.ndarray:
        """The last ``seconds`` once there are that many, from then on from when it was called."""
        wanted = len(self.blocks) + int(seconds * 100)
        while len(self.blocks) < wanted:
            self.changed.clear()
            await self.changed.wait()
        return np.concatenate(self.blocks[wanted - int(seconds * 100) : wanted])

    async def hears_tone(self, hz: float, channel: int = 0) -> None:
        """Returns when a whole second had the tone: a busy machine may tear a hole into one, not into all."""
        await hears_tone(lambda: self.hear(1.0), hz, channel)


class ToneTrack(MediaStreamTrack):
    kind = "audio"

    def __init__(self, hz: float) -> None:
        super().__init__()
        self.tone = Tone(hz)
        self.begin: float | None = None

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        self.begin = self.begin or loop.time()
        position = self.tone.position
        await asyncio.sleep(max(0.0, self.begin + position / 48_000 - loop.time()))
        frame = av.AudioFrame.from_ndarray(self.tone.read(960).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, position, Fraction(1, 48_000)
        return frame


async def blocks(count: int) -> None:
    """Returns after so many ticks of the playout clock."""
    clock, done, seen = PlayoutClock.running(), asyncio.Event(), 0

    def tick(_now_us: int) -> None:
        nonlocal seen
        seen += 1
        if seen == count:
            done.set()

    clock.add(tick)
    try:
        await done.wait()
    finally:
        clock.remove(tick)


async def hears_tone(next_second: Callable[[], Awaitable[np.ndarray]], hz: float, channel: int = 0) -> None:
    """Asks for seconds of sound until one has the tone at its level; the deadline is generous."""
    found: list[tuple[float, float]] = []
    try:
        async with asyncio.timeout(40):
            while True:
                pcm = (await next_second())[:, channel : channel + 1]
                found.append((dominant_frequency(pcm), tone_amplitude(pcm, hz)))
                # aiortc makes stereo of mono at 0.71 for each side, as libswresample does.
                if abs(found[-1][0] - hz) < 4 and 0.17 < found[-1][1] < 0.35:
                    return
    except TimeoutError:
        pytest.fail(f"no second with {hz} Hz; strongest frequency and amplitude of each: {found}")


Opened = Callable[..., Any]


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    """Closes what a test opens."""
    things: list[RtcPeer | RTCPeerConnection] = []

    def keep(thing: Any) -> Any:
        things.append(thing)
        return thing

    yield keep
    await asyncio.gather(*(thing.close() for thing in things))


async def connected_pair(
    opened: Opened, *, impairment: Impairment | None = None, **offer: Any
) -> tuple[RtcPeer, RtcPeer]:
    client = opened(RtcPeer(controlling=True, host="127.0.0.1", impairment=impairment))
    service = opened(RtcPeer(controlling=False, host="127.0.0.1"))
    await client.apply_answer(await service.create_answer(await client.create_offer(**offer)))
    async with asyncio.timeout(30):
        await asyncio.gather(client.connected(), service.connected())
    return client, service


async def test_tones_both_ways_with_red(opened: Opened) -> None:
    client, service = await connected_pair(opened)
    ears = Ear(), Ear()
    clock = PlayoutClock.running()
    client.audio.start(clock, Tone(440), [ears[0]])
    service.audio.start(clock, Tone(880), [ears[1]])
    await asyncio.gather(ears[0].hears_tone(880), ears[1].hears_tone(440))
    stats = service.stats()
    assert stats["audio"]["red_payload_type"] == 63
    assert stats["audio"]["receiver"]["packets_received"] > 40
    assert service.audio.receiver.audio_level < 30


async def test_stereo_keeps_its_sides(opened: Opened) -> None:
    class TwoTones(Tone):
        def read(self, frames: int) -> np.ndarray:
            left = super().read(frames)
            self.position -= frames
            hz, self.hz = self.hz, 1500
            right = super().read(frames)
            self.hz = hz
            return np.hstack((left, right))

    stereo = AudioProfileOptions(bitrate=128_000, stereo=True)
    client = opened(RtcPeer(controlling=True, host="127.0.0.1"))
    service = opened(RtcPeer(controlling=False, host="127.0.0.1"))
    offer = await client.create_offer(audio=stereo)
    await client.apply_answer(await service.create_answer(offer, audio=AudioProfileOptions(channels=2)))
    async with asyncio.timeout(30):
        await asyncio.gather(client.connected(), service.connected())
    ear = Ear()
    client.audio.start(PlayoutClock.running(), TwoTones(500))
    service.audio.start(PlayoutClock.running(), None, [ear])
    await ear.hears_tone(500, channel=0)
    await ear.hears_tone(1500, channel=1)


def mended(peer: RtcPeer) -> int:
    """Frames that came back in a copy or in the next packet's FEC, whichever came in time."""
    stats = peer.audio.receiver.stats()
    return int(stats["recovered_by_red"]) + int(stats["recovered_by_fec"])


async def test_loss_is_reported_and_mended(opened: Opened) -> None:
    client, service = await connected_pair(opened, impairment=Impairment(loss=0.1, jitter_ms=5, seed=2))
    clock = PlayoutClock.running()
    client.audio.start(clock, Talk(440))
    service.audio.start(clock, Talk(880))
    async with asyncio.timeout(60):
        # Redundancy begins when the first reports have told of the loss.
        for peer in (client, service):
            while mended(peer) < 5:
                await blocks(20)
    for peer in (client, service):
        stats = peer.stats()
        assert stats["audio"]["receiver"]["packets_lost"] > 5
        assert stats["rtcp_reports_received"] > 0
        assert 0 < stats["audio"]["sender"]["fraction_lost"] < 0.5
        assert stats["audio"]["sender"]["redundant_blocks_sent"] > 5


async def test_a_tone_stays_a_tone_at_ten_percent_loss(opened: Opened) -> None:
    client, service = await connected_pair(opened, impairment=Impairment(loss=0.1, jitter_ms=5, seed=2))
    ears = Ear(), Ear()
    clock = PlayoutClock.running()
    client.audio.start(clock, Tone(440), [ears[0]])
    service.audio.start(clock, Tone(880), [ears[1]])
    await asyncio.gather(ears[0].hears_tone(880), ears[1].hears_tone(440))


async def test_a_muted_or_silent_source_sends_all_the_same(opened: Opened) -> None:
    client, service = await connected_pair(opened)
    client.audio.sender.muted = True
    ear = Ear()
    client.audio.start(PlayoutClock.running(), Tone(440))
    service.audio.start(PlayoutClock.running(), None, [ear])
    async with asyncio.timeout(30):
        while min(peer.stats()["packets_received"] for peer in (client, service)) < 60:
            await blocks(10)
    assert not ear.blocks
    client.audio.sender.muted = False
    await ear.hears_tone(440)


async def test_a_plain_aiortc_client(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])
    client = opened(RTCPeerConnection(RTCConfiguration(iceServers=[])))
    service = opened(RtcPeer(controlling=False, host="127.0.0.1"))
    client.addTrack(ToneTrack(440))
    client.addTransceiver("video", "inactive")
    await client.setLocalDescription(await client.createOffer())
    answer = await service.create_answer(client.localDescription.sdp)
    await client.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    async with asyncio.timeout(30):
        await service.connected()
    assert service.audio is not None
    assert service.audio.parameters.red_payload_type is None
    ear = Ear()
    service.audio.start(PlayoutClock.running(), Tone(880), [ear])
    await ear.hears_tone(440)
    track = client.getReceivers()[0].track

    async def next_second() -> np.ndarray:
        return np.concatenate([(await track.recv()).to_ndarray().reshape(-1, 2) for _ in range(50)])

    await hears_tone(next_second, 880)
    async with asyncio.timeout(30):
        while service.stats()["round_trip_time_ms"] is None:
            await blocks(10)
    assert service.stats()["remote_fraction_lost"] < 0.5


async def test_our_client_with_aiortc_as_the_answerer(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])
    client = opened(RtcPeer(controlling=True, host="127.0.0.1"))
    other = opened(RTCPeerConnection(RTCConfiguration(iceServers=[])))
    await other.setRemoteDescription(RTCSessionDescription(await client.create_offer(), "offer"))
    other.addTrack(ToneTrack(880))
    await other.setLocalDescription(await other.createAnswer())
    await client.apply_answer(other.localDescription.sdp)
    async with asyncio.timeout(30):
        await client.connected()
    assert client.audio is not None
    assert client.audio.payload_types == {111}
    ear = Ear()
    client.audio.start(PlayoutClock.running(), Tone(440), [ear])
    await ear.hears_tone(880)
