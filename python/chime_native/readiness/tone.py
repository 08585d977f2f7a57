"""The tone of the audio output check (SDK: ``DefaultMeetingReadinessChecker.ts``, ``playTone`` and ``stopTone``)."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from chime_native.devices.pcm import BLOCK_FRAMES, SAMPLE_RATE, Pcm
from chime_native.rtc import PlayoutClock
from chime_native.session import device_life

if TYPE_CHECKING:
    from chime_native.rtc import AudioSink

__all__ = ["PlayedTone", "Tone"]

_FULL_SCALE = 32_767
_LEAD_FRAMES = SAMPLE_RATE // 10  # silence before the tone, 0.1 s
_RAMP_FRAMES = SAMPLE_RATE // 10  # from silence to the gain and back, 0.1 s each: no clicks


class Tone:
    """A sine that begins and ends without a click; knows no clock and no sink."""

    def __init__(self, hz: float, gain: float) -> None:
        self._step = 2 * np.pi * hz / SAMPLE_RATE
        self._gain = gain
        self._position = 0
        self._end: int | None = None

    @property
    def ended(self) -> bool:
        """Whether all of it was read."""
        return self._end is not None and self._position >= self._end

    def fade(self) -> None:
        """Lets it end within 0.1 s."""
        if self._end is None:
            self._end = self._position + _RAMP_FRAMES

    def read(self, frames: int) -> Pcm:
        """The next ``frames`` samples, shape ``(frames, 1)``."""
        positions = np.arange(self._position, self._position + frames)
        self._position += frames
        level = np.clip((positions - _LEAD_FRAMES) / _RAMP_FRAMES, 0, 1)
        if self._end is not None:
            level = np.minimum(level, np.clip((self._end - positions) / _RAMP_FRAMES, 0, 1))
        wave = np.sin(self._step * positions) * level * self._gain * _FULL_SCALE
        samples: Pcm = np.rint(wave).astype(np.int16)
        return samples.reshape(frames, 1)


class PlayedTone:
    """Plays a tone into a sink, which it starts and closes, for the time of an ``async with`` block.

    Leaving the block waits until the tone has faded.
    """

    def __init__(self, sink: AudioSink, tone: Tone) -> None:
        self._sink = sink
        self._tone = tone
        self.done = asyncio.Event()
        """The tone has been played, or the sink has raised."""
        self._error: Exception | None = None

    async def __aenter__(self) -> Self:
        await device_life.start(self._sink)
        PlayoutClock.running().add(self._tick)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._tone.fade()
                await self.failed_or_ended()
        finally:
            PlayoutClock.running().remove(self._tick)
            await device_life.close(self._sink)

    async def failed_or_ended(self) -> None:
        """Returns when the tone has been played; raises at once what the sink raises."""
        await self.done.wait()
        if self._error is not None:
            raise self._error

    def _tick(self, _now_us: int) -> None:
        if self.done.is_set():
            return
        try:
            self._sink.write(self._tone.read(BLOCK_FRAMES))
        except Exception as error:  # noqa: BLE001 - whatever a sink raises is what the check tells
            self._error = error
        if self._error is not None or self._tone.ended:
            self.done.set()
