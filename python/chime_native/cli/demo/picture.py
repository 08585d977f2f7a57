"""Draws the demo's `report.png` (needs matplotlib, the `demo` extra)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from chime_native.cli.demo.analysis import Signal
    from chime_native.cli.demo.timeline import Timeline

__all__ = ["draw"]

_INK = {
    "sent": "#4c78a8",
    "heard": "#2f4b7c",
    "volume": "#54a24b",
    "delay": "#7f5aa2",
    "lost": "#b0b0b0",
    "concealed_ms": "#d1495b",
    "mended_by_red": "#e8a33d",
    "mended_by_fec": "#3aa6a0",
}
_MARKS = [
    ("concealed_ms", "made up (concealed)"),
    ("mended_by_red", "mended by RED"),
    ("mended_by_fec", "mended by FEC"),
]


def draw(path: Path, *, title: str, sent: Signal, heard: Signal, rate: int, timeline: Timeline) -> None:
    """Writes the picture: both signals (1-D, `rate` Hz, on the recording's clock), volume, loss and delay over time."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        5, 1, figsize=(13, 12), sharex=True, height_ratios=[1.1, 1.5, 1.1, 1.1, 1], layout="constrained"
    )
    figure.suptitle(title, fontsize=13)
    seconds = max(len(sent), len(heard)) / rate
    _signal(axes[0], sent, rate, _INK["sent"], "what Alice said")
    _spectrogram(axes[1], heard, rate)
    _signal(axes[2], heard, rate, _INK["heard"], "what Bob heard")
    _mark_mends(axes[2], timeline)
    _losses(axes[3], timeline)
    _delay_and_volume(axes[4], timeline)
    axes[4].set_xlim(0, seconds)
    axes[4].set_xlabel("seconds since Bob began to record")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _signal(axis: Any, signal: Signal, rate: int, colour: str, label: str) -> None:
    times = np.arange(len(signal)) / rate
    step = max(1, len(signal) // 20000)
    axis.plot(times[::step], signal[::step], color=colour, linewidth=0.4)
    axis.set_ylim(-1, 1)
    axis.set_ylabel(label)


def _spectrogram(axis: Any, signal: Signal, rate: int) -> None:
    hiss = np.random.default_rng(0).normal(scale=1e-6, size=len(signal))  # digital silence has no logarithm
    axis.specgram(signal + hiss, NFFT=512, Fs=rate, noverlap=256, cmap="magma", vmin=-130, vmax=-30)
    axis.set_ylim(0, 8000)
    axis.set_ylabel("heard, Hz")


def _mark_mends(axis: Any, timeline: Timeline) -> None:
    for name, label in _MARKS:
        times = [t for t, _ in timeline.increases(name)]
        height = {"concealed_ms": 0.93, "mended_by_red": 0.8, "mended_by_fec": 0.67}[name]
        axis.plot(times, [height] * len(times), "|", color=_INK[name], markersize=8, label=label)
    axis.legend(loc="lower right", ncols=3, fontsize=8)


def _losses(axis: Any, timeline: Timeline) -> None:
    """Bars of a second: packets the network took, and what became of their frames."""
    if not timeline.samples:
        return
    edges = np.arange(0, timeline.samples[-1].t + 1.0, 1.0)
    columns = [
        ("packets_lost", _INK["lost"], "packets lost", 1.0),
        ("mended_by_red", _INK["mended_by_red"], "frames mended by RED", 1.0),
        ("mended_by_fec", _INK["mended_by_fec"], "frames mended by FEC", 1.0),
        ("concealed_ms", _INK["concealed_ms"], "frames of 20 ms made up", 1 / 20),
    ]
    for place, (name, colour, label, scale) in enumerate(columns):
        grown = timeline.increases(name)
        heights, _ = np.histogram([t for t, _ in grown], edges, weights=[g * scale for _, g in grown])
        axis.bar(edges[:-1] + 0.14 + 0.22 * place, heights, width=0.2, color=colour, label=label)
    axis.set_ylabel("in each second")
    axis.legend(loc="upper right", ncols=4, fontsize=8)


def _delay_and_volume(axis: Any, timeline: Timeline) -> None:
    times = [sample.t for sample in timeline.samples]
    axis.plot(times, [sample.delay_ms for sample in timeline.samples], color=_INK["delay"])
    axis.set_ylabel("jitter-buffer delay, ms", color=_INK["delay"])
    axis.set_ylim(bottom=0)
    volume = axis.twinx()
    levels = [sample.volume for sample in timeline.samples]
    volume.fill_between(times, levels, step="post", color=_INK["volume"], alpha=0.3)
    volume.set_ylim(0, 1.05)
    volume.set_ylabel("Alice's volume at Bob", color=_INK["volume"])
