"""The same lossy networks, by the engine's receiver and by aiortc's jitter buffer, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from chime_native.audio import AudioReceiver
from chime_native.cli.bench.material import BLOCK, FRAME, rtp_packets
from chime_native.cli.bench.workloads import depacketized

__all__ = ["NETWORKS", "Network", "Outcome", "play_aiortc", "play_ours"]

TICK_MS = 10.0
PACKET_MS = 20.0
# The first second is unimpaired: both have begun to play when it gets difficult.
UNIMPAIRED = 50


@dataclass(frozen=True, slots=True)
class Network:
    """Random loss, and gamma-distributed delay in order of sending."""

    name: str
    loss: float = 0.0
    jitter_ms: float = 0.0

    def arrivals(self, packets: int, seed: int) -> list[tuple[float, int]]:
        """(milliseconds, index of the packet) of what arrives, in order."""
        rng = np.random.default_rng([seed, round(self.loss * 1000), round(self.jitter_ms)])
        lost = rng.random(packets) < self.loss
        delay = rng.gamma(1.5, self.jitter_ms / 1.5, packets) if self.jitter_ms else np.zeros(packets)
        lost[:UNIMPAIRED], delay[:UNIMPAIRED] = False, 0
        at = np.maximum.accumulate(np.arange(packets) * PACKET_MS + delay)
        return [(float(at[index]), index) for index in range(packets) if not lost[index]]


NETWORKS = (
    Network("clean"),
    Network("5 % lost", loss=0.05),
    Network("10 % lost", loss=0.1),
    Network("jitter 20 ms", jitter_ms=20),
    Network("10 % lost, jitter 50 ms", loss=0.1, jitter_ms=50),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``concealed``: share of the sound that was made up. ``delay_ms``: mean time in the buffer."""

    concealed: float
    delay_ms: float


def _ticks(
    arrivals: list[tuple[float, int]], packets: int
) -> Iterator[tuple[float, list[tuple[float, int]]]]:
    """Each tick up to the last packet's, with what has come since the one before."""
    now, at = arrivals[0][0] + TICK_MS / 2, 0
    while now < packets * PACKET_MS:
        first = at
        while at < len(arrivals) and arrivals[at][0] <= now:
            at += 1
        yield now, arrivals[first:at]
        now += TICK_MS


def play_ours(network: Network, *, seconds: float, red: bool, seed: int = 1) -> Outcome:
    """Through :class:`~chime_native.audio.AudioReceiver`."""
    packets = rtp_packets(seconds, red=red)
    receiver = AudioReceiver(red_payload_type=63, audio_level_id=1)
    out = np.empty((BLOCK, 1), np.int16)
    for now, arrived in _ticks(network.arrivals(len(packets), seed), len(packets)):
        for at, index in arrived:
            receiver.push(packets[index], round(at * 1000))
        receiver.pull(out, now_us=round(now * 1000))
    stats = receiver.stats()
    return Outcome(
        stats["concealed_samples"] / stats["total_samples_received"],
        1000 * stats["jitter_buffer_delay"] / max(1, stats["jitter_buffer_emitted_count"]),
    )


def play_aiortc(network: Network, *, seconds: float, seed: int = 1) -> Outcome:
    """Through aiortc's jitter buffer and a player that keeps the RTP timeline.

    What is missing when it is due is filled; a frame that comes out too late is played, and all after it later by as much.
    aiortc knows no redundancy.
    """
    packets = rtp_packets(seconds, red=False)
    buffer = JitterBuffer(capacity=16, prefetch=4)
    arrived_at: dict[int, float] = {}
    ready: dict[int, float] = {}
    position: int | None = None
    filled = played = 0
    waited = 0.0
    for now, arrived in _ticks(network.arrivals(len(packets), seed), len(packets)):
        for at, index in arrived:
            packet: RtpPacket = depacketized(packets[index])
            arrived_at[packet.timestamp] = at
            _, frame = buffer.add(packet)
            if frame is not None:
                ready[frame.timestamp] = arrived_at[frame.timestamp]
                if position is None:
                    position = frame.timestamp
                position = min(position, frame.timestamp)
        if position is None:
            continue
        frame_at = position - position % FRAME
        if frame_at in ready:
            waited += now - ready[frame_at]
            played += 1
            if position % FRAME:
                del ready[frame_at]
        else:
            filled += 1
        position += BLOCK
    return Outcome(filled / (filled + played), waited / max(1, played))
