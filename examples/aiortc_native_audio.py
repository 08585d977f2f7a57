"""An aiortc application with the engine under its audio: one import and one line more, marked below.

Two peer connections of aiortc call each other inside this process, and the second one listens for a few seconds.
Run it with ``python examples/aiortc_native_audio.py``.
"""

import asyncio
from typing import Any

from aiortc import RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack
from chime_native.rtc import use_native_audio


async def listen(track: MediaStreamTrack, seconds: float) -> int:
    """Reads the track like any aiortc track; returns the number of samples."""
    samples = 0
    while samples < seconds * 48_000:
        frame = await track.recv()
        samples += frame.samples  # av.AudioFrame: 20 ms, 48 kHz, int16, stereo
    return samples


async def main(seconds: float = 3.0) -> dict[str, Any]:
    caller, callee = RTCPeerConnection(), RTCPeerConnection()
    use_native_audio(caller)
    native = use_native_audio(callee)  # <- the line

    heard: asyncio.Future[MediaStreamTrack] = asyncio.get_running_loop().create_future()
    callee.on("track", heard.set_result)

    caller.addTrack(AudioStreamTrack())
    await caller.setLocalDescription(await caller.createOffer())
    await callee.setRemoteDescription(caller.localDescription)
    await callee.setLocalDescription(await callee.createAnswer())
    await caller.setRemoteDescription(callee.localDescription)

    await listen(await heard, seconds)
    (stats,) = native.stats().values()
    await asyncio.gather(caller.close(), callee.close())
    return stats


if __name__ == "__main__":
    result = asyncio.run(main())
    print(f"RED payload type: {result['red_payload_type']}")
    for name, value in sorted(result["receiver"].items()):
        print(f"{name}: {value}")
