"""The pictures that go out, behind an object that stays while sources and connections change."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chime_native.session import device_life
from chime_native.video import to_i420

if TYPE_CHECKING:
    from chime_native.devices import VideoSource

__all__ = ["PictureHandler", "VideoInput"]

logger = logging.getLogger(__name__)

#: Gets a picture (I420) and when it was taken, in microseconds.
PictureHandler = Callable[[NDArray[np.uint8], int], object]

_MAX_FRAME_RATE = 30  # of every quality that a meeting allows
_LEAST_INTERVAL_US = 900_000 // _MAX_FRAME_RATE  # a little less, for sources keep time only roughly


class VideoInput:
    """Reads the chosen source while somebody wants its pictures, and leaves it alone otherwise."""

    def __init__(self, on_picture: PictureHandler, on_change: Callable[[], object]) -> None:
        self._on_picture = on_picture
        self._on_change = on_change
        self._source: VideoSource | None = None
        self._wanted = False
        self._task: asyncio.Task[None] | None = None
        self.on_end: Callable[[], object] | None = None
        """Called when the source has no more pictures, or raises."""
        self.blank = False
        """Black is sent in place of the pictures."""
        self.errors = 0
        self.size: tuple[int, int] | None = None
        """Pixels of the last picture."""

    @property
    def source(self) -> VideoSource | None:
        """What the application chose, or None."""
        return self._source

    async def choose(self, source: VideoSource | None) -> None:
        """Closes the present source and takes another; None takes none.

        Raises:
            TypeError: it has no ``read``.
            ChimeError: it cannot be started; there is no source then.
        """
        if source is not None and not callable(getattr(source, "read", None)):
            raise TypeError(f"a video source must have an async read(), which {source!r} has not")
        if source is self._source:
            return
        await self._drop()
        try:
            if source is not None:
                await device_life.start(source)
                self._source = source
        finally:
            self._refresh()
            self._on_change()

    def set_wanted(self, wanted: bool) -> None:
        """Whether pictures are read."""
        self._wanted = wanted
        self._refresh()

    async def close(self) -> None:
        """Closes the source, if any."""
        self._wanted = False
        await self._drop()

    async def _drop(self) -> None:
        source, self._source = self._source, None
        task = self._task
        self._refresh()
        if task is not None:
            await asyncio.wait({task})
        self.size = None
        if source is not None:
            await device_life.close(source)

    def _refresh(self) -> None:
        runs = self._wanted and self._source is not None
        if runs and self._task is None:
            assert self._source is not None
            self._task = asyncio.get_running_loop().create_task(
                self._read(self._source), name="chime-video-input"
            )
        elif not runs and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _read(self, source: VideoSource) -> None:
        """Hands pictures on until the source ends, raises, or nobody wants them."""
        last_us = 0
        try:
            while (pixels := await source.read()) is not None:
                now_us = time.monotonic_ns() // 1000
                if now_us - last_us < _LEAST_INTERVAL_US:
                    continue
                last_us = now_us
                picture = to_i420(pixels)
                self.size = (picture.shape[1], picture.shape[0] * 2 // 3)
                self._on_picture(_black_like(picture) if self.blank else picture, now_us)
        except Exception:
            self.errors += 1
            logger.exception("the video source %r raised; it is not read any more", source)
        if self.on_end is not None:
            self.on_end()


def _black_like(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    black = np.full_like(picture, 128)
    black[: picture.shape[0] * 2 // 3] = 16
    return black
