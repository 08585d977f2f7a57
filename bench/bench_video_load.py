"""Everybody films and sees everybody: what forwarding costs the service, and how much of it arrives.

usage: python bench/bench_video_load.py [--attendees 25] [--seconds 10] [--json OUT] [--profile OUT.txt]

Cameras of 360p by their look on the wire (25 frames a second, 660 kbit/s; nothing is encoded) go through the service to all
others, beside the audio of a meeting in which five talk. One attendee counts what reaches it; for the others the kernel
drops it, so that the machine is left to the service.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from load_clients import Attendee, Camera, Uplink, drop_rtp
from load_service import ServiceUnderLoad, invite, open_many_files

TALKERS = 5


async def film(
    url: str,
    tokens: Sequence[str],
    index: int,
    speech: NDArray[np.int16],
    all_in: asyncio.Barrier,
    stop: asyncio.Event,
    cameras: list[Camera],
) -> Attendee:
    """One attendee with a camera, until ``stop``; the first one counts."""
    async with Attendee.joined(url, tokens[index]) as attendee:
        ssrc = 1000 + index
        await attendee.subscribe(muted=index >= TALKERS, camera_ssrc=ssrc)
        others = await attendee.others_filming(len(tokens) - 1)
        await attendee.subscribe(muted=index >= TALKERS, camera_ssrc=ssrc, streams=others)
        camera = Camera(attendee.peer, ssrc, index)
        cameras.append(camera)
        attendee.asked = lambda: setattr(camera, "wants_key_frame", True)
        if index:
            drop_rtp(attendee.peer)
        voice = np.roll(speech, index * 48_000) if index < TALKERS else None
        await all_in.wait()
        with (
            Attendee.ticking(Uplink(attendee.peer, voice, index).tick),
            Attendee.ticking(camera.tick),
        ):
            await stop.wait()
        return attendee


def clients(url: str, tokens: Sequence[str], ready: Any, stop: Any) -> None:
    """A process with all of the attendees; says at its end what was sent to the first one, and what came."""
    open_many_files()

    async def run() -> None:
        from common import speech as read_speech  # type: ignore[import-not-found]

        ended, all_in = asyncio.Event(), asyncio.Barrier(len(tokens) + 1)
        cameras: list[Camera] = []
        speech = read_speech(8.0)
        tasks = [
            asyncio.create_task(film(url, tokens, index, speech, all_in, ended, cameras))
            for index in range(len(tokens))
        ]
        async with asyncio.timeout(120):
            await all_in.wait()
        ready.set()
        await asyncio.to_thread(stop.wait)
        ended.set()
        attendees = await asyncio.gather(*tasks)
        sent = sum(camera.packets for camera in cameras[1:])
        print(json.dumps({"sent_to_the_first": sent, "arrived": attendees[0].packets_received}))

    asyncio.run(run())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--attendees", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", metavar="OUT")
    parser.add_argument(
        "--profile", metavar="OUT", help="writes where the service's interpreter spent its time"
    )
    parser.add_argument("--python", default=sys.executable, help="the interpreter that runs the service")
    args = parser.parse_args()
    open_many_files()
    with ServiceUnderLoad(python=args.python, profile=args.profile) as service:
        url, tokens = invite(service.url, args.attendees)
        result = service.measure([(clients, url, tokens)], args.seconds, warm_up=3.0)
    result["packets_forwarded_per_s"] = (
        args.attendees * (args.attendees - 1) * Camera.PACKETS * 100 / Camera.FRAME_TICKS
    )
    print(json.dumps(result))
    if args.json:
        Path(args.json).write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
