"""Ratios of processor time that survive a busy machine, on one core."""

from __future__ import annotations

import gc
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import av

from chime_native.audio import opus_version

__all__ = ["Ratio", "Run", "machine", "measure", "pin_to_one_core"]

Run = Callable[[], object]


@dataclass(frozen=True, slots=True)
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
