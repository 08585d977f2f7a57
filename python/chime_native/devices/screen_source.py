"""A video source that reads the screen; needs the extra ``screen``."""

from __future__ import annotations

import asyncio
import importlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chime_native.devices.video_sources import DEFAULT_FRAME_RATE, Pacer
from chime_native.errors import DeviceError, MissingExtraError
from chime_native.video import rgb_to_i420

__all__ = ["ScreenVideoSource"]


class ScreenVideoSource:
    """Pictures of a monitor.

    Args:
        frame_rate: pictures a second, at most.
        monitor: 1 is the first one, 0 all of them together.

    Raises:
        MissingExtraError: ``mss`` is not installed (here).
        DeviceError: there is no screen (in :meth:`start`).
    """

    def __init__(self, frame_rate: float = DEFAULT_FRAME_RATE, *, monitor: int = 1) -> None:
        try:
            self._mss: Any = importlib.import_module("mss")
        except ImportError as error:
            raise MissingExtraError("sharing the screen", "screen") from error
        self.frame_rate = frame_rate
        self._pacer = Pacer(frame_rate)
        self._monitor = monitor
        self._screen: Any = None
        # Its handles belong to the thread that made them.
        self._thread: ThreadPoolExecutor | None = None

    async def start(self) -> None:
        """Opens the screen, unless it is open; raises DeviceError when there is none."""
        if self._thread is not None:
            return
        self._thread = ThreadPoolExecutor(1, "chime-screen")
        try:
            await self._run(self._open)
        except BaseException:
            await self.close()
            raise

    async def read(self) -> NDArray[np.uint8]:
        """The screen when the next picture is due: I420 of shape ``(height * 3 / 2, width)``."""
        await self._pacer.wait()
        picture: NDArray[np.uint8] = await self._run(self._grab)
        return picture

    async def close(self) -> None:
        """Closes the screen. May be called twice."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, self._close)
            await asyncio.to_thread(thread.shutdown)

    async def _run(self, work: Any) -> Any:
        if self._thread is None:
            raise DeviceError("the screen is not open")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> None:
        try:
            self._screen = self._mss.MSS()
            monitors = self._screen.monitors
        except Exception as error:
            # mss has errors of its own for each platform, and lets those of the system through.
            raise DeviceError(
                f"there is no screen that could be shared: {error} (is a display running, is DISPLAY set?)"
            ) from error
        if not 0 <= self._monitor < len(monitors):
            raise DeviceError(f"there is no monitor {self._monitor}: there are {len(monitors) - 1}")

    def _grab(self) -> NDArray[np.uint8]:
        shot = self._screen.grab(self._screen.monitors[self._monitor])
        pixels = np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)
        even = np.ascontiguousarray(pixels[: shot.height & ~1, : shot.width & ~1])
        return rgb_to_i420(even, order="bgra")

    def _close(self) -> None:
        if self._screen is not None:
            self._screen.close()
            self._screen = None
