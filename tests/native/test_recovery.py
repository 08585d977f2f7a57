"""Back to the delay of a clean network within five seconds, whatever happened: every coding, frame length, several seeds."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from virtual_call import Packet, Playback, encode, play, speech, with_red

Arrival = Callable[[int, Packet], float | None]

CODINGS = {
    "plain": {},
    "fec": {"fec": True, "expected_loss_percent": 10},
    "red1": {},
    "red2": {},
}


@cache
def packets_of(coding: str, frame_ms: int, seconds: int) -> list[Packet]:
    packets = encode(speech(seconds), frame_ms=frame_ms, **CODINGS[coding])
    if coding == "red1":
        return with_red(packets, (2,))
    return with_red(packets, (2, 4)) if coding == "red2" else packets


def delay_ms(heard: Playback, begin_s: float, end_s: float) -> float:
    return float(np.mean(heard.delay_ms[round(100 * begin_s) : round(100 * end_s)]))


def assert_recovered(heard: Playback, clean_s: float, ended_s: float) -> None:
    """Within 20 % of the value before by five seconds after it ended; a tick is all that can be told apart."""
    clean = delay_ms(heard, clean_s - 2, clean_s)
    assert delay_ms(heard, ended_s + 5, ended_s + 7) <= max(1.2 * clean, clean + 1)


streams = pytest.mark.parametrize(
    ("coding", "frame_ms"),
    [
        ("plain", 10),
        ("plain", 20),
        ("plain", 40),
        ("plain", 60),
        ("fec", 20),
        ("red1", 20),
        ("red2", 20),
        ("red2", 40),
    ],
)


@streams
@pytest.mark.parametrize("begin_s", [9.1, 10.3])
@pytest.mark.parametrize("length_ms", [1, 400], ids=["one packet", "400 ms"])
def test_loss(coding: str, frame_ms: int, begin_s: float, length_ms: int) -> None:
    def arrival(_index: int, packet: Packet) -> float | None:
        sent = packet.sent_us / 1000
        return None if 0 <= sent - 1000 * begin_s < max(length_ms, frame_ms) else sent

    heard = play(packets_of(coding, frame_ms, 20), arrival)
    assert_recovered(heard, begin_s, begin_s + length_ms / 1000)
    concealed_ms = heard.receiver.stats()["concealed_samples"] / 48
    assert concealed_ms <= max(length_ms, frame_ms) + frame_ms


@streams
@pytest.mark.parametrize("begin_s", [9.1, 10.3])
@pytest.mark.parametrize("length_ms", [400, 1200])
def test_a_burst_after_a_hold(coding: str, frame_ms: int, begin_s: float, length_ms: int) -> None:
    """What waited comes at once. aiortc keeps the delay of it for good; here it returns."""

    def arrival(index: int, packet: Packet) -> float:
        held_until = 1000 * begin_s + length_ms
        sent = packet.sent_us / 1000
        return held_until + 0.01 * index if 1000 * begin_s <= sent < held_until else sent

    heard = play(packets_of(coding, frame_ms, 22), arrival)
    assert_recovered(heard, begin_s, begin_s + length_ms / 1000)
    assert heard.receiver.stats()["concealed_samples"] / 48 <= length_ms + 2 * frame_ms


@pytest.mark.parametrize(
    ("coding", "frame_ms", "seed"),
    [("plain", 20, 1), ("plain", 20, 2), ("plain", 60, 3), ("fec", 20, 4), ("red1", 20, 5), ("red2", 20, 6)],
)
def test_half_a_minute_of_jitter(coding: str, frame_ms: int, seed: int) -> None:
    rng = random.Random(seed)
    packets = packets_of(coding, frame_ms, 50)
    latest = 0.0
    arrivals = []
    for packet in packets:
        sent = packet.sent_us / 1000
        extra = min(rng.gammavariate(1.5, 100 / 1.5), 500) if 10_000 <= sent < 40_000 else 0
        latest = max(latest, sent + extra)
        arrivals.append(latest)
    heard = play(packets, lambda index, _packet: arrivals[index])
    assert_recovered(heard, 10, 40)
    assert delay_ms(heard, 25, 40) > 100


@pytest.mark.parametrize(("coding", "scatter_ms"), [("plain", 0), ("red2", 0), ("plain", 2)])
@pytest.mark.parametrize("ppm", [2000, -2000])
def test_a_drifting_clock(coding: str, scatter_ms: float, ppm: int) -> None:
    """A minute and a half: no concealment, and the delay stays where it is."""
    rng = random.Random(ppm)
    heard = play(
        packets_of(coding, 20, 90),
        lambda _index, packet: packet.sent_us / 1000 * (1 + ppm * 1e-6) + rng.uniform(0, scatter_ms),
    )
    stats = heard.receiver.stats()
    assert stats["concealed_samples"] == 0
    assert max(heard.delay_ms[1000:]) < 80
    assert stats["drift_ppm"] == pytest.approx(ppm, abs=150)
