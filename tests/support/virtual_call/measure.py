"""What a signal is like: level, pitch, clicks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]


def dbov(signal: Signal) -> float:
    """Root mean square in decibels of full scale; -130 for silence."""
    return 10 * float(np.log10(np.mean(np.square(signal)) + 1e-13))


def largest_jump(signal: Signal) -> float:
    """Largest difference between neighbouring samples: what a click is made of."""
    return float(np.max(np.abs(np.diff(signal))))


def pitch_hz(signal: Signal, rate: int, above_hz: float = 50) -> float:
    """Frequency of the strongest partial, from a parabola through the peak of a windowed spectrum."""
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal)), 4 * len(signal)))
    lowest = round(above_hz * 4 * len(signal) / rate)
    peak = int(np.argmax(spectrum[lowest:-1])) + lowest
    left, middle, right = np.log(spectrum[peak - 1 : peak + 2] + 1e-12)
    return (peak + 0.5 * (left - right) / (left - 2 * middle + right)) * rate / (4 * len(signal))


def voice_pitches_hz(signal: Signal, rate: int) -> Signal:
    """Pitch of every steadily voiced 40 ms, from the autocorrelation, between 70 and 400 Hz."""
    size, found = rate * 40 // 1000, []
    for at in range(0, len(signal) - size, size // 2):
        piece = signal[at : at + size] - np.mean(signal[at : at + size])
        if dbov(piece) < -40:
            continue
        products = np.fft.irfft(np.abs(np.fft.rfft(piece, 2 * size)) ** 2)[:size]
        lags = np.arange(rate // 400, rate // 70)
        normal = products[lags] / products[0] * size / (size - lags)
        best = int(np.argmax(normal > 0.95 * np.max(normal)))
        while best + 1 < len(lags) and normal[best + 1] > normal[best]:
            best += 1
        if normal[best] > 0.7:
            found.append(rate / lags[best])
    return np.array(found)
