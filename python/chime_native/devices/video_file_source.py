"""A video source that plays any file or URL that FFmpeg reads."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from os import PathLike, fspath
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from chime_native.devices.video_sources import DEFAULT_FRAME_RATE
from chime_native.errors import MediaFileError
from chime_native.rtc.video_codecs import frame_i420

__all__ = ["VideoFileSource"]

logger = logging.getLogger(__name__)

_LOOKAHEAD = 8  # pictures decoded ahead: hides a slow disk, bounds the memory
_STILL_INTERVAL = 0.2  # seconds between the pictures of something that does not move
_PATIENCE = 0.2  # seconds: a picture that is later than this is left out

Picture = NDArray[np.uint8]


class VideoFileSource:
    """Plays the pictures of a file (MP4, WebM, a picture, ...) at its own pace, from the beginning again at the end.

    The file is opened here, so that a file that cannot be played is known before a meeting is joined; a thread then
    decodes some pictures ahead. Pictures for which there was no time are left out and counted in ``dropped_frames``.

    Args:
        path: the file.
        loop: begin again at the end.

    Raises:
        MediaFileError: the file does not exist, cannot be read, or holds no video.
    """

    def __init__(self, path: str | PathLike[str], *, loop: bool = True) -> None:
        self.path = fspath(path)
        self.frame_rate = DEFAULT_FRAME_RATE
        self.dropped_frames = 0
        self._loop = loop
        self._frames: deque[tuple[float, Picture]] = deque()  # seconds from the beginning, and the picture
        self._changed = threading.Condition()  # guards all that follows and the one above
        self._closed = False
        self._drained = False
        self._begin: float | None = None
        self._waiter: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        decoder = self._decode()
        self._frames.append(self._first(decoder))
        self._thread = threading.Thread(
            target=self._fill, args=(decoder,), name="chime-video-file-source", daemon=True
        )
        self._thread.start()

    async def read(self) -> Picture | None:
        """Waits until the next picture is due: I420 of shape ``(height * 3 / 2, width)``; None after the last one."""
        while True:
            entry = await self._next()
            if entry is None:
                return None
            at, picture = entry
            now = time.monotonic()
            if self._begin is None:
                self._begin = now - at
            late = now - (self._begin + at)
            if late > _PATIENCE and self._frames:
                self.dropped_frames += 1
                continue
            if late > 1:
                self._begin = now - at  # the reader was away: the film waited
            await asyncio.sleep(max(0.0, -late))
            return picture

    async def close(self) -> None:
        """Ends the decoding thread and closes the file. May be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._wake()
        await asyncio.to_thread(self._thread.join)

    async def _next(self) -> tuple[float, Picture] | None:
        arrived = asyncio.Event()
        while True:
            with self._changed:
                if self._frames:
                    entry = self._frames.popleft()
                    self._changed.notify_all()
                    return entry
                if self._drained or self._closed:
                    return None
                arrived.clear()
                self._waiter = (asyncio.get_running_loop(), arrived)
            await arrived.wait()

    def _wake(self) -> None:
        with self._changed:
            waiter, self._waiter = self._waiter, None
        if waiter is not None:
            loop, arrived = waiter
            try:
                loop.call_soon_threadsafe(arrived.set)
            except RuntimeError:
                logger.debug("the loop that waited for a picture is closed")

    def _first(self, decoder: Iterator[tuple[float, Picture]]) -> tuple[float, Picture]:
        try:
            return next(decoder)
        except StopIteration:
            raise MediaFileError(self.path, "it holds no video") from None
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise MediaFileError(self.path, getattr(error, "strerror", None) or str(error)) from error

    def _fill(self, decoder: Iterator[tuple[float, Picture]]) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._closed or len(self._frames) < _LOOKAHEAD)
                    if self._closed:
                        return
                entry = next(decoder, None)
                if entry is None:
                    return
                with self._changed:
                    self._frames.append(entry)
                self._wake()
        except (av.error.FFmpegError, OSError, MediaFileError) as error:
            logger.warning("%s: reading stops here: %s", self.path, error)
        finally:
            decoder.close()  # type: ignore[attr-defined]  # a generator: closes the file
            with self._changed:
                self._drained = True
            self._wake()

    def _decode(self) -> Iterator[tuple[float, Picture]]:
        """Pictures and when they are due, over and over."""
        begin = 0.0
        while True:
            end: float | None = None
            with av.open(self.path) as container:
                if not container.streams.video:
                    raise MediaFileError(self.path, "it holds no video")
                stream = container.streams.video[0]
                stream.thread_type = "AUTO"
                if stream.average_rate:
                    self.frame_rate = float(stream.average_rate)
                pictures = 0
                for at, frame in self._timed(container, stream):
                    end = begin + at + 1 / self.frame_rate
                    picture = frame_i420(frame)
                    pictures += 1
                    yield begin + at, picture
            if not self._loop or end is None:
                return
            begin = end
            while pictures == 1:  # a photograph
                yield begin, picture
                begin += _STILL_INTERVAL

    def _timed(self, container: Any, stream: Any) -> Iterator[tuple[float, Any]]:
        """Decoded pictures with seconds from the first one. A packet that cannot be decoded is left out."""
        first: float | None = None
        last = -1 / self.frame_rate
        broken = 0
        for packet in container.demux(stream):
            try:
                for frame in packet.decode():
                    at = last + 1 / self.frame_rate if frame.time is None else float(frame.time)
                    first = at if first is None else first
                    last = max(last, at)
                    yield max(0.0, at - first), frame
            except av.error.InvalidDataError:
                broken += 1
                if broken == 1:
                    logger.warning("%s: part of it cannot be decoded and is left out", self.path)
