"""Audio sinks in memory. Each is an :class:`chime_native.rtc.AudioSink`."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable

import numpy as np

from chime_native.devices.pcm import SAMPLE_RATE, Pcm, silence

__all__ = ["ArraySink", "BlockSink", "CallbackSink"]

logger = logging.getLogger(__name__)


class ArraySink:
    """Keeps what was heard in memory: the last ``max_seconds`` of it (older blocks are dropped and counted)."""

    def __init__(self, max_seconds: float = 600.0) -> None:
        if max_seconds <= 0:
            raise ValueError(f"max_seconds must be more than 0, not {max_seconds!r}")
        self.dropped_blocks = 0
        self._limit = round(max_seconds * SAMPLE_RATE)
        self._blocks: deque[Pcm] = deque()
        self._frames = 0
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []

    def __len__(self) -> int:
        """Frames held."""
        return self._frames

    def write(self, pcm: Pcm) -> None:
        """Takes a block, shape ``(frames, channels)``."""
        self._blocks.append(pcm.copy())
        self._frames += len(pcm)
        while self._frames > self._limit:
            self._frames -= len(self._blocks.popleft())
            self.dropped_blocks += 1
        for frames, waiter in self._waiters:
            if self._frames >= frames and not waiter.done():
                waiter.set_result(None)

    async def wait_for(self, seconds: float) -> Pcm:
        """Waits until it holds ``seconds`` of sound; returns all of it."""
        frames = round(seconds * SAMPLE_RATE)
        if frames > self._limit:
            raise ValueError(
                f"seconds must be at most {self._limit / SAMPLE_RATE:g} (max_seconds), not {seconds!r}"
            )
        if self._frames < frames:
            entry = (frames, asyncio.get_running_loop().create_future())
            self._waiters.append(entry)
            try:
                await entry[1]
            finally:
                self._waiters.remove(entry)
        return self.array()

    def array(self) -> Pcm:
        """All of it in one array, shape ``(frames, channels)``."""
        return np.concatenate(list(self._blocks)) if self._blocks else silence(0, 1)

    def clear(self) -> None:
        """Forgets what was heard."""
        self._blocks.clear()
        self._frames = 0


class CallbackSink:
    """Hands each block to ``callback`` on the event loop; it must not block, and keeps the array only by copying.

    A callback that raises is logged once and counted in ``errors``; the sound goes on.
    """

    def __init__(self, callback: Callable[[Pcm], object]) -> None:
        if not callable(callback):
            raise TypeError(f"callback must be callable, not {callback!r}")
        self.errors = 0
        self._callback = callback

    def write(self, pcm: Pcm) -> None:
        """Calls the callback with the block, shape ``(frames, channels)``."""
        try:
            self._callback(pcm)
        except Exception:
            self.errors += 1
            if self.errors == 1:
                logger.exception("the audio callback raised; logged this once")


class BlockSink:
    """An async iterator over the blocks that are heard.

    Holds ``max_blocks`` (default half a second of 10 ms blocks); a reader that is slower loses the oldest, counted in
    ``dropped_blocks``. Iteration ends when :meth:`close` was called and all is read.
    """

    def __init__(self, max_blocks: int = 50) -> None:
        if max_blocks < 1:
            raise ValueError(f"max_blocks must be at least 1, not {max_blocks!r}")
        self.dropped_blocks = 0
        self._blocks: deque[Pcm] = deque()
        self._max_blocks = max_blocks
        self._changed = asyncio.Event()
        self._closed = False

    def write(self, pcm: Pcm) -> None:
        """Queues a copy of the block, shape ``(frames, channels)``."""
        if len(self._blocks) == self._max_blocks:
            self._blocks.popleft()
            self.dropped_blocks += 1
        self._blocks.append(pcm.copy())
        self._changed.set()

    def close(self) -> None:
        """Ends the iteration after what is queued."""
        self._closed = True
        self._changed.set()

    def __aiter__(self) -> AsyncIterator[Pcm]:
        return self

    async def __anext__(self) -> Pcm:
        while not self._blocks:
            if self._closed:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._blocks.popleft()
