"""An audio sink that records to a WAV file."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import struct
import threading
from collections import deque
from os import PathLike, fspath
from typing import BinaryIO

import numpy as np

from chime_native.devices.pcm import SAMPLE_RATE, Pcm
from chime_native.errors import MediaFileError

__all__ = ["WavFileSink"]

logger = logging.getLogger(__name__)

_BATCH_BLOCKS = 20  # written together: five writes a second, and little is lost if the process is killed
_PCM_FORMAT = 1  # WAVE_FORMAT_PCM
_LARGEST_DATA = 2**32 - 37  # bytes that the 32-bit sizes of a WAV header can tell


class WavFileSink:
    """Records to a 16-bit, 48 kHz WAV file. A thread writes; ``write`` never waits for the disk.

    The queue holds ``max_seconds``; when the disk is that far behind, blocks are dropped and counted, and silence of the
    same length is written in their place, so that the recording keeps its time. The header is kept current, so
    that the file is playable also when the process is killed.

    Raises:
        MediaFileError: the file cannot be made (here), or written (in :meth:`close`).
    """

    def __init__(self, path: str | PathLike[str], *, channels: int = 1, max_seconds: float = 30.0) -> None:
        if channels not in (1, 2):
            raise ValueError(f"channels must be 1 or 2, not {channels!r}")
        if max_seconds <= 0:
            raise ValueError(f"max_seconds must be more than 0, not {max_seconds!r}")
        self.path = fspath(path)
        self.channels = channels
        self.dropped_blocks = 0
        self.frames_written = 0
        self.error: MediaFileError | None = None
        self._queue: deque[tuple[Pcm, int]] = deque()  # a block, and the frames lost after it
        self._queued = 0  # frames
        self._limit = round(max_seconds * SAMPLE_RATE)
        self._changed = threading.Condition()
        self._closed = False
        self._file = _create(self.path)
        self._thread = threading.Thread(target=self._run, name="chime-wav-sink", daemon=True)
        self._thread.start()

    def write(self, pcm: Pcm) -> None:
        """Queues a block, shape ``(frames, 1)`` or ``(frames, 2)``; mono and stereo are converted to the file's."""
        block = _with_channels(pcm, self.channels)
        with self._changed:
            if self._closed or self.error:
                return
            if self._queued + len(block) > self._limit:
                self.dropped_blocks += 1
                if self._queue:
                    last, lost = self._queue[-1]
                    self._queue[-1] = (last, lost + len(block))
                return
            self._queue.append((block, 0))
            self._queued += len(block)
            if len(self._queue) >= _BATCH_BLOCKS:
                self._changed.notify_all()

    async def close(self) -> None:
        """Writes what is queued and closes the file. May be called twice.

        Raises:
            MediaFileError: the file could not be written to its end.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        await asyncio.to_thread(self._thread.join)
        if self.error:
            raise self.error

    def _run(self) -> None:
        try:
            self._write_header()  # an empty recording is a valid file
            while self._write_batch():
                pass
        except OSError as error:
            self.error = MediaFileError(self.path, error.strerror or str(error), "write")
            logger.warning("%s; the recording ends here", self.error)
        finally:
            with contextlib.suppress(OSError):  # closing flushes again what could not be written
                self._file.close()

    def _write_batch(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._queue) >= _BATCH_BLOCKS)
            batch = list(self._queue)
            self._queue.clear()
            self._queued = 0
            last = self._closed
        for block, lost in batch:
            self._file.write(block.tobytes())
            self._file.write(bytes(2 * self.channels * lost))
            self.frames_written += len(block) + lost
        self._write_header()
        return not last

    def _write_header(self) -> None:
        frame_bytes = 2 * self.channels
        data_bytes = min(self.frames_written * frame_bytes, _LARGEST_DATA)
        self._file.seek(0)
        self._file.write(
            struct.pack(
                "<4sI4s4sIHHIIHH4sI",
                *(b"RIFF", 36 + data_bytes, b"WAVE"),
                *(
                    b"fmt ",
                    16,
                    _PCM_FORMAT,
                    self.channels,
                    SAMPLE_RATE,
                    SAMPLE_RATE * frame_bytes,
                    frame_bytes,
                    16,
                ),
                *(b"data", data_bytes),
            )
        )
        self._file.seek(0, os.SEEK_END)
        self._file.flush()


def _create(path: str) -> BinaryIO:
    try:
        return open(path, "wb")
    except OSError as error:
        raise MediaFileError(path, error.strerror or str(error), "write") from error


def _with_channels(pcm: Pcm, channels: int) -> Pcm:
    if pcm.shape[1] == channels:
        return pcm.copy()
    if channels == 2:
        return pcm.repeat(2, axis=1)
    mono: Pcm = (pcm.sum(axis=1, keepdims=True, dtype=np.int32) // 2).astype(np.int16)
    return mono
