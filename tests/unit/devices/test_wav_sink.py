import threading
import wave
from pathlib import Path

import numpy as np
import pytest
from chime_native.devices import WavFileSink
from chime_native.errors import MediaFileError


def read_wav(path: Path) -> tuple[int, np.ndarray]:
    with wave.open(str(path)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        return file.getframerate(), pcm.reshape(-1, file.getnchannels())


async def test_records_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    sink = WavFileSink(path)
    pcm = np.random.default_rng(1).integers(-9000, 9000, (48000, 1), dtype=np.int16)
    for start in range(0, 48000, 480):
        sink.write(pcm[start : start + 480])
    await sink.close()
    rate, recorded = read_wav(path)
    assert rate == 48000
    assert np.array_equal(recorded, pcm)
    assert sink.frames_written == 48000
    assert sink._thread not in threading.enumerate()
    await sink.close()
    sink.write(pcm[:480])


async def test_an_empty_recording_is_a_valid_file(tmp_path: Path) -> None:
    sink = WavFileSink(tmp_path / "empty.wav", channels=2)
    await sink.close()
    assert read_wav(tmp_path / "empty.wav")[1].shape == (0, 2)


async def test_channels_are_converted(tmp_path: Path) -> None:
    stereo = np.array([[100, 300], [-32768, -32768]], dtype=np.int16)
    mono = WavFileSink(tmp_path / "mono.wav")
    mono.write(stereo)
    await mono.close()
    assert np.array_equal(read_wav(tmp_path / "mono.wav")[1], [[200], [-32768]])
    both = WavFileSink(tmp_path / "stereo.wav", channels=2)
    both.write(stereo[:, :1])
    await both.close()
    assert np.array_equal(read_wav(tmp_path / "stereo.wav")[1], [[100, 100], [-32768, -32768]])


async def test_a_slow_disk_costs_blocks_but_no_time(tmp_path: Path) -> None:
    sink = WavFileSink(tmp_path / "slow.wav", max_seconds=0.03)
    for value in range(1, 6):
        sink.write(np.full((480, 1), value, dtype=np.int16))
    assert sink.dropped_blocks == 2
    await sink.close()
    assert np.array_equal(read_wav(tmp_path / "slow.wav")[1][::480, 0], [1, 2, 3, 0, 0])


def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    path = tmp_path / "no" / "such.wav"
    with pytest.raises(MediaFileError) as caught:
        WavFileSink(path)
    assert str(caught.value) == f"cannot write {path}: No such file or directory"
    with pytest.raises(ValueError, match="channels must be 1 or 2"):
        WavFileSink(tmp_path / "a.wav", channels=3)


async def test_a_write_that_fails_is_told_at_close() -> None:
    sink = WavFileSink("/dev/full")  # a device of Linux on which every write fails
    sink.write(np.ones((480, 1), dtype=np.int16))
    with pytest.raises(MediaFileError, match="cannot write /dev/full: No space left on device"):
        await sink.close()
