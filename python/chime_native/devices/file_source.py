"""An audio source that plays any file or URL that FFmpeg reads."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Iterator
from os import PathLike, fspath

import av
import numpy as np

from chime_native.devices.pcm import SAMPLE_RATE, Pcm, frame_pcm, silence
from chime_native.errors import MediaFileError

__all__ = ["FileSource"]

logger = logging.getLogger(__name__)

_LOOKAHEAD_FRAMES = 2 * SAMPLE_RATE  # decoded ahead of the playout: hides a slow disk, bounds the memory


class FileSource:
    """Plays an audio file (WAV, MP3, Opus, the sound of an MP4, ...) at real time; silence after its end.

    The file is opened here, so that a file that cannot be played is known before a meeting is joined; a thread then
    decodes about two seconds ahead. Mono stays mono, everything else becomes stereo, at 48 kHz.

    Args:
        path: the file.
        loop: begin again at the end.
        start: seconds to leave out at the beginning.

    Raises:
        MediaFileError: the file does not exist, cannot be read, or holds no audio.
    """

    def __init__(self, path: str | PathLike[str], *, loop: bool = False, start: float = 0.0) -> None:
        if start < 0:
            raise ValueError(f"start must be 0 seconds or more, not {start!r}")
        self.path = fspath(path)
        self.channels = 1
        self.underruns = 0
        self._loop = loop
        self._skip = round(start * SAMPLE_RATE)
        self._blocks: deque[Pcm] = deque()
        self._buffered = 0  # frames in _blocks
        self._changed = threading.Condition()  # guards all that follows and the two above
        self._drained = False  # the decoder has nothing more to give
        self._closed = False
        self._ended = False
        self._finished = asyncio.Event()
        decoder = self._decode()
        self._store(self._first_block(decoder))
        self._thread = threading.Thread(
            target=self._fill, args=(decoder,), name="chime-file-source", daemon=True
        )
        self._thread.start()

    @classmethod
    async def open(cls, path: str | PathLike[str], *, loop: bool = False, start: float = 0.0) -> FileSource:
        """The same as the constructor, with the opening done in a thread."""
        return await asyncio.to_thread(cls, path, loop=loop, start=start)

    @property
    def ended(self) -> bool:
        """Whether all has been read."""
        return self._ended

    async def finished(self) -> None:
        """Waits until all has been read, or the source is closed."""
        if not self._ended:
            await self._finished.wait()

    def read(self, frames: int) -> Pcm:
        """The next ``frames`` samples, shape ``(frames, channels)``. Never waits: silence when the decoder is late."""
        with self._changed:
            if self._buffered < frames and not self._drained:
                self.underruns += 1
                return silence(frames, self.channels)
            block = self._take(frames)
            ended = self._drained and not self._buffered
            self._changed.notify_all()
        if ended and not self._ended:
            self._ended = True
            self._finished.set()
        return block

    async def close(self) -> None:
        """Ends the decoding thread and closes the file. May be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if not self._ended:
            self._ended = True
            self._finished.set()
        await asyncio.to_thread(self._thread.join)

    def _take(self, frames: int) -> Pcm:
        pieces = []
        missing = frames
        while missing and self._blocks:
            piece = self._blocks.popleft()
            if len(piece) > missing:
                self._blocks.appendleft(piece[missing:])
                piece = piece[:missing]
            pieces.append(piece)
            missing -= len(piece)
        self._buffered -= frames - missing
        if missing:
            pieces.append(silence(missing, self.channels))
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _store(self, block: Pcm) -> None:
        self._blocks.append(block)
        self._buffered += len(block)

    def _first_block(self, decoder: Iterator[Pcm]) -> Pcm:
        try:
            return next(decoder)
        except StopIteration:
            raise MediaFileError(
                self.path, "it holds no audio" if not self._skip else "it ends before the start"
            ) from None
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise MediaFileError(self.path, getattr(error, "strerror", None) or str(error)) from error

    def _fill(self, decoder: Iterator[Pcm]) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._closed or self._buffered < _LOOKAHEAD_FRAMES)
                    if self._closed:
                        return
                block = next(decoder, None)
                if block is None:
                    return
                with self._changed:
                    self._store(block)
        except (av.error.FFmpegError, OSError, MediaFileError) as error:
            logger.warning("%s: reading stops here: %s", self.path, error)
        finally:
            decoder.close()  # type: ignore[attr-defined]  # a generator: closes the file
            with self._changed:
                self._drained = True

    def _decode(self) -> Iterator[Pcm]:
        while True:
            decoded = 0
            with av.open(self.path) as container:
                if not container.streams.audio:
                    raise MediaFileError(self.path, "it holds no audio")
                stream = container.streams.audio[0]
                self.channels = 1 if stream.codec_context.channels == 1 else 2
                for block in self._resampled(container, stream):
                    decoded += len(block)
                    yield block
            if not self._loop or not decoded:
                return

    def _resampled(self, container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[Pcm]:
        layout = "mono" if self.channels == 1 else "stereo"
        resampler = av.AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE)
        left_out = 0
        for frame in self._frames(container, stream):
            for piece in resampler.resample(frame):
                block = frame_pcm(piece)
                skipped = min(self._skip - left_out, len(block))
                left_out += skipped
                if skipped < len(block):
                    yield block[skipped:]

    def _frames(
        self, container: av.container.InputContainer, stream: av.AudioStream
    ) -> Iterator[av.AudioFrame | None]:
        """Decoded frames, then None, which flushes the resampler. A packet that cannot be decoded is left out."""
        broken = 0
        good = 0
        for packet in container.demux(stream):
            try:
                for frame in packet.decode():
                    good += 1
                    yield frame
            except av.error.InvalidDataError:
                broken += 1
                if broken == 1:
                    logger.warning("%s: part of it cannot be decoded and is left out", self.path)
        if broken and not good:
            raise MediaFileError(self.path, "its audio cannot be decoded")
        yield None
