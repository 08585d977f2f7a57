"""Video sources that need no device and no file.

A video source has ``async read()``, which waits until the next picture is due and gives it: uint8 as I420 of shape
``(height * 3 / 2, width)``, or RGB of ``(height, width, 3)``; None: there are no more. It may have ``async start()`` and
``async close()``, which the session calls, and ``frame_rate``, how many pictures a second it gives at most.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from chime_native.video import rgb_to_i420, to_i420

__all__ = ["ArrayVideoSource", "Pacer", "PatternVideoSource", "VideoSource"]

Picture = NDArray[np.uint8]

DEFAULT_FRAME_RATE = 15.0  # the SDK asks cameras for it

_BARS = ((192, 192, 192), (192, 192, 0), (0, 192, 192), (0, 192, 0), (192, 0, 192), (192, 0, 0), (0, 0, 192))
_BLACK, _WHITE, _GREY = 16, 235, 128
_COUNTER_BITS = 16
_CROSSING_SECONDS = 4


class VideoSource(Protocol):
    """Where the pictures that are sent come from."""

    async def read(self) -> Picture | None:
        """Waits until the next picture is due and gives it; None: there are no more."""


class Pacer:
    """Waits for the times at which pictures are due; those that were missed are left out."""

    def __init__(self, frame_rate: float) -> None:
        if not 0 < frame_rate <= 120:
            raise ValueError(
                f"frame_rate must be more than 0 and at most 120 pictures a second, not {frame_rate!r}"
            )
        self._interval = 1 / frame_rate
        self._begin: float | None = None
        self._next = 0

    async def wait(self) -> int:
        """Waits until the next picture is due; its number, from 0."""
        now = time.monotonic()
        if self._begin is None:
            self._begin = now
        number = max(self._next, int((now - self._begin) / self._interval))
        self._next = number + 1
        await asyncio.sleep(max(0.0, self._begin + number * self._interval - now))
        return number


class PatternVideoSource:
    """A test pattern: colour bars, or one ``colour``, over which a white square moves.

    The lowest sixteenth of the picture holds the number of the picture as sixteen fields, black for 0 and white for 1,
    the highest bit first: :meth:`number_in` reads it back out of what was received.

    Args:
        width, height: pixels, even, 64 or more.
        frame_rate: pictures a second.
        colour: red, green, blue, 0 to 255 each, in place of the bars.
    """

    def __init__(
        self,
        width: int = 640,
        height: int = 360,
        frame_rate: float = DEFAULT_FRAME_RATE,
        *,
        colour: tuple[int, int, int] | None = None,
    ) -> None:
        if width % 2 or height % 2 or not 64 <= width <= 3840 or not 64 <= height <= 2160:
            raise ValueError(
                f"width and height must be even and 64 to 3840 x 2160 pixels, not {width} x {height}"
            )
        self.frame_rate = frame_rate
        self._pacer = Pacer(frame_rate)
        self._width, self._height = width, height
        self._background = rgb_to_i420(_background(width, height, colour))

    async def read(self) -> Picture:
        """The next picture: I420 of shape ``(height * 3 / 2, width)``."""
        return self.picture(await self._pacer.wait())

    def picture(self, number: int) -> Picture:
        """The picture of that number."""
        frame = self._background.copy()
        side = self._height // 4 & ~1
        phase = number / self.frame_rate / _CROSSING_SECONDS % 1
        left = int((self._width - side) * phase) & ~1
        top = self._height // 4 & ~1
        _fill(frame, self._height, slice(top, top + side), slice(left, left + side), _WHITE)
        for bit in range(_COUNTER_BITS):
            is_set = number >> (_COUNTER_BITS - 1 - bit) & 1
            columns = slice(*(self._width * edge // _COUNTER_BITS & ~1 for edge in (bit, bit + 1)))
            rows = slice(self._height * 15 // 16 & ~1, self._height)
            _fill(frame, self._height, rows, columns, _WHITE if is_set else _BLACK)
        return frame

    @staticmethod
    def number_in(i420: Picture) -> int:
        """The number of a picture of this pattern (modulo 65536), also after scaling and lossy coding."""
        height, width = i420.shape[0] * 2 // 3, i420.shape[1]
        row = i420[height - height // 32 - 1]
        number = 0
        for bit in range(_COUNTER_BITS):
            number = number << 1 | int(row[int(width * (bit + 0.5) / _COUNTER_BITS)] > 128)
        return number


class ArrayVideoSource:
    """Pictures that the application pushes, when it has them; of those that are not taken in time the oldest are lost.

    Use it in the thread of the event loop (``loop.call_soon_threadsafe(source.push, pixels)`` from another).
    """

    def __init__(self, frame_rate: float = DEFAULT_FRAME_RATE, *, max_frames: int = 2) -> None:
        if max_frames < 1:
            raise ValueError(f"max_frames must be at least 1, not {max_frames!r}")
        self.frame_rate = frame_rate
        self.dropped_frames = 0
        self._frames: deque[Picture] = deque()
        self._max_frames = max_frames
        self._changed = asyncio.Event()
        self._ended = False

    def push(self, pixels: Picture) -> None:
        """Takes a picture: uint8, I420 of ``(height * 3 / 2, width)``, RGB of ``(height, width, 3)``, or RGBA.

        It is not copied if it is I420, so do not change it later. Raises TypeError and ValueError for anything else.
        """
        frame = to_i420(pixels)
        if len(self._frames) >= self._max_frames:
            self._frames.popleft()
            self.dropped_frames += 1
        self._frames.append(frame)
        self._changed.set()

    def end(self) -> None:
        """There are no more pictures."""
        self._ended = True
        self._changed.set()

    async def read(self) -> Picture | None:
        """Waits for the next picture: I420; None after :meth:`end`."""
        while not self._frames:
            if self._ended:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._frames.popleft()


def _background(width: int, height: int, colour: tuple[int, int, int] | None) -> Picture:
    pixels = np.empty((height, width, 3), np.uint8)
    if colour is not None:
        if [*map(type, colour)] != [int] * 3 or not all(0 <= value <= 255 for value in colour):
            raise ValueError(f"colour must be three numbers from 0 to 255, not {colour!r}")
        pixels[:] = colour
        return pixels
    for place, bar in enumerate(_BARS):
        pixels[:, width * place // len(_BARS) : width * (place + 1) // len(_BARS)] = bar
    return pixels


def _fill(frame: Picture, height: int, rows: slice, columns: slice, luma: int) -> None:
    """Paints a grey rectangle with even edges into an I420 picture."""
    frame[rows, columns] = luma
    chroma = frame[height:].reshape(2, height // 2, -1)
    chroma[:, rows.start // 2 : rows.stop // 2, columns.start // 2 : columns.stop // 2] = _GREY
