"""Shapes and sample formats that the sources and sinks share.

PCM is int16, C-contiguous, shape ``(frames, channels)``, 48 kHz; a block is 10 ms, 480 frames.
"""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK_FRAMES", "SAMPLE_RATE", "Pcm", "as_pcm", "frame_pcm", "resample", "silence"]

Pcm = NDArray[np.int16]

SAMPLE_RATE = 48_000  # Hz; what Opus and the engine work at
BLOCK_FRAMES = 480  # frames in the 10 ms that the playout clock moves at a time
_FULL_SCALE = 32_767.0  # of int16; float samples of 1.0 map here


def silence(frames: int, channels: int) -> Pcm:
    """Zeros of shape ``(frames, channels)``."""
    return np.zeros((frames, channels), dtype=np.int16)


def as_pcm(samples: NDArray[Any]) -> Pcm:
    """Samples as int16 of shape ``(frames, channels)``.

    Takes shape ``(frames,)`` (mono) or ``(frames, channels)`` with one or two channels; int16, or floats of
    -1 to 1, which are clipped. Copies only when it must.

    Raises:
        TypeError: another sample type.
        ValueError: another shape.
    """
    array = np.asarray(samples)
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2 or array.shape[1] not in (1, 2):
        raise ValueError(
            f"PCM must have shape (frames,), (frames, 1) or (frames, 2), not {np.shape(samples)}"
        )
    if np.issubdtype(array.dtype, np.floating):
        array = np.rint(np.clip(array, -1.0, 1.0) * _FULL_SCALE)
    elif array.dtype != np.int16:
        raise TypeError(f"PCM must be int16 or floating point, not {array.dtype}")
    return np.ascontiguousarray(array, dtype=np.int16)


def resample(pcm: Pcm, sample_rate: int) -> Pcm:
    """The whole of ``pcm``, recorded at ``sample_rate`` Hz, at 48 kHz."""
    if not 1_000 <= sample_rate <= 384_000:
        raise ValueError(f"sample_rate must be a whole number of Hz from 1000 to 384000, not {sample_rate!r}")
    if sample_rate == SAMPLE_RATE or not len(pcm):
        return pcm
    channels = pcm.shape[1]
    layout = "mono" if channels == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout=layout)
    frame.sample_rate = sample_rate
    resampler = av.AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE)
    return np.concatenate(
        [frame_pcm(piece) for piece in [*resampler.resample(frame), *resampler.resample(None)]]
    )


def frame_pcm(frame: av.AudioFrame) -> Pcm:
    """The samples of a packed int16 frame, shape ``(frames, channels)``."""
    samples = frame.to_ndarray().reshape(frame.samples, -1)
    return samples.astype(np.int16, copy=False)
