"""The receive path through the binding: recovery of delay, drift, gaps, bad input. Virtual time, tones of our own."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from chime_native.audio import AudioReceiver, OpusEncoder

TICK_US = 10_000
FRAME_US = 20_000


@pytest.fixture(scope="module")
def speech_like() -> list[bytes]:
    """10 s of 20 ms Opus packets: syllables of a voiced buzz with pauses, the way speech has them."""
    rng = np.random.default_rng(7)
    t = np.arange(480_000) / 48_000
    buzz = sum(np.sin(2 * np.pi * 130 * k * t) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * t) * 2, 0, 1) * (np.mod(t, 1.6) < 1.2)
    pcm = (5000 * buzz * syllables + rng.normal(0, 4, t.size)).astype(np.int16)
    encoder = OpusEncoder(sample_rate=48000, channels=1, bitrate=32000)
    return [encoder.encode(pcm[at : at + 960].reshape(-1, 1)) for at in range(0, pcm.size, 960)]


def packet(index: int, payload: bytes, *, payload_type: int = 111, ssrc: int = 1, start: int = 0) -> bytes:
    return (
        struct.pack(
            ">BBHII",
            0x80,
            payload_type,
            (start + index) & 0xFFFF,
            (start * 960 + index * 960) & 0xFFFFFFFF,
            ssrc,
        )
        + payload
    )


class Run:
    """Arrival times (None: lost) through a receiver; the mean delay and what was concealed, second by second."""

    def __init__(self, payloads: Sequence[bytes], arrivals_us: Sequence[int | None], start: int = 0) -> None:
        self.receiver = AudioReceiver()
        self.delay_ms: list[float] = []
        self.concealed_ms: list[float] = []
        order = sorted((at, index) for index, at in enumerate(arrivals_us) if at is not None)
        now = order[0][0] + TICK_US // 2
        before = self.receiver.stats()
        for tick in range(1, (order[-1][0] - order[0][0]) // TICK_US):
            while order and order[0][0] <= now:
                at, index = order.pop(0)
                self.receiver.push(packet(index, payloads[index % len(payloads)], start=start), at)
            self.receiver.pull(now_us=now)
            now += TICK_US
            if tick % 100 == 0:
                stats = self.receiver.stats()
                emitted = stats["jitter_buffer_emitted_count"] - before["jitter_buffer_emitted_count"]
                delay = stats["jitter_buffer_delay"] - before["jitter_buffer_delay"]
                self.delay_ms.append(1000 * delay * 1.0 / emitted if emitted else 0.0)
                self.concealed_ms.append((stats["concealed_samples"] - before["concealed_samples"]) / 48)
                before = stats


def punctual(count: int) -> list[int | None]:
    return [index * FRAME_US for index in range(count)]


def lose_one(arrivals: list[int | None]) -> None:
    arrivals[500] = None


def lose_400_ms(arrivals: list[int | None]) -> None:
    arrivals[500:520] = [None] * 20


def hold_400_ms(arrivals: list[int | None]) -> None:
    arrivals[500:520] = [520 * FRAME_US + 1000 * n for n in range(20)]


@pytest.mark.parametrize(
    ("spoil", "concealed_ms"),
    [(lose_one, 20), (lose_400_ms, 400), (hold_400_ms, 400)],
    ids=["one lost", "400 ms lost", "400 ms late"],
)
def test_after_an_outage_the_delay_is_what_it_was(
    speech_like: list[bytes], spoil: Callable[[list[int | None]], None], concealed_ms: int
) -> None:
    arrivals = punctual(900)
    spoil(arrivals)
    run = Run(speech_like, arrivals)
    assert sum(run.concealed_ms) <= concealed_ms
    assert run.delay_ms[15] <= 1.2 * run.delay_ms[8]


def test_after_half_a_minute_of_jitter_the_delay_is_right_again_in_five_seconds(
    speech_like: list[bytes],
) -> None:
    rng = random.Random(5)
    arrivals = punctual(2600)
    latest = 0
    for index in range(500, 2000):
        latest = max(latest, index * FRAME_US + int(1000 * min(rng.gammavariate(1.5, 100 / 1.5), 500)))
        arrivals[index] = latest
    for index in range(2000, 2600):
        arrivals[index] = max(latest, index * FRAME_US)
    run = Run(speech_like, arrivals)
    assert max(run.delay_ms[20:38]) > 150
    assert run.delay_ms[46] <= 1.2 * run.delay_ms[8]


@pytest.mark.parametrize("ppm", [2000, -2000])
def test_a_drifting_clock_is_followed_without_concealment(speech_like: list[bytes], ppm: int) -> None:
    run = Run(speech_like, [int(index * FRAME_US * (1 + ppm * 1e-6)) for index in range(15_000)])
    assert sum(run.concealed_ms) == 0
    assert max(run.delay_ms[10:]) < 60


def test_wraps_of_sequence_and_timestamp_go_unheard(speech_like: list[bytes]) -> None:
    plain = Run(speech_like, punctual(300))
    wrapped = Run(speech_like, punctual(300), start=65_400)
    assert wrapped.receiver.stats() == plain.receiver.stats()


def test_duplicates_late_and_malformed_packets_are_counted_and_dropped(speech_like: list[bytes]) -> None:
    receiver = AudioReceiver(red_payload_type=63)
    assert receiver.push(packet(0, speech_like[0]), 0)
    assert not receiver.push(packet(0, speech_like[0]), 10)
    assert not receiver.push(b"\x80", 20)
    assert not receiver.push(packet(1, b""), 30)
    assert not receiver.push(packet(1, speech_like[1], payload_type=8), 40)
    assert not receiver.push(packet(1, b"\x7f", payload_type=63), 50)
    stats = receiver.stats()
    assert stats["packets_duplicated"] == 1
    assert stats["packets_malformed"] == 3
    assert stats["packets_wrong_payload_type"] == 1


def test_before_the_first_packet_there_is_silence_that_counts_for_nothing() -> None:
    receiver = AudioReceiver(sample_rate=16000, channels=2)
    block = receiver.pull(now_us=0)
    assert block.shape == (160, 2)
    assert not block.any()
    assert receiver.stats()["total_samples_received"] == 0
    assert receiver.report_block() is None


def test_another_source_takes_over(speech_like: list[bytes]) -> None:
    receiver = AudioReceiver()
    now = 0
    for index in range(200):
        ssrc = 1 if index < 100 else 2
        receiver.push(packet(index * (1 if ssrc == 1 else 7), speech_like[index], ssrc=ssrc), now)
        receiver.pull(now_us=now + 5000)
        receiver.pull(now_us=now + 15_000)
        now += FRAME_US
    report = receiver.report_block()
    assert report is not None
    assert report.ssrc == 2


def test_random_packets_never_break_it() -> None:
    rng = random.Random(11)
    receiver = AudioReceiver(red_payload_type=63)
    now = 0
    for _ in range(3000):
        payload = rng.randbytes(rng.randrange(0, 60))
        receiver.push(
            struct.pack(
                ">BBHII",
                0x80,
                rng.choice([63, 111]),
                rng.getrandbits(16),
                rng.getrandbits(32),
                rng.choice([1, 2]),
            )
            + payload,
            now + rng.randrange(50_000),
        )
        block = receiver.pull(now_us=now)
        assert block.shape == (480, 1)
        now += TICK_US


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("sample_rate", [8000, 12000, 16000, 24000, 48000])
def test_every_rate_of_opus_is_received_and_listened_to(
    speech_like: list[bytes], sample_rate: int, channels: int
) -> None:
    receiver = AudioReceiver(sample_rate=sample_rate, channels=channels)
    voiced = 0
    for index, payload in enumerate(speech_like[:200]):
        assert receiver.push(packet(index, payload), index * FRAME_US)
        for tick in range(2):
            pcm = receiver.pull(now_us=index * FRAME_US + tick * TICK_US)
            assert pcm.shape == (sample_rate // 100, channels)
        voiced += receiver.voice_activity
    assert receiver.audio_level < 127
    assert 40 < voiced < 200
    assert receiver.stats()["concealed_samples"] == 0


def test_times_beyond_all_reason_are_refused() -> None:
    receiver = AudioReceiver()
    with pytest.raises(
        ValueError, match=r"arrival_us must be microseconds of magnitude 2\*\*53 at most, got"
    ):
        receiver.push(b"", 2**53 + 1)
    with pytest.raises(ValueError, match="now_us must be microseconds"):
        receiver.pull(now_us=-(2**60))
    assert receiver.stats()["total_samples_received"] == 0
