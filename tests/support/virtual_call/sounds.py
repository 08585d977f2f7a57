"""Sounds of known properties, mono float64 at 48 kHz, full scale 1. All are the same at every call."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files

import av
import numpy as np
from chime_native.audio import Resampler
from numpy.typing import NDArray

Signal = NDArray[np.float64]

RATE = 48000


def tone(seconds: float, hz: float = 440.0, amplitude: float = 0.25) -> Signal:
    return amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


def noise(seconds: float, dbov: float = -50.0, seed: int = 1) -> Signal:
    """Room noise: falls by 6 dB an octave above 500 Hz; `dbov` is its root mean square."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.normal(size=round(seconds * RATE)))
    hz = np.fft.rfftfreq(round(seconds * RATE), 1 / RATE)
    spectrum *= (hz > 60) / np.maximum(hz, 500)
    shaped = np.fft.irfft(spectrum, round(seconds * RATE))
    return shaped * 10 ** (dbov / 20) / np.sqrt(np.mean(shaped**2))


@cache
def _asset() -> Signal:
    with (files("chime_native") / "assets" / "speech.flac").open("rb") as file, av.open(file) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="s16", layout="mono")
        pcm = np.concatenate(
            [out.to_ndarray()[0] for frame in container.decode(stream) for out in resampler.resample(frame)]
        )
        rate = stream.rate
    to_48 = Resampler(rate, RATE, 1, 8)
    pieces = [to_48.process(pcm.reshape(-1, 1)), to_48.flush()]
    return np.concatenate(pieces)[:, 0].astype(np.float64) / 32768


def speech(seconds: float, background_dbov: float = -60.0) -> Signal:
    """Speech of the package's asset, over and over, in room noise."""
    clean = np.resize(_asset(), round(seconds * RATE))
    return clean + noise(seconds, background_dbov)


def _pluck(hz: float, length: int, rng: np.random.Generator) -> Signal:
    """Harmonics that decay the faster the higher they are: a plucked string."""
    out = np.zeros(length)
    for n in range(1, int(min(16, 9000 / hz)) + 1):
        out += _decaying(n * hz, 1.5 + 0.8 * n, rng.uniform(0, 2 * np.pi), length) / n
    out[:96] *= np.linspace(0, 1, 96)
    return out


def _decaying(hz: float, per_s: float, phase: float, length: int) -> Signal:
    """``exp(-per_s * t) * sin(2 pi hz t + phase)``: powers of one number, as products of few, for they are many."""
    step = complex(-per_s, 2 * np.pi * hz) / RATE
    row = np.exp(step * np.arange(512) + 1j * phase)
    column = np.exp(step * 512 * np.arange(-(-length // 512)))
    return (column.real[:, None] * row.imag + column.imag[:, None] * row.real).ravel()[:length]


# Fundamentals in Hz, one chord a bar of four beats.
CHORDS = (
    (220.0, 261.63, 329.63),
    (174.61, 220.0, 261.63),
    (130.81, 164.81, 196.0),
    (196.0, 246.94, 293.66),
)


@cache
def music(seconds: float) -> Signal:
    """Chords, bass, and a brushed cymbal on every beat, at 100 beats a minute."""
    rng = np.random.default_rng(42)
    beat = round(0.6 * RATE)
    total = round(seconds * RATE)
    out = np.zeros(total + 4 * beat)
    for number in range(total // beat + 1):
        chord = CHORDS[number // 4 % 4]
        at = number * beat
        out[at : at + 4 * beat] += 0.5 * _pluck(chord[0] / 2, 4 * beat, rng)
        for voice in (chord, chord[1:], chord, chord[::2])[number % 4]:
            out[at : at + 3 * beat] += 0.3 * _pluck(voice * 2, 3 * beat, rng)
        hiss = np.diff(rng.normal(size=beat // 4 + 1)) * np.exp(-np.arange(beat // 4) / (0.03 * RATE))
        out[at : at + beat // 4] += 0.05 * hiss
    played = 0.25 * out[:total] / np.max(np.abs(out[:total])) * 2
    played.flags.writeable = False  # there is one for all
    return played


SOUNDS: dict[str, Callable[[float], Signal]] = {"tone": tone, "speech": speech, "music": music}
