"""The service under load: a process of its own, of which CPU time, memory and late ticks are taken."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

__all__ = ["Load", "ServiceUnderLoad", "invite", "metric", "open_many_files", "wait_joined"]

CLK_TCK = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20

OURS = """
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

Load = Callable[[str, Sequence[str], Any, Any], None]
"""Runs in a process: (signaling URL, tokens, event to set when all are in, event that ends it)."""


class ServiceUnderLoad:
    """A service that serves ``program``'s meeting while the context lasts."""

    def __init__(self, program: str = OURS, python: str = sys.executable, profile: str | None = None) -> None:
        self._process = subprocess.Popen(
            [python, "-c", program, profile or ""], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self.empty_mb = self.resident_mb()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._process.terminate()
        self._process.wait(30)

    def measure(
        self, loads: Sequence[tuple[Load, str, Sequence[str]]], seconds: float, warm_up: float = 0.0
    ) -> dict[str, float]:
        """What the service needed for ``seconds`` with the clients of all ``loads`` in it."""
        context = multiprocessing.get_context("spawn")
        stop = context.Event()
        ready = [context.Event() for _ in loads]
        processes = [
            context.Process(target=load, args=(url, tokens, event, stop))
            for (load, url, tokens), event in zip(loads, ready, strict=True)
        ]
        for process in processes:
            process.start()
        try:
            if not all(event.wait(400) for event in ready):
                raise SystemExit("the attendees did not all get in")
            time.sleep(warm_up)
            return self._figures(seconds, sum(len(tokens) for _, _, tokens in loads))
        finally:
            stop.set()
            for process in processes:
                process.join(60)

    def _figures(self, seconds: float, attendees: int) -> dict[str, float]:
        names = ("chime_ticks_total", "chime_ticks_late_total", "chime_ticks_skipped_total")
        before, used, start = [metric(self.url, name) for name in names], self._cpu_s(), time.monotonic()
        time.sleep(seconds)
        elapsed, used = time.monotonic() - start, self._cpu_s() - used
        ticks, late, skipped = (
            metric(self.url, name) - value for name, value in zip(names, before, strict=True)
        )
        return {
            "attendees": attendees,
            "cpu_percent": round(100 * used / elapsed, 1),
            "memory_mb": round(self.resident_mb(), 1),
            "memory_per_attendee_mb": round((self.resident_mb() - self.empty_mb) / attendees, 2),
            "ticks": ticks,
            "ticks_late": late,
            "ticks_skipped": skipped,
            "cpu_us_per_tick": round(1e6 * used / max(ticks, 1)),
        }

    def _cpu_s(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLK_TCK

    def resident_mb(self) -> float:
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * PAGE_MB


def invite(url: str, attendees: int) -> tuple[str, list[str]]:
    """A meeting with that many attendees: where its signaling is, and their tokens."""
    body = {"ClientRequestToken": "bench", "MediaRegion": "us-east-1", "ExternalMeetingId": "bench"}
    meeting = _post(f"{url}/meetings", body)["Meeting"]
    tokens = []
    for first in range(0, attendees, 100):
        users = [{"ExternalUserId": f"user-{n}"} for n in range(first, min(first + 100, attendees))]
        batch = f"{url}/meetings/{meeting['MeetingId']}/attendees?operation=batch-create"
        tokens += [made["JoinToken"] for made in _post(batch, {"Attendees": users})["Attendees"]]
    return meeting["MediaPlacement"]["SignalingUrl"], tokens


def wait_joined(url: str, count: int) -> None:
    """Returns when so many are in; ``url`` of signaling or of the service."""
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


def open_many_files() -> None:
    """Raises the limit of descriptors to what the machine allows."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def _post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.loads(urllib.request.urlopen(request).read())  # type: ignore[no-any-return]
