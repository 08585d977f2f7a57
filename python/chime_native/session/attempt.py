"""One attempt to connect: the steps of a connection, within the limits of the SDK's tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

from chime_native.session.failures import AttemptFailed
from chime_native.session.status import MeetingSessionStatusCode
from chime_native.session.waiting import cancel

__all__ = ["Connection", "establish", "open_signaling"]


class Connection(Protocol):
    """One signaling connection and the media connection that belongs to it."""

    over: asyncio.Future[AttemptFailed]

    async def open(self) -> None:
        """Opens the signaling connection, ahead of its use; raises ``AttemptFailed``."""

    async def join(self) -> None:
        """Opens the signaling connection if it is not open, and joins; raises ``AttemptFailed``."""

    async def negotiate(self) -> None:
        """Brings up the media connection; raises ``AttemptFailed``."""

    async def leave(self, limit: float) -> None:
        """Says good-bye and waits for the answer, at most ``limit`` seconds."""

    async def close(self) -> None:
        """Ends everything; nothing of the connection is left."""


async def establish(connection: Connection, *, resume: bool, limit: float) -> AttemptFailed | None:
    """Joins and negotiates; what kept it from that, if anything did.

    As in the SDK ``limit`` seconds hold for all steps of a start together, but for each half of a reconnect.
    """
    try:
        if resume:
            await _within(limit, _or_over(connection, connection.join()))
            await _within(limit, _or_over(connection, connection.negotiate()))
        else:
            await _within(limit, _or_over(connection, _join_and_negotiate(connection)))
    except AttemptFailed as failure:
        return failure
    return None


async def open_signaling(connection: Connection, *, limit: float) -> AttemptFailed | None:
    """Opens the signaling connection and does nothing more; what kept it from that, if anything did."""
    try:
        await _within(limit, _or_over(connection, connection.open()))
    except AttemptFailed as failure:
        return failure
    return None


async def _join_and_negotiate(connection: Connection) -> None:
    await connection.join()
    await connection.negotiate()


async def _or_over(connection: Connection, step: Coroutine[Any, Any, None]) -> None:
    """Runs a step; raises what ends the connection meanwhile."""
    task = asyncio.ensure_future(step)
    first: set[asyncio.Future[Any]] = {task, connection.over}
    try:
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if connection.over.done():
            raise connection.over.result()
        await task
    finally:
        await cancel(task)


async def _within(seconds: float, step: Coroutine[Any, Any, None]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await step
    except TimeoutError:
        detail = f"connecting took more than {seconds:g} s"
        raise AttemptFailed(MeetingSessionStatusCode.TASK_FAILED, detail) from None
