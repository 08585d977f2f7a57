"""Reads the media of all peers of an event loop: one descriptor to wait for, one call into C++ for all that came."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final
from weakref import WeakKeyDictionary

from chime_native._native import net
from chime_native.rtc.clock import PlayoutClock

__all__ = ["MediaPoller"]

logger = logging.getLogger(__name__)

MAX_READ_S: Final = 0.005
"""How long reading may keep the loop from its ticks; what is left waits in the kernel, which drops it when it is too much."""

Item = tuple[int, int, bytes, int, int, tuple[str, int] | None]
"""As of `net.MediaPoller.poll`."""
Received = Callable[[int, bytes, int, int, tuple[str, int] | None], None]
"""Gets kind, data, arrival, socket and sender as of `net.MediaPoller.poll`."""


class MediaPoller:
    """There is one per loop, :meth:`running`, while a path is in it.

    What has come is also read just before each tick of the playout clock, so that the time at which the kernel had a
    packet is the time from which it can be played, however busy the loop is.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Received] = {}
        self._native = net.MediaPoller()
        self._is_reading = False
        self._held: dict[net.MediaPath, list[bytes]] = {}

    @classmethod
    def running(cls) -> MediaPoller:
        """The poller of the running loop."""
        loop = asyncio.get_running_loop()
        poller = _pollers.get(loop)
        if poller is None:
            poller = _pollers[loop] = cls()
        return poller

    def add(self, path: net.MediaPath, received: Received) -> int:
        """Tells ``received`` what comes for the path; the number for :meth:`remove`."""
        number = self._native.add(path)
        self._handlers[number] = received
        if len(self._handlers) == 1:
            asyncio.get_running_loop().add_reader(self._native.fileno(), self._read)
            PlayoutClock.running().before_tick = self._read
        return number

    def remove(self, number: int) -> None:
        """Reads no more for a path."""
        if self._handlers.pop(number, None) is None:
            return
        self._native.remove(number)
        if not self._handlers:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._native.fileno())
            PlayoutClock.running().before_tick = None
            self._native.close()
            del _pollers[loop]

    def send(self, path: net.MediaPath, packets: Sequence[bytes]) -> None:
        """Sends by the path; what is sent in answer to what has just been read goes in one batch a path."""
        if self._is_reading:
            self._held.setdefault(path, []).extend(packets)
        else:
            path.send(packets)

    def _read(self) -> None:
        end = time.monotonic() + MAX_READ_S
        while (items := self._native.poll()) and self._handlers:
            self._is_reading = True
            try:
                self._deliver(items)
            finally:
                self._is_reading = False
                held, self._held = self._held, {}
                for path, packets in held.items():
                    path.send(packets)
            if time.monotonic() > end:
                return

    def _deliver(self, items: Sequence[Item]) -> None:
        for number, kind, data, arrival_us, socket, sender in items:
            handler = self._handlers.get(number)
            if handler is None:
                continue  # removed by what came before it
            try:
                handler(kind, data, arrival_us, socket, sender)
            except Exception:
                logger.exception("a datagram was lost, for what handles it raised")


_pollers: WeakKeyDictionary[asyncio.AbstractEventLoop, MediaPoller] = WeakKeyDictionary()
