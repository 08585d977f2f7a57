import asyncio
from collections.abc import AsyncIterator, Callable
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from chime_native.rtc.tracks import MAX_AHEAD, FrameBuilder, TrackReader


class FedTrack(MediaStreamTrack):
    """Gives what a test puts in; None ends it."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.queue: asyncio.Queue[object] = asyncio.Queue()
        self.taken = asyncio.Event()

    async def recv(self) -> av.AudioFrame:
        if self.queue.empty():
            self.taken.set()
        frame = await self.queue.get()
        self.taken.clear()
        if frame is None:
            raise MediaStreamError
        return frame  # type: ignore[return-value]

    async def feed(self, *frames: object) -> None:
        """Returns when the reader has taken all of them and asks for more, unless the last is the end."""
        for frame in frames:
            self.queue.put_nowait(frame)
        if frames[-1] is not None:
            self.taken.clear()
            await self.taken.wait()


def frame(samples: np.ndarray, rate: int = 48_000, layout: str = "mono", pts: int = 0) -> av.AudioFrame:
    made = av.AudioFrame.from_ndarray(samples.reshape(1, -1).astype(np.int16), format="s16", layout=layout)
    made.sample_rate, made.pts, made.time_base = rate, pts, Fraction(1, rate)
    return made


Read = Callable[[int], tuple[FedTrack, TrackReader]]


@pytest.fixture
async def read() -> AsyncIterator[Read]:
    readers: list[TrackReader] = []

    def make(channels: int) -> tuple[FedTrack, TrackReader]:
        track = FedTrack()
        readers.append(TrackReader(track, channels))
        readers[-1].start()
        return track, readers[-1]

    yield make
    for reader in readers:
        await reader.close()
        await reader.close()


async def test_samples_come_in_order_and_whole(read: Read) -> None:
    track, reader = read(1)
    numbers = np.arange(3000)
    await track.feed(frame(numbers[:1000]), frame(numbers[1000:]))
    heard = np.concatenate([reader.read(480) for _ in range(6)])
    assert (heard[:, 0] == numbers[:2880]).all()


async def test_silence_until_there_is_a_cushion_and_after_running_dry(read: Read) -> None:
    track, reader = read(1)
    assert not reader.read(480).any()
    await track.feed(frame(np.full(500, 7)))
    assert not reader.read(480).any()  # half a frame is not enough to go on
    await track.feed(frame(np.full(500, 7)))
    assert reader.read(480).all()
    assert reader.read(480).all()
    assert reader.read(480)[:40].all()  # the rest, then dry
    await track.feed(frame(np.full(500, 7)))
    assert not reader.read(480).any()


async def test_rates_and_layouts_are_converted(read: Read) -> None:
    track, reader = read(2)
    times = np.arange(8000) / 16_000
    await track.feed(*(frame(part, 16_000) for part in np.split(np.sin(2 * np.pi * 440 * times) * 8000, 25)))
    heard = np.concatenate([reader.read(480) for _ in range(15)])
    assert heard.shape == (7200, 2)
    spectrum = np.abs(np.fft.rfft(heard[:4800, 0].astype(float)))
    assert abs(int(np.argmax(spectrum)) * 10 - 440) <= 10
    assert (heard[:, 0] == heard[:, 1]).all()


async def test_a_fast_track_loses_its_oldest_sound(read: Read) -> None:
    track, reader = read(1)
    numbers = np.arange(MAX_AHEAD + 4800)
    await track.feed(*(frame(part) for part in np.split(numbers, 15)))
    assert reader.samples_dropped > 0
    assert reader.read(480)[0, 0] == reader.samples_dropped


async def test_the_end_of_the_track(read: Read) -> None:
    track, reader = read(1)
    await track.feed(frame(np.full(100, 7)), None)
    async with asyncio.timeout(30):
        assert reader._task is not None
        await reader._task
    assert not reader.ended
    assert reader.read(480)[:100].all()
    assert reader.ended


async def test_packets_are_counted(read: Read) -> None:
    track, reader = read(1)
    await track.feed(av.Packet(10), frame(np.full(960, 7)))
    assert reader.packets_dropped == 1
    assert reader.read(480).all()


def test_frames_of_twenty_milliseconds_with_their_time() -> None:
    builder = FrameBuilder(2)
    blocks = [np.full((480, 2), value, np.int16) for value in (1, 2, 3, 4)]
    frames = [builder.add(block) for block in blocks]
    assert frames[0] is None
    assert frames[2] is None
    first, second = frames[1], frames[3]
    assert first is not None
    assert second is not None
    assert (first.samples, first.sample_rate, first.layout.name, first.pts) == (960, 48_000, "stereo", 0)
    assert second.pts == 960
    assert (second.to_ndarray().reshape(-1, 2)[[0, 959], 0] == [3, 4]).all()
