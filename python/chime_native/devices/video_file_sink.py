"""A recording of what is seen and heard: all videos in one picture, and the sound, to an MP4 file."""

from __future__ import annotations

import asyncio
import fractions
import logging
import math
import threading
import time
from collections import deque
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from chime_native.devices.pcm import SAMPLE_RATE, Pcm, silence
from chime_native.errors import MediaFileError
from chime_native.video import VideoFrame, scale_i420

__all__ = ["VideoFileSink", "grid_places"]

logger = logging.getLogger(__name__)

Picture = NDArray[np.uint8]

_BLACK, _GREY = 16, 128
_LARGEST_QUEUE = 30  # pictures, two seconds
_LARGEST_SOUND_QUEUE = 1000  # blocks, ten seconds
_MOST_DRIFT = SAMPLE_RATE // 2  # of sound against the clock, before silence is put in
_AAC_FRAME = 1024  # samples
_SMPTE_170M = 6  # BT.601 with the primaries of NTSC, in FFmpeg's numbers


class VideoFileSink:
    """Records videos side by side to an MP4 file (H.264), at a steady rate.

    ``sink(name)`` gives a sink for one video, ``remove(name)`` takes it away. Those that are there at a moment share the
    picture in rows of equal fields, in the order in which they came, each as large as fits and with black around it; one
    fills it. With ``sound`` the file has a track of it, too (AAC, mono), which :meth:`write_sound` fills. The recording
    begins with the first sink, or the first sound. A thread encodes; pictures for which there is no time are counted in
    ``dropped_frames``, and the one before stands longer.

    Raises:
        MediaFileError: the file cannot be made (here), or written (in :meth:`close`).
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        width: int = 1280,
        height: int = 720,
        frame_rate: int = 15,
        sound: bool = False,
    ) -> None:
        if width % 2 or height % 2 or width < 64 or height < 64:
            raise ValueError(f"width and height must be even and at least 64 pixels, not {width} x {height}")
        if not 1 <= frame_rate <= 60:
            raise ValueError(f"frame_rate must be 1 to 60 pictures a second, not {frame_rate!r}")
        self.path = fspath(path)
        self.width, self.height, self.frame_rate = width, height, frame_rate
        self.dropped_frames = 0
        self.frames_written = 0
        self.error: MediaFileError | None = None
        self._latest: dict[str, VideoFrame | None] = {}
        self._queue: deque[_Moment | Pcm | None] = deque()
        self._pictures_queued = 0
        self._changed = threading.Condition()  # guards the two above
        self._begin: float | None = None
        self._samples = 0  # of sound, so far
        self._task: asyncio.Task[None] | None = None
        self._container, self._stream = self._open()
        self._sound = _SoundTrack(self._container) if sound else None
        self._thread = threading.Thread(target=self._run, name="chime-video-sink", daemon=True)
        self._thread.start()

    def sink(self, name: str) -> _Field:
        """A sink for the video of that name, which has a field of the picture from now on."""
        self._latest.setdefault(name, None)
        self._start()
        return _Field(self._latest, name)

    def remove(self, name: str) -> None:
        """The video is over: its field goes to the others."""
        self._latest.pop(name, None)

    def write_sound(self, pcm: Pcm) -> None:
        """Takes the next sound: int16 of shape ``(frames, channels)`` at 48 kHz. Needs ``sound=True``."""
        if self._sound is None:
            raise ValueError("this recording has no sound: make it with sound=True")
        expected = round((time.monotonic() - self._start()) * SAMPLE_RATE)
        missing = expected - self._samples - len(pcm)
        if missing > _MOST_DRIFT or (not self._samples and missing > 0):
            pcm = np.concatenate([silence(missing, pcm.shape[1]), pcm])
        self._samples += len(pcm)
        with self._changed:
            if len(self._queue) - self._pictures_queued < _LARGEST_SOUND_QUEUE:
                self._queue.append(pcm.copy())
                self._changed.notify_all()

    async def close(self) -> None:
        """Writes what is queued and closes the file. May be called twice.

        Raises:
            MediaFileError: the file could not be written to its end.
        """
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
        with self._changed:
            self._queue.append(None)
            self._changed.notify_all()
        await asyncio.to_thread(self._thread.join)
        if self.error is not None:
            raise self.error

    # --- on the loop ---

    def _start(self) -> float:
        """When the recording began: now, unless it had already."""
        if self._begin is None:
            self._begin = time.monotonic()
            self._task = asyncio.get_running_loop().create_task(
                self._tick(self._begin), name="chime-video-sink"
            )
        return self._begin

    async def _tick(self, begin: float) -> None:
        number = 0
        while True:
            with self._changed:
                if self._pictures_queued < _LARGEST_QUEUE:
                    self._pictures_queued += 1
                    self._queue.append(_Moment(number, list(self._latest.values())))
                    self._changed.notify_all()
                else:
                    self.dropped_frames += 1
            number = max(number + 1, int((time.monotonic() - begin) * self.frame_rate))
            await asyncio.sleep(max(0.0, begin + number / self.frame_rate - time.monotonic()))

    # --- in the thread ---

    def _open(self) -> tuple[Any, Any]:
        try:
            with open(self.path, "wb"):
                pass  # FFmpeg makes the file only with the first picture
            container = av.open(self.path, "w", format="mp4")
        except (av.error.FFmpegError, OSError) as error:
            raise MediaFileError(
                self.path, getattr(error, "strerror", None) or str(error), "write"
            ) from error
        # A test pattern or a screen has sharp edges: quality is what is kept, not a bit rate.
        options = {"preset": "veryfast", "crf": "21"}
        stream: Any = container.add_stream("libx264", rate=self.frame_rate, options=options)
        stream.width, stream.height, stream.pix_fmt = self.width, self.height, "yuv420p"
        stream.codec_context.time_base = fractions.Fraction(1, self.frame_rate)
        # Said, because players take BT.709 for a picture of this size.
        stream.codec_context.colorspace = _SMPTE_170M
        stream.codec_context.color_primaries = _SMPTE_170M
        stream.codec_context.color_trc = _SMPTE_170M
        stream.codec_context.color_range = ColorRange.MPEG
        return container, stream

    def _run(self) -> None:
        try:
            while (entry := self._take()) is not None:
                if isinstance(entry, _Moment):
                    self._write_picture(entry)
                elif self._sound is not None:
                    self._sound.write(entry)
            if not self.frames_written:
                self._write_picture(_Moment(0, []))  # without a picture there is no file that could be opened
            self._container.mux(self._stream.encode(None))
            if self._sound is not None:
                self._sound.finish()
        except (av.error.FFmpegError, OSError) as error:
            self._fail(error)
        try:
            self._container.close()
        except (av.error.FFmpegError, OSError) as error:
            self._fail(error)

    def _write_picture(self, moment: _Moment) -> None:
        picture = av.VideoFrame.from_ndarray(self._compose(moment.frames), format="yuv420p")
        picture.pts, picture.time_base = moment.number, fractions.Fraction(1, self.frame_rate)
        self._container.mux(self._stream.encode(picture))
        self.frames_written += 1

    def _fail(self, error: Exception) -> None:
        if self.error is None:
            reason = getattr(error, "strerror", None) or str(error)
            self.error = MediaFileError(self.path, reason, "write")
            logger.warning("%s; the recording ends here", self.error)

    def _take(self) -> _Moment | Pcm | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue)
            entry = self._queue.popleft()
            self._pictures_queued -= isinstance(entry, _Moment)
            return entry

    def _compose(self, frames: list[VideoFrame | None]) -> Picture:
        canvas = np.full((self.height * 3 // 2, self.width), _GREY, np.uint8)
        canvas[: self.height] = _BLACK
        for frame, place in zip(frames, grid_places(len(frames), self.width, self.height), strict=True):
            if frame is not None:
                self._paste(canvas, frame, place)
        return canvas

    def _paste(self, canvas: Picture, frame: VideoFrame, place: tuple[int, int, int, int]) -> None:
        left, top, width, height = place
        by = min(width / frame.width, height / frame.height)
        size = max(2, int(frame.width * by) & ~1), max(2, int(frame.height * by) & ~1)
        picture = frame.i420 if size == (frame.width, frame.height) else scale_i420(frame.i420, *size)
        left += (width - size[0]) // 2 & ~1
        top += (height - size[1]) // 2 & ~1
        canvas[top : top + size[1], left : left + size[0]] = picture[: size[1]]
        ours = canvas[self.height :].reshape(2, self.height // 2, -1)
        theirs = picture[size[1] :].reshape(2, size[1] // 2, -1)
        ours[:, top // 2 : (top + size[1]) // 2, left // 2 : (left + size[0]) // 2] = theirs


@dataclass(frozen=True, slots=True)
class _Moment:
    """What was to be seen at a picture's time."""

    number: int
    frames: list[VideoFrame | None]


class _SoundTrack:
    """The sound of the file: AAC takes frames of its own size."""

    def __init__(self, container: Any) -> None:
        self._container = container
        self._stream: Any = container.add_stream("aac", rate=SAMPLE_RATE)
        self._stream.layout = "mono"
        self._resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE, frame_size=_AAC_FRAME)
        self._position = 0

    def write(self, pcm: Pcm) -> None:
        """Encodes a block of shape ``(frames, channels)``."""
        layout = "mono" if pcm.shape[1] == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(pcm).reshape(1, -1), format="s16", layout=layout
        )
        frame.sample_rate = SAMPLE_RATE
        frame.pts, frame.time_base = self._position, fractions.Fraction(1, SAMPLE_RATE)
        self._position += len(pcm)
        for piece in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(piece))

    def finish(self) -> None:
        """Encodes what is left."""
        if self._position:
            for piece in self._resampler.resample(None):
                self._container.mux(self._stream.encode(piece))
        self._container.mux(self._stream.encode(None))


class _Field:
    """The sink of one video."""

    def __init__(self, latest: dict[str, VideoFrame | None], name: str) -> None:
        self._latest = latest
        self._name = name

    def write(self, frame: VideoFrame) -> None:
        """Takes a picture."""
        if self._name in self._latest:
            self._latest[self._name] = frame


def grid_places(count: int, width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Left, top, width and height (even) of ``count`` equal fields of a picture, row by row."""
    columns = math.ceil(math.sqrt(count)) if count else 0
    rows = math.ceil(count / columns) if count else 0
    return [
        (
            width * (place % columns) // columns & ~1,
            height * (place // columns) // rows & ~1,
            width // columns & ~1,
            height // rows & ~1,
        )
        for place in range(count)
    ]
