"""The playout clock: one task per event loop that ticks every 10 ms for all who take or give PCM."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable
from weakref import WeakKeyDictionary

__all__ = ["TICK_US", "PlayoutClock"]

logger = logging.getLogger(__name__)

#: Microseconds: the engine's block is 10 ms.
TICK_US = 10_000

#: Ticks made up for at once after a stall, 500 ms; beyond it time is skipped rather than played in a burst.
MAX_CATCH_UP = 50

#: Turns of the loop between ticks that are made up for. asyncio reads one datagram from a socket each turn: without these
#: a process that is late sends half a second of packets for each one that it reads, and stays late.
TURNS_BETWEEN_TICKS = 4

Tick = Callable[[int], None]


class PlayoutClock:
    """Calls back every 10 ms of monotonic time with that time in microseconds.

    There is one clock per loop, :meth:`running`, with one task, which lives while somebody uses the clock. A late
    wake-up is made good by as many ticks as were missed, up to ``max_catch_up``; what is beyond is skipped and
    counted. A callback that raises is logged and taken off the clock; the others go on. Each runs in the context (contextvars)
    in which it was added.
    """

    def __init__(self, *, max_catch_up: int = MAX_CATCH_UP) -> None:
        if max_catch_up < 1:
            raise ValueError(f"max_catch_up must be at least 1, not {max_catch_up}")
        self._max_catch_up = max_catch_up
        self._callbacks: dict[Tick, contextvars.Context] = {}
        self._task: asyncio.Task[None] | None = None
        self.ticks = 0
        self.ticks_late = 0
        """Made good after a stall, 10 ms or more after their time."""
        self.ticks_skipped = 0
        self.before_tick: Callable[[], None] | None = None
        """Called before the callbacks of each tick: what brings in the packets that have come by then."""

    @classmethod
    def running(cls) -> PlayoutClock:
        """The clock of the running loop."""
        loop = asyncio.get_running_loop()
        clock = _clocks.get(loop)
        if clock is None:
            clock = _clocks[loop] = cls()
        return clock

    def add(self, callback: Tick) -> None:
        """Calls ``callback(now_us)`` at every tick from the next one on; it must not block."""
        if callback in self._callbacks:
            raise ValueError(f"{callback!r} is on the clock already")
        self._callbacks[callback] = contextvars.copy_context()
        if self._task is None:
            # The clock is nobody's in particular: hence a context of its own.
            self._task = asyncio.get_running_loop().create_task(
                self._run(), name="chime-playout-clock", context=contextvars.Context()
            )

    def remove(self, callback: Tick) -> None:
        """Ends the calls of ``callback``, also when it was never added; the last one to leave ends the task."""
        self._callbacks.pop(callback, None)
        if not self._callbacks and self._task is not None:
            task, self._task = self._task, None
            task.cancel()

    @property
    def is_running(self) -> bool:
        """Whether there is a task, that is, somebody uses the clock."""
        return self._task is not None

    async def _run(self) -> None:
        due = _now_us()
        while True:
            now = _now_us()
            behind = (now - due) // TICK_US + 1
            if behind > self._max_catch_up:
                self.ticks_skipped += behind - self._max_catch_up
                due += (behind - self._max_catch_up) * TICK_US
                behind = self._max_catch_up
            self.ticks_late += max(0, behind - 1)
            for _ in range(behind):
                if self._task is not asyncio.current_task():
                    return  # the last user left, and perhaps another came, in the middle of catching up
                self._tick(_now_us())
                due += TICK_US
                for _ in range(TURNS_BETWEEN_TICKS if behind > 1 else 0):
                    await asyncio.sleep(0)
            await asyncio.sleep(max(0, due - _now_us()) / 1e6)

    def _tick(self, now_us: int) -> None:
        self.ticks += 1
        if self.before_tick is not None:
            self.before_tick()
        for callback, context in tuple(self._callbacks.items()):
            if callback not in self._callbacks:
                continue  # removed by one before it in this tick
            try:
                context.run(callback, now_us)
            except Exception:  # noqa: BLE001 - logged, as the session whose callback it is
                context.run(logger.exception, "taken off the playout clock: %r raised", callback)
                self.remove(callback)


_clocks: WeakKeyDictionary[asyncio.AbstractEventLoop, PlayoutClock] = WeakKeyDictionary()


def _now_us() -> int:
    return time.monotonic_ns() // 1000
