"""aiortc applications with the engine under their audio, against plain aiortc and against each other."""

import asyncio
import runpy
from collections.abc import AsyncIterator, Callable
from fractions import Fraction
from pathlib import Path

import aioice.ice
import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import MediaStreamError
from chime_native.rtc import AudioProfileOptions, use_native_audio
from interop_harness.sound import dominant_frequency, tone_amplitude


class ToneTrack(MediaStreamTrack):
    """A steady tone in frames of 20 ms, at any rate and layout."""

    kind = "audio"

    def __init__(self, hz: float, rate: int = 48_000, layout: str = "mono") -> None:
        super().__init__()
        self.hz, self.rate, self.layout = hz, rate, layout
        self.position = 0
        self.begin: float | None = None

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        self.begin = self.begin or loop.time()
        await asyncio.sleep(max(0.0, self.begin + self.position / self.rate - loop.time()))
        count = self.rate // 50
        times = (self.position + np.arange(count)) / self.rate
        samples = (np.sin(2 * np.pi * self.hz * times) * 9000).astype(np.int16)
        channels = 1 if self.layout == "mono" else 2
        frame = av.AudioFrame.from_ndarray(
            np.repeat(samples, channels).reshape(1, -1), format="s16", layout=self.layout
        )
        frame.sample_rate, frame.pts, frame.time_base = self.rate, self.position, Fraction(1, self.rate)
        self.position += count
        return frame


@pytest.fixture(autouse=True)
def loopback_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice leaves loopback out, and a machine may have nothing else."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])


Caller = Callable[[], RTCPeerConnection]


@pytest.fixture
async def new_pc() -> AsyncIterator[Caller]:
    opened: list[RTCPeerConnection] = []

    def make() -> RTCPeerConnection:
        opened.append(RTCPeerConnection(RTCConfiguration(iceServers=[])))
        return opened[-1]

    yield make
    before_close = asyncio.all_tasks()
    await asyncio.gather(*(pc.close() for pc in opened))
    left = {
        task.get_name() for task in asyncio.all_tasks() & before_close if task.get_name().startswith("chime")
    }
    assert not left


async def hears_tone(pc: RTCPeerConnection, hz: float) -> None:
    """Returns when a whole second of the connection's remote audio had the tone: a busy machine may tear a hole into
    one, not into all."""
    (track,) = [receiver.track for receiver in pc.getReceivers() if receiver.track is not None]
    found: list[tuple[float, float]] = []
    try:
        async with asyncio.timeout(40):
            while True:
                pcm = np.concatenate([await samples_of(track) for _ in range(50)])
                found.append((dominant_frequency(pcm), tone_amplitude(pcm, hz)))
                # 9000 of 32768 is 0.27; libswresample makes stereo of mono at 0.71 for each side
                if abs(found[-1][0] - hz) < 4 and 0.17 < found[-1][1] < 0.35:
                    return
    except TimeoutError:
        pytest.fail(f"no second with {hz} Hz; strongest frequency and amplitude of each: {found}")


async def samples_of(track: MediaStreamTrack) -> np.ndarray:
    """The first channel of the next frame."""
    frame = await track.recv()
    assert isinstance(frame, av.AudioFrame)
    assert frame.sample_rate == 48_000
    return frame.to_ndarray().reshape(frame.samples, -1)[:, 0]


async def read_to_the_end(track: MediaStreamTrack) -> None:
    while True:
        await track.recv()


async def negotiate(
    caller: RTCPeerConnection, callee: RTCPeerConnection, track: MediaStreamTrack
) -> tuple[str, str]:
    await caller.setLocalDescription(await caller.createOffer())
    await callee.setRemoteDescription(caller.localDescription)
    callee.addTrack(track)
    await callee.setLocalDescription(await callee.createAnswer())
    await caller.setRemoteDescription(callee.localDescription)
    return caller.localDescription.sdp, callee.localDescription.sdp


@pytest.mark.parametrize(("native_caller", "native_callee"), [(True, False), (False, True), (True, True)])
async def test_tones_both_ways(new_pc: Caller, native_caller: bool, native_callee: bool) -> None:
    caller, callee = new_pc(), new_pc()
    engines = [
        use_native_audio(pc) for pc, native in ((caller, native_caller), (callee, native_callee)) if native
    ]
    caller.addTrack(ToneTrack(440, layout="stereo"))
    offer, answer = await negotiate(caller, callee, ToneTrack(880, rate=16_000))
    both = native_caller and native_callee
    assert ("red/48000/2" in offer) == native_caller
    assert ("red/48000/2" in answer) == both
    await asyncio.gather(hears_tone(caller, 880), hears_tone(callee, 440))
    for engine in engines:
        (stats,) = engine.stats().values()
        assert (stats["red_payload_type"] is not None) == both
        assert stats["receiver"]["packets_received"] > 40
    report = await callee.getStats()
    kinds = {item.type for item in report.values()}
    assert {"inbound-rtp", "outbound-rtp"} <= kinds
    inbound = next(item for item in report.values() if item.type == "inbound-rtp")
    assert inbound.packetsReceived > 40


async def test_the_calls_end_ends_the_track(new_pc: Caller) -> None:
    caller, callee = new_pc(), new_pc()
    use_native_audio(callee)
    caller.addTrack(ToneTrack(440))
    await negotiate(caller, callee, ToneTrack(880))
    await hears_tone(callee, 440)
    await caller.close()
    (track,) = [receiver.track for receiver in callee.getReceivers()]
    async with asyncio.timeout(30):
        with pytest.raises(MediaStreamError):
            await read_to_the_end(track)


async def test_an_unread_track_stays_small_and_tracks_can_be_replaced(new_pc: Caller) -> None:
    caller, callee = new_pc(), new_pc()
    use_native_audio(caller)
    use_native_audio(callee, AudioProfileOptions(redundancy=False))
    sender = caller.addTrack(ToneTrack(440))
    _, answer = await negotiate(caller, callee, ToneTrack(880))
    assert "red/48000/2" not in answer
    await hears_tone(caller, 880)
    (receiver,) = callee.getReceivers()
    assert receiver.track._queue.qsize() <= 26
    sender.replaceTrack(ToneTrack(1200))
    await hears_tone(callee, 1200)


async def test_other_codecs_stay_with_aiortc(new_pc: Caller) -> None:
    caller, callee = new_pc(), new_pc()
    engine = use_native_audio(callee)
    caller.addTrack(ToneTrack(440, rate=8000))
    (transceiver,) = caller.getTransceivers()
    capabilities = type(transceiver.sender).getCapabilities("audio").codecs
    transceiver.setCodecPreferences([codec for codec in capabilities if codec.mimeType == "audio/PCMU"])
    await negotiate(caller, callee, ToneTrack(880, rate=8000))
    (track,) = [receiver.track for receiver in callee.getReceivers()]
    async with asyncio.timeout(30):
        frame = await track.recv()
    assert frame.sample_rate == 8000
    assert engine.stats() == {}


async def test_too_late_is_said(new_pc: Caller) -> None:
    pc = new_pc()
    pc.addTransceiver("audio")
    await pc.setLocalDescription(await pc.createOffer())
    with pytest.raises(RuntimeError, match="before the connection makes or takes its first description"):
        use_native_audio(pc)


async def test_the_example_runs() -> None:
    example = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "aiortc_native_audio.py"))
    async with asyncio.timeout(30):
        stats = await example["main"](seconds=0.5)
    assert stats["red_payload_type"] == 63
    assert stats["receiver"]["packets_received"] > 20
