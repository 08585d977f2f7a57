"""aiortc's tracks at the edge of the engine: frames in any format become 10 ms PCM, and PCM becomes frames."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from fractions import Fraction

import av
import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from numpy.typing import NDArray

__all__ = ["FrameBuilder", "TrackReader"]

logger = logging.getLogger(__name__)

SAMPLE_RATE = 48_000

#: Samples that a track may be ahead, 200 ms: covers its unevenness and bounds the delay that it adds.
MAX_AHEAD = SAMPLE_RATE // 5

#: Samples to have before playing again after running dry, 20 ms: one frame of most tracks.
CUSHION = SAMPLE_RATE // 50


class TrackReader:
    """Reads the frames of one track in a task and gives them as PCM when asked; silence while there is none.

    The track belongs to the application: :meth:`close` does not stop it. Pre-encoded packets cannot be taken apart
    here; they are counted and dropped.
    """

    def __init__(self, track: MediaStreamTrack, channels: int) -> None:
        self.track = track
        self._channels = channels
        self._blocks: deque[NDArray[np.int16]] = deque()
        self._ahead = 0
        self._dry = True
        self._ended = False
        self._task: asyncio.Task[None] | None = None
        self.samples_dropped = 0
        self.packets_dropped = 0

    @property
    def ended(self) -> bool:
        """Whether the track has ended and everything was read."""
        return self._ended and not self._ahead

    def start(self) -> None:
        """Begins to read the track."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="chime-track-reader")

    async def close(self) -> None:
        """Stops reading; idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def read(self, frames: int) -> NDArray[np.int16]:
        """The next ``frames`` samples at 48 kHz, shape (frames, channels); never waits."""
        if self._dry and self._ahead < CUSHION and not self._ended:
            return np.zeros((frames, self._channels), np.int16)
        out = np.zeros((frames, self._channels), np.int16)
        filled = 0
        while filled < frames and self._blocks:
            block = self._blocks.popleft()
            taken = min(len(block), frames - filled)
            out[filled : filled + taken] = block[:taken]
            if taken < len(block):
                self._blocks.appendleft(block[taken:])
            filled += taken
        self._ahead -= filled
        self._dry = filled < frames
        return out

    async def _run(self) -> None:
        layout = "mono" if self._channels == 1 else "stereo"
        resampler = av.AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE)
        try:
            while True:
                frame = await self.track.recv()
                if isinstance(frame, av.AudioFrame):
                    for part in resampler.resample(frame):
                        pcm = part.to_ndarray().astype(np.int16, copy=False)
                        self._append(pcm.reshape(-1, self._channels))
                else:
                    self.packets_dropped += 1
        except MediaStreamError:
            pass
        except (av.FFmpegError, ValueError):
            logger.exception("a track gave audio that cannot be converted; nothing of it is sent any more")
        finally:
            self._ended = True

    def _append(self, pcm: NDArray[np.int16]) -> None:
        self._blocks.append(pcm)
        self._ahead += len(pcm)
        while self._ahead > MAX_AHEAD:
            oldest = self._blocks.popleft()
            self._ahead -= len(oldest)
            self.samples_dropped += len(oldest)


class FrameBuilder:
    """Makes frames of 20 ms, as aiortc's decoders give them, from blocks of 10 ms."""

    def __init__(self, channels: int) -> None:
        self._layout = "mono" if channels == 1 else "stereo"
        self._first: NDArray[np.int16] | None = None
        self._timestamp = 0

    def add(self, pcm: NDArray[np.int16]) -> av.AudioFrame | None:
        """Takes a block, shape (480, channels); the frame when it is complete."""
        if self._first is None:
            self._first = pcm
            return None
        samples = np.concatenate((self._first, pcm)).reshape(1, -1)
        self._first = None
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=self._layout)
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = Fraction(1, SAMPLE_RATE)
        frame.pts = self._timestamp
        self._timestamp += samples.shape[1] // (1 if self._layout == "mono" else 2)
        return frame
