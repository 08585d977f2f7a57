"""Levels, sample formats, resampling and mix-minus through the binding: shapes, dtypes, errors, threads."""

import sys
import threading

import numpy as np
import pytest
from chime_native.audio import (
    Level,
    Resampler,
    SpeechDetector,
    measure_level,
    measure_levels,
    mix_minus,
    to_float32,
    to_int16,
)
from numpy.typing import NDArray


def tone(frequency: float, rate: int, frames: int, amplitude: float = 8000) -> NDArray[np.int16]:
    return np.rint(amplitude * np.sin(2 * np.pi * frequency * np.arange(frames) / rate)).astype(np.int16)[
        :, None
    ]


class TestLevel:
    def test_is_a_named_tuple(self) -> None:
        level = measure_level(np.full((480, 1), -32768, np.int16))
        assert isinstance(level, Level)
        rms_dbov, peak_dbov, rfc6464 = level
        assert (
            (rms_dbov, peak_dbov, rfc6464)
            == (level.rms_dbov, level.peak_dbov, level.rfc6464)
            == (0.0, 0.0, 0)
        )

    def test_of_a_tone_is_exact(self) -> None:
        level = measure_level(tone(1000, 48000, 480, amplitude=3276.8))
        assert level.rms_dbov == pytest.approx(-20 - 3.0103, abs=0.01)
        assert level.peak_dbov == pytest.approx(-20, abs=0.01)
        assert level.rfc6464 == 23

    def test_takes_any_contiguous_shape(self) -> None:
        block = np.arange(-480, 480, dtype=np.int16)
        assert (
            measure_level(block) == measure_level(block.reshape(480, 2)) == measure_level(memoryview(block))
        )

    def test_of_many_blocks_equals_that_of_each(self) -> None:
        blocks = np.random.default_rng(1).integers(-32768, 32768, (7, 480, 2), dtype=np.int16)
        rms, peak, rfc6464 = measure_levels(blocks)
        assert rms.dtype == peak.dtype == np.float32
        assert rfc6464.dtype == np.uint8
        for row, block in enumerate(blocks):
            assert tuple(measure_level(block)) == (rms[row], peak[row], rfc6464[row])

    def test_refuses_other_types(self) -> None:
        with pytest.raises(
            TypeError, match="pcm must be C-contiguous memory of int16, got elements of format 'f'"
        ):
            measure_level(np.zeros(480, np.float32))  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="got list"):
            measure_level([1, 2])  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="C-contiguous"):
            measure_level(np.zeros((480, 2), np.int16)[:, 0])
        with pytest.raises(ValueError, match=r"\(blocks, frames\)"):
            measure_levels(np.zeros(480, np.int16))


class TestSampleFormat:
    @pytest.mark.parametrize("shape", [(0,), (480,), (480, 2), (3, 160, 1)])
    def test_keeps_the_shape_and_comes_back(self, shape: tuple[int, ...]) -> None:
        pcm = np.random.default_rng(2).integers(-32768, 32768, shape, dtype=np.int16)
        floats = to_float32(pcm)
        assert floats.dtype == np.float32
        assert floats.shape == shape
        assert np.array_equal(floats, pcm.astype(np.float32) / 32768)
        assert np.array_equal(to_int16(floats), pcm)

    def test_writes_into_out(self) -> None:
        pcm = tone(440, 48000, 480)
        floats = np.empty((480, 1), np.float32)
        assert to_float32(pcm, out=floats) is floats
        back = np.empty((480, 1), np.int16)
        assert to_int16(floats, out=back) is back
        assert np.array_equal(back, pcm)

    def test_refuses_an_out_that_does_not_fit(self) -> None:
        pcm = tone(440, 48000, 480)
        with pytest.raises(ValueError, match=r"out must have shape \(480, 1\), got \(480,\)"):
            to_float32(pcm, out=np.empty(480, np.float32))
        with pytest.raises(TypeError, match="out must be C-contiguous memory of float32"):
            to_float32(pcm, out=np.empty((480, 1), np.float64))  # type: ignore[arg-type]
        read_only = np.empty((480, 1), np.float32)
        read_only.flags.writeable = False
        with pytest.raises(ValueError, match="can be written"):
            to_float32(pcm, out=read_only)


class TestResampler:
    @pytest.mark.parametrize("channels", [1, 2])
    def test_gives_10_ms_for_10_ms(self, channels: int) -> None:
        resampler = Resampler(48000, 16000, channels)
        for _ in range(5):
            out = resampler.process(np.zeros((480, channels), np.int16))
            assert out.shape == (160, channels)
            assert out.dtype == np.int16

    def test_float_and_int_are_the_same_signal(self) -> None:
        pcm = tone(1000, 48000, 4800)
        as_int = Resampler(48000, 16000).process(pcm)
        as_float = Resampler(48000, 16000).process(to_float32(pcm))
        assert as_float.dtype == np.float32
        assert np.max(np.abs(as_float * 32768 - as_int)) <= 1

    def test_states_its_latency(self) -> None:
        assert [Resampler(48000, 16000, quality=quality).latency_ms for quality in (3, 4, 5)] == [
            1.5,
            2.0,
            2.5,
        ]
        impulse = np.zeros((4800, 1), np.int16)
        impulse[480] = 20000
        resampler = Resampler(48000, 16000)
        out = np.concatenate([resampler.process(impulse), resampler.flush()])
        assert abs(int(np.argmax(out)) - (160 + resampler.latency_ms * 16)) <= 1

    def test_flush_gives_the_rest_and_starts_over(self) -> None:
        pcm = tone(440, 48000, 4800)
        resampler = Resampler(48000, 44100, 1, quality=5)
        first = np.concatenate([resampler.process(pcm), resampler.flush()])
        second = np.concatenate([resampler.process(pcm), resampler.flush(np.int16)])
        assert np.array_equal(first, second)
        assert len(first) == pytest.approx(4410 + resampler.latency_ms * 44.1, abs=1)

    def test_equal_rates_pass_through(self) -> None:
        pcm = tone(440, 48000, 480)
        resampler = Resampler(48000, 48000)
        assert resampler.latency_ms == 0
        assert np.array_equal(resampler.process(pcm), pcm)
        assert resampler.flush().shape == (0, 1)

    def test_refuses_what_it_cannot_do(self) -> None:
        with pytest.raises(ValueError, match="in_rate is 10, allowed are 1000 to 384000"):
            Resampler(10, 16000)
        with pytest.raises(ValueError, match="quality is 11"):
            Resampler(48000, 16000, quality=11)
        with pytest.raises(ValueError, match=r"pcm must have shape \(frames, 2\), got \(480, 1\)"):
            Resampler(48000, 16000, 2).process(np.zeros((480, 1), np.int16))
        with pytest.raises(TypeError, match="dtype must be int16 or float32, got float64"):
            Resampler(48000, 16000).flush(np.float64)  # type: ignore[call-overload]

    def test_use_by_two_threads_is_an_error_and_not_a_race(self) -> None:
        resampler = Resampler(48000, 16000)
        pcm = np.zeros((48000 * 20, 1), np.int16)
        stop = threading.Event()
        refusals: list[str] = []
        refused = threading.Event()

        def use() -> None:
            while not stop.is_set():
                try:
                    resampler.process(pcm)
                except RuntimeError as error:
                    refusals.append(str(error))
                    refused.set()

        threads = [threading.Thread(target=use) for _ in range(2)]
        for thread in threads:
            thread.start()
        was_refused = refused.wait(30)
        stop.set()
        for thread in threads:
            thread.join()
        assert was_refused
        assert set(refusals) == {"Resampler is in use by another thread"}


class TestMixMinus:
    def test_everyone_hears_the_others(self) -> None:
        blocks = np.array([[1, 2], [10, 20], [100, 200]], np.int16)
        assert mix_minus(blocks).tolist() == [[110, 220], [101, 202], [11, 22]]
        assert mix_minus(blocks[:, :, None]).shape == (3, 2, 1)

    def test_groups_do_not_hear_themselves(self) -> None:
        blocks = np.array([[1], [10], [100]], np.int16)
        assert mix_minus(blocks, groups=[0, 0, 1]).tolist() == [[100], [100], [11]]

    def test_writes_into_out(self) -> None:
        blocks = np.ones((3, 480), np.int16)
        out = np.empty_like(blocks)
        assert mix_minus(blocks, out=out) is out
        assert (out == 2).all()

    def test_of_nobody_is_empty(self) -> None:
        assert mix_minus(np.zeros((0, 480, 1), np.int16)).shape == (0, 480, 1)

    def test_refuses_what_does_not_fit(self) -> None:
        blocks = np.zeros((3, 480), np.int16)
        with pytest.raises(ValueError, match="one number for each of the 3 streams, got 2"):
            mix_minus(blocks, groups=[1, 2])
        with pytest.raises(ValueError, match=r"got \(480,\)"):
            mix_minus(blocks[0])
        with pytest.raises(ValueError, match="out must have shape"):
            mix_minus(blocks, out=np.zeros((3, 481), np.int16))
        with pytest.raises(TypeError, match="int16"):
            mix_minus(blocks.astype(np.int32))  # type: ignore[arg-type]


class TestSpeechDetector:
    def test_checks_the_block(self) -> None:
        detector = SpeechDetector(16000, 2)
        assert detector.push(np.zeros((160, 2), np.int16)) is False
        assert detector.speech is False
        assert 0 <= detector.probability <= 1
        with pytest.raises(ValueError, match=r"pcm must have shape \(160, 2\)"):
            detector.push(np.zeros((480, 2), np.int16))
        with pytest.raises(ValueError, match="sample_rate is 44100"):
            SpeechDetector(44100)


def test_large_work_lets_other_threads_run() -> None:
    """With a switch interval of a minute another thread gets on only where native code gives the GIL away."""
    pcm = np.zeros((48000 * 60, 1), np.int16)
    resampler = Resampler(48000, 16000)
    go = threading.Event()
    ran = threading.Event()

    def other() -> None:
        go.wait()
        ran.set()

    thread = threading.Thread(target=other)
    thread.start()
    before = sys.getswitchinterval()
    sys.setswitchinterval(60)
    try:
        go.set()
        resampler.process(pcm)
        ran_meanwhile = ran.is_set()
    finally:
        sys.setswitchinterval(before)
        thread.join()
    assert ran_meanwhile
