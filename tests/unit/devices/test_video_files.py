"""Videos from files and into files."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from chime_native.devices import PatternVideoSource, ToneSource, VideoFileSink, VideoFileSource
from chime_native.devices.video_file_sink import grid_places
from chime_native.errors import MediaFileError
from chime_native.video import VideoFrame
from interop_harness import until

RED, BLUE = (220, 20, 20), (20, 20, 220)


def write_film(path: Path, pictures: int = 10, frame_rate: int = 25) -> None:
    """The test pattern as a lossless film."""
    source = PatternVideoSource(160, 120, frame_rate)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=frame_rate)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(pictures):
            frame = av.VideoFrame.from_ndarray(source.picture(number), format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


async def test_a_film_comes_at_its_own_pace_again_and_again(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv")
    source = VideoFileSource(tmp_path / "film.mkv")
    assert source.frame_rate == 25
    loop = asyncio.get_running_loop()
    begin = loop.time()
    numbers = [PatternVideoSource.number_in(await source.read()) for _ in range(15)]  # type: ignore[arg-type]
    assert loop.time() - begin >= 0.9 * (14 + source.dropped_frames) / 25
    if not source.dropped_frames:
        assert numbers == [*range(10), *range(5)]
    await source.close()
    await source.close()
    assert not any(thread.name == "chime-video-file-source" for thread in threading.enumerate())


async def test_a_photograph_is_shown_again_and_again(tmp_path: Path) -> None:
    pixels = np.full((64, 64, 3), (220, 20, 20), np.uint8)
    av.VideoFrame.from_ndarray(pixels, format="rgb24").save(str(tmp_path / "photograph.png"))
    source = VideoFileSource(tmp_path / "photograph.png")
    for _ in range(4):
        picture = await source.read()
        assert picture is not None
        assert np.abs(VideoFrame(picture).to_rgb().astype(int) - RED).max() <= 4
    await source.close()


async def test_films_in_other_colours_look_the_same(tmp_path: Path) -> None:
    """Full range, as phones and screen recorders write it, and BT.709, as films of high definition are."""
    pixels = np.full((64, 64, 3), (220, 20, 20), np.uint8)
    for name, colours in {"601": (5, 1), "full": (5, 2), "709": (1, 1)}.items():
        path = tmp_path / f"{name}.mkv"
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream("ffv1", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            stream.codec_context.colorspace = 1 if name == "709" else 5
            stream.codec_context.color_range = colours[1]
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=colours[0], dst_color_range=colours[1])
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        source = VideoFileSource(path)
        picture = await source.read()
        await source.close()
        assert picture is not None
        assert np.abs(VideoFrame(picture).to_rgb().astype(int) - RED).max() <= 6, name


async def test_a_film_ends_when_it_is_not_to_begin_again(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 3)
    source = VideoFileSource(tmp_path / "film.mkv", loop=False)
    pictures = 0
    while await source.read() is not None:
        pictures += 1
    assert pictures + source.dropped_frames == 3
    await source.close()
    assert await source.read() is None


async def test_a_reader_that_waits_is_let_go_by_the_close(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 1)
    source = VideoFileSource(tmp_path / "film.mkv", loop=False)
    assert await source.read() is not None
    reading = asyncio.create_task(source.read())
    await source.close()
    assert await asyncio.wait_for(reading, 10) is None


def test_files_that_are_no_film(tmp_path: Path) -> None:
    with pytest.raises(MediaFileError, match=r"cannot read .*absent\.mp4: No such file"):
        VideoFileSource(tmp_path / "absent.mp4")
    (tmp_path / "text.mp4").write_text("this is no film\n" * 100)
    with pytest.raises(MediaFileError, match="Invalid data"):
        VideoFileSource(tmp_path / "text.mp4")
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 480), np.int16), format="s16", layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
    with pytest.raises(MediaFileError, match="it holds no video"):
        VideoFileSource(tmp_path / "sound.wav")


def colour_at(picture: np.ndarray, x: float, y: float) -> np.ndarray:
    return picture[int(y * picture.shape[0]), int(x * picture.shape[1])].astype(int)


async def test_a_recording_shows_all_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "seen.mp4"
    sink = VideoFileSink(path, width=320, height=180, frame_rate=30)
    fields = {"red": sink.sink("red"), "blue": sink.sink("blue")}
    fields["red"].write(VideoFrame(PatternVideoSource(160, 90, colour=RED).picture(0)))
    fields["blue"].write(VideoFrame(PatternVideoSource(64, 64, colour=BLUE).picture(0)))
    await until(lambda: sink.frames_written >= 10)
    sink.remove("red")
    fields["red"].write(VideoFrame(PatternVideoSource(160, 90, colour=RED).picture(0)))  # too late
    enough = sink.frames_written + 40
    await until(lambda: sink.frames_written >= enough)
    await sink.close()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 320, 180)
        assert (stream.codec_context.colorspace, stream.codec_context.color_range) == (6, 1)
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(pictures) == sink.frames_written
    both, alone = pictures[5], pictures[-1]
    assert np.abs(colour_at(both, 0.05, 0.3) - RED).max() < 40
    assert np.abs(colour_at(both, 0.95, 0.3) - BLUE).max() < 40
    assert np.abs(colour_at(alone, 0.7, 0.3) - BLUE).max() < 40
    assert np.abs(colour_at(alone, 0.05, 0.5)).max() < 40  # black beside the square


async def test_a_recording_has_the_sound_in_its_time(tmp_path: Path) -> None:
    path = tmp_path / "heard.mp4"
    sink = VideoFileSink(path, width=64, height=64, sound=True)
    sink.sink("somebody")
    tone, clock = ToneSource(440), asyncio.get_running_loop().time
    begin = clock()
    for block in range(100):  # nothing is heard at first
        await asyncio.sleep(max(0.0, begin + 0.5 + block / 100 - clock()))
        sink.write_sound(np.repeat(tone.read(480), 2, axis=1))
    await sink.close()
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        pcm = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert len(pcm) == pytest.approx(1.5 * 48000, abs=6000)
    assert np.abs(pcm[: int(0.3 * 48000)]).max() < 0.01
    second = pcm[int(0.8 * 48000) : int(1.3 * 48000)]
    assert np.argmax(np.abs(np.fft.rfft(second))) * 2 == pytest.approx(440, abs=4)
    silent = VideoFileSink(tmp_path / "silent.mp4")
    with pytest.raises(ValueError, match="sound=True"):
        silent.write_sound(tone.read(480))
    await silent.close()


@pytest.mark.parametrize("sound", [False, True])
async def test_a_recording_of_nothing_is_a_film_too(tmp_path: Path, sound: bool) -> None:
    sink = VideoFileSink(tmp_path / "seen.mp4", width=64, height=64, sound=sound)
    await sink.close()
    with av.open(str(tmp_path / "seen.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 1


async def test_where_no_recording_can_be_made(tmp_path: Path) -> None:
    with pytest.raises(MediaFileError, match=r"cannot write .*seen\.mp4: No such file"):
        VideoFileSink(tmp_path / "no" / "seen.mp4")
    sink = VideoFileSink("/dev/full")
    with pytest.raises(MediaFileError, match="No space left"):
        await sink.close()
    with pytest.raises(ValueError, match="even"):
        VideoFileSink(tmp_path / "seen.mp4", width=65)
    with pytest.raises(ValueError, match="frame_rate"):
        VideoFileSink(tmp_path / "seen.mp4", frame_rate=0)


def test_fields_fill_the_picture() -> None:
    assert grid_places(0, 64, 64) == []
    assert grid_places(1, 64, 64) == [(0, 0, 64, 64)]
    assert grid_places(2, 64, 64) == [(0, 0, 32, 64), (32, 0, 32, 64)]
    assert grid_places(4, 64, 64)[3] == (32, 32, 32, 32)
    for count in range(1, 27):
        places = grid_places(count, 1280, 720)
        assert len({place[:2] for place in places}) == count
        for left, top, width, height in places:
            assert not (left | top | width | height) % 2
            assert left + width <= 1280
            assert top + height <= 720
