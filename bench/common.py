"""What benchmarks share: speech, packets, machine facts, one core, and ratios that survive a busy machine."""

from __future__ import annotations

import functools
import gc
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import median

import av
import numpy as np
from chime_native.audio import AudioSender, OpusEncoder, opus_version
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
Run = Callable[[], object]

RATE = 48000
FRAME = 960


@functools.cache
def speech(seconds: float = 2.0) -> Pcm:
    """The package's own speech, mono int16 at 48 kHz, shape (frames, 1)."""
    path = files("chime_native") / "assets" / "speech.flac"
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(path)) as container:
        decoded = [frame for packet in container.decode(audio=0) for frame in resampler.resample(packet)]
    pcm = np.concatenate([frame.to_ndarray().reshape(-1) for frame in decoded]).astype(np.int16)
    return np.resize(pcm, int(seconds * RATE))[:, None].copy()


@functools.cache
def opus_packets(seconds: float = 2.0, bitrate: int = 32000) -> list[bytes]:
    """Speech as 20 ms Opus packets, complexity 5."""
    encoder, pcm = OpusEncoder(bitrate=bitrate), speech(seconds)
    return [encoder.encode(pcm[at : at + FRAME]) for at in range(0, len(pcm), FRAME)]


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
    pcm = speech(seconds)
    return [
        packet for at in range(0, len(pcm), RATE // 100) for packet in sender.push(pcm[at : at + RATE // 100])
    ]


@dataclass(frozen=True)
class Ratio:
    """What ours costs against a peer's, per call, in microseconds."""

    name: str
    ours_us: float
    peer_us: float
    peer: str

    @property
    def value(self) -> float:
        """Ours / peer's."""
        return self.ours_us / self.peer_us

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.ours_us:.2f} us, {self.peer} {self.peer_us:.2f} us, ratio {self.value:.3f}"
        )


def measure(
    name: str,
    ours: Callable[[], Run],
    peer: Callable[[], Run],
    *,
    calls: int,
    peer_name: str,
    rounds: int = 41,
) -> Ratio:
    """The median of ratios of neighbouring runs, in processor time, so that a busy machine meets both alike.

    Each round makes both anew, untimed. ``calls`` is how many units of work a run of either does. The time given for the
    peer is its best.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        times = [(_time(ours), _time(peer)) for _ in range(rounds)]
    finally:
        if enabled:
            gc.enable()
    best_peer = min(peer_time for _, peer_time in times)
    ratio = median(ours_time / peer_time for ours_time, peer_time in times)
    return Ratio(name, best_peer * ratio / calls * 1e6, best_peer / calls * 1e6, peer_name)


def _time(make: Callable[[], Run]) -> float:
    run = make()
    start = time.thread_time()
    run()
    return time.thread_time() - start


def pin_to_one_core() -> None:
    """Keeps this process on the last core it may use."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def machine() -> str:
    """What the figures were measured on."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}, {opus_version()}, PyAV {av.__version__}"
