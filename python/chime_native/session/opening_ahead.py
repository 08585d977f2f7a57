"""A connection whose signaling is opened before the session starts (SDK: ``AudioVideoControllerFacade.start`` with
``signalingOnly``)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from chime_native.session.attempt import Connection, open_signaling
from chime_native.session.session_logger import SessionLogger

__all__ = ["OpeningAhead"]


class OpeningAhead:
    """At most one connection, from its opening until the start takes it or it is dropped.

    Args:
        connect: makes the connection.
        limit: seconds that opening it may take.
        spawn: starts a task of the session.
        logger: is told what fails, which does no harm.
        closed: called when a connection was closed without having been used.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        limit: float,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        logger: SessionLogger,
        closed: Callable[[], None],
    ) -> None:
        self.task: asyncio.Task[None] | None = (
            None  # the last that was begun here; who ends the session waits for it
        )
        self._connect = connect
        self._limit = limit
        self._spawn = spawn
        self._logger = logger
        self._closed = closed
        self._connection: Connection | None = None

    def begin(self) -> None:
        """Starts opening, unless a connection is there already, and returns at once."""
        if self._connection is None:
            self._connection = self._connect()
            self.task = self._spawn(self._open(self._connection))

    def drop(self) -> None:
        """Starts closing what there is, with no word to anybody, and returns at once."""
        if self._connection is not None:
            if self.task is not None:
                self.task.cancel()
            self.task = self._spawn(self._close())

    async def take(self) -> Connection | None:
        """The connection that was opened, or is being opened, unless it has ended by itself."""
        if self._connection is not None and self._connection.over.done():
            await self._close()
        connection, self._connection = self._connection, None
        return connection

    async def _open(self, connection: Connection) -> None:
        failure = await open_signaling(connection, limit=self._limit)
        if failure is not None:
            self._logger.info("opening ahead failed: %s %s", failure.status, failure.detail)

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
            self._closed()
