"""The source of a session's video: read when wanted, left alone otherwise."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from chime_native.devices import ArrayVideoSource, PatternVideoSource
from chime_native.errors import DeviceError
from chime_native.session.video_input import VideoInput

PATIENCE = 20


class Taken:
    """What an input gives."""

    def __init__(self) -> None:
        self.pictures: list[np.ndarray] = []
        self.arrived = asyncio.Event()
        self.changes = self.ends = 0
        self.input = VideoInput(self._take, self._change)
        self.input.on_end = self._end

    def _take(self, picture: np.ndarray, _captured_us: int) -> None:
        self.pictures.append(picture)
        self.arrived.set()

    def _change(self) -> None:
        self.changes += 1

    def _end(self) -> None:
        self.ends += 1
        self.arrived.set()

    async def next(self) -> np.ndarray:
        self.arrived.clear()
        await asyncio.wait_for(self.arrived.wait(), PATIENCE)
        return self.pictures[-1]

    async def ended(self, times: int) -> None:
        while self.ends < times:
            self.arrived.clear()
            await asyncio.wait_for(self.arrived.wait(), PATIENCE)


class Source:
    """Counts what is done with it."""

    def __init__(self, *, fails: bool = False, breaks: bool = False) -> None:
        self.calls: list[str] = []
        self._fails, self._breaks = fails, breaks

    async def start(self) -> None:
        self.calls.append("start")
        if self._fails:
            raise DeviceError("it is taken")

    async def read(self) -> Any:
        if self._breaks:
            raise RuntimeError("no")
        await asyncio.sleep(0.04)
        return np.zeros((6, 4), np.uint8)

    async def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
async def taken() -> AsyncIterator[Taken]:
    taken = Taken()
    yield taken
    await taken.input.close()


async def test_a_source_is_read_while_it_is_wanted(taken: Taken) -> None:
    first, second = Source(), Source()
    await taken.input.choose(first)
    await taken.input.choose(first)  # the same: nothing happens
    assert (first.calls, taken.changes) == (["start"], 1)
    await asyncio.sleep(0.1)
    assert taken.pictures == []
    taken.input.set_wanted(True)
    await taken.next()
    assert taken.input.size == (4, 4)
    await taken.input.choose(second)
    assert first.calls == ["start", "close"]
    await taken.next()
    taken.input.set_wanted(False)
    count = len(taken.pictures)
    await asyncio.sleep(0.1)
    assert len(taken.pictures) == count
    await taken.input.choose(None)
    assert second.calls == ["start", "close"]
    assert taken.input.source is None


async def test_a_source_that_cannot_be_started(taken: Taken) -> None:
    with pytest.raises(DeviceError, match="taken"):
        await taken.input.choose(Source(fails=True))
    assert taken.input.source is None
    with pytest.raises(TypeError, match="async read"):
        await taken.input.choose("camera")  # type: ignore[arg-type]


async def test_a_source_that_breaks_or_ends_is_told(taken: Taken, caplog: pytest.LogCaptureFixture) -> None:
    taken.input.set_wanted(True)
    await taken.input.choose(Source(breaks=True))
    await taken.ended(1)
    assert (taken.ends, taken.input.errors) == (1, 1)
    assert "is not read any more" in caplog.text
    source = ArrayVideoSource()
    await taken.input.choose(source)
    source.end()
    await taken.ended(2)
    assert (taken.ends, taken.input.errors) == (2, 1)


async def test_black_is_sent_in_place_of_the_pictures(taken: Taken) -> None:
    taken.input.set_wanted(True)
    await taken.input.choose(PatternVideoSource(64, 64))
    assert (await taken.next())[0].max() > 16
    taken.input.blank = True
    await taken.next()
    picture = await taken.next()
    assert (picture[:64] == 16).all()
    assert (picture[64:] == 128).all()


async def test_more_pictures_than_a_meeting_takes_are_left_out(taken: Taken) -> None:
    source = ArrayVideoSource()
    taken.input.set_wanted(True)
    await taken.input.choose(source)
    for value in range(3):  # all at once
        source.push(np.full((6, 4), value, np.uint8))
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    assert len(taken.pictures) == 1
