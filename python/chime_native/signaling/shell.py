"""The WebSocket under a ``SignalingClient``: reads, feeds, drains, sends, re-arms one timer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from .connection_request import ConnectionRequest
from .dialect import Dialect
from .events import SignalingEvent
from .machine import SignalingClient

__all__ = ["EpochClock", "WebSocketConnection"]

logger = logging.getLogger("chime_native.signaling")

_Result = TypeVar("_Result")

OPEN_TIMEOUT_S: Final = 15.0
# The SDK goes on without the other side's close frame after this time.
CLOSE_TIMEOUT_S: Final = 2.0
# Bytes; larger messages end the connection. Frames are refused long before (DEFAULT_MAX_FRAME_SIZE).
MAX_MESSAGE_SIZE: Final = 16 * 1024 * 1024
# Messages that may wait for a socket that takes nothing. The pings notice such a socket long before.
MAX_QUEUED_MESSAGES: Final = 1024
# Codes with which this side ends a connection because of what came: to the session that is a broken connection.
_OWN_PROTOCOL_ERRORS: Final = frozenset({1002, 1003, 1007, 1009})
_ABNORMAL_CLOSURE: Final = 1006


class EpochClock:
    """Milliseconds since 1970 that never go back: the wall clock once, the monotonic clock from then on."""

    def __init__(self) -> None:
        self._offset_ms = time.time() * 1000 - time.monotonic() * 1000

    def now_ms(self) -> float:
        """The present time."""
        return time.monotonic() * 1000 + self._offset_ms


class WebSocketConnection:
    """One signaling connection on a real socket; everything that happens is given to ``on_event``, in order.

    ``run()`` opens the socket and returns when it has ended, for whatever reason; it raises nothing but cancellation,
    which closes the socket too. Commands go through ``perform``. ``on_event`` is called on the loop and may itself call
    ``perform`` and ``close``.
    """

    def __init__(
        self,
        request: ConnectionRequest,
        on_event: Callable[[SignalingEvent], None],
        dialect: Dialect = Dialect.BROWSER,
        *,
        clock: EpochClock | None = None,
        step_timeout_ms: float = OPEN_TIMEOUT_S * 1000,
    ) -> None:
        self._request = request
        self._on_event = on_event
        self._clock = clock or EpochClock()
        self._open_timeout_s = step_timeout_ms / 1000
        self.client = SignalingClient(self._clock.now_ms(), dialect, step_timeout_ms=step_timeout_ms)
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue(MAX_QUEUED_MESSAGES)
        self._socket: ClientConnection | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._overflowed = asyncio.Event()
        self._close_asked = asyncio.Event()
        self._delivering = False

    def perform(self, command: Callable[[SignalingClient, float], _Result]) -> _Result:
        """Runs one command of the client, given the time, and sends and reports what follows from it."""
        result = command(self.client, self._clock.now_ms())
        self._drain()
        return result

    def close(self) -> None:
        """Begins to close the socket; ``run()`` returns soon after. May be called at any time, more than once."""
        self.client.close()
        self._close_asked.set()

    async def run(self) -> None:
        """Opens the socket, serves it until it ends, and leaves nothing behind."""
        try:
            if await self._open():
                await self._serve()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._socket is not None:
                await self._socket.close()

    async def _open(self) -> bool:
        connecting = asyncio.ensure_future(self._connect())
        close_asked = asyncio.ensure_future(self._close_asked.wait())
        try:
            await asyncio.wait({connecting, close_asked}, return_when=asyncio.FIRST_COMPLETED)
            if not connecting.done():
                self._feed(lambda now: self.client.handle_open_failed("closed while opening", None, now))
                return False
            self._socket = connecting.result()
        except InvalidStatus as error:
            status = error.response.status_code
            reason = f"the service answered {status} to the signaling connection"
            self._feed(lambda now: self.client.handle_open_failed(reason, status, now))
            return False
        except (OSError, WebSocketException, TimeoutError) as error:
            reason = f"the signaling connection cannot be opened: {str(error) or type(error).__name__}"
            self._feed(lambda now: self.client.handle_open_failed(reason, None, now))
            return False
        finally:
            await _cancelled(close_asked, connecting)
            if self._socket is None and not connecting.cancelled() and connecting.exception() is None:
                self._socket = connecting.result()  # opened while this was being cancelled: run() closes it
        self._feed(self.client.handle_open)
        return True

    async def _connect(self) -> ClientConnection:
        # Liveness is the protocol's own ping-pong; compression of SDP likewise.
        return await connect(
            self._request.url,
            subprotocols=[Subprotocol(name) for name in self._request.subprotocols] or None,
            additional_headers=self._request.headers,
            open_timeout=self._open_timeout_s,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=None,
            compression=None,
            max_size=MAX_MESSAGE_SIZE,
            user_agent_header="chime-native",
        )

    async def _serve(self) -> None:
        assert self._socket is not None
        tasks = [
            asyncio.ensure_future(work)
            for work in (
                self._read(self._socket),
                self._write(self._socket),
                self._close_asked.wait(),
                self._overflowed.wait(),
            )
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancelled(*tasks)
        await self._socket.close()
        code = self._socket.close_code or _ABNORMAL_CLOSURE
        if self._overflowed.is_set() or (code in _OWN_PROTOCOL_ERRORS and not self._close_asked.is_set()):
            code = _ABNORMAL_CLOSURE
        reason = self._socket.close_reason or ""
        self._feed(lambda now: self.client.handle_close(code, reason, now))

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in socket:
                if isinstance(message, str):
                    self._feed(self.client.handle_text)
                else:
                    data = bytes(message)
                    self._feed(lambda now, data=data: self.client.handle_message(data, now))  # type: ignore[misc]

    async def _write(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.send(await self._outgoing.get())

    def _feed(self, handle: Callable[[float], None]) -> None:
        handle(self._clock.now_ms())
        self._drain()

    def _drain(self) -> None:
        for data in self.client.data_to_send():
            try:
                self._outgoing.put_nowait(data)
            except asyncio.QueueFull:
                logger.warning("the signaling connection takes no more messages; giving it up")
                self._overflowed.set()
        self._arm_timer()
        if self._delivering:
            return  # a command from inside on_event: the outer call goes on with what it caused, in order
        self._delivering = True
        try:
            while events := self.client.events():
                for event in events:
                    self._deliver(event)
        finally:
            self._delivering = False

    def _deliver(self, event: SignalingEvent) -> None:
        try:
            self._on_event(event)
        except Exception:
            logger.exception("handling %s failed", type(event).__name__)

    def _arm_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_ms = self.client.next_timeout()
        if due_ms is not None and self._socket is not None:
            delay_s = max(0.0, (due_ms - self._clock.now_ms()) / 1000)
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay_s, self._feed, self.client.handle_timeout)


async def _cancelled(*tasks: asyncio.Future[Any]) -> None:
    """Cancels tasks and waits until they are done, whatever they end with."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()
