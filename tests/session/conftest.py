"""Sessions against the real local service, over real sockets, in one process."""

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from chime_native.devices import ArraySink
from chime_native.service import LocalService
from chime_native.session import MeetingSessionConfiguration

PATIENCE = 30  # seconds, for a busy machine


class Meeting:
    """A meeting of the local service."""

    def __init__(self, service: LocalService, created: dict[str, Any]) -> None:
        self.service = service
        self.created = created
        self.id: str = created["Meeting"]["MeetingId"]

    async def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """An operation of boto3's client, for this meeting."""
        client = self.service.boto3_client()
        return await asyncio.to_thread(getattr(client, operation), MeetingId=self.id, **arguments)  # type: ignore[no-any-return]

    async def configuration(self, name: str) -> MeetingSessionConfiguration:
        """Of a new attendee."""
        return MeetingSessionConfiguration(
            self.created, await self.call("create_attendee", ExternalUserId=name)
        )


async def within(work: Any) -> Any:
    """The result of ``work``, which must not take long."""
    return await asyncio.wait_for(work, PATIENCE)


def level_at(pcm: np.ndarray, hz: float) -> float:
    """Level of one frequency relative to the strongest, in dB."""
    samples = pcm[:, 0].astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / 48000) - hz) < 3
    return float(20 * np.log10(max(spectrum[near].max(), 1e-9) / max(spectrum.max(), 1e-9)))


async def hears(sink: ArraySink, hz: float) -> np.ndarray:
    """Waits for a second in which this is the strongest frequency; gives it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            sink.clear()
            pcm = await sink.wait_for(1)
            if np.abs(pcm).mean() > 300 and level_at(pcm, hz) == 0:
                return pcm


async def falls_silent(sink: ArraySink) -> None:
    """Waits for half a second of silence."""
    async with asyncio.timeout(PATIENCE):
        while True:
            sink.clear()
            if np.abs(await sink.wait_for(0.5)).max() < 50:
                return


@pytest.fixture
async def local_service() -> AsyncIterator[LocalService]:
    async with LocalService() as service:
        yield service


@pytest.fixture
async def meeting(local_service: LocalService) -> Meeting:
    client = local_service.boto3_client()
    created = await asyncio.to_thread(
        client.create_meeting,
        ClientRequestToken=os.urandom(8).hex(),
        MediaRegion="us-east-1",
        ExternalMeetingId="test",
    )
    return Meeting(local_service, created)


@pytest.fixture
def tools() -> Any:
    """The helpers above, for tests that are imported on their own."""

    class Tools:
        within = staticmethod(within)
        hears = staticmethod(hears)
        falls_silent = staticmethod(falls_silent)
        level_at = staticmethod(level_at)

    return Tools


@pytest.fixture
def open_things() -> Any:
    """Counts what a leak would leave: file descriptors, threads, tasks."""

    def count() -> tuple[int, int, int]:
        gc.collect()
        return len(os.listdir("/proc/self/fd")), threading.active_count(), len(asyncio.all_tasks())

    return count
