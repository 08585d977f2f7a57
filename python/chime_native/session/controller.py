"""Keeps a meeting session connected: starts it, brings it back, ends it (SDK: ``DefaultAudioVideoController.ts``).

One task drives a session from ``start`` to ``audio_video_did_stop``; everything else only asks it to stop. Differences
from the SDK: ``stop`` while connecting ends the attempt at once, where the SDK lets it finish first; and a stop in the
pause between two attempts is told to the observers as any other.
"""

from __future__ import annotations

import asyncio
import random as random_module
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from chime_native.session.attempt import Connection, establish
from chime_native.session.backoff import FullJitterBackoff
from chime_native.session.configuration import MeetingSessionConfiguration
from chime_native.session.failures import AttemptFailed, session_error
from chime_native.session.observers import ObserverSet
from chime_native.session.opening_ahead import OpeningAhead
from chime_native.session.reconnect_controller import ReconnectController
from chime_native.session.session_logger import SessionLogger
from chime_native.session.state_controller import SessionStateController
from chime_native.session.state_controller import SessionStateControllerAction as Action
from chime_native.session.state_controller import SessionStateControllerState as State
from chime_native.session.status import MeetingSessionStatus, MeetingSessionStatusCode
from chime_native.session.waiting import Waiters, unless

__all__ = ["AudioVideoController", "Connection"]

_Code = MeetingSessionStatusCode


class SessionHooks(Protocol):
    """What else belongs to a session and follows its life; called at once, where observers are called later."""

    def connected(self) -> None:
        """The session is connected, for the first time or again."""

    def broke(self) -> None:
        """The connection is over for a reason that another one may not have."""

    def stopped(self) -> None:
        """The session is over."""


class AudioVideoController:
    """Life cycle of one session; may be started again after it has stopped.

    Args:
        configuration: limits and back-off.
        connect: makes the connection of an attempt; its argument says that the session was connected before and goes on
            (the roster is kept), rather than beginning from scratch.
        observers: are told.
        hooks: likewise, but at once.
        retry_start: whether a start that fails is tried again, as the SDK does for up to two minutes.
        random: 0 <= x < 1, for the back-off.
    """

    def __init__(
        self,
        configuration: MeetingSessionConfiguration,
        connect: Callable[[bool], Connection],
        observers: ObserverSet,
        hooks: SessionHooks,
        *,
        retry_start: bool = True,
        leave_limit: float | None = None,
        logger: SessionLogger | None = None,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        self.final_status: MeetingSessionStatus | None = None
        self.final_detail = ""
        self._configuration = configuration
        self._make_connection = connect
        self._observers = observers
        self._hooks = hooks
        self._retry_start = retry_start
        self._logger = logger or SessionLogger(configuration)
        self._limit = configuration.connection_timeout_ms / 1000
        self._leave_limit = self._limit if leave_limit is None else leave_limit
        self._states = SessionStateController()
        backoff = FullJitterBackoff(
            configuration.reconnect_fixed_wait_ms,
            configuration.reconnect_short_back_off_ms,
            configuration.reconnect_long_back_off_ms,
            random=random,
        )
        self._reconnects = ReconnectController(configuration.reconnect_timeout_ms, backoff)
        self._connection: Connection | None = None
        self._driver: asyncio.Task[None] | None = None
        self._ahead = OpeningAhead(
            lambda: connect(False), self._limit, self._spawn, self._logger, hooks.stopped
        )
        self._stop_requested = asyncio.Event()
        self._start_waiters = Waiters[None]()
        self._end_waiters = Waiters[MeetingSessionStatus]()

    @property
    def state(self) -> State:
        """Where the session is in its life."""
        return self._states.state

    @property
    def running(self) -> bool:
        """From ``start`` until ``audio_video_did_stop`` has been told."""
        return self._driver is not None and not self._driver.done()

    @property
    def connected(self) -> bool:
        """Whether the session is started and not being brought back."""
        return self._connection is not None and self.state in (State.CONNECTED, State.UPDATING)

    def start(self) -> None:
        """Starts connecting and returns at once; does nothing when the session runs already."""
        if self.running:
            self._logger.info("the session is started already")
            return
        self.final_status = None
        self.final_detail = ""
        self._stop_requested.clear()
        self._driver = self._spawn(self._drive())

    def start_signaling(self) -> None:
        """Opens the signaling connection ahead of ``start`` and returns at once; failing does no harm."""
        if not self.running:
            self._ahead.begin()

    def stop(self) -> None:
        """Asks the session to end and returns at once. What was only opened ahead is closed, with no word to anybody."""
        self._stop_requested.set()
        if not self.running:
            self._ahead.drop()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task whose log records, and those of all that comes from it, say which session it is."""
        loop = asyncio.get_running_loop()
        return loop.create_task(work, name="chime-session", context=self._logger.context())

    async def started(self) -> None:
        """Waits until the session is connected.

        Raises:
            SessionError: it ended instead; the subclass and ``status`` say how.
            RuntimeError: it was never started.
        """
        if self.connected:
            return
        if not self.running:
            if self.final_status is None:
                raise RuntimeError("the session has not been started: call start() first")
            raise session_error(self.final_status, self.final_detail)
        await self._start_waiters.wait()

    async def ended(self) -> MeetingSessionStatus:
        """Waits until the session has stopped (also: that it is started and then stopped); how it ended."""
        if self.final_status is not None and not self.running:
            return self.final_status
        return await self._end_waiters.wait()

    async def close(self) -> None:
        """Stops and waits until nothing of the session runs any more."""
        self.stop()
        tasks = {task for task in (self._driver, self._ahead.task) if task is not None}
        if tasks:
            await asyncio.wait(tasks)

    def fail(self, status_code: MeetingSessionStatusCode, detail: str = "") -> None:
        """Ends the present connection for a reason that was found outside of it (health, a realtime callback)."""
        if self._connection is not None and not self._connection.over.done():
            self._connection.over.set_result(AttemptFailed(status_code, detail))

    async def update(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a renegotiation of the present connection, in the state Updating; not at all when not connected."""
        if self.state is not State.CONNECTED or self._connection is None:
            work.close()
            return
        self._states.perform(Action.UPDATE, _ignore)
        try:
            await work
        finally:
            self._finish_updating()

    def _finish_updating(self) -> None:
        if self.state is State.UPDATING:
            self._states.perform(Action.FINISH_UPDATING, _ignore)

    def sign_of_life(self) -> None:
        """The connection works: the time in which reconnecting is worth trying counts from now."""
        self._reconnects.set_last_active(_now_ms())

    # --- the driving task ---

    async def _drive(self) -> None:
        failure = AttemptFailed(_Code.TASK_FAILED)
        try:
            failure = await self._keep_connected()
        except Exception as error:
            self._logger.exception("the session's task failed")
            failure.detail = repr(error)
        finally:
            await self._finish(failure)

    async def _keep_connected(self) -> AttemptFailed:
        """Connects, and again after each failure that allows it; returns what ended the session."""
        self._reconnects.reset()
        self._observers.notify("audio_video_did_start_connecting", False)
        resume = False
        while True:
            failure = await self._connect_and_stay(resume)
            if self._stop_requested.is_set():
                return AttemptFailed(_Code.LEFT)
            self._logger.info("%s %s", failure.status, failure.detail)
            resume = self.state is State.CONNECTED
            if _may_be_mended(failure.status):
                self._hooks.broke()  # even if it is too late to mend it, as in the SDK
            wait = self._wait_before_next(failure, resume)
            if wait is None:
                return failure
            if not resume:
                await self._disconnect()
            if await self._pause(wait):
                return AttemptFailed(_Code.LEFT)

    def _wait_before_next(self, failure: AttemptFailed, resume: bool) -> float | None:
        """Seconds until the next attempt; None when there is none."""
        if not _may_be_mended(failure.status):
            return None
        if not resume and not self._retry_start:
            return None
        now_ms = _now_ms()
        if not self._reconnects.retry_with_backoff(now_ms):
            return None
        due_ms = self._reconnects.next_timeout()
        return 0.0 if due_ms is None else max(0.0, due_ms - now_ms) / 1000

    async def _connect_and_stay(self, resume: bool) -> AttemptFailed:
        first_of_series = not self._reconnects.has_started_connection_attempt
        self._reconnects.started_connection_attempt(first_of_series and not resume, _now_ms())
        if not resume:
            self._states.perform(Action.CONNECT, _ignore)
        else:
            self._states.perform(Action.RECONNECT, _ignore)
            if first_of_series:
                self._observers.notify("audio_video_did_start_connecting", True)
        await self._close_connection()
        self._connection = connection = await self._ahead.take() or self._make_connection(resume)
        failure = await unless(self._stop_requested, establish(connection, resume=resume, limit=self._limit))
        if failure is None and not self._stop_requested.is_set():
            self._states.perform(Action.FINISH_CONNECTING, self._did_start)
            failure = await unless(self._stop_requested, _result(connection.over))
            self._finish_updating()
        elif resume:
            # The state from which the next reconnect may begin, as in the SDK's actionReconnect.
            self._states.perform(Action.FINISH_CONNECTING, _ignore)
        return failure or AttemptFailed(_Code.LEFT)

    def _did_start(self) -> None:
        self._reconnects.reset()
        self._hooks.connected()
        self._observers.notify("audio_video_did_start")
        self._start_waiters.settle(None)

    async def _finish(self, failure: AttemptFailed) -> None:
        await self._disconnect()
        self._hooks.stopped()
        self.final_status, self.final_detail = failure.status, failure.detail
        self._observers.notify("audio_video_did_stop", failure.status)
        await self._observers.told()
        self._start_waiters.fail(lambda: session_error(failure.status, failure.detail))
        self._end_waiters.settle(failure.status)

    async def _disconnect(self) -> None:
        """Leaves and closes whatever there is; the state is NotConnected afterwards."""
        if self.state is not State.NOT_CONNECTED:
            self._states.perform(Action.DISCONNECT if self.state is State.CONNECTED else Action.FAIL, _ignore)
        if self._connection is not None:
            await self._connection.leave(self._leave_limit)
        await self._close_connection()
        if self.state is State.DISCONNECTING:
            self._states.perform(Action.FINISH_DISCONNECTING, _ignore)

    async def _close_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _pause(self, seconds: float) -> bool:
        """Waits; True when the session was asked to stop meanwhile."""
        try:
            await asyncio.wait_for(self._stop_requested.wait(), seconds)
        except TimeoutError:
            self._reconnects.handle_timeout(_now_ms())
            self._reconnects.events()
            return False
        return True


def _now_ms() -> float:
    return time.monotonic() * 1000


def _may_be_mended(status: MeetingSessionStatus) -> bool:
    return status.is_failure and not status.is_terminal


def _ignore() -> None:
    """The work of a transition whose work the driving task does itself."""


async def _result(future: asyncio.Future[AttemptFailed]) -> AttemptFailed:
    return await asyncio.shield(future)
