"""aiortc media tracks as audio source and sink."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from fractions import Fraction

import av
import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from chime_native.devices.pcm import BLOCK_FRAMES, SAMPLE_RATE, Pcm, frame_pcm, silence

__all__ = ["TrackSink", "TrackSource"]

logger = logging.getLogger(__name__)

_QUEUE_FRAMES = SAMPLE_RATE // 5  # 200 ms: covers the unevenness of a track, bounds the delay that it can add


class TrackSource:
    """Sends the sound of an aiortc audio track.

    A task takes the track's frames, converts them to 48 kHz and queues at most 200 ms (older sound is dropped and counted);
    when the track is late, silence is sent. ``start`` starts the task, ``close`` ends it (the session calls both); the
    track itself is the application's and is not stopped.
    """

    def __init__(self, track: MediaStreamTrack) -> None:
        if getattr(track, "kind", None) != "audio":
            raise TypeError(f"an audio track is needed, not {track!r}")
        self.channels = 1
        self.dropped_frames = 0
        self.underruns = 0
        self._track = track
        self._pcm: deque[Pcm] = deque()
        self._queued = 0
        self._task: asyncio.Task[None] | None = None
        self._finished = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether the track has ended and all of it was read."""
        return self._finished.is_set() and not self._queued

    async def start(self) -> None:
        """Starts taking frames from the track."""
        if self._task is None:
            self._task = asyncio.create_task(self._pump(), name="chime-track-source")

    async def finished(self) -> None:
        """Waits until the track has ended, or the source is closed."""
        await self._finished.wait()

    async def close(self) -> None:
        """Stops taking frames. May be called twice."""
        self._finished.set()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def read(self, frames: int) -> Pcm:
        """The next ``frames`` samples, shape ``(frames, channels)``; silence when the track is late."""
        if self._queued < frames:
            self.underruns += not self._finished.is_set()
            if not self._finished.is_set():
                return silence(frames, self.channels)
        pieces: list[Pcm] = []
        missing = frames
        while missing and self._pcm:
            piece = self._pcm.popleft()
            if len(piece) > missing:
                self._pcm.appendleft(piece[missing:])
                piece = piece[:missing]
            pieces.append(piece)
            missing -= len(piece)
        self._queued -= frames - missing
        return np.concatenate([*pieces, silence(missing, self.channels)])

    async def _pump(self) -> None:
        resampler: av.AudioResampler | None = None
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await self._track.recv()
                if not isinstance(frame, av.AudioFrame):
                    continue
                if resampler is None:
                    self.channels = 1 if len(frame.layout.channels) == 1 else 2
                    layout = "mono" if self.channels == 1 else "stereo"
                    resampler = av.AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE)
                for piece in resampler.resample(frame):
                    self._queue(frame_pcm(piece))
        self._finished.set()

    def _queue(self, block: Pcm) -> None:
        self._pcm.append(block)
        self._queued += len(block)
        while self._queued > _QUEUE_FRAMES:
            excess = min(self._queued - _QUEUE_FRAMES, len(self._pcm[0]))
            oldest = self._pcm.popleft()
            if excess < len(oldest):
                self._pcm.appendleft(oldest[excess:])
            self._queued -= excess
            self.dropped_frames += excess


class TrackSink(MediaStreamTrack):
    """What is heard, as an aiortc audio track of 10 ms frames, 48 kHz, int16.

    Holds 200 ms; a reader that is slower loses the oldest blocks, counted in ``dropped_blocks``. A track that nobody reads costs
    those 200 ms and nothing more.
    """

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.dropped_blocks = 0
        self._blocks: deque[tuple[int, Pcm]] = deque()
        self._changed = asyncio.Event()
        self._timestamp = 0

    def write(self, pcm: Pcm) -> None:
        """Queues a block, shape ``(frames, channels)``."""
        if self.readyState != "live":
            return
        if len(self._blocks) * BLOCK_FRAMES >= _QUEUE_FRAMES:
            self._blocks.popleft()
            self.dropped_blocks += 1
        self._blocks.append((self._timestamp, pcm.copy()))
        self._timestamp += len(pcm)
        self._changed.set()

    async def recv(self) -> av.AudioFrame:
        """The next block as an ``av.AudioFrame``; raises aiortc's ``MediaStreamError`` once the track is stopped."""
        while not self._blocks:
            if self.readyState != "live":
                raise MediaStreamError
            self._changed.clear()
            await self._changed.wait()
        timestamp, pcm = self._blocks.popleft()
        layout = "mono" if pcm.shape[1] == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = SAMPLE_RATE
        frame.pts = timestamp
        frame.time_base = Fraction(1, SAMPLE_RATE)
        return frame

    def stop(self) -> None:
        """Ends the track."""
        super().stop()
        self._changed.set()
