"""How close played-out speech is to the clean speech: PESQ-WB (ITU-T P.862.2) and STOI, per segment, weighted by length.

A receiver may play later, and stretch time. So each segment of the reference is looked for in what was played; PESQ then
aligns inside the segment by itself, and for STOI, which does not, each 0.8 s of the reference is compared with the stretch
of what was played that it resembles most, at most 0.3 s away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from pesq import pesq
from pystoi import stoi
from scipy.signal import correlate

RATE = 16000
# A later segment is looked for this far around where the one before it was found.
SEARCH = RATE
STOI_BLOCK = RATE * 8 // 10
STOI_REACH = RATE * 3 // 10
# Root mean square under which a block has nothing to be aligned by.
SILENT = 1e-3

Signal = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Quality:
    """PESQ-WB MOS-LQO (1 to 4.64) and STOI (0 to 1)."""

    pesq: float
    stoi: float


def at_16k(pcm: NDArray[np.int16]) -> Signal:
    """48 kHz int16 as 16 kHz float, full scale 1."""
    resampled: Signal = soxr.resample(pcm.astype(np.float32) / 32768, 48000, RATE)
    return resampled


def best_lag(needle: Signal, hay: Signal) -> int:
    """Where in `hay` the normalised cross-correlation with `needle` is highest."""
    products = correlate(hay, needle, mode="valid", method="fft")
    energy = np.concatenate([[0.0], np.cumsum(hay.astype(np.float64) ** 2)])
    around = energy[needle.size :] - energy[: -needle.size]
    own = float(np.sum(needle.astype(np.float64) ** 2))
    return int(np.argmax(products / np.sqrt(np.maximum(around, 1e-9) * max(own, 1e-9))))


def cut(signal: Signal, start: int, size: int) -> Signal:
    """`size` samples from `start` on, zeros beyond the end."""
    piece = signal[start : start + size]
    return np.pad(piece, (0, size - piece.size))


def realigned(reference: Signal, played: Signal, position: int) -> Signal:
    """`played` in blocks, each shifted to where it resembles `reference`, whose start lies at `position`."""
    out = np.zeros_like(reference)
    for start in range(0, reference.size, STOI_BLOCK):
        block = reference[start : start + STOI_BLOCK]
        low = max(0, position + start - STOI_REACH)
        high = min(played.size, position + start + block.size + STOI_REACH)
        shift = position + start
        if np.sqrt(np.mean(block * block)) >= SILENT and high - low >= block.size:
            shift = low + best_lag(block, played[low:high])
        out[start : start + block.size] = cut(played, shift, block.size)
    return out


def score_segments(
    reference: NDArray[np.int16], played: NDArray[np.int16], segments: Sequence[tuple[int, int]]
) -> Quality:
    """Both are 48 kHz mono int16; `segments` are [start, end) in samples of the reference."""
    clean = at_16k(reference)
    heard = np.concatenate([at_16k(played), np.zeros(RATE, np.float32)])
    scores = []
    shift: int | None = None
    for start48, end48 in segments:
        start = start48 // 3
        segment = clean[start : end48 // 3]
        low, high = 0, heard.size
        if shift is not None:
            low = max(0, start + shift - SEARCH)
            high = min(heard.size, start + segment.size + shift + SEARCH)
        # Every other sample is enough to find the place.
        position = low + 2 * best_lag(segment[::2], heard[low:high][::2])
        shift = position - start
        scores.append(
            (
                float(pesq(RATE, segment, cut(heard, position, segment.size), "wb")),
                float(stoi(segment, realigned(segment, heard, position), RATE, extended=False)),
                end48 - start48,
            )
        )
    weights = np.array([length for _, _, length in scores], np.float64)
    weights /= weights.sum()
    return Quality(
        round(float(np.dot(weights, [value for value, _, _ in scores])), 4),
        round(float(np.dot(weights, [value for _, value, _ in scores])), 4),
    )
