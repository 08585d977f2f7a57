"""A meeting for as long as one likes, on real sockets: does the service keep anything of those who were there?

    python bench/soak.py [--minutes 3] [--attendees 10] [--json OUT]

`chime-native serve` runs in a process of its own; the attendees are sessions of ours in another. They lose packets, have
jitter, mute, send messages, and come and go: leaving, with a socket that breaks, or deleted through the API. After each
round all leave, and what the service says of itself is taken: memory, tasks, descriptors. The end is status 1 if tasks or
descriptors have grown since the first round, or memory by more than `--growth` MB in every later round: it falls only now
and then, when Python collects what refers to itself.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import boto3
from chime_native import MeetingSession
from chime_native.devices import FileSource
from chime_native.errors import ChimeError
from chime_native.rtc import Impairment
from chime_native.session import MeetingSessionConfiguration

SPEECH = str(files("chime_native") / "assets" / "speech.flac")
ROUNDS = 4
MEAN_STAY_S = 12.0
LOSSES = (0.0, 0.02, 0.05, 0.2)
DEPARTURES = ("leaves", "leaves", "socket breaks", "is deleted")


def metrics(url: str) -> dict[str, float]:
    lines = urllib.request.urlopen(f"{url}/metrics").read().decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


class Crowd:
    """The attendees of one meeting; `run` is one round."""

    def __init__(self, url: str, attendees: int, seed: int) -> None:
        self._url = url
        self._attendees = attendees
        self._random = random.Random(seed)
        self.done: Counter[str] = Counter()

    async def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        # A client of its own: connections that boto3 keeps open would count as descriptors and tasks of the service.
        self._client = boto3.client(
            "chime-sdk-meetings",
            endpoint_url=self._url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        with contextlib.closing(self._client):
            self._meeting = await asyncio.to_thread(
                self._client.create_meeting,
                ClientRequestToken="soak",
                MediaRegion="us-east-1",
                ExternalMeetingId="soak",
            )
            async with asyncio.TaskGroup() as group:
                for number in range(self._attendees):
                    group.create_task(self._come_and_go(number, end))

    async def _come_and_go(self, number: int, end: float) -> None:
        while (left := end - time.monotonic()) > 1:
            await self._visit(number, min(left, self._random.expovariate(1 / MEAN_STAY_S) + 2))

    async def _visit(self, number: int, seconds: float) -> None:
        meeting_id, random = self._meeting["Meeting"]["MeetingId"], self._random
        attendee = await asyncio.to_thread(
            self._client.create_attendee, MeetingId=meeting_id, ExternalUserId=f"user-{number}"
        )
        configuration = MeetingSessionConfiguration(self._meeting, attendee)
        impairment = Impairment(random.choice(LOSSES), 5.0, random.randrange(1 << 30))
        how = random.choice(DEPARTURES)
        try:
            async with MeetingSession(configuration, impairment=impairment) as session:
                media = session.audio_video
                await media.start_audio_input(FileSource(SPEECH, loop=True))
                media.start()
                await asyncio.wait_for(session.started(), 30)
                self.done["joins"] += 1
                if random.random() < 0.5:
                    media.realtime_mute_local_audio()
                media.send_data("soak", "x" * 100)
                if how == "socket breaks":
                    await asyncio.sleep(seconds / 2)
                    session._link.connection.signaling._socket.transport.abort()  # type: ignore[union-attr]
                    await asyncio.sleep(seconds / 2)
                else:
                    await asyncio.sleep(seconds)
                if how == "is deleted":
                    await asyncio.to_thread(
                        self._client.delete_attendee,
                        MeetingId=meeting_id,
                        AttendeeId=attendee["Attendee"]["AttendeeId"],
                    )
                    await asyncio.wait_for(session.ended(), 30)
            self.done[how] += 1
        except (ChimeError, TimeoutError) as error:
            self.done[f"failed: {error!r}"] += 1


async def emptied(url: str) -> dict[str, float]:
    """The service's figures once nobody is left in it."""
    async with asyncio.timeout(60):
        while True:
            now = await asyncio.to_thread(metrics, url)
            if now["chime_attendees_present"] == now["chime_signaling_connections"] == 0:
                break
            await asyncio.sleep(0.5)
    # Closing peers and their sockets takes the service a little longer than to forget the attendees.
    await asyncio.sleep(3)
    return await asyncio.to_thread(metrics, url)


def line(what: str, now: dict[str, float]) -> dict[str, Any]:
    figures = {
        "when": what,
        "present": int(now["chime_attendees_present"]),
        "memory_mb": round(now["process_resident_memory_bytes"] / 2**20, 1),
        "tasks": int(now["chime_tasks"]),
        "descriptors": int(now["process_open_fds"]),
        "cpu_s": round(now["process_cpu_seconds_total"], 1),
        "ticks_skipped": int(now["chime_ticks_skipped_total"]),
    }
    print(json.dumps(figures), flush=True)
    return figures


async def soak(url: str, minutes: float, attendees: int) -> list[dict[str, Any]]:
    crowd = Crowd(url, attendees, seed=1)
    seconds = minutes * 60 / ROUNDS
    empty = []
    for number in range(1, ROUNDS + 1):
        round_ = asyncio.create_task(crowd.run(seconds))
        await asyncio.sleep(seconds * 0.8)
        line(f"within round {number}", await asyncio.to_thread(metrics, url))
        await round_
        empty.append(line(f"after round {number}", await emptied(url)))
    print(json.dumps(crowd.done), flush=True)
    return empty


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--attendees", type=int, default=10)
    parser.add_argument(
        "--growth", type=float, default=8.0, help="MB that memory may grow after the first round"
    )
    parser.add_argument("--json", metavar="OUT")
    args = parser.parse_args()
    command = [sys.executable, "-m", "chime_native", "serve", "--port", "0"]
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stack.callback(service.terminate)
        assert service.stdout is not None
        url = service.stdout.readline().removeprefix("listening on ").strip()
        empty = asyncio.run(soak(url, args.minutes, args.attendees))
    if args.json:
        Path(args.json).write_text(json.dumps(empty, indent=1))
    first, last = empty[0], empty[-1]
    grown = [name for name in ("tasks", "descriptors") if last[name] > first[name]]
    if min(after["memory_mb"] for after in empty[1:]) - first["memory_mb"] > args.growth:
        grown.append("memory_mb")
    print("grown:", ", ".join(grown) or "nothing")
    return bool(grown)


if __name__ == "__main__":
    sys.exit(main())
