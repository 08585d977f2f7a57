import asyncio
import time

import pytest
from chime_native.rtc import PlayoutClock
from chime_native.rtc import clock as clock_module
from chime_native.rtc.clock import TICK_US


class Ticks:
    def __init__(self, wanted: int) -> None:
        self.times: list[int] = []
        self.wanted = wanted
        self.enough = asyncio.Event()

    def __call__(self, now_us: int) -> None:
        self.times.append(now_us)
        if len(self.times) >= self.wanted:
            self.enough.set()


async def within(seconds: float, event: asyncio.Event) -> None:
    async with asyncio.timeout(seconds):
        await event.wait()


async def test_ticks_keep_the_rate_of_the_monotonic_clock() -> None:
    clock, ticks = PlayoutClock(), Ticks(60)
    begin = time.monotonic_ns() // 1000
    clock.add(ticks)
    await within(20, ticks.enough)
    elapsed = time.monotonic_ns() // 1000 - begin
    clock.remove(ticks)
    due = elapsed // TICK_US + 1
    # Never ahead; behind by no more than a busy machine may hold this test up after the last tick.
    assert due - 100 <= clock.ticks + clock.ticks_skipped <= due
    assert ticks.times == sorted(ticks.times)


async def test_a_stall_is_made_good_and_a_long_one_is_cut() -> None:
    clock, ticks = PlayoutClock(max_catch_up=10), Ticks(1)
    clock.add(ticks)
    await within(20, ticks.enough)
    made_up = Ticks(5)
    clock.add(made_up)
    time.sleep(0.055)  # noqa: ASYNC251 - the stall
    await within(20, made_up.enough)
    clock.remove(made_up)
    skipped = clock.ticks_skipped
    later = Ticks(20)
    clock.add(later)
    time.sleep(0.3)  # noqa: ASYNC251 - a stall of thirty ticks
    await within(20, later.enough)
    clock.remove(later)
    assert clock.ticks_skipped - skipped >= 15
    clock.remove(ticks)


async def test_the_task_ends_with_the_last_user() -> None:
    tasks = asyncio.all_tasks()
    clock, one, two = PlayoutClock.running(), Ticks(1), Ticks(1)
    assert PlayoutClock.running() is clock
    clock.add(one)
    clock.add(two)
    with pytest.raises(ValueError, match="on the clock already"):
        clock.add(one)
    await within(20, two.enough)
    clock.remove(one)
    assert clock.is_running
    clock.remove(two)
    clock.remove(two)
    assert not clock.is_running
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks
    three = Ticks(2)
    clock.add(three)
    await within(20, three.enough)
    clock.remove(three)


async def test_one_that_raises_is_taken_off_alone(caplog: pytest.LogCaptureFixture) -> None:
    clock, ticks = PlayoutClock(), Ticks(3)

    def broken(_now_us: int) -> None:
        raise RuntimeError("no")

    clock.add(broken)
    clock.add(ticks)
    await within(20, ticks.enough)
    clock.remove(ticks)
    assert len(caplog.records) == 1
    assert not clock.is_running


async def test_leaving_and_coming_within_a_tick() -> None:
    clock, ticks = PlayoutClock(), Ticks(3)
    calls: list[int] = []

    def leave_and_hand_over(now_us: int) -> None:
        calls.append(now_us)
        clock.remove(leave_and_hand_over)
        clock.add(ticks)

    clock.add(leave_and_hand_over)
    await within(20, ticks.enough)
    clock.remove(ticks)
    assert len(calls) == 1


def test_each_loop_has_its_own_clock() -> None:
    async def own() -> PlayoutClock:
        return PlayoutClock.running()

    clocks = [asyncio.run(own()), asyncio.run(own())]
    assert clocks[0] is not clocks[1]
    with pytest.raises(ValueError, match="max_catch_up must be at least 1"):
        PlayoutClock(max_catch_up=0)
    assert clock_module.TICK_US == 10_000


async def test_sockets_are_read_while_ticks_are_made_up() -> None:
    """A late process must not send on and on and read nothing: that is how it stays late."""
    clock, made_up = PlayoutClock(), Ticks(20)
    first = Ticks(1)
    clock.add(first)
    await within(20, first.enough)
    turns = 0

    def count() -> None:
        nonlocal turns
        turns += 1
        if not made_up.enough.is_set():
            asyncio.get_running_loop().call_soon(count)

    clock.add(made_up)
    time.sleep(0.25)  # noqa: ASYNC251 - the stall
    count()
    await within(20, made_up.enough)
    assert turns >= 20
    clock.remove(first)
    clock.remove(made_up)
