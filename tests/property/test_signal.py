"""Native signal routines against their NumPy oracles, on whatever Hypothesis thinks of."""

from itertools import pairwise

import numpy as np
import pytest
from chime_native.audio import LoudnessMeter, Resampler, measure_level, mix_minus, to_float32, to_int16
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from oracle import signal as oracle

Pcm = NDArray[np.int16]

samples = st.integers(-32768, 32767)
blocks = st.tuples(st.integers(1, 6), st.integers(1, 100), st.integers(1, 2)).flatmap(
    lambda shape: arrays(np.int16, shape, elements=samples)
)


@given(arrays(np.int16, st.integers(0, 1000), elements=samples))
def test_level(pcm: Pcm) -> None:
    rms, peak, rfc6464 = oracle.level(pcm)
    level = measure_level(pcm)
    assert level.rms_dbov == pytest.approx(rms, abs=1e-4)
    assert level.peak_dbov == pytest.approx(peak, abs=1e-4)
    assert level.rfc6464 in {rfc6464, round(-level.rms_dbov)}


@given(arrays(np.float32, st.integers(0, 100), elements=st.floats(width=32)))
def test_to_int16(pcm: NDArray[np.float32]) -> None:
    assert np.array_equal(to_int16(pcm), oracle.to_int16(pcm))


@given(arrays(np.int16, st.integers(0, 1000), elements=samples))
def test_float_and_back(pcm: Pcm) -> None:
    assert np.array_equal(to_int16(to_float32(pcm)), pcm)


@given(blocks, st.data())
def test_mix_minus(pcm: Pcm, data: st.DataObject) -> None:
    groups = data.draw(st.none() | st.lists(st.integers(-2, 2), min_size=len(pcm), max_size=len(pcm)))
    mixes = mix_minus(pcm, groups=groups)
    sums = oracle.mix_minus_sums(pcm, list(range(len(pcm))) if groups is None else groups)
    for mix, wide in zip(mixes, sums, strict=True):
        if wide.min() >= -32768 and wide.max() <= 32767:
            assert np.array_equal(mix, wide)
            continue
        # Turned down, never up, never turned over; one gain for both channels of a frame.
        assert (np.abs(mix.astype(np.int64)) <= np.abs(wide)).all()
        assert (mix * np.sign(wide) >= 0).all()


@given(
    rates=st.sampled_from([(48000, 16000), (16000, 48000), (44100, 48000), (48000, 8000), (24000, 24000)]),
    channels=st.integers(1, 2),
    cuts=st.lists(st.integers(0, 1500), max_size=8),
    seed=st.integers(0, 2**32 - 1),
)
def test_resampler_gives_the_same_signal_for_any_cutting(
    rates: tuple[int, int], channels: int, cuts: list[int], seed: int
) -> None:
    pcm = np.random.default_rng(seed).integers(-20000, 20000, (1500, channels), dtype=np.int16)
    whole = Resampler(*rates, channels)
    expected = np.concatenate([whole.process(pcm), whole.flush()])
    pieces = Resampler(*rates, channels)
    edges = [0, *sorted(cuts), len(pcm)]
    parts = [pieces.process(pcm[start:end]) for start, end in pairwise(edges)]
    assert np.array_equal(np.concatenate([*parts, pieces.flush()]), expected)
    # Samples in = samples out, but for the stated delay.
    assert len(expected) == pytest.approx(
        (1500 + whole.latency_ms * rates[0] / 1000) * rates[1] / rates[0], abs=1
    )


@given(
    rate=st.sampled_from([8000, 16000, 44100, 48000]),
    channels=st.integers(1, 2),
    cuts=st.lists(st.integers(0, 50_000), max_size=8),
    seed=st.integers(0, 2**32 - 1),
)
def test_loudness_is_the_same_for_any_cutting_and_as_its_definition_says(
    rate: int, channels: int, cuts: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    pcm = (rng.normal(0, 1, (50_000, channels)) * 10 ** rng.uniform(1, 3.8)).astype(np.int16)
    meter = LoudnessMeter(rate, channels)
    edges = [0, *sorted(cuts), len(pcm)]
    for start, end in pairwise(edges):
        meter.push(pcm[start:end])
    momentary, integrated = oracle.loudness(pcm, rate)
    assert meter.momentary == pytest.approx(momentary, abs=1e-6)
    assert meter.integrated == pytest.approx(integrated, abs=0.05)
