"""A large meeting: what each attendee costs the service, and whether every tick of 10 ms is kept.

usage: python bench/bench_service_load.py --attendees 50 100 [--seconds 10] [--json OUT] [--profile OUT.txt]

The service runs in a process of its own; its CPU time, memory and late ticks are what is reported. Of the attendees five
talk, the others are muted. They are few-line clients in another process: real signaling, ICE, DTLS and SRTP, and the
kernel drops what they are sent. `--aiortc` measures a plain aiortc server instead that does what its users do: everything
decoded, mixed with NumPy and encoded for each listener. On a machine that is busy otherwise the figures a tick still count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import urllib.request
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from chime_native.rtc import RtcPeer
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from load_clients import Attendee, Uplink, drop_rtp
from load_service import OURS, ServiceUnderLoad, invite, open_many_files, wait_joined

TALKERS = 5
Speech = NDArray[np.int16] | None

AIORTC = """
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


async def attend(url: str, token: str, speech: Speech, stop: asyncio.Event) -> None:
    """One attendee, until ``stop``."""
    async with Attendee.joined(url, token) as attendee:
        await attendee.subscribe(muted=speech is None)
        await talk(attendee.peer, token, speech, stop)


async def attend_aiortc(url: str, token: str, speech: Speech, stop: asyncio.Event) -> None:
    """The same at the aiortc server."""
    async with RtcPeer(controlling=True, host="127.0.0.1") as peer:
        body = json.dumps({"sdp": await peer.create_offer(video_sections=())}).encode()
        request = urllib.request.Request(f"{url}/offer", body, {"Content-Type": "application/json"})
        answer = await asyncio.to_thread(lambda: urllib.request.urlopen(request).read())
        await peer.apply_answer(json.loads(answer)["sdp"])
        await peer.connected()
        await talk(peer, token, speech, stop)


async def talk(peer: RtcPeer, token: str, speech: Speech, stop: asyncio.Event) -> None:
    """Sends speech, or the silence of the muted."""
    drop_rtp(peer)
    with Attendee.ticking(Uplink(peer, speech, hash(token) % 400).tick):
        await stop.wait()


def clients(attend_there: Any, url: str, tokens: Sequence[str], ready: Any, stop: Any) -> None:
    """A process with all of the attendees."""
    open_many_files()

    async def run() -> None:
        from common import speech as read_speech  # type: ignore[import-not-found]

        speech = read_speech(8.0)
        ended = asyncio.Event()
        tasks = []
        for index, token in enumerate(tokens):
            voice = np.roll(speech, index * 48_000) if index < TALKERS else None
            tasks.append(asyncio.create_task(attend_there(url, token, voice, ended)))
            await asyncio.sleep(0.05)
        await asyncio.to_thread(wait_joined, url, len(tokens))
        ready.set()
        await asyncio.to_thread(stop.wait)
        ended.set()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, BaseException):
                print(f"an attendee failed: {result!r}", file=sys.stderr)

    asyncio.run(run())


def measure(attendees: int, args: argparse.Namespace) -> dict[str, float]:
    """One meeting of that many; what it cost the service."""
    with ServiceUnderLoad(AIORTC if args.aiortc else OURS, args.python, args.profile) as service:
        if args.aiortc:
            url, tokens = service.url, [str(n) for n in range(attendees)]
        else:
            url, tokens = invite(service.url, attendees)
        load = partial(clients, attend_aiortc if args.aiortc else attend)
        return service.measure([(load, url, tokens)], args.seconds, warm_up=2.0)


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
    open_many_files()
    results = []
    for attendees in args.attendees:
        results.append(measure(attendees, args))
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
