"""Outages of 0.4 to 3 s: what is heard in them is the room, not a drone nor a hole, and talk comes back cleanly."""

from __future__ import annotations

import numpy as np
import pytest
from virtual_call import RATE, Packet, Playback, encode, music, noise, play, speech, tone
from virtual_call.measure import dbov, largest_jump

BEGIN_S = 5.0
CODERS = [
    {"application": "voip", "bitrate": 24000},
    {"application": "voip", "bitrate": 40000},
    {"application": "audio", "bitrate": 64000},
]
coders = pytest.mark.parametrize(
    "coder", CODERS, ids=lambda coder: f"{coder['application']}-{coder['bitrate']}"
)
lengths = pytest.mark.parametrize("length_s", [0.4, 1.0, 3.0])


def cut(packets: list[Packet], length_s: float, **options: int) -> Playback:
    def arrival(_index: int, packet: Packet) -> float | None:
        gone = BEGIN_S * 1e6 <= packet.sent_us < (BEGIN_S + length_s) * 1e6
        return None if gone else packet.sent_us / 1000

    return play(packets, arrival, **options)


def during(playback: Playback, start_s: float, end_s: float) -> np.ndarray:
    """The sound of channel 0 from `start_s` to `end_s` after the outage began."""
    rate = playback.rate
    return playback.mono()[round((BEGIN_S + start_s) * rate) : round((BEGIN_S + end_s) * rate)]


@lengths
@coders
@pytest.mark.parametrize("background_dbov", [-65, -50, -42])
def test_the_room_goes_on(length_s: float, coder: dict[str, object], background_dbov: float) -> None:
    sound = speech(BEGIN_S + length_s + 3, background_dbov)
    sound[round((BEGIN_S - 0.3) * RATE) :] = noise(length_s + 3.3, background_dbov, seed=3)
    packets = encode(sound, **coder)
    room = dbov(play(packets).mono()[round((BEGIN_S + 0.5) * RATE) : -RATE])
    heard = cut(packets, length_s)
    # Nothing but the room was to be heard, and nothing else is, in every tenth of a second.
    for tenth in range(1, round(10 * length_s) + 5):
        assert dbov(during(heard, tenth / 10, tenth / 10 + 0.1)) == pytest.approx(room, abs=5)
    if length_s >= 1:
        assert dbov(during(heard, 0.6, length_s)) == pytest.approx(room, abs=1.5)


@lengths
@coders
def test_talk_that_is_cut_off_fades_into_the_room(length_s: float, coder: dict[str, object]) -> None:
    # Background of -50 dBov, of which the codecs leave 49 to 53.
    heard = cut(encode(speech(BEGIN_S + length_s + 3, -50), **coder), length_s)
    assert dbov(during(heard, -0.5, 0)) > -35
    for tenth in range(2, round(10 * length_s) - 1):
        assert -56 < dbov(during(heard, tenth / 10, tenth / 10 + 0.1)) < -46
    assert dbov(during(heard, length_s + 0.5, length_s + 3)) > -32
    assert heard.receiver.stats()["concealment_events"] == 1


@lengths
@coders
@pytest.mark.parametrize("sound", [tone, music, speech], ids=lambda sound: sound.__name__)
def test_there_is_no_click_on_either_side(length_s: float, coder: dict[str, object], sound) -> None:
    packets = encode(sound(BEGIN_S + length_s + 3), **coder)
    reference, heard = play(packets), cut(packets, length_s)
    # Music comes back with a beat, which a codec that has just lost its memory makes a third steeper.
    assert largest_jump(heard.mono()[RATE:]) <= 1.35 * largest_jump(reference.mono()[RATE:])
    assert largest_jump(during(heard, 0.1, length_s - 0.05)) <= largest_jump(reference.mono()[RATE:]) / 2


@coders
@pytest.mark.parametrize("sound", [tone, music], ids=lambda sound: sound.__name__)
def test_what_is_no_background_does_not_drone(coder: dict[str, object], sound) -> None:
    heard = cut(encode(sound(BEGIN_S + 6), **coder), 3.0)
    before = dbov(during(heard, -0.5, 0))
    assert dbov(during(heard, 0.3, 0.5)) < before - 8
    assert not during(heard, 0.55, 2.95).any()
    assert dbov(during(heard, 3.3, 6)) == pytest.approx(dbov(during(heard, -3, 0)), abs=3)


def test_whoever_is_gone_falls_silent_and_counts_as_silent() -> None:
    packets = encode(speech(BEGIN_S + 12, -50))
    heard = cut(packets, 10.0)
    assert dbov(during(heard, 4, 5)) > -55
    assert not during(heard, 8.1, 9.9).any()
    stats = heard.receiver.stats()
    # All but the half second in which the codec's concealment was to be heard.
    assert stats["concealed_samples"] == pytest.approx(10 * RATE, rel=0.01)
    assert stats["silent_concealed_samples"] == pytest.approx(9.5 * RATE, rel=0.02)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 16000, 24000, 48000])
def test_the_room_goes_on_at_every_rate(rate: int, channels: int) -> None:
    sound = noise(BEGIN_S + 5, -45)
    stereo = np.stack([sound, 0.5 * np.roll(sound, 5000)], axis=1)
    packets = encode(stereo, application="audio", bitrate=64000)
    heard = cut(packets, 3.0, rate=rate, channels=channels)
    for channel in range(channels):
        left = heard.pcm[:, channel].astype(np.float64) / 32768
        before = left[rate : round(BEGIN_S * rate)]
        inside = left[round((BEGIN_S + 0.6) * rate) : round((BEGIN_S + 2.9) * rate)]
        assert dbov(inside) == pytest.approx(dbov(before), abs=1.5)
