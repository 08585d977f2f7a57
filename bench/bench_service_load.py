"""What one large meeting costs the service: N attendees, 5 talking, the others muted or silent.

    python bench/bench_service_load.py --attendees 50 100 [--seconds 10] [--json OUT] [--profile OUT.txt]

The service runs in a process of its own; its CPU time, memory and late ticks are what is reported. The attendees are
few-line clients in other processes: real signaling, ICE, DTLS and SRTP, packets that are coded beforehand, and nothing
decoded of what comes. `--aiortc` measures a plain aiortc server instead that does what its users do: everything decoded,
mixed with NumPy and encoded for each listener. On a machine that is busy otherwise the figures a tick still count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import websockets
from chime_native.audio import AudioSender
from chime_native.rtc import PlayoutClock, RtcPeer
from chime_native.signaling import Dialect, decode_frame, encode_frame
from chime_native.signaling.messages import (
    SdkAudioControlFrame,
    SdkJoinFrame,
    SdkSignalFrame,
    SdkSubscribeFrame,
)
from numpy.typing import NDArray
from websockets import Subprotocol

TALKERS = 5
CLK_TCK = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
DTX_BLOCKS = 40
"""Blocks of 10 ms between the packets of a silent attendee, as libopus' DTX has it."""


class Uplink:
    """One attendee's microphone: speech, or the rare packets of silence with DTX."""

    def __init__(self, peer: RtcPeer, speech: NDArray[np.int16] | None, offset: int) -> None:
        assert peer.audio is not None
        self._peer = peer
        self._speech = speech
        self._at = offset
        agreed = peer.audio.parameters
        self._sender = AudioSender(
            ssrc=peer.audio.ssrc,
            opus_payload_type=agreed.opus_payload_type,
            red_payload_type=agreed.red_payload_type,
            mid=agreed.mid,
            mid_id=agreed.mid_id,
            audio_level_id=agreed.audio_level_id,
            complexity=0,
        )
        self._silence = np.zeros((480, 1), np.int16)

    def tick(self, now_us: int) -> None:
        self._at += 1
        if self._speech is not None:
            blocks = len(self._speech) // 480
            at = self._at % blocks * 480
            self._peer.send_rtp(self._sender.push(self._speech[at : at + 480], now_us))
        elif self._at % DTX_BLOCKS < 2:
            self._peer.send_rtp(self._sender.push(self._silence, now_us))


async def attend(url: str, token: str, speech: NDArray[np.int16] | None, stop: asyncio.Event) -> None:
    """One attendee, until ``stop``."""
    if url.startswith("http"):
        await attend_aiortc(url, token, speech, stop)
        return
    protocols = [Subprotocol("_aws_wt_session"), Subprotocol(token)]
    async with (
        websockets.connect(url, subprotocols=protocols, compression=None, max_queue=None) as socket,
        RtcPeer(controlling=True, host="127.0.0.1") as peer,
    ):

        async def send(kind: int, **body: Any) -> None:
            frame = SdkSignalFrame(type=kind, timestamp_ms=1, **body)  # type: ignore[arg-type]
            await socket.send(encode_frame(frame, Dialect.BROWSER))

        await send(SdkSignalFrame.JOIN, join=SdkJoinFrame(audio_session_id=1))
        offer = await peer.create_offer()
        muted = speech is None
        subscribe = SdkSubscribeFrame(
            sdp_offer=offer, receive_stream_ids=[0], audio_host="x", audio_muted=muted
        )
        await send(SdkSignalFrame.SUBSCRIBE, sub=subscribe)
        async for data in socket:
            assert isinstance(data, bytes)
            frame = decode_frame(data)
            if frame.type == SdkSignalFrame.SUBSCRIBE_ACK:
                await peer.apply_answer(frame.suback.sdp_answer)
                break
        await peer.connected()
        await send(SdkSignalFrame.AUDIO_CONTROL, audio_control=SdkAudioControlFrame(muted=muted))
        drain = asyncio.create_task(_drain(socket))
        _ignore_media(peer)
        uplink = Uplink(peer, speech, hash(token) % 400)
        PlayoutClock.running().add(uplink.tick)
        await stop.wait()
        PlayoutClock.running().remove(uplink.tick)
        drain.cancel()
        await asyncio.gather(drain, return_exceptions=True)


async def attend_aiortc(url: str, token: str, speech: NDArray[np.int16] | None, stop: asyncio.Event) -> None:
    """The same at the aiortc server."""
    async with RtcPeer(controlling=True, host="127.0.0.1") as peer:
        offer = await peer.create_offer(video_sections=())
        answer = await asyncio.to_thread(post, f"{url}/offer", {"sdp": offer})
        await peer.apply_answer(answer["sdp"])
        await peer.connected()
        _ignore_media(peer)
        uplink = Uplink(peer, speech, hash(token) % 400)
        PlayoutClock.running().add(uplink.tick)
        await stop.wait()
        PlayoutClock.running().remove(uplink.tick)


async def _drain(socket: websockets.ClientConnection) -> None:
    async for _ in socket:
        pass


def _ignore_media(peer: RtcPeer) -> None:
    """What comes is not even decrypted, so that the clients leave the machine to the service; STUN is answered."""
    connection = peer._connection._active._connection  # type: ignore[union-attr]
    for protocol in connection._protocols:  # type: ignore[union-attr]
        handle = protocol.datagram_received

        def received(data: bytes, address: Any, handle: Any = handle) -> None:
            if data[0] < 128 or 192 <= data[1] <= 223:
                handle(data, address)

        protocol.datagram_received = received  # type: ignore[method-assign]


def clients(url: str, tokens: Sequence[str], talkers: int, ready: Any, stop: Any) -> None:
    """A process with some of the attendees."""

    async def run() -> None:
        from common import speech as read_speech  # type: ignore[import-not-found]

        speech = read_speech(8.0)
        ended = asyncio.Event()
        tasks = []
        for index, token in enumerate(tokens):
            work = attend(url, token, np.roll(speech, index * 48_000) if index < talkers else None, ended)
            tasks.append(asyncio.create_task(work))
            await asyncio.sleep(0.05)
        await asyncio.to_thread(_wait_joined, url, len(tokens))
        ready.set()
        await asyncio.to_thread(stop.wait)
        ended.set()
        await asyncio.gather(*tasks, return_exceptions=True)

    sys.path.insert(0, str(Path(__file__).parent))
    asyncio.run(run())


def _wait_joined(url: str, count: int) -> None:
    base = url.replace("ws://", "http://").partition("/control/")[0]
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if metric(base, "chime_attendees_present") >= count:
            return
        time.sleep(0.2)
    raise SystemExit("the attendees did not all get in")


def metric(url: str, name: str) -> float:
    text = urllib.request.urlopen(f"{url}/metrics").read().decode()
    values = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(name)]
    return float(values[0]) if values else float("nan")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLK_TCK


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.loads(urllib.request.urlopen(request).read())  # type: ignore[no-any-return]


def invite(url: str, attendees: int) -> tuple[str, list[str]]:
    """A meeting with that many attendees: where its signaling is, and their tokens."""
    body = {"ClientRequestToken": "bench", "MediaRegion": "us-east-1", "ExternalMeetingId": "bench"}
    meeting = post(f"{url}/meetings", body)["Meeting"]
    tokens = []
    for first in range(0, attendees, 100):
        users = [{"ExternalUserId": f"user-{n}"} for n in range(first, min(first + 100, attendees))]
        batch = f"{url}/meetings/{meeting['MeetingId']}/attendees?operation=batch-create"
        tokens += [made["JoinToken"] for made in post(batch, {"Attendees": users})["Attendees"]]
    return meeting["MediaPlacement"]["SignalingUrl"], tokens


def measure(
    attendees: int, seconds: float, python: str, profile: str | None, aiortc: bool
) -> dict[str, float]:
    """One meeting of that many; what it cost the service."""
    command = [python, "-c", _AIORTC if aiortc else _SERVICE, profile or ""]
    service = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert service.stdout is not None
    try:
        url = service.stdout.readline().strip()
        empty_mb = resident_mb(service.pid)
        signaling, tokens = (url, [str(n) for n in range(attendees)]) if aiortc else invite(url, attendees)
        context = multiprocessing.get_context("spawn")
        ready, stop = context.Event(), context.Event()
        arguments = (signaling, tokens, TALKERS, ready, stop)
        process = context.Process(target=clients, args=arguments)
        process.start()
        if not ready.wait(400):
            raise SystemExit("the attendees did not get in")
        before, start = cpu_seconds(service.pid), time.monotonic()
        ticks = metric(url, "chime_ticks_total")
        late = metric(url, "chime_ticks_late_total")
        skipped = metric(url, "chime_ticks_skipped_total")
        time.sleep(seconds)
        elapsed = time.monotonic() - start
        used = cpu_seconds(service.pid) - before
        result = {
            "attendees": attendees,
            "cpu_percent": round(100 * used / elapsed, 1),
            "memory_mb": round(resident_mb(service.pid), 1),
            "memory_per_attendee_mb": round((resident_mb(service.pid) - empty_mb) / attendees, 2),
            "ticks_late": metric(url, "chime_ticks_late_total") - late,
            "ticks_skipped": metric(url, "chime_ticks_skipped_total") - skipped,
            "ticks": metric(url, "chime_ticks_total") - ticks,
            "cpu_us_per_tick": round(1e6 * used / (metric(url, "chime_ticks_total") - ticks)),
        }
        stop.set()
        process.join(60)
        return result
    finally:
        service.terminate()
        service.wait(30)


_SERVICE = """
import asyncio, cProfile, signal, sys
from chime_native.service import LocalService, ServiceSettings

async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with LocalService(settings=ServiceSettings(request_rate=10000.0)) as service:
        print(service.url, flush=True)
        await stop.wait()

if sys.argv[1]:
    import pstats
    profile = cProfile.Profile()
    profile.runcall(asyncio.run, main())
    with open(sys.argv[1], "w") as out:
        pstats.Stats(profile, stream=out).sort_stats("tottime").print_stats(35)
else:
    asyncio.run(main())
"""


_AIORTC = """
import asyncio, fractions, sys
import numpy as np
from aiohttp import web
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame

latest, connections, frames = {}, [], 0

class Mix(MediaStreamTrack):
    kind = "audio"

    def __init__(self, me):
        super().__init__()
        self.me, self.at, self.start = me, 0, None

    async def recv(self):
        global frames
        loop = asyncio.get_running_loop()
        self.start = self.start or loop.time()
        self.at += 960
        await asyncio.sleep(max(0, self.start + self.at / 48000 - loop.time()))
        frames += 1
        total = np.zeros((1, 1920), np.int32)
        for key, pcm in latest.items():
            if key != self.me:
                total += pcm
        frame = AudioFrame.from_ndarray(np.clip(total, -32768, 32767).astype(np.int16), layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, self.at, fractions.Fraction(1, 48000)
        return frame

async def listen(key, track):
    try:
        while True:
            latest[key] = (await track.recv()).to_ndarray()
    except Exception:
        latest.pop(key, None)

tasks = set()

async def offer(request):
    pc = RTCPeerConnection()
    connections.append(pc)
    key = len(connections)
    pc.on("track", lambda track: tasks.add(asyncio.ensure_future(listen(key, track))))
    await pc.setRemoteDescription(RTCSessionDescription((await request.json())["sdp"], "offer"))
    pc.addTrack(Mix(key))
    await pc.setLocalDescription(await pc.createAnswer())
    return web.json_response({"sdp": pc.localDescription.sdp})

async def metrics(request):
    up = sum(pc.connectionState == "connected" for pc in connections)
    ticks = 2 * frames / max(1, up)
    text = f"chime_attendees_present {up}\\nchime_ticks_total {ticks}\\nchime_ticks_late_total 0\\n"
    return web.Response(text=text + "chime_ticks_skipped_total 0\\n")

async def main():
    app = web.Application()
    app.add_routes([web.post("/offer", offer), web.get("/metrics", metrics)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--attendees", type=int, nargs="+", default=[10, 50, 100])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", metavar="OUT")
    parser.add_argument(
        "--profile", metavar="OUT", help="writes where the service's interpreter spent its time"
    )
    parser.add_argument("--aiortc", action="store_true", help="measure a plain aiortc server instead")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that runs the service")
    args = parser.parse_args()
    results = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    for attendees in args.attendees:
        results.append(measure(attendees, args.seconds, args.python, args.profile, args.aiortc))
        print(json.dumps(results[-1]), flush=True)
    if len(results) > 1:
        first, last = results[0], results[-1]
        added = (last["cpu_us_per_tick"] - first["cpu_us_per_tick"]) / (
            last["attendees"] - first["attendees"]
        )
        print(
            f"each listening attendee: {added:.0f} us of CPU a tick of 10 ms, {added / 100:.2f} % of a core"
        )
    if args.json:
        Path(args.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
