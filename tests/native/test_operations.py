"""Accelerate, pre-emptive expand and conceal, forced by networks: no clicks, the pitch and the level of what was sent.

Every operation leaves the sound what it was but for its length. So all is measured against the same packets played over
a network without faults.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from chime_native.audio import OpusDecoder
from virtual_call import RATE, SOUNDS, Packet, Playback, encode, play
from virtual_call.measure import dbov, largest_jump, pitch_hz, voice_pitches_hz
from virtual_call.sounds import CHORDS

SECONDS = 20
TICK = RATE // 100
SETTLED = 100  # ticks

CODERS = {
    "voip": {"application": "voip", "bitrate": 40000},
    "audio": {"application": "audio", "bitrate": 64000},
}


def slower_for_four_seconds(_index: int, packet: Packet) -> float:
    return packet.sent_us / 1000 + (200 if 2_000_000 <= packet.sent_us < 6_000_000 else 0)


def slow_clock(_index: int, packet: Packet) -> float:
    return packet.sent_us / 1000 * 1.003


def every_seventeenth_lost(index: int, packet: Packet) -> float | None:
    return None if index % 17 == 9 else packet.sent_us / 1000


# What forces an operation, the counter it shows in, and how much of the sound is at least touched by it, in seconds.
FORCED = {
    "accelerate": (slower_for_four_seconds, "removed_samples_for_acceleration", 0.2),
    "expand": (slow_clock, "inserted_samples_for_deceleration", 0.02),
    "conceal": (every_seventeenth_lost, "concealed_samples", 0.8),
}

everything = pytest.mark.parametrize(
    ("sound", "coder", "channels"),
    [
        (sound, coder, channels)
        for sound in SOUNDS
        for coder, channels in (("voip", 1), ("audio", 1), ("audio", 2))
    ],
)


@cache
def packets_of(sound: str, coder: str, channels: int) -> list[Packet]:
    signal = SOUNDS[sound](SECONDS)
    if channels == 2:
        signal = np.stack([signal, 0.5 * np.roll(signal, 200)], axis=1)
    return encode(signal, **CODERS[coder])


@cache
def clean(sound: str, coder: str, channels: int) -> Playback:
    return play(packets_of(sound, coder, channels), channels=channels)


@cache
def forced(operation: str, sound: str, coder: str, channels: int) -> Playback:
    playback = play(packets_of(sound, coder, channels), FORCED[operation][0], channels=channels)
    counter, least = FORCED[operation][1:]
    assert playback.counters[counter][SETTLED:].sum() >= least * RATE
    return playback


def settled(playback: Playback, channel: int = 0) -> np.ndarray:
    return playback.pcm[SETTLED * TICK :, channel].astype(np.float64) / 32768


@pytest.mark.parametrize("operation", FORCED)
@everything
def test_no_operation_clicks(operation: str, sound: str, coder: str, channels: int) -> None:
    reference = clean(sound, coder, channels)
    heard = forced(operation, sound, coder, channels)
    for channel in range(channels):
        assert largest_jump(settled(heard, channel)) <= 1.3 * largest_jump(settled(reference, channel))


@pytest.mark.parametrize("operation", ["accelerate", "expand"])
@everything
def test_no_splice_jumps_more_than_the_sound_around_it(
    operation: str, sound: str, coder: str, channels: int
) -> None:
    heard = forced(operation, sound, coder, channels)
    ticks = np.flatnonzero(heard.did(FORCED[operation][1]))
    for channel in range(channels):
        before = clean(sound, coder, channels).pcm[:, channel].astype(np.float64)
        after = heard.pcm[:, channel].astype(np.float64)
        for tick in ticks[(ticks > SETTLED) & (ticks < len(heard.delay_ms) - 50)]:
            own = largest_jump(before[(tick - 25) * TICK : (tick + 25) * TICK])
            assert largest_jump(after[(tick - 2) * TICK : (tick + 3) * TICK]) <= 1.2 * own + 2


@pytest.mark.parametrize(("coder", "channels"), [("voip", 1), ("audio", 1), ("audio", 2)])
def test_a_lost_packet_sounds_as_the_codec_conceals_it(coder: str, channels: int) -> None:
    decoder = OpusDecoder(channels=channels)
    expected = np.concatenate(
        [
            np.concatenate([decoder.conceal(TICK).copy(), decoder.conceal(TICK)])
            if every_seventeenth_lost(index, packet) is None
            else decoder.decode(packet.payload)
            for index, packet in enumerate(packets_of("speech", coder, channels))
        ]
    )
    # After three seconds the delay has settled, so that one is the other, bit by bit.
    heard = forced("conceal", "speech", coder, channels).pcm[3 * RATE :]
    shifts = [
        shift
        for shift in range(-2, 10)
        if np.array_equal(expected[3 * RATE - shift * TICK :][:RATE], heard[:RATE])
    ]
    assert len(shifts) == 1
    assert np.array_equal(
        expected[3 * RATE - shifts[0] * TICK :][: len(heard)], heard[: len(expected) - 3 * RATE]
    )


@pytest.mark.parametrize("operation", FORCED)
@everything
def test_every_operation_keeps_the_level(operation: str, sound: str, coder: str, channels: int) -> None:
    reference, heard = clean(sound, coder, channels), forced(operation, sound, coder, channels)
    for channel in range(channels):
        assert dbov(settled(heard, channel)) == pytest.approx(dbov(settled(reference, channel)), abs=1)


@pytest.mark.parametrize("operation", FORCED)
@pytest.mark.parametrize("coder", CODERS)
def test_every_operation_keeps_the_pitch_of_a_tone(operation: str, coder: str) -> None:
    heard = forced(operation, "tone", coder, 1)
    sound = heard.mono()
    ticks = np.flatnonzero(heard.did(FORCED[operation][1]))
    for tick in ticks[ticks > SETTLED]:
        piece = sound[(tick - 5) * TICK : (tick + 6) * TICK]
        assert pitch_hz(piece, RATE) == pytest.approx(440, rel=0.01)


@pytest.mark.parametrize("operation", FORCED)
@pytest.mark.parametrize("coder", CODERS)
def test_every_operation_keeps_the_pitch_of_speech(operation: str, coder: str) -> None:
    said = voice_pitches_hz(settled(clean("speech", coder, 1)), RATE)
    heard = voice_pitches_hz(settled(forced(operation, "speech", coder, 1)), RATE)
    assert len(heard) > 0.8 * len(said)
    assert np.median(heard) == pytest.approx(np.median(said), rel=0.01)
    # Where the melody's quartiles lie depends also on which moments were made up.
    assert np.percentile(heard, [25, 75]) == pytest.approx(np.percentile(said, [25, 75]), rel=0.02)


@pytest.mark.parametrize("operation", FORCED)
@pytest.mark.parametrize("coder", CODERS)
def test_every_operation_keeps_the_notes_of_music(operation: str, coder: str) -> None:
    # The partials of all that is played in it (sounds.py).
    played = [
        note * partial
        for chord in CHORDS
        for note in (chord[0] / 2, *(2 * voice for voice in chord))
        for partial in range(1, 5)
    ]
    sound = settled(forced(operation, "music", coder, 1))
    beat = round(0.6 * RATE)
    for at in range(0, len(sound) - beat, beat):
        strongest = pitch_hz(sound[at : at + beat], RATE, above_hz=150)
        assert min(abs(strongest / partial - 1) for partial in played) < 0.01
