import asyncio

import pytest
from chime_native.session.observers import AudioVideoObserver, ObserverSet


class Recorder:
    def __init__(self, log: list[object]) -> None:
        self.log = log

    def audio_video_did_start(self) -> None:
        self.log.append((self, "start"))


async def test_observers_are_called_later_in_order_and_once() -> None:
    log: list[object] = []
    observers = ObserverSet()
    first, second = Recorder(log), Recorder(log)
    observers.add(first)
    observers.add(second)
    observers.add(first)
    observers.notify("audio_video_did_start")
    assert log == []
    await observers.drain()
    assert log == [(first, "start"), (second, "start")]


async def test_an_observer_that_was_removed_in_between_is_not_called() -> None:
    log: list[object] = []
    observers = ObserverSet()
    first, second = Recorder(log), Recorder(log)
    observers.add(first)
    observers.add(second)
    observers.notify("audio_video_did_start")
    observers.remove(first)
    await observers.drain()
    assert log == [(second, "start")]
    observers.remove(first)
    assert first not in observers
    assert len(observers) == 1


async def test_methods_are_optional() -> None:
    observers = ObserverSet()
    observers.add(object())
    observers.notify("audio_video_did_start")
    await observers.drain()


async def test_a_raising_observer_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Raising:
        def audio_video_did_start(self) -> None:
            raise RuntimeError("mine")

    class RaisingLater:
        async def audio_video_did_start(self) -> None:
            await asyncio.sleep(0)
            raise RuntimeError("mine too")

    log: list[object] = []
    observers = ObserverSet()
    last = Recorder(log)
    for observer in (Raising(), RaisingLater(), last):
        observers.add(observer)
    observers.notify("audio_video_did_start")
    await observers.drain()
    assert log == [(last, "start")]
    assert len(caplog.records) == 2


async def test_two_that_wait_for_all_do_not_wait_for_each_other() -> None:
    observers = ObserverSet()

    class Waits:
        async def audio_video_did_start(self) -> None:
            await observers.drain()

    for _ in range(2):
        observers.add(Waits())
    observers.notify("audio_video_did_start")
    await asyncio.wait_for(observers.drain(), 30)


async def test_coroutines_are_awaited_by_drain_except_by_themselves() -> None:
    observers = ObserverSet()
    log = []

    class Slow:
        async def audio_video_did_start(self) -> None:
            await asyncio.sleep(0)
            await observers.drain()
            log.append("done")

    observers.add(Slow())
    observers.notify("audio_video_did_start")
    await asyncio.wait_for(observers.drain(), 30)
    assert log == ["done"]


def test_what_cannot_observe_is_refused() -> None:
    observers = ObserverSet()
    with pytest.raises(TypeError, match="an observer must be an object"):
        observers.add(None)
    with pytest.raises(TypeError, match="an observer must be an object"):
        observers.add(Recorder)


async def test_the_protocol_can_be_inherited() -> None:
    class Mine(AudioVideoObserver):
        pass

    observers = ObserverSet()
    observers.add(Mine())
    observers.notify("audio_video_did_start_connecting", True)
    await observers.drain()
