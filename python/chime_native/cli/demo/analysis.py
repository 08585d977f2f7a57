"""What came out of the demo's call, measured: alignment of the recording with the speech, intelligibility."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Alignment", "align", "intelligibility"]

Signal = NDArray[np.float64]

_STOI_BLOCK_S = 0.8
"""Speech is compared in blocks: the jitter buffer stretches time, so one delay does not fit a whole recording."""
_STOI_SEARCH_S = 0.3
"""How far a block may lie from where the first alignment puts it."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where `needle` lies in `haystack`: offset in samples, and the normalised correlation there (-1 to 1)."""

    offset: int
    correlation: float


def align(needle: Signal, haystack: Signal) -> Alignment:
    """Finds `needle` in `haystack` (both 1-D, one rate; the haystack at least as long) by normalised correlation."""
    if len(haystack) < len(needle):
        raise ValueError(f"haystack has {len(haystack)} samples, fewer than the needle's {len(needle)}")
    size = 1 << (len(haystack) + len(needle)).bit_length()
    spectrum = np.fft.rfft(haystack, size) * np.conj(np.fft.rfft(needle, size))
    lags = len(haystack) - len(needle) + 1
    correlation = np.fft.irfft(spectrum, size)[:lags]
    energy = np.cumsum(np.concatenate(([0.0], haystack * haystack)))
    window = energy[len(needle) :] - energy[: len(energy) - len(needle)]
    scale = np.sqrt(np.maximum(window, 1e-12) * max(float(needle @ needle), 1e-12))
    normalised = correlation / scale
    best = int(np.argmax(normalised))
    return Alignment(best, float(normalised[best]))


def _place_blocks(sent: Signal, heard: Signal, start: int, rate: int) -> Signal:
    """`heard` re-cut to the time line of `sent`, each block at its own best place near `start`."""
    block, search = int(_STOI_BLOCK_S * rate), int(_STOI_SEARCH_S * rate)
    placed = np.zeros_like(sent)
    for begin in range(0, len(sent), block):
        piece = sent[begin : begin + block]
        low = max(0, start + begin - search)
        window = heard[low : start + begin + len(piece) + search]
        if len(window) < len(piece):
            continue
        offset = align(piece, window).offset
        placed[begin : begin + len(piece)] = window[offset : offset + len(piece)]
    return placed


def intelligibility(sent: Signal, heard: Signal, rate: int) -> tuple[float, Alignment]:
    """STOI (0 to 1) of `heard` against `sent`, and where the speech begins in it. Needs pystoi (the `demo` extra)."""
    from pystoi import stoi

    padded = np.concatenate([heard, np.zeros(max(0, len(sent) - len(heard)))])
    alignment = align(sent, padded)
    placed = _place_blocks(sent, padded, alignment.offset, rate)
    return float(stoi(sent, placed, rate, extended=False)), alignment
