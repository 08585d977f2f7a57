"""What benchmarks share; the same material and measuring serve `chime-native bench`."""

from __future__ import annotations

from chime_native.cli.bench.material import (
    BLOCK,
    FRAME,
    RATE,
    Pcm,
    frames_of,
    opus_packets,
    rtp_packets,
    speech,
)
from chime_native.cli.bench.measuring import Ratio, Run, machine, measure, pin_to_one_core

__all__ = [
    "BLOCK", "FRAME", "RATE", "Pcm", "Ratio", "Run", "frames_of", "machine", "measure", "opus_packets", "pin_to_one_core",
    "rtp_packets", "speech",
]  # fmt: skip
