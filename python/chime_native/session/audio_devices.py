"""The sound that goes out and the sound that comes in, behind two objects that stay while devices and connections change.

Choosing another source or sink needs no negotiation, and a new connection goes on with what was chosen before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from chime_native.devices.pcm import BLOCK_FRAMES, Pcm, silence
from chime_native.devices.sources import SilenceSource
from chime_native.session import device_life
from chime_native.session.streams import Overflow, Publisher

if TYPE_CHECKING:
    from chime_native.rtc import AudioSink, AudioSource, PlayoutClock

__all__ = ["AudioInput", "AudioOutput"]

logger = logging.getLogger(__name__)

_READER_BLOCKS = 50  # half a second of 10 ms blocks for each reader of the mix


class AudioInput:
    """The source that is sent: what the application chose, or silence, so that packets always flow.

    ``muted`` replaces what was read by silence, here, before anything else sees it; the source is read on, as a microphone
    would be. The flag stays when the source changes. A source may say by an attribute ``hardware_muted`` that it gives
    silence because of a switch or the operating system; ``on_hardware_mute(source, muted)`` is told when that changes.
    """

    def __init__(self, on_hardware_mute: Callable[[AudioSource, bool], object] | None = None) -> None:
        self._on_hardware_mute = on_hardware_mute
        self._hardware_muted = False
        self.muted = False
        self.errors = 0
        self._null = SilenceSource()
        self._source: AudioSource = self._null

    @property
    def source(self) -> AudioSource | None:
        """What the application chose, or None."""
        return None if self._source is self._null else self._source

    async def choose(self, source: AudioSource | None) -> None:
        """Closes the present source and takes another; None means silence.

        Raises:
            TypeError: it has no ``read``.
            ChimeError: it cannot be started; silence is sent then.
        """
        if source is not None and not callable(getattr(source, "read", None)):
            raise TypeError(f"an audio source must have read(frames), which {source!r} has not")
        if source is self._source:
            return
        await self.close()
        if source is not None:
            await device_life.start(source)
            self._source = source
            self._look_at_hardware()

    async def close(self) -> None:
        """Closes the source, if any, and goes on with silence."""
        source, self._source = self._source, self._null
        self._hardware_muted = False
        if source is not self._null:
            await device_life.close(source)

    @property
    def active(self) -> bool:
        """Whether this client sends audio: always, silence too; so its own mute flag is what counts."""
        return True

    def set_enabled(self, enabled: bool) -> None:
        """Lets the source through, or sends silence."""
        self.muted = not enabled

    def read(self, frames: int) -> Pcm:
        """The next ``frames`` samples, shape ``(frames, 1 or 2)``; never raises."""
        self._look_at_hardware()
        try:
            pcm = self._source.read(frames)
            if pcm.ndim != 2 or pcm.shape[0] != frames or pcm.dtype != np.int16:
                raise ValueError(
                    f"read({frames}) gave shape {pcm.shape} of {pcm.dtype}, not ({frames}, 1 or 2) of int16"
                )
        except Exception:
            self.errors += 1
            if self.errors == 1:
                logger.exception(
                    "the audio source %r raised; silence is sent (logged this once)", self._source
                )
            return silence(frames, 1)
        return silence(frames, pcm.shape[1]) if self.muted else pcm

    def _look_at_hardware(self) -> None:
        muted = bool(getattr(self._source, "hardware_muted", False))
        if muted != self._hardware_muted:
            self._hardware_muted = muted
            if self._on_hardware_mute is not None:
                self._on_hardware_mute(self._source, muted)


class AudioOutput:
    """Hands what is heard to the bound sink and to the streams that are being read."""

    def __init__(self) -> None:
        self.errors = 0
        self.blocks: Publisher[Pcm] = Publisher(_READER_BLOCKS, Overflow.DROP_OLDEST)
        self._channels = 1  # of the last block
        self._clock: PlayoutClock | None = None  # on which silence is written
        self.tap: Callable[[Pcm], object] | None = None  # gets each block, too, and must not raise
        self._bound: AudioSink | None = None
        self._sinks: tuple[AudioSink, ...] = ()

    @property
    def bound(self) -> AudioSink | None:
        """The sink that the application bound, or None."""
        return self._bound

    async def bind(self, sink: AudioSink | None) -> None:
        """Closes the bound sink and binds another; None only unbinds.

        Raises:
            TypeError: it has no ``write``.
            ChimeError: the sink cannot be started.
        """
        if sink is not None and not callable(getattr(sink, "write", None)):
            raise TypeError(f"an audio sink must have write(pcm), which {sink!r} has not")
        if sink is self._bound:
            return
        await self.close()
        if sink is not None:
            await device_life.start(sink)
            self._bound = sink
            self.add(sink)

    def add(self, sink: AudioSink) -> None:
        """Adds a sink besides the bound one."""
        self._sinks = (*self._sinks, sink)

    def remove(self, sink: AudioSink) -> None:
        """Removes a sink, if it is there."""
        self._sinks = tuple(other for other in self._sinks if other is not sink)

    async def close(self) -> None:
        """Unbinds and closes the bound sink, if any."""
        sink, self._bound = self._bound, None
        if sink is not None:
            self.remove(sink)
            await device_life.close(sink)

    def fill(self, clock: PlayoutClock) -> None:
        """Writes silence on the clock, so that recordings keep their time while a connection is brought back."""
        self.stop_filling()
        self._clock = clock
        clock.add(self._write_silence)

    def stop_filling(self) -> None:
        """Sound comes again, or the session is over."""
        if self._clock is not None:
            self._clock.remove(self._write_silence)
            self._clock = None

    def _write_silence(self, _now_us: int) -> None:
        self.write(silence(BLOCK_FRAMES, self._channels))

    def write(self, pcm: Pcm) -> None:
        """Hands a block, shape ``(frames, channels)``, to all; never raises."""
        self._channels = pcm.shape[1]
        if self.blocks:
            self.blocks.publish(pcm.copy())
        if self.tap is not None:
            self.tap(pcm)
        for sink in self._sinks:
            try:
                sink.write(pcm)
            except Exception:
                self.errors += 1
                if self.errors == 1:
                    logger.exception("the audio sink %r raised (logged this once)", sink)
