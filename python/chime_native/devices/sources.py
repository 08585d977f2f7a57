"""Audio sources that need no device and no file. Each is an :class:`chime_native.rtc.AudioSource`."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chime_native.devices.pcm import SAMPLE_RATE, Pcm, as_pcm, resample, silence

__all__ = ["ArraySource", "NoiseSource", "SilenceSource", "ToneSource"]

_FULL_SCALE = 32_767.0
_LOUDEST_SINE_DBOV = -20 * math.log10(
    math.sqrt(2)
)  # 0 dBov is a full-scale square wave (RFC 6464, section 3)
_LOUDEST_NOISE_DBOV = -10.0  # above, normally distributed samples clip too often to be called noise


class SilenceSource:
    """Zeros without end: what an attendee without a microphone sends, so as to be present.

    The service announces an attendee when its audio packets arrive, so silence is sent and not left out.
    """

    channels = 1

    def read(self, frames: int) -> Pcm:
        """Zeros, shape ``(frames, 1)``."""
        return silence(frames, 1)


class ToneSource:
    """A sine of ``hz`` at ``level`` dBov, as RFC 6464 measures it (-20 is comfortable, -3.01 is full scale).

    A steady tone moves the volume indicator once and then keeps still; the active speaker detector, which works on
    changes, does not take it for a speaker.
    """

    channels = 1

    def __init__(self, hz: float, level: float = -20.0) -> None:
        if not 0 < hz < SAMPLE_RATE / 2:
            raise ValueError(f"hz must be more than 0 and less than {SAMPLE_RATE // 2}, not {hz!r}")
        if not -127 <= level <= 0:
            raise ValueError(f"level must be -127 to {_LOUDEST_SINE_DBOV:.2f} dBov, not {level!r}")
        self.hz = hz
        self.level = level
        self._amplitude = _FULL_SCALE * 10 ** (min(level, _LOUDEST_SINE_DBOV) / 20) * math.sqrt(2)
        self._step = 2 * math.pi * hz / SAMPLE_RATE  # radians from one sample to the next
        self._phase = 0.0

    def read(self, frames: int) -> Pcm:
        """The next ``frames`` samples of the sine, shape ``(frames, 1)``; the phase goes on from block to block."""
        wave = np.sin(self._phase + self._step * np.arange(frames)) * self._amplitude
        self._phase = (self._phase + self._step * frames) % (2 * math.pi)
        samples: Pcm = np.rint(wave).astype(np.int16)
        return samples.reshape(frames, 1)


class NoiseSource:
    """White noise at ``level`` dBov; the same ``seed`` gives the same samples."""

    channels = 1

    def __init__(self, level: float = -30.0, seed: int | None = None) -> None:
        if not -127 <= level <= _LOUDEST_NOISE_DBOV:
            raise ValueError(f"level must be -127 to {_LOUDEST_NOISE_DBOV:.0f} dBov, not {level!r}")
        self.level = level
        self._deviation = _FULL_SCALE * 10 ** (level / 20)
        self._random = np.random.default_rng(seed)

    def read(self, frames: int) -> Pcm:
        """The next ``frames`` samples, shape ``(frames, 1)``."""
        noise = self._random.standard_normal(frames) * self._deviation
        samples: Pcm = np.clip(np.rint(noise), -32_768, 32_767).astype(np.int16)
        return samples.reshape(frames, 1)


class ArraySource:
    """Samples that lie in memory, played once or in a loop; silence afterwards.

    Args:
        samples: int16, or floats of -1 to 1; shape ``(frames,)``, ``(frames, 1)`` or ``(frames, 2)``.
        sample_rate: of ``samples``, in Hz; converted to 48 kHz at once, and copied if that changes anything.
        loop: begin again at the end.
    """

    def __init__(self, samples: NDArray[Any], sample_rate: int = SAMPLE_RATE, *, loop: bool = False) -> None:
        self._pcm = resample(as_pcm(samples), sample_rate)
        self._position = 0
        self._loop = loop and len(self._pcm) > 0
        self._finished = asyncio.Event()
        self.channels = self._pcm.shape[1]

    @property
    def ended(self) -> bool:
        """Whether all has been read."""
        return not self._loop and self._position >= len(self._pcm)

    async def finished(self) -> None:
        """Waits until all has been read."""
        if not self.ended:
            await self._finished.wait()

    def read(self, frames: int) -> Pcm:
        """The next ``frames`` samples, shape ``(frames, channels)``, filled up with silence at the end."""
        if self._loop:
            indices = np.arange(self._position, self._position + frames) % len(self._pcm)
            self._position = (self._position + frames) % len(self._pcm)
            return self._pcm[indices]
        block = self._pcm[self._position : self._position + frames]
        self._position += frames
        if self.ended:
            self._finished.set()
        if len(block) == frames:
            return block
        return np.concatenate([block, silence(frames - len(block), self.channels)])
