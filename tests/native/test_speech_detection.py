"""Speech detection on real speech: found at every rate and level, in noise, and not taken for what it is not."""

from functools import cache
from importlib.resources import files

import av
import numpy as np
import pytest
from chime_native.audio import ActiveSpeakerRanking, Resampler, SpeechDetector
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
Flags = NDArray[np.bool_]

RATE = 48000


@cache
def speech() -> Pcm:
    """The package's own speech with two seconds of pause before and after, mono."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(files("chime_native") / "assets" / "speech.flac")) as container:
        frames = [frame for packet in container.decode(audio=0) for frame in resampler.resample(packet)]
    pcm = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.int16)
    pause = np.zeros(2 * RATE, np.int16)
    whole = np.concatenate([pause, pcm[: len(pcm) // 480 * 480], pause])
    return whole[:, None]


@cache
def labels() -> Flags:
    """Whether each 10 ms is well above the softest of the speech."""
    energy = (speech().reshape(-1, RATE // 100).astype(float) ** 2).mean(axis=1)
    found: Flags = energy > np.quantile(energy, 0.98) * 1e-3
    return found


def pink(frames: int, rms: float) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(np.random.default_rng(5).standard_normal(frames))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.fft.rfftfreq(frames), 1e-4)), frames)
    return noise * rms / noise.std()


def judge(pcm: Pcm, rate: int = RATE) -> Flags:
    detector = SpeechDetector(rate, pcm.shape[1])
    step = rate // 100
    return np.array([detector.push(pcm[at : at + step]) for at in range(0, len(pcm) - step + 1, step)])


@pytest.mark.parametrize("snr_db", [60, 20, 10])
def test_finds_speech_in_noise(snr_db: int) -> None:
    loud = speech()[np.repeat(labels(), RATE // 100)].astype(float)
    noise = pink(len(speech()), loud.std() * 10 ** (-snr_db / 20))
    flags = judge(np.clip(speech() + noise[:, None], -32768, 32767).astype(np.int16))
    assert flags[labels()].mean() > 0.85
    assert flags[50:190].mean() < 0.2  # before the first word
    assert flags[-150:].mean() < 0.2  # after the last


def test_does_not_depend_on_gain_or_rate_or_channels() -> None:
    noise = pink(len(speech()), 60)[:, None]
    noisy = (speech() * 0.9 + noise).astype(np.int16)
    expected = judge(noisy)
    assert (judge((noisy * 0.2).astype(np.int16)) == expected).mean() > 0.97
    assert (judge(np.repeat(noisy, 2, axis=1)) == expected).mean() > 0.99
    for rate in (8000, 16000, 32000):
        resampled = Resampler(RATE, rate, quality=5).process(noisy)
        flags = judge(resampled, rate)
        assert (flags == expected[: len(flags)]).mean() > 0.93


def test_hum_and_noise_are_not_speech() -> None:
    time = np.arange(6 * RATE) / RATE
    hum = sum(np.sin(2 * np.pi * 50 * k * time) / k for k in (1, 2, 3, 5)) * 3000
    for sound in (hum, pink(6 * RATE, 2000)):
        assert judge(sound.astype(np.int16)[:, None])[100:].mean() < 0.1


class TestActiveSpeakerRanking:
    def test_ranks_who_talks_and_keeps_the_place_over_a_pause(self) -> None:
        ranking = ActiveSpeakerRanking()
        assert ranking.dominant(0) is None
        now_us = 0
        for _ in range(150):
            ranking.update(1, 25, True, now_us)
            ranking.update(2, 45, True, now_us)
            ranking.update(3, 127, False, now_us)
            now_us += 20_000
        (first, first_score), (second, second_score) = ranking.ranking(now_us)
        assert (first, second) == (1, 2)
        assert 1 >= first_score > second_score > 0
        assert ranking.dominant(now_us + 1_000_000) == 1
        ranking.remove(1)
        ranking.remove(99)
        assert ranking.dominant(now_us) == 2

    def test_checks_the_level(self) -> None:
        with pytest.raises(ValueError, match="level must be 0 to 127, got 128"):
            ActiveSpeakerRanking().update(1, 128, True, 0)
