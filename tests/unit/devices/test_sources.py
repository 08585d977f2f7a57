import asyncio

import numpy as np
import pytest
from chime_native.devices import ArraySource, NoiseSource, SilenceSource, ToneSource


def level_dbov(pcm: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean((pcm / 32768.0) ** 2))))


def test_silence_is_zeros_of_the_asked_length() -> None:
    block = SilenceSource().read(480)
    assert block.shape == (480, 1)
    assert block.dtype == np.int16
    assert not block.any()


@pytest.mark.parametrize(("hz", "level"), [(440.0, -20.0), (1000.0, -42.0), (15000.0, -14.0)])
def test_tone_has_its_frequency_and_level(hz: float, level: float) -> None:
    source = ToneSource(hz, level)
    pcm = np.concatenate([source.read(480) for _ in range(100)])
    assert pcm.shape == (48000, 1)
    assert level_dbov(pcm) == pytest.approx(level, abs=0.1)
    spectrum = np.abs(np.fft.rfft(pcm[:, 0]))
    assert np.argmax(spectrum) == hz


def test_tone_does_not_depend_on_the_block_size() -> None:
    whole = ToneSource(440).read(4800)
    pieces = ToneSource(440)
    joined = np.concatenate([pieces.read(n) for n in (1, 479, 4320)])
    assert np.abs(whole.astype(int) - joined).max() <= 1


@pytest.mark.parametrize("hz", [0, -1, 24000, float("nan")])
def test_tone_refuses_a_frequency_that_cannot_be_played(hz: float) -> None:
    with pytest.raises(ValueError, match="hz must be more than 0"):
        ToneSource(hz)


def test_noise_is_seeded_and_has_its_level() -> None:
    first, second, other = NoiseSource(-30, seed=1), NoiseSource(-30, seed=1), NoiseSource(-30, seed=2)
    pcm = first.read(48000)
    assert np.array_equal(pcm, second.read(48000))
    assert not np.array_equal(pcm, other.read(48000))
    assert level_dbov(pcm) == pytest.approx(-30, abs=0.2)


def test_levels_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="level must be"):
        ToneSource(440, 1)
    with pytest.raises(ValueError, match="level must be"):
        NoiseSource(0)


async def test_array_is_played_once_and_followed_by_silence() -> None:
    source = ArraySource(np.arange(1, 701, dtype=np.int16))
    waiting = asyncio.create_task(source.finished())
    assert np.array_equal(source.read(480)[:, 0], np.arange(1, 481))
    assert not source.ended
    last = source.read(480)[:, 0]
    assert np.array_equal(last[:220], np.arange(481, 701))
    assert not last[220:].any()
    assert source.ended
    await asyncio.wait_for(waiting, 30)
    assert not source.read(480).any()


def test_array_in_a_loop_never_ends() -> None:
    source = ArraySource(np.arange(700, dtype=np.int16), loop=True)
    pcm = np.concatenate([source.read(480) for _ in range(35)])[:, 0]
    assert np.array_equal(pcm, np.tile(np.arange(700), 24))
    assert not source.ended


def test_array_converts_floats_and_rates_and_keeps_stereo() -> None:
    seconds = np.arange(16000) / 16000
    stereo = np.stack([0.5 * np.sin(2 * np.pi * 440 * seconds), np.zeros(16000)], axis=1)
    source = ArraySource(stereo, 16000)
    pcm = np.concatenate([source.read(480) for _ in range(100)])
    assert pcm.shape == (48000, 2)
    left = np.abs(np.fft.rfft(pcm[:, 0]))
    assert np.argmax(left) == 440
    assert np.abs(pcm[2000:-2000, 0]).max() == pytest.approx(0.5 * 32767, rel=0.02)
    assert not pcm[:, 1].any()


def test_array_refuses_what_is_not_pcm() -> None:
    with pytest.raises(ValueError, match="must have shape"):
        ArraySource(np.zeros((10, 3), dtype=np.int16))
    with pytest.raises(TypeError, match="int16 or floating point, not int64"):
        ArraySource(np.zeros(10, dtype=np.int64))
    with pytest.raises(ValueError, match="sample_rate must be"):
        ArraySource(np.zeros(10, dtype=np.int16), 0)
