"""Async iterators over what happens, with bounded queues.

A stream begins to collect when its iteration begins; one that is dropped or left by ``break`` stops collecting by itself, because
the publisher holds it weakly. What happens when its reader is too slow is its :class:`Overflow` policy.
"""

from __future__ import annotations

import asyncio
import enum
import weakref
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

from chime_native.errors import ChimeError

__all__ = ["EventStream", "Overflow", "Publisher", "SlowReaderError"]

T = TypeVar("T")


class SlowReaderError(ChimeError):
    """An iterator that must not lose anything was read too slowly; what it held is given up."""


class Overflow(enum.Enum):
    """What a full queue does with the next event."""

    DROP_OLDEST = "drop oldest"  # for media, volumes, figures: only the newest matter; counted in ``dropped``
    FAIL = (
        "fail"  # for life cycle and messages: nothing is lost silently, the iterator raises SlowReaderError
    )


class EventStream(Generic[T]):
    """An async iterator over events of one kind; also an async context manager, which ends it.

    It ends when the session ends, after what was queued has been read.
    """

    def __init__(
        self,
        publisher: Publisher[T],
        limit: int,
        overflow: Overflow,
        accept: Callable[[T], bool] | None,
    ) -> None:
        self.dropped = 0
        self._publisher = publisher
        self._queue: deque[T] = deque()
        self._limit = limit
        self._overflow = overflow
        self._accept = accept
        self._changed = asyncio.Event()
        self._attached = False
        self._ended = False
        self._failed = False

    def __aiter__(self) -> EventStream[T]:
        self._attach()
        return self

    async def __anext__(self) -> T:
        self._attach()
        while not self._queue:
            if self._failed:
                raise SlowReaderError(f"more than {self._limit} events waited to be read")
            if self._ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._queue.popleft()

    async def __aenter__(self) -> EventStream[T]:
        self._attach()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stops collecting and ends the iteration."""
        self._queue.clear()
        self.end()

    def end(self) -> None:
        """Ends the iteration once what is queued has been read."""
        self._ended = True
        self._publisher.detach(self)
        self._changed.set()

    def put(self, event: T) -> None:
        """Takes an event from the publisher."""
        if self._ended or (self._accept is not None and not self._accept(event)):
            return
        if len(self._queue) >= self._limit:
            if self._overflow is Overflow.FAIL:
                self._failed = True
                self._queue.clear()
                self.end()
                return
            self._queue.popleft()
            self.dropped += 1
        self._queue.append(event)
        self._changed.set()

    def _attach(self) -> None:
        if not self._attached and not self._ended:
            self._attached = True
            self._publisher.attach(self)


class Publisher(Generic[T]):
    """Hands events to the streams that are being read."""

    def __init__(
        self, limit: int, overflow: Overflow, on_first_reader: Callable[[], object] | None = None
    ) -> None:
        self._limit = limit
        self._overflow = overflow
        self._on_first_reader = on_first_reader
        self._streams: weakref.WeakSet[EventStream[T]] = weakref.WeakSet()

    def __len__(self) -> int:
        """Streams that collect now."""
        return len(self._streams)

    def stream(self, accept: Callable[[T], bool] | None = None) -> EventStream[T]:
        """A new stream of the events that ``accept`` is true of; collects from its first use on."""
        return EventStream(self, self._limit, self._overflow, accept)

    def attach(self, stream: EventStream[T]) -> None:
        """Called by a stream that begins to be read."""
        first = not self._streams
        self._streams.add(stream)
        if first and self._on_first_reader is not None:
            self._on_first_reader()

    def detach(self, stream: EventStream[T]) -> None:
        """Called by a stream that ends."""
        self._streams.discard(stream)

    def publish(self, event: T) -> None:
        """Hands ``event`` to all streams."""
        for stream in list(self._streams):
            stream.put(event)

    def end(self) -> None:
        """Ends all streams that are being read; later ones start afresh."""
        for stream in list(self._streams):
            stream.end()
