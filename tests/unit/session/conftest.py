"""A service that a test holds in its hand: one real WebSocket server and one real media peer per connection."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from chime_native.devices import ArraySink, SilenceSource
from chime_native.rtc import PlayoutClock, RtcPeer
from chime_native.session import MeetingSessionConfiguration
from chime_native.signaling import Dialect, decode_frame, encode_frame
from chime_native.signaling.messages import SdkPingPongType, SdkSignalFrame
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Handler = Callable[["ServedClient", SdkSignalFrame], Awaitable[None]]


class ServedClient:
    """One client's connection, from the service's side."""

    def __init__(self, service: "ScriptedService", socket: ServerConnection) -> None:
        self.service = service
        self.socket = socket
        self.peer: RtcPeer | None = None
        self.keep_media = False  # after the socket has ended
        self.heard = ArraySink()
        self.received: list[SdkSignalFrame] = []
        self.arrived: dict[int, asyncio.Event] = {}

    def frames(self, frame_type: int) -> list[SdkSignalFrame]:
        """What came of one type."""
        return [frame for frame in self.received if frame.type == frame_type]

    async def wait_for(self, frame_type: int) -> SdkSignalFrame:
        """Waits for the first frame of a type."""
        if not self.frames(frame_type):
            await asyncio.wait_for(self.arrived.setdefault(frame_type, asyncio.Event()).wait(), 30)
        return self.frames(frame_type)[0]

    async def send(self, frame_type: int, **bodies: Any) -> None:
        """Sends a frame with the given body fields."""
        frame = SdkSignalFrame(timestamp_ms=int(time.time() * 1000), type=frame_type, **bodies)
        await self.socket.send(encode_frame(frame, Dialect.BROWSER))

    async def run(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in self.socket:
                frame = decode_frame(message)  # type: ignore[arg-type]
                self.received.append(frame)
                if frame.type in self.arrived:
                    self.arrived[frame.type].set()
                handler = self.service.handlers.get(frame.type)
                if handler is not None:
                    await handler(self, frame)
        if self.peer is not None and not self.keep_media:
            await self.peer.close()


async def pong(client: ServedClient, frame: SdkSignalFrame) -> None:
    if frame.ping_pong.type == SdkPingPongType.PING:
        answer = {"type": SdkPingPongType.PONG, "ping_id": frame.ping_pong.ping_id}
        await client.send(SdkSignalFrame.PING_PONG, ping_pong=answer)


async def join(client: ServedClient, _: SdkSignalFrame) -> None:
    await client.send(SdkSignalFrame.JOIN_ACK, joinack={})
    await client.send(SdkSignalFrame.INDEX, index={})


async def subscribe(client: ServedClient, frame: SdkSignalFrame) -> None:
    client.peer = RtcPeer(controlling=False, host="127.0.0.1")
    answer = await client.peer.create_answer(frame.sub.sdp_offer)
    await client.send(SdkSignalFrame.SUBSCRIBE_ACK, suback={"sdp_answer": answer})
    await client.peer.connected()
    assert client.peer.audio is not None
    client.peer.audio.start(PlayoutClock.running(), client.service.source, [client.heard])


async def leave(client: ServedClient, _: SdkSignalFrame) -> None:
    await client.send(SdkSignalFrame.LEAVE_ACK, leave_ack={})


class ScriptedService:
    """Behaves like the service unless a test replaces a handler."""

    def __init__(self) -> None:
        self.handlers: dict[int, Handler] = {
            SdkSignalFrame.PING_PONG: pong,
            SdkSignalFrame.JOIN: join,
            SdkSignalFrame.SUBSCRIBE: subscribe,
            SdkSignalFrame.LEAVE: leave,
        }
        self.welcome, self.answer = join, subscribe
        self.source: Any = SilenceSource()
        self.clients: list[ServedClient] = []
        self._connected = asyncio.Condition()
        self._server: Server | None = None

    async def start(self) -> None:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            select_subprotocol=lambda _, offered: offered[0] if offered else None,
            compression=None,
        )

    async def _serve(self, socket: ServerConnection) -> None:
        client = ServedClient(self, socket)
        async with self._connected:
            self.clients.append(client)
            self._connected.notify_all()
        await client.run()

    async def client(self, number: int = 1) -> ServedClient:
        """Waits for the first, second, ... connection."""
        async with asyncio.timeout(30), self._connected:
            await self._connected.wait_for(lambda: len(self.clients) >= number)
            return self.clients[number - 1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/control/m1"

    def configuration(self) -> MeetingSessionConfiguration:
        """Of an attendee a1 in its meeting m1."""
        placement = {"AudioHostUrl": "127.0.0.1:1/x", "SignalingUrl": self.url}
        return MeetingSessionConfiguration(
            {"Meeting": {"MeetingId": "m1", "MediaPlacement": placement}},
            {"Attendee": {"AttendeeId": "a1", "ExternalUserId": "ada", "JoinToken": "token"}},
        )


@pytest.fixture
async def service() -> AsyncIterator[ScriptedService]:
    service = ScriptedService()
    await service.start()
    yield service
    await service.close()


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    """After each test no task runs but the test's own."""
    yield
    others = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
    assert not others, others
