"""What is in a piece of sound: levels and tones."""

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32768.0


def _channel(pcm: NDArray[np.int16]) -> NDArray[np.float64]:
    samples = pcm if pcm.ndim == 1 else pcm[:, 0]
    return samples.astype(np.float64) / FULL_SCALE


def rms(pcm: NDArray[np.int16]) -> float:
    """Root mean square of the first channel, 1.0 being full scale."""
    samples = _channel(pcm)
    return float(np.sqrt(np.mean(samples**2))) if samples.size else 0.0


def _spectrum(pcm: NDArray[np.int16], rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies in Hz and power per bin, Hann window."""
    samples = _channel(pcm)
    window = np.hanning(samples.size)
    power = np.abs(np.fft.rfft(samples * window)) ** 2
    frequencies = np.fft.rfftfreq(samples.size, 1 / rate).astype(np.float64)
    return frequencies, power * 2 / np.sum(window**2) / samples.size


def tone_amplitude(pcm: NDArray[np.int16], hz: float, *, rate: int = 48000, width_hz: float = 12) -> float:
    """Amplitude of the tone at ``hz``, 1.0 being full scale: all power within ``width_hz`` of it, which covers a tone
    whose level swings a few times a second."""
    frequencies, power = _spectrum(pcm, rate)
    near = np.abs(frequencies - hz) <= width_hz
    return float(np.sqrt(2 * np.sum(power[near])))


def dominant_frequency(pcm: NDArray[np.int16], *, rate: int = 48000) -> float:
    """Frequency in Hz of the strongest bin."""
    frequencies, power = _spectrum(pcm, rate)
    return float(frequencies[np.argmax(power)])
