"""What levels, loudness, sample formats and mix-minus should be, written for reading and not for speed."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Pcm = NDArray[np.int16]


def level(pcm: Pcm) -> tuple[float, float, int]:
    """(RMS in dBov, peak in dBov, RFC 6464 number)."""
    samples = pcm.astype(np.float64).ravel() / 32768
    if samples.size == 0 or not samples.any():
        return -127.0, -127.0, 127
    rms = max(-127.0, 10 * math.log10(np.mean(samples**2)))
    peak = max(-127.0, 20 * math.log10(np.max(np.abs(samples))))
    return rms, peak, min(127, max(0, math.floor(-rms + 0.5)))


def to_int16(pcm: NDArray[np.float32]) -> Pcm:
    scaled = np.nan_to_num(pcm.astype(np.float64) * 32768, nan=0.0, posinf=32767, neginf=-32768)
    return np.clip(np.rint(scaled), -32768, 32767).astype(np.int16)


def mix_minus_sums(blocks: Pcm, groups: list[int]) -> NDArray[np.int64]:
    """The sums before they are brought into 16 bits."""
    wide = blocks.astype(np.int64)
    rows = [wide[[other != group for other in groups]].sum(axis=0) for group in groups]
    return np.stack(rows)


def _k_weighted(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """BS.1770-4's two filters, by the bilinear transform of their analogue prototypes."""
    for hz, q, gain_db in (
        (1681.974450955533, 0.7071752369554196, 3.999843853973347),
        (38.13547087602444, 0.5003270373238773, None),
    ):
        k = math.tan(math.pi * hz / rate)
        denominator = [1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k]
        if gain_db is None:
            numerator = [denominator[0], -2 * denominator[0], denominator[0]]
        else:
            high = 10 ** (gain_db / 20)
            middle = high**0.4996667741545416
            numerator = [high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k]
        samples = lfilter(numerator, denominator, samples, axis=0)
    return samples


def loudness(pcm: Pcm, rate: int) -> tuple[float, float]:
    """(Momentary, integrated) loudness in LUFS at the last full tenth of a second."""
    power = (_k_weighted(pcm.astype(np.float64) / 32768, rate) ** 2).sum(axis=1)
    step = rate // 10
    steps = power[: len(power) // step * step].reshape(-1, step).mean(axis=1)
    windows = np.array([steps[at : at + 4].mean() for at in range(len(steps) - 3)])

    def lufs(value: float) -> float:
        return max(-120.0, -0.691 + 10 * math.log10(value)) if value > 0 else -120.0

    loud = np.array([window for window in windows if lufs(window) > -70])
    if loud.size == 0:
        return lufs(windows[-1]), -120.0
    gate = lufs(loud.mean()) - 10
    return lufs(windows[-1]), lufs(np.mean([window for window in loud if lufs(window) > gate]))
