import asyncio

import numpy as np
import pytest
from chime_native.devices import ArraySink, BlockSink, CallbackSink


def block(value: int, frames: int = 480) -> np.ndarray:
    return np.full((frames, 1), value, dtype=np.int16)


async def test_array_sink_keeps_copies_and_can_be_waited_for() -> None:
    sink = ArraySink()
    waiting = asyncio.create_task(sink.wait_for(0.02))
    await asyncio.sleep(0)
    pcm = block(1)
    sink.write(pcm)
    pcm[:] = 9
    assert not waiting.done()
    sink.write(block(2))
    heard = await asyncio.wait_for(waiting, 30)
    assert np.array_equal(heard[:, 0], np.repeat([1, 2], 480))
    assert len(sink) == 960
    sink.clear()
    assert sink.array().shape == (0, 1)


async def test_array_sink_is_bounded() -> None:
    sink = ArraySink(max_seconds=0.03)
    for value in range(5):
        sink.write(block(value))
    assert np.array_equal(sink.array()[::480, 0], [2, 3, 4])
    assert sink.dropped_blocks == 2
    with pytest.raises(ValueError, match=r"at most 0\.03"):
        await sink.wait_for(1)
    with pytest.raises(ValueError, match="max_seconds must be more than 0"):
        ArraySink(0)


def test_callback_sink_survives_a_raising_callback(caplog: pytest.LogCaptureFixture) -> None:
    heard = []

    def callback(pcm: np.ndarray) -> None:
        heard.append(int(pcm[0, 0]))
        raise RuntimeError("mine")

    sink = CallbackSink(callback)
    sink.write(block(1))
    sink.write(block(2))
    assert heard == [1, 2]
    assert sink.errors == 2
    assert len(caplog.records) == 1
    with pytest.raises(TypeError, match="must be callable"):
        CallbackSink(5)  # type: ignore[arg-type]


async def test_block_sink_gives_blocks_and_drops_the_oldest() -> None:
    sink = BlockSink(max_blocks=2)
    for value in range(4):
        sink.write(block(value))
    assert sink.dropped_blocks == 2
    sink.close()
    assert [int(pcm[0, 0]) async for pcm in sink] == [2, 3]


async def test_block_sink_wakes_its_reader() -> None:
    sink = BlockSink()
    reader = asyncio.create_task(anext(sink))
    await asyncio.sleep(0)
    sink.write(block(7))
    assert int((await asyncio.wait_for(reader, 30))[0, 0]) == 7
    reader = asyncio.create_task(anext(sink))
    await asyncio.sleep(0)
    sink.close()
    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(reader, 30)
