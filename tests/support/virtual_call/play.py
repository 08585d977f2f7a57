"""Plays packets through the real receiver, and keeps what it did in each tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from chime_native.audio import AudioReceiver
from numpy.typing import NDArray

from virtual_call.stream import OPUS, RED, Packet

TICK_US = 10_000
# What a tick of the playback is described by: counters of the receiver that went up in it.
COUNTERS = (
    "concealed_samples",
    "comfort_noise_samples",
    "removed_samples_for_acceleration",
    "inserted_samples_for_deceleration",
)


@dataclass(frozen=True, slots=True)
class Playback:
    """What was heard, shape (ticks * frames, channels) int16, and beside it one row a tick."""

    rate: int
    pcm: NDArray[np.int16]
    counters: dict[str, NDArray[np.int64]]
    delay_ms: NDArray[np.float64]
    receiver: AudioReceiver

    def did(self, counter: str) -> NDArray[np.bool_]:
        """In which ticks the counter went up."""
        return self.counters[counter] > 0

    def mono(self) -> NDArray[np.float64]:
        return self.pcm[:, 0].astype(np.float64) / 32768


def play(
    packets: Sequence[Packet],
    arrival: Callable[[int, Packet], float | None] = lambda _index, packet: packet.sent_us / 1000,
    *,
    rate: int = 48000,
    channels: int = 1,
    seconds: float | None = None,
    **options: float,
) -> Playback:
    """`arrival` tells when packet `index` comes, in ms, None when it is lost. Ticks lie 5 ms after multiples of ten;
    the first is that after the first arrival."""
    receiver = AudioReceiver(
        opus_payload_type=OPUS, red_payload_type=RED, sample_rate=rate, channels=channels, **options
    )
    arrivals = sorted(
        (round(at * 1000), index)
        for index, packet in enumerate(packets)
        if (at := arrival(index, packet)) is not None
    )
    now = arrivals[0][0] // TICK_US * TICK_US + 5_000
    end = now + round(seconds * 1e6) if seconds is not None else arrivals[-1][0]
    blocks: list[NDArray[np.int16]] = []
    rows: list[list[int]] = []
    delays: list[float] = []
    pushed = 0
    before = [0] * len(COUNTERS)
    while now < end:
        while pushed < len(arrivals) and arrivals[pushed][0] <= now:
            at, index = arrivals[pushed]
            receiver.push(packets[index].rtp(), at)
            pushed += 1
        blocks.append(receiver.pull(now_us=now).copy())
        stats = receiver.stats()
        counts = [stats[name] for name in COUNTERS]
        rows.append([new - old for new, old in zip(counts, before, strict=True)])
        before = counts
        delays.append(stats["current_delay_ms"])
        now += TICK_US
    table = np.array(rows, np.int64)
    return Playback(
        rate,
        np.concatenate(blocks),
        {name: table[:, column] for column, name in enumerate(COUNTERS)},
        np.array(delays),
        receiver,
    )
