import numpy as np
import pytest
from chime_native.cli.demo import ASSET
from chime_native.cli.demo.analysis import align, intelligibility
from chime_native.cli.demo.report import _read_mono
from chime_native.cli.demo.timeline import Sample, Timeline


def test_align_finds_the_needle_whatever_its_level() -> None:
    noise = np.random.default_rng(1).standard_normal(20_000)
    found = align(0.01 * noise[7_000:9_000], noise)
    assert found.offset == 7_000
    assert found.correlation == pytest.approx(1.0)


def test_align_refuses_a_needle_longer_than_the_haystack() -> None:
    with pytest.raises(ValueError, match="haystack has 3 samples, fewer than the needle's 4"):
        align(np.ones(4), np.ones(3))


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return _read_mono(ASSET)


def test_speech_that_arrives_late_and_stretched_is_fully_intelligible(speech: np.ndarray) -> None:
    half = len(speech) // 2
    # 0.7 s of silence first, and 40 ms inserted in the middle, as a jitter buffer that adapts would.
    heard = np.concatenate([np.zeros(11_200), speech[:half], np.zeros(640), speech[half:]])
    stoi, begin = intelligibility(speech, heard, 16_000)
    assert stoi > 0.97
    assert begin == pytest.approx(0.7, abs=0.001)


def test_noise_is_not_intelligible(speech: np.ndarray) -> None:
    noise = np.random.default_rng(2).standard_normal(len(speech)) * 0.1
    stoi, _ = intelligibility(speech, noise, 16_000)
    assert stoi < 0.4


def _sample(t: float, lost: int) -> Sample:
    return Sample(t, 0.0, 0.0, 0, lost, 0.0, 0, 0)


def test_timeline_tells_where_a_counter_grew_and_by_how_much() -> None:
    timeline = Timeline([_sample(0.0, 5), _sample(0.1, 5), _sample(0.2, 8), _sample(0.3, 9)])
    assert timeline.increases("packets_lost") == [(0.2, 3), (0.3, 1)]
    assert timeline.total("packets_lost") == 4
    assert Timeline().total("packets_lost") == 0
