import asyncio
import threading
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from chime_native.devices import FileSource
from chime_native.errors import ChimeError, MediaFileError


def write_wav(path: Path, pcm: np.ndarray, rate: int = 48000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if pcm.ndim == 1 else pcm.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.astype(np.int16).tobytes())
    return path


def sine(hz: float, seconds: float, rate: int = 48000) -> np.ndarray:
    return np.rint(8000 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.int16)


async def read_seconds(source: FileSource, seconds: float) -> np.ndarray:
    """Reads as the clock would, only faster; lets the decoding thread keep up."""
    blocks = []
    while len(blocks) < round(seconds * 100):
        late = source.underruns
        block = source.read(480)
        if source.underruns > late:
            await asyncio.sleep(0)
            continue
        blocks.append(block)
    return np.concatenate(blocks)


async def test_wav_comes_out_sample_by_sample(tmp_path: Path) -> None:
    pcm = sine(440, 5.003)
    source = FileSource(write_wav(tmp_path / "a.wav", pcm))
    heard = (await read_seconds(source, 5.1))[:, 0]
    assert np.array_equal(heard[: len(pcm)], pcm)
    assert not heard[len(pcm) :].any()
    assert source.ended
    await asyncio.wait_for(source.finished(), 30)
    await source.close()


async def test_other_rates_and_stereo_are_converted(tmp_path: Path) -> None:
    pcm = np.stack([sine(440, 2, 16000), sine(600, 2, 16000)], axis=1)
    source = await FileSource.open(write_wav(tmp_path / "a.wav", pcm, 16000))
    assert source.channels == 2
    heard = await read_seconds(source, 1)
    assert heard.shape == (48000, 2)
    assert np.argmax(np.abs(np.fft.rfft(heard[:, 0]))) == 440
    assert np.argmax(np.abs(np.fft.rfft(heard[:, 1]))) == 600
    await source.close()


async def test_compressed_files_are_played(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libopus", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(sine(1000, 2)[np.newaxis, :], format="s16", layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    source = FileSource(path)
    heard = await read_seconds(source, 1)
    assert np.argmax(np.abs(np.fft.rfft(heard[:, 0]))) == 1000
    await source.close()


async def test_start_leaves_out_the_beginning_and_loop_begins_again(tmp_path: Path) -> None:
    pcm = np.arange(48000) % 7000
    path = write_wav(tmp_path / "a.wav", pcm)
    source = FileSource(path, start=0.25)
    assert np.array_equal((await read_seconds(source, 0.5))[:, 0], pcm[12000:36000])
    await source.close()
    source = FileSource(path, loop=True)
    assert np.array_equal((await read_seconds(source, 3))[:, 0], np.tile(pcm, 3))
    assert not source.ended
    await source.close()


async def test_decodes_ahead_by_a_bounded_amount(tmp_path: Path) -> None:
    source = FileSource(write_wav(tmp_path / "long.wav", sine(100, 60)))
    await read_seconds(source, 1)
    await source.close()
    assert source._buffered < 3 * 48000
    assert source._thread not in threading.enumerate()
    await source.close()
    await asyncio.wait_for(source.finished(), 30)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("absent.wav", None, "No such file or directory"),
        ("text.wav", b"this is not sound\n" * 50, "Invalid data found"),
        ("empty.wav", b"", "Invalid data found"),
    ],
)
def test_unreadable_files_are_named_with_the_reason(
    tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaFileError, match=reason) as caught:
        FileSource(path)
    assert isinstance(caught.value, ChimeError)
    assert str(caught.value).startswith(f"cannot read {path}: ")
    assert "\n" not in str(caught.value)


def test_folder_and_file_without_sound_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaFileError, match="Is a directory"):
        FileSource(tmp_path)
    video = tmp_path / "picture.mp4"
    with av.open(str(video), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    with pytest.raises(MediaFileError, match="it holds no audio"):
        FileSource(video)
    with pytest.raises(MediaFileError, match="it holds no audio"):
        FileSource(write_wav(tmp_path / "nothing.wav", np.zeros(0)))


def test_no_thread_is_left_by_a_file_that_cannot_be_played(tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(MediaFileError):
        FileSource(tmp_path / "absent.wav")
    assert threading.active_count() == before


def test_start_must_not_be_negative(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="start must be 0 seconds or more, not -1"):
        FileSource(tmp_path / "a.wav", start=-1)
