"""What senders do in mid-stream, and in which forms sound leaves: heard as if nothing had happened, and counted right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from virtual_call import RATE, Packet, Playback, encode, noise, play, speech, tone, with_red
from virtual_call.measure import dbov, largest_jump, pitch_hz

SECONDS = 6


def check_sums(playback: Playback) -> dict[str, float]:
    """The statistics' own arithmetic (W3C webrtc-stats); returns them."""
    stats = playback.receiver.stats()
    block = playback.rate // 100
    played = stats["total_samples_received"]
    assert played % block == 0
    assert played == pytest.approx(stats["total_samples_duration"] * playback.rate)
    # Every sample was brought by a packet or made up, and what is made up in a block is at most one block ahead.
    made_up = stats["concealed_samples"] + stats["comfort_noise_samples"]
    assert -block <= stats["jitter_buffer_emitted_count"] + made_up - played <= block
    assert stats["silent_concealed_samples"] <= stats["concealed_samples"]
    assert stats["jitter_buffer_delay"] >= 0
    energy = np.mean(np.square(playback.pcm.astype(np.float64) / 32768)) * len(playback.pcm) / playback.rate
    assert stats["total_audio_energy"] == pytest.approx(energy, rel=1e-6)
    return stats


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frame_ms", [10, 20, 40, 60, (10, 20, 40, 60), (60, 20, 20, 10, 40)], ids=str)
def test_every_frame_length_and_any_mixture_is_heard_whole(
    frame_ms: int | Sequence[int], channels: int
) -> None:
    sound = tone(SECONDS)
    stereo = np.stack([sound, 0.5 * sound], axis=1) if channels == 2 else sound
    packets = encode(stereo, frame_ms=frame_ms, application="audio", bitrate=96000)
    heard = play(packets, channels=channels)
    stats = check_sums(heard)
    assert stats["concealed_samples"] == 0
    assert stats["decode_errors"] == 0
    after = heard.pcm[RATE:].astype(np.float64) / 32768
    for channel in range(channels):
        assert dbov(after[:, channel]) == pytest.approx(dbov(sound) - 6.02 * channel, abs=0.3)
        assert largest_jump(after[:, channel]) <= 1.1 * largest_jump(sound)
        assert pitch_hz(after[:, channel], RATE) == pytest.approx(440, rel=1e-3)


def switched_on_and_off(packets: list[Packet]) -> list[Packet]:
    red = with_red(packets, (1, 2))
    return [red[index] if index // 50 % 2 else packet for index, packet in enumerate(packets)]


def another_ssrc(packets: list[Packet]) -> list[Packet]:
    return packets[:150] + [
        replace(packet, ssrc=2, sequence=packet.sequence + 30_000, timestamp=packet.timestamp + 2**31)
        for packet in packets[150:]
    ]


def timestamps_jump(by: int) -> Callable[[list[Packet]], list[Packet]]:
    def jump(packets: list[Packet]) -> list[Packet]:
        return packets[:150] + [replace(packet, timestamp=packet.timestamp + by) for packet in packets[150:]]

    return jump


def numbers_start_anew(packets: list[Packet]) -> list[Packet]:
    return packets[:150] + [
        replace(packet, sequence=packet.sequence + 20_000, timestamp=packet.timestamp + 123_456_789)
        for packet in packets[150:]
    ]


@pytest.mark.parametrize(
    "change",
    [
        switched_on_and_off,
        another_ssrc,
        timestamps_jump(10**7),
        timestamps_jump(-(10**7)),
        numbers_start_anew,
    ],
)
def test_a_change_in_mid_stream_is_not_heard(change: Callable[[list[Packet]], list[Packet]]) -> None:
    packets = encode(tone(SECONDS), application="audio", bitrate=64000, first_timestamp=2**33)
    plain, heard = play(packets), play(change(packets))
    assert check_sums(heard)["concealed_samples"] == 0
    assert dbov(heard.mono()[RATE:]) == pytest.approx(dbov(plain.mono()[RATE:]), abs=0.3)
    # A new source has no past: the first sample of its sound may be anywhere.
    limit = 1.5 if change is switched_on_and_off else 20
    assert largest_jump(heard.mono()[RATE:]) <= limit * largest_jump(plain.mono()[RATE:])


@pytest.mark.parametrize("first_sequence", [0, 65_300, 65_535])
@pytest.mark.parametrize("first_timestamp", [0, 2**32 - 100_000, 2**32 - 1])
def test_wraps_are_not_heard(first_sequence: int, first_timestamp: int) -> None:
    # RED's copies lie on the other side of a wrap, too, and every lost packet has one.
    packets = with_red(
        encode(speech(SECONDS), first_sequence=first_sequence, first_timestamp=first_timestamp)
    )
    reference = with_red(encode(speech(SECONDS)))

    def lossy(index: int, packet: Packet) -> float | None:
        return None if index % 9 == 4 else packet.sent_us / 1000

    heard, expected = play(packets, lossy), play(reference, lossy)
    assert np.array_equal(heard.pcm, expected.pcm)
    for name, value in expected.receiver.stats().items():
        assert heard.receiver.stats()[name] == pytest.approx(value), name
    assert heard.receiver.stats()["recovered_by_red"] > 20


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 12000, 16000, 24000, 48000])
def test_every_output_rate_has_the_pitch_and_no_more_delay(rate: int, channels: int) -> None:
    packets = encode(tone(SECONDS), application="audio", bitrate=64000)
    at_48, heard = play(packets), play(packets, rate=rate, channels=channels)
    stats = check_sums(heard)
    assert stats["concealed_samples"] == 0
    sound = heard.pcm[4 * rate :, channels - 1].astype(np.float64) / 32768
    assert pitch_hz(sound, rate) == pytest.approx(440, rel=1e-3)
    assert dbov(sound) == pytest.approx(dbov(tone(1)), abs=0.5)
    np.testing.assert_allclose(heard.delay_ms[400:], at_48.delay_ms[400:], atol=0.1)
    # Nor is there any that nobody counts: the waves lie on each other to the millisecond.
    step = RATE // rate
    reference = at_48.mono()[4 * RATE :: step][: len(sound)]
    lags = np.arange(-rate // 500, rate // 500 + 1)
    products = [
        np.dot(np.roll(sound, lag)[rate // 4 : -rate // 4], reference[rate // 4 : len(sound) - rate // 4])
        for lag in lags
    ]
    assert abs(lags[int(np.argmax(products))]) <= rate // 1000


@pytest.mark.parametrize("keep_dtx", [True, False], ids=["every packet", "first packets only"])
def test_a_pause_of_the_sender_is_comfort_noise_and_not_concealment(keep_dtx: bool) -> None:
    background = -55
    sound = speech(12, background)
    sound[3 * RATE : 9 * RATE] = noise(6, background)
    packets = encode(sound, bitrate=24000, dtx=True, keep_dtx=True)
    if not keep_dtx:
        # As libwebrtc and AudioSender do: the first of a run is sent, which says that a pause begins.
        small = [len(packet.payload) <= 2 for packet in packets]
        kept = [packet for index, packet in enumerate(packets) if not (small[index] and small[index - 1])]
        packets = [replace(packet, sequence=number) for number, packet in enumerate(kept)]
    heard = play(packets)
    stats = check_sums(heard)
    assert stats["concealed_samples"] == 0
    assert stats["concealment_events"] == 0
    if not keep_dtx:
        assert stats["comfort_noise_samples"] > 1.5 * RATE
    # The room goes on, and talk comes back whole.
    for second in range(4, 8):
        assert dbov(heard.mono()[second * RATE : (second + 1) * RATE]) == pytest.approx(background - 2, abs=4)
    assert dbov(heard.mono()[round(9.5 * RATE) :]) == pytest.approx(dbov(sound[round(9.5 * RATE) :]), abs=1.5)
    assert max(heard.delay_ms[1000:]) < 60


def test_loss_is_counted_once_and_for_its_own_length() -> None:
    packets = encode(speech(SECONDS))
    heard = play(
        packets, lambda index, packet: None if index in {100, 150, 151, 200} else packet.sent_us / 1000
    )
    stats = check_sums(heard)
    assert stats["concealed_samples"] == 4 * 960
    assert stats["concealment_events"] == 3
    assert stats["packets_lost"] == 4
