"""Sources of pictures: pace, shapes, what is refused."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from chime_native.devices import (
    ArrayVideoSource,
    FrameSink,
    PatternVideoSource,
    parse_video_source,
    video_sources,
)
from chime_native.devices.video_sinks import CallbackVideoSink
from chime_native.video import VideoFrame, scale_i420, to_i420


def test_the_pattern_says_which_picture_it_is() -> None:
    source = PatternVideoSource()
    for number in (0, 1, 12345, 65535):
        picture = source.picture(number)
        assert picture.shape == (540, 640)
        assert picture.dtype == np.uint8
        assert PatternVideoSource.number_in(picture) == number
        assert PatternVideoSource.number_in(scale_i420(picture, 320, 180)) == number
        assert PatternVideoSource.number_in(scale_i420(picture, 1280, 720)) == number
    assert (source.picture(3) == source.picture(3)).all()
    assert (source.picture(3) != source.picture(40)).any()


def test_the_pattern_may_have_one_colour() -> None:
    picture = PatternVideoSource(160, 120, colour=(200, 40, 40)).picture(0)
    corner = VideoFrame(picture).to_rgb()[5, 150]
    assert np.abs(corner.astype(int) - (200, 40, 40)).max() <= 4


async def test_the_pattern_keeps_its_pace_and_leaves_out_what_was_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = PatternVideoSource(64, 64, 50)
    begin = time.monotonic()
    numbers = [PatternVideoSource.number_in(await source.read()) for _ in range(10)]
    assert time.monotonic() - begin >= 9 / 50
    assert numbers == sorted(set(numbers))
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + 0.2)
    monkeypatch.setattr(video_sources, "time", later)
    assert PatternVideoSource.number_in(await source.read()) >= numbers[-1] + 5


@pytest.mark.parametrize("size", [(63, 64), (64, 62), (4000, 64)])
def test_sizes_of_the_pattern_that_cannot_be(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"{size[0]} x {size[1]}"):
        PatternVideoSource(*size)
    with pytest.raises(ValueError, match="frame_rate"):
        PatternVideoSource(frame_rate=0)
    with pytest.raises(ValueError, match="colour"):
        PatternVideoSource(colour=(0, 0, 256))


async def test_pushed_pictures_come_in_their_order_and_the_oldest_are_lost() -> None:
    source = ArrayVideoSource(max_frames=2)
    reading = asyncio.create_task(source.read())
    await asyncio.sleep(0)
    pictures = [np.full((6, 4), value, np.uint8) for value in range(4)]
    source.push(pictures[0])
    assert (await reading) is not None
    for picture in pictures[1:]:
        source.push(picture)
    assert source.dropped_frames == 1
    assert [int((await source.read())[0, 0]) for _ in range(2)] == [2, 3]  # type: ignore[index]
    source.end()
    assert await source.read() is None


def test_pictures_in_other_forms() -> None:
    rgb = np.full((5, 7, 3), (10, 200, 30), np.uint8)
    assert to_i420(rgb).shape == (6, 6)  # the odd row and column are left out
    rgba = np.dstack([rgb, np.zeros((5, 7), np.uint8)])
    assert (to_i420(rgba) == to_i420(rgb)).all()
    i420 = np.zeros((6, 4), np.uint8)
    assert to_i420(i420) is i420
    assert np.abs(VideoFrame(to_i420(rgb)).to_rgb().astype(int) - (10, 200, 30)).max() <= 4


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (np.zeros((6, 4), np.float32), TypeError),
        ("picture", TypeError),
        (np.zeros((7, 4), np.uint8), ValueError),
        (np.zeros((6, 5), np.uint8), ValueError),
        (np.zeros((4, 4, 2), np.uint8), ValueError),
        (np.zeros((1, 4, 3), np.uint8), ValueError),
    ],
)
def test_what_is_no_picture(wrong: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"picture|I420"):
        ArrayVideoSource().push(wrong)


async def test_sinks() -> None:
    frame = VideoFrame(np.zeros((6, 4), np.uint8), timestamp=5)
    assert (frame.width, frame.height) == (4, 4)
    sink = FrameSink()
    waiting = asyncio.create_task(sink.wait_for(lambda frame: frame.timestamp == 5))
    await asyncio.sleep(0)
    sink.write(VideoFrame(frame.i420))
    sink.write(frame)
    assert await waiting is frame
    assert (sink.frames, sink.latest) == (2, frame)

    def fails(_frame: VideoFrame) -> None:
        raise RuntimeError("no")

    failing = CallbackVideoSink(fails)
    failing.write(frame)
    failing.write(frame)
    assert failing.errors == 2
    with pytest.raises(TypeError, match="callable"):
        CallbackVideoSink(3)  # type: ignore[arg-type]


def test_words_of_a_command_line() -> None:
    assert parse_video_source("none") is None
    assert isinstance(parse_video_source("pattern"), PatternVideoSource)
