"""Where received pictures go: objects with ``write(frame)``.

Called on the event loop with a :class:`chime_native.video.VideoFrame`; they must not block, nor change the picture. Like sinks of
sound they may have ``async start()`` and ``async close()``, which the application calls.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from chime_native.video import VideoFrame

__all__ = ["CallbackVideoSink", "FrameSink", "VideoSink"]

logger = logging.getLogger(__name__)


class VideoSink(Protocol):
    """Where pictures go."""

    def write(self, frame: VideoFrame) -> None:
        """Takes a picture; must not block."""


class FrameSink:
    """Keeps the newest picture."""

    def __init__(self) -> None:
        self.frames = 0
        """How many have come."""
        self.latest: VideoFrame | None = None
        self._waiters: list[tuple[Callable[[VideoFrame], bool], asyncio.Future[VideoFrame]]] = []

    def write(self, frame: VideoFrame) -> None:
        """Takes a picture."""
        self.frames += 1
        self.latest = frame
        for accept, waiter in self._waiters:
            if not waiter.done() and accept(frame):
                waiter.set_result(frame)

    async def wait_for(self, accept: Callable[[VideoFrame], bool] = lambda _frame: True) -> VideoFrame:
        """Waits for the next picture of which ``accept`` is true."""
        waiter: asyncio.Future[VideoFrame] = asyncio.get_running_loop().create_future()
        entry = (accept, waiter)
        self._waiters.append(entry)
        try:
            return await waiter
        finally:
            self._waiters.remove(entry)


class CallbackVideoSink:
    """Hands each picture to ``callback`` on the event loop. One that raises is logged once and counted in ``errors``."""

    def __init__(self, callback: Callable[[VideoFrame], object]) -> None:
        if not callable(callback):
            raise TypeError(f"callback must be callable, not {callback!r}")
        self.errors = 0
        self._callback = callback

    def write(self, frame: VideoFrame) -> None:
        """Calls the callback."""
        try:
            self._callback(frame)
        except Exception:
            self.errors += 1
            if self.errors == 1:
                logger.exception("the video callback raised; logged this once")
