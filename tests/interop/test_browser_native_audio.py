"""An aiortc application with the engine under its audio, called by the browser's own peer connection."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from fractions import Fraction
from typing import Any

import aioice.ice
import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from chime_native.rtc import use_native_audio
from interop_harness import BrowserAttendee, Tone, until
from interop_harness.sound import tone_amplitude

pytestmark = pytest.mark.browser

OUR_HZ, BROWSER_HZ = 440, 880


class ToneTrack(MediaStreamTrack):
    """A tone in frames of 20 ms, paced as a microphone is."""

    kind = "audio"

    def __init__(self, hz: float) -> None:
        super().__init__()
        self._tone = Tone(hz)
        self._position = 0
        self._begin: float | None = None

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        self._begin = self._begin or loop.time()
        await asyncio.sleep(max(0.0, self._begin + self._position / 48_000 - loop.time()))
        pcm = np.concatenate((self._tone.read(480), self._tone.read(480))).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._position, Fraction(1, 48_000)
        self._position += 960
        return frame


@pytest.fixture
async def pc(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RTCPeerConnection]:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    yield connection
    await connection.close()


async def test_an_aiortc_application_hears_and_is_heard_with_red(
    open_browser: Callable[[str], Awaitable[BrowserAttendee]], pc: RTCPeerConnection
) -> None:
    page = await open_browser("bare")
    await page.evaluate(f"globalThis.peer = new tools.BarePeer({{ hz: {BROWSER_HZ} }}); 0")

    async def call(method: str, *arguments: Any) -> Any:
        return await page.evaluate(f"peer.{method}({', '.join(map(json.dumps, arguments))})")

    native = use_native_audio(pc)
    await pc.setRemoteDescription(RTCSessionDescription(await call("offer"), "offer"))
    pc.addTrack(ToneTrack(OUR_HZ))
    await pc.setLocalDescription(await pc.createAnswer())
    assert "red/48000/2" in pc.localDescription.sdp
    await call("accept", pc.localDescription.sdp)

    async def browser_hears() -> bool:
        pcm = np.frombuffer(base64.b64decode(await call("hear", 0.5)), "<i2").reshape(-1, 2)
        return tone_amplitude(pcm, OUR_HZ) > 0.08 and tone_amplitude(pcm, BROWSER_HZ) < 0.02

    track = pc.getReceivers()[0].track

    async def we_hear() -> bool:
        frames = [await track.recv() for _ in range(25)]
        pcm = np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in frames])
        return tone_amplitude(pcm, BROWSER_HZ) > 0.08 and tone_amplitude(pcm, OUR_HZ) < 0.02

    await until(browser_hears, 30, what="our tone in the browser")
    payload_types = count_payload_types(pc)
    await until(we_hear, 30, what="the browser's tone in the application")
    (stats,) = native.stats().values()
    assert stats["red_payload_type"] == 63
    assert stats["receiver"]["packets_lost"] == 0

    async def enough_packets() -> bool:
        return payload_types.total() > 25

    await until(enough_packets, 30, what="packets of the browser")
    assert set(payload_types) == {63}  # what the browser sends is RED


def count_payload_types(pc: RTCPeerConnection) -> Counter[int]:
    """Counts what arrives, before anybody takes it."""
    counts: Counter[int] = Counter()
    dtls = pc.getReceivers()[0].transport
    unprotect = dtls._handle_rtp_data

    async def handle(data: bytes, arrival_time_ms: int) -> None:
        counts[data[1] & 0x7F] += 1
        await unprotect(data, arrival_time_ms=arrival_time_ms)

    dtls._handle_rtp_data = handle
    return counts
