"""What is measured with: the package's own speech, as PCM, as Opus and as RTP."""

from __future__ import annotations

import functools
from importlib.resources import files

import av
import numpy as np
from numpy.typing import NDArray

from chime_native.audio import AudioSender, OpusEncoder

__all__ = ["BLOCK", "FRAME", "RATE", "Pcm", "frames_of", "opus_packets", "rtp_packets", "speech"]

Pcm = NDArray[np.int16]

RATE = 48000
BLOCK = RATE // 100
FRAME = RATE // 50


@functools.cache
def speech(seconds: float = 2.0) -> Pcm:
    """The package's own speech, mono int16 at 48 kHz, shape (frames, 1)."""
    path = files("chime_native") / "assets" / "speech.flac"
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(path)) as container:
        decoded = [frame for packet in container.decode(audio=0) for frame in resampler.resample(packet)]
    pcm = np.concatenate([frame.to_ndarray().reshape(-1) for frame in decoded]).astype(np.int16)
    return np.resize(pcm, int(seconds * RATE))[:, None].copy()


def frames_of(length: int, seconds: float = 2.0) -> list[Pcm]:
    """The speech in pieces of so many samples."""
    pcm = speech(seconds)
    return [pcm[at : at + length] for at in range(0, len(pcm), length)]


@functools.cache
def opus_packets(seconds: float = 2.0, bitrate: int = 32000) -> list[bytes]:
    """Speech as 20 ms Opus packets, complexity 5."""
    encoder = OpusEncoder(bitrate=bitrate)
    return [encoder.encode(frame) for frame in frames_of(FRAME, seconds)]


@functools.cache
def rtp_packets(seconds: float = 2.0, red: bool = True) -> list[bytes]:
    """Speech as RTP packets, RED with up to two copies or plain Opus, with an audio level extension."""
    sender = AudioSender(
        ssrc=1,
        red_payload_type=63 if red else None,
        audio_level_id=1,
        first_sequence_number=0,
        first_timestamp=0,
    )
    sender.on_report(fraction_lost=0.1)
    return [packet for block in frames_of(BLOCK, seconds) for packet in sender.push(block)]
