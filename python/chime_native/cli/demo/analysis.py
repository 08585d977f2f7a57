"""What came out of the demo's call, measured: alignment of the recording with the speech, intelligibility."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Alignment", "align", "intelligibility"]

Signal = NDArray[np.float64]

_PIECE_S = 2.4
"""The recording is searched for pieces of speech this long: a jitter buffer moves speech in time, so one delay does not
fit a whole call, and shorter pieces may be mistaken for one another."""
_PIECE_SEARCH_S = 0.8
"""How far a piece may lie from where the piece before it puts it."""
_BLOCK_S = 0.8
_BLOCK_SEARCH_S = 0.3
"""Within a piece each block is placed once more, so that time stretched inside it does not count as distortion."""


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


def _cut_as_sent(sent: Signal, heard: Signal, start: int, length: int, search: int) -> tuple[Signal, int]:
    """`heard` re-cut to the time line of `sent` in pieces of `length` samples; and where the first piece begins.

    Each piece is looked for within `search` samples of where the one before it was.
    """
    placed = np.zeros_like(sent)
    drift, first = 0, start
    for begin in range(0, len(sent), length):
        piece = sent[begin : begin + length]
        expected = start + begin + drift
        low = max(0, expected - search)
        window = heard[low : expected + len(piece) + search]
        if len(window) < len(piece):
            continue
        found = low + align(piece, window).offset
        placed[begin : begin + len(piece)] = heard[found : found + len(piece)]
        drift = found - start - begin
        if begin == 0:
            first = found
    return placed, first


def intelligibility(sent: Signal, heard: Signal, rate: int) -> tuple[float, float]:
    """STOI (0 to 1) of `heard` against `sent`, and the second at which the speech begins in `heard`.

    Needs pystoi (the `demo` extra).
    """
    from pystoi import stoi

    padded = np.concatenate([heard, np.zeros(max(0, len(sent) - len(heard)))])
    start = align(sent, padded).offset
    pieces, first = _cut_as_sent(sent, padded, start, int(_PIECE_S * rate), int(_PIECE_SEARCH_S * rate))
    margin = np.zeros(int(_BLOCK_SEARCH_S * rate))
    framed = np.concatenate([margin, pieces, margin])
    blocks, _ = _cut_as_sent(sent, framed, len(margin), int(_BLOCK_S * rate), len(margin))
    return float(stoi(sent, blocks, rate, extended=False)), first / rate
