"""Waiting for what may happen, not happen, or happen while nobody needs it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

__all__ = ["Waiters", "cancel", "unless"]

_T = TypeVar("_T")


class Waiters(Generic[_T]):
    """All who wait for the same thing. Those who come after it has happened wait for the next time."""

    def __init__(self) -> None:
        self._waiters: list[asyncio.Future[_T]] = []

    async def wait(self) -> _T:
        """What the next ``settle`` or ``fail`` says."""
        waiter: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            return await waiter
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def settle(self, result: _T) -> None:
        """Tells all who wait."""
        for waiter in self._take():
            waiter.set_result(result)

    def fail(self, make_error: Callable[[], Exception]) -> None:
        """Raises an exception of its own in each who waits."""
        for waiter in self._take():
            waiter.set_exception(make_error())

    def _take(self) -> list[asyncio.Future[_T]]:
        waiting = [waiter for waiter in self._waiters if not waiter.done()]
        self._waiters.clear()
        return waiting


async def unless(event: asyncio.Event, work: Coroutine[Any, Any, _T]) -> _T | None:
    """The result of ``work``; None when the event comes first, and then ``work`` is cancelled."""
    task = asyncio.ensure_future(work)
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        await cancel(task)
        await cancel(waiting)


async def cancel(task: asyncio.Future[Any]) -> None:
    """Cancels what still runs and waits for its end; its outcome matters only to who awaited it."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # seen: what failed beside something that is over needs no report
