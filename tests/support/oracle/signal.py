"""What levels, sample formats and mix-minus should be, written for reading and not for speed."""

import math

import numpy as np
from numpy.typing import NDArray

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
