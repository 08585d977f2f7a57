"""Draws docs/topics/images/operations-*.png: what each operation of the receive path does to sound.

    python tools/plot-operations.py [DIR]

Each row is one sound over one network: above the packets as they would be heard without faults, below what the receiver
played, with the ticks marked in which it did something. Needs the docs extra. Everything is seeded, so the pictures only
change with the engine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from PIL import Image
from virtual_call import RATE, Packet, Playback, encode, music, play, speech, tone

Arrival = Callable[[int, Packet], float | None]

MARKS = {
    "concealed_samples": ("concealed", "tab:red"),
    "removed_samples_for_acceleration": ("shortened", "tab:orange"),
    "inserted_samples_for_deceleration": ("lengthened", "tab:green"),
}


def outage(begin_s: float, length_s: float) -> Arrival:
    def arrival(_index: int, packet: Packet) -> float | None:
        return None if begin_s <= packet.sent_us / 1e6 < begin_s + length_s else packet.sent_us / 1000

    return arrival


def late_until(end_s: float, by_ms: float) -> Arrival:
    return lambda _index, packet: packet.sent_us / 1000 + (by_ms if packet.sent_us / 1e6 < end_s else 0)


def slow_clock(ppm: float) -> Arrival:
    return lambda _index, packet: packet.sent_us / 1000 * (1 + ppm * 1e-6)


def scattered(index: int, packet: Packet) -> float | None:
    return None if index % 12 == 7 else packet.sent_us / 1000


def spectrogram(axes: Axes, playback: Playback, span_s: tuple[float, float]) -> None:
    begin, end = (round(at * RATE) for at in span_s)
    sound = playback.mono()[begin:end] + np.random.default_rng(1).normal(0, 1e-7, end - begin)
    axes.specgram(sound, NFFT=1024, Fs=RATE, noverlap=896, xextent=span_s, vmin=-150, vmax=-40, cmap="magma")
    axes.set_ylim(0, 8000)
    axes.set_yticks([0, 4000, 8000], ["0", "4", "8 kHz"])


def mark(axes: Axes, playback: Playback, span_s: tuple[float, float]) -> None:
    for row, (counter, (label, colour)) in enumerate(MARKS.items()):
        ticks = np.flatnonzero(playback.did(counter)) / 100
        ticks = ticks[(ticks >= span_s[0]) & (ticks < span_s[1])]
        if ticks.size:
            height = 7700 - 500 * row
            axes.plot(
                ticks + 0.005, np.full(ticks.size, height), "|", color=colour, label=label, markersize=6
            )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right", fontsize=7, framealpha=0.8)


def draw(
    path: Path,
    title: str,
    rows: list[tuple[str, list[Packet], Arrival, Arrival]],
    span_s: tuple[float, float],
) -> None:
    figure, table = plt.subplots(
        2 * len(rows), 1, figsize=(9, 3.1 * len(rows)), sharex=True, layout="constrained"
    )
    figure.suptitle(title, fontsize=11)
    for row, (name, packets, clean, network) in enumerate(rows):
        for axes, arrival, what in ((table[2 * row], clean, "sent"), (table[2 * row + 1], network, "played")):
            playback = play(packets, arrival)
            spectrogram(axes, playback, span_s)
            axes.set_ylabel(f"{name}\n{what}", fontsize=8)
            axes.tick_params(labelsize=7)
            if what == "played":
                mark(axes, playback, span_s)
    table[-1].set_xlabel("seconds", fontsize=8)
    figure.savefig(path, dpi=80)
    plt.close(figure)
    # A palette is enough for these, and a quarter of the size.
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(64).save(path, optimize=True)
    print(path)


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "topics" / "images"
    out.mkdir(parents=True, exist_ok=True)
    voip = {"application": "voip", "bitrate": 40000}
    audio = {"application": "audio", "bitrate": 64000}
    sounds = [
        ("tone", encode(tone(14), **audio)),
        ("speech", encode(speech(14), **voip)),
        ("music", encode(music(14), **audio)),
    ]
    punctual = late_until(0, 0)
    draw(
        out / "operations-accelerate.png",
        "Shortening: the network was 200 ms slower until 5.8 s",
        [(name, packets, punctual, late_until(5.8, 200)) for name, packets in sounds],
        (6.0, 11.0),
    )
    draw(
        out / "operations-expand.png",
        "Lengthening: the sender's clock is slow by 0.5 %",
        [(name, packets, punctual, slow_clock(5000)) for name, packets in sounds],
        (4.0, 9.0),
    )
    draw(
        out / "operations-conceal.png",
        "Concealing: every twelfth packet is lost",
        [(name, packets, punctual, scattered) for name, packets in sounds],
        (4.0, 6.0),
    )
    rooms = [
        (name, encode(speech(14, -50), **coder), punctual, outage(5.0, length))
        for name, coder, length in (
            ("SILK, 0.4 s", voip, 0.4),
            ("SILK, 3 s", voip, 3.0),
            ("CELT, 3 s", audio, 3.0),
        )
    ]
    draw(out / "operations-outage.png", "Outages: speech in a room at -50 dBov", rooms, (4.0, 9.0))


main()
