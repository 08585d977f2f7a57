import asyncio
import gc

import pytest
from chime_native.session.streams import Overflow, Publisher, SlowReaderError


async def test_a_stream_collects_from_its_first_use_until_the_end() -> None:
    publisher: Publisher[int] = Publisher(10, Overflow.FAIL)
    stream = publisher.stream()
    publisher.publish(0)
    reader = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    publisher.publish(1)
    publisher.publish(2)
    assert await asyncio.wait_for(reader, 30) == 1
    publisher.end()
    publisher.publish(3)
    assert [event async for event in stream] == [2]
    assert len(publisher) == 0


async def test_leaving_by_break_stops_collecting() -> None:
    publisher: Publisher[int] = Publisher(10, Overflow.FAIL)

    async def first() -> int:
        async for event in publisher.stream():
            return event
        raise AssertionError

    task = asyncio.create_task(first())
    await asyncio.sleep(0)
    assert len(publisher) == 1
    publisher.publish(5)
    assert await asyncio.wait_for(task, 30) == 5
    del task
    gc.collect()
    assert len(publisher) == 0


async def test_an_unread_stream_costs_nothing() -> None:
    publisher: Publisher[int] = Publisher(10, Overflow.FAIL)
    _stream = publisher.stream()
    publisher.publish(1)
    assert len(publisher) == 0


async def test_a_slow_reader_loses_the_oldest_or_fails() -> None:
    loses: Publisher[int] = Publisher(2, Overflow.DROP_OLDEST)
    async with loses.stream() as stream:
        for event in range(4):
            loses.publish(event)
        assert stream.dropped == 2
        assert await anext(stream) == 2
    with pytest.raises(StopAsyncIteration):
        await anext(stream)

    fails: Publisher[int] = Publisher(2, Overflow.FAIL)
    async with fails.stream() as stream:
        for event in range(3):
            fails.publish(event)
        with pytest.raises(SlowReaderError, match="more than 2 events"):
            await anext(stream)
    assert len(fails) == 0


async def test_events_can_be_chosen() -> None:
    publisher: Publisher[int] = Publisher(10, Overflow.FAIL)
    async with publisher.stream(lambda event: event % 2 == 0) as stream:
        for event in range(5):
            publisher.publish(event)
        publisher.end()
        assert [event async for event in stream] == [0, 2, 4]
