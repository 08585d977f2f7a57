import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from chime_native.rtc import PlayoutClock

pytestmark = pytest.mark.usefixtures("fake_engine")


class Counter:
    """A source of numbered blocks."""

    def __init__(self) -> None:
        self.blocks = 0

    def read(self, frames: int) -> np.ndarray:
        self.blocks += 1
        return np.full((frames, 1), self.blocks % 30_000, np.int16)


class Collector:
    """A sink that wakes whoever waits for a number of blocks that are not silent."""

    def __init__(self, wanted: int) -> None:
        self.blocks: list[int] = []
        self.wanted = wanted
        self.full = asyncio.Event()

    def write(self, pcm: np.ndarray) -> None:
        if pcm[0, 0]:
            self.blocks.append(int(pcm[0, 0]))
        if len(self.blocks) >= self.wanted:
            self.full.set()


async def test_audio_passes_both_ways(connect: Callable[..., Any]) -> None:
    client, service = await connect()
    clock = PlayoutClock.running()
    heard_by_client, heard_by_service = Collector(50), Collector(50)
    client.audio.start(clock, Counter(), [heard_by_client])
    service.audio.start(clock, Counter(), [heard_by_service])
    async with asyncio.timeout(20):
        await heard_by_client.full.wait()
        await heard_by_service.full.wait()
    for heard in (heard_by_client, heard_by_service):
        steps = np.diff(heard.blocks)
        assert (steps == 1).all()
    assert client.stats()["packets_received"] >= 50
