"""The signaling endpoint: WebSockets in front of the live meetings."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from chime_native.service.conference import CONTENT_SUFFIX, CloseCode
from chime_native.service.live import LiveMeeting
from chime_native.service.model import Attendee, Meeting, MeetingStore
from chime_native.service.settings import ServiceSettings
from chime_native.signaling import Dialect
from chime_native.signaling.dialect import BROWSER_SUBPROTOCOL, NATIVE_COOKIE

__all__ = ["ClientSocket", "SignalingServer"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Admission:
    meeting: Meeting
    attendee: Attendee
    is_content: bool
    dialect: Dialect


class ClientSocket:
    """A WebSocket with a bounded queue in front: control messages are never dropped, a client too slow for them is."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, max_queued: int) -> None:
        self._socket = socket
        self._transport = request.transport
        self._queue: asyncio.Queue[bytes | int] = asyncio.Queue(max_queued)
        self._overflowed = False
        self.closing = False
        """Whether `write` is in the middle of closing."""

    def send(self, data: bytes) -> None:
        self._put(data)

    def close(self, code: int) -> None:
        self._put(code)

    def _put(self, item: bytes | int) -> None:
        try:
            self._queue.put_nowait(item)
        except asyncio.QueueFull:
            if not self._overflowed:
                self._overflowed = True
                logger.warning("a client does not read what it is sent; its connection is cut")
                if self._transport is not None:
                    self._transport.abort()

    async def write(self) -> None:
        """Sends what is queued until told to close."""
        while True:
            item = await self._queue.get()
            if isinstance(item, int):
                self.closing = True
                await self._socket.close(code=item)
                return
            try:
                await self._socket.send_bytes(item)
            except ConnectionError:
                return


class SignalingServer:
    """Authenticates, then feeds one live meeting from each socket."""

    def __init__(
        self, store: MeetingStore, settings: ServiceSettings, live_meeting: Callable[[Meeting], LiveMeeting]
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._store = store
        self._settings = settings
        self._live_meeting = live_meeting
        self._sockets: set[web.WebSocketResponse] = set()

    @property
    def connections(self) -> int:
        return len(self._sockets)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """``GET /control/{MeetingId}``: the socket is accepted first, because a refused upgrade makes clients retry."""
        offered = [text.strip() for text in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        speaks_browser = BROWSER_SUBPROTOCOL in offered
        if not speaks_browser and offered != [""]:
            return web.Response(status=400, text=f"the subprotocol must be {BROWSER_SUBPROTOCOL}\n")
        socket = web.WebSocketResponse(
            protocols=(BROWSER_SUBPROTOCOL,) if speaks_browser else (),
            heartbeat=self._settings.heartbeat_s,
            max_msg_size=self._settings.max_message_bytes,
            timeout=self._settings.leave_s,
            compress=False,
        )
        if not socket.can_prepare(request).ok:
            return web.Response(
                status=426, headers={"Upgrade": "websocket"}, text="this is a WebSocket endpoint\n"
            )
        token = self._token(request, offered if speaks_browser else None)
        admission = self._admit(token, request.match_info["meeting_id"], speaks_browser)
        await socket.prepare(request)
        if isinstance(admission, int):
            self.counters["rejected"] += 1
            await socket.close(code=admission)
            return socket
        self._sockets.add(socket)
        try:
            await self._serve(socket, request, admission)
        finally:
            self._sockets.discard(socket)
        return socket

    @staticmethod
    def _token(request: web.Request, subprotocols: list[str] | None) -> str:
        if subprotocols is None:
            return request.cookies.get(NATIVE_COOKIE, "")
        return next((text for text in subprotocols if text != BROWSER_SUBPROTOCOL), "")

    def _admit(self, token: str, meeting_id: str, speaks_browser: bool) -> _Admission | int:
        """Who comes, or the code to close with."""
        is_content = token.endswith(CONTENT_SUFFIX)
        plain = token.removesuffix(CONTENT_SUFFIX)
        found = self._store.authenticate(plain)
        if found is None:
            return CloseCode.MEETING_ENDED if self._store.was_ended(plain) else CloseCode.REJECTED
        meeting, attendee = found
        if meeting.meeting_id != meeting_id.lower():
            return CloseCode.REJECTED
        if len(self._sockets) >= self._settings.max_connections:
            return CloseCode.OVERLOADED
        dialect = Dialect.BROWSER if speaks_browser else Dialect.NATIVE
        return _Admission(meeting, attendee, is_content, dialect)

    async def _serve(self, socket: web.WebSocketResponse, request: web.Request, who: _Admission) -> None:
        client = ClientSocket(socket, request, self._settings.send_queue_frames)
        live = self._live_meeting(who.meeting)
        number = live.connect(client, who.meeting, who.attendee, who.is_content, who.dialect)
        if number is None:
            self.counters["rejected"] += 1
            await socket.close(code=CloseCode.REJECTED)
            return
        writer = asyncio.get_running_loop().create_task(client.write(), name=f"chime-service-write-{number}")
        clean = False
        try:
            clean = await self._read(socket, live, number)
        finally:
            live.disconnected(number, clean)
            if not client.closing:
                writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    @staticmethod
    async def _read(socket: web.WebSocketResponse, live: LiveMeeting, number: int) -> bool:
        """Feeds the meeting until the socket ends; True when the peer closed it on purpose."""
        while True:
            message = await socket.receive()
            match message.type:
                case WSMsgType.BINARY:
                    live.message(number, message.data)
                case WSMsgType.TEXT:
                    live.text(number)
                case WSMsgType.CLOSE:
                    return True
                case WSMsgType.CLOSED | WSMsgType.CLOSING | WSMsgType.ERROR:
                    return False
