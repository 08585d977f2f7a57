"""The WebSocket under the signaling client, on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from chime_native.errors import ConfigurationError
from chime_native.signaling import decode_frame, encode_frame
from chime_native.signaling.connection_request import ConnectionRequest, connection_request
from chime_native.signaling.dialect import Dialect
from chime_native.signaling.events import (
    ConnectionClosed,
    ConnectionFailed,
    ConnectionOpened,
    ConnectionPhase,
    IndexReceived,
    JoinAcknowledged,
    PongReceived,
    SignalingEvent,
)
from chime_native.signaling.messages import (
    SdkIndexFrame,
    SdkJoinAckFrame,
    SdkPingPongFrame,
    SdkPingPongType,
    SdkSignalFrame,
)
from chime_native.signaling.shell import EpochClock, WebSocketConnection
from chime_native.signaling.types import ClientDetails, JoinRequest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

DEADLINE_S = 30
JOIN = JoinRequest(ClientDetails("chime-native", "0.1.0"), audio_session_id=7)


class Recorder:
    """Keeps events and wakes whoever waits for one of a kind."""

    def __init__(self) -> None:
        self.events: list[SignalingEvent] = []
        self._changed = asyncio.Event()

    def __call__(self, event: SignalingEvent) -> None:
        self.events.append(event)
        self._changed.set()

    async def wait_for(self, kind: type[SignalingEvent]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not any(isinstance(event, kind) for event in self.events):
                self._changed.clear()
                await self._changed.wait()


def request_to(server_url: str, dialect: Dialect = Dialect.BROWSER) -> ConnectionRequest:
    return connection_request(
        server_url, "token-1", dialect, sdk_version="0.1.0", user_agent="chime-native-0"
    )


@asynccontextmanager
async def service(
    handler: Callable[[ServerConnection], Awaitable[None]], **options: object
) -> AsyncIterator[str]:
    async with serve(handler, "127.0.0.1", 0, **options) as server:  # type: ignore[arg-type]
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/control/meeting"


async def answer_all(socket: ServerConnection) -> None:
    async for message in socket:
        assert isinstance(message, bytes)
        frame = decode_frame(message)
        if frame.type == SdkSignalFrame.JOIN:
            for answer in (
                SdkSignalFrame(timestamp_ms=1, type=SdkSignalFrame.JOIN_ACK, joinack=SdkJoinAckFrame()),
                SdkSignalFrame(timestamp_ms=1, type=SdkSignalFrame.INDEX, index=SdkIndexFrame()),
            ):
                await socket.send(encode_frame(answer))
        elif frame.type == SdkSignalFrame.PING_PONG:
            pong = SdkPingPongFrame(type=SdkPingPongType.PONG, ping_id=frame.ping_pong.ping_id)
            answer = SdkSignalFrame(timestamp_ms=1, type=SdkSignalFrame.PING_PONG, ping_pong=pong)
            await socket.send("text is no frame")
            await socket.send(b"\x05nonsense")
            await socket.send(encode_frame(answer))


async def test_join_over_a_real_socket_and_close() -> None:
    seen: list[ServerConnection] = []

    async def handler(socket: ServerConnection) -> None:
        seen.append(socket)
        await answer_all(socket)

    async with service(handler, subprotocols=[Subprotocol("_aws_wt_session")]) as url:
        events = Recorder()
        connection = WebSocketConnection(request_to(url), events)
        running = asyncio.create_task(connection.run())
        await events.wait_for(ConnectionOpened)
        connection.perform(lambda client, now: client.join(JOIN, now))
        await events.wait_for(IndexReceived)
        await events.wait_for(PongReceived)
        connection.close()
        connection.close()
        async with asyncio.timeout(DEADLINE_S):
            await running
    assert isinstance(events.events[-1], ConnectionClosed)
    assert events.events[-1].by_us
    assert [type(event) for event in events.events if isinstance(event, JoinAcknowledged)]
    request = seen[0].request
    assert request is not None
    assert request.path == (
        "/control/meeting?X-Chime-Control-Protocol-Version=3&X-Amzn-Chime-Send-Close-On-Error=1"
        "&X-Amzn-Version=0.1.0&X-Amzn-User-Agent=chime-native-0"
    )
    assert request.headers["Sec-WebSocket-Protocol"] == "_aws_wt_session, token-1"
    stats = connection.client.stats()
    assert (stats["text_messages"], stats["frames_malformed"]) == (1, 1)


async def test_native_dialect_uses_headers() -> None:
    seen: list[ServerConnection] = []

    async def handler(socket: ServerConnection) -> None:
        seen.append(socket)
        await socket.close(4500, "moved")

    async with service(handler) as url:
        events = Recorder()
        connection = WebSocketConnection(request_to(url, Dialect.NATIVE), events, Dialect.NATIVE)
        async with asyncio.timeout(DEADLINE_S):
            await connection.run()
    request = seen[0].request
    assert request is not None
    assert request.path == "/control/meeting"
    assert request.headers["Cookie"] == "_aws_wt_session=token-1"
    assert request.headers["X-Chime-Control-Protocol-Version"] == "3"
    assert events.events == [
        ConnectionOpened(),
        ConnectionClosed(4500, "moved", ConnectionPhase.OPEN, by_us=False),
    ]


async def test_a_refused_handshake_tells_its_status() -> None:
    async def refuse(socket: ServerConnection, _request: object) -> object:
        return socket.respond(403, "no\n")

    async with service(answer_all, process_request=refuse) as url:
        events = Recorder()
        async with asyncio.timeout(DEADLINE_S):
            await WebSocketConnection(request_to(url), events).run()
    (failed,) = events.events
    assert isinstance(failed, ConnectionFailed)
    assert failed.http_status == 403
    assert "403" in failed.reason


async def test_nobody_listens() -> None:
    async with service(answer_all) as url:
        pass
    events = Recorder()
    async with asyncio.timeout(DEADLINE_S):
        await WebSocketConnection(request_to(url), events).run()
    (failed,) = events.events
    assert isinstance(failed, ConnectionFailed)
    assert failed.http_status is None


async def test_an_abrupt_end_is_1006() -> None:
    async def handler(socket: ServerConnection) -> None:
        socket.transport.abort()
        await socket.wait_closed()

    async with service(handler) as url:
        events = Recorder()
        async with asyncio.timeout(DEADLINE_S):
            await WebSocketConnection(request_to(url), events).run()
    assert isinstance(events.events[-1], ConnectionClosed)
    assert events.events[-1].code == 1006


async def test_closing_while_opening() -> None:
    accepted = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        events = Recorder()
        connection = WebSocketConnection(request_to(f"ws://127.0.0.1:{port}/"), events)
        running = asyncio.create_task(connection.run())
        async with asyncio.timeout(DEADLINE_S):
            await accepted.wait()
            connection.close()
            await running
    (failed,) = events.events
    assert isinstance(failed, ConnectionFailed)


async def test_cancelling_leaves_nothing_behind() -> None:
    async with service(answer_all) as url:
        before = asyncio.all_tasks()
        events = Recorder()
        running = asyncio.create_task(WebSocketConnection(request_to(url), events).run())
        await events.wait_for(ConnectionOpened)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert {task for task in asyncio.all_tasks() - before if "chime_native" in repr(task)} == set()


async def test_a_failing_listener_does_not_end_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    events = Recorder()

    def listener(event: SignalingEvent) -> None:
        events(event)
        raise ValueError("the listener is broken")

    async with service(answer_all) as url:
        connection = WebSocketConnection(request_to(url), listener)
        running = asyncio.create_task(connection.run())
        await events.wait_for(ConnectionOpened)
        connection.perform(lambda client, now: client.join(JOIN, now))
        await events.wait_for(IndexReceived)
        connection.close()
        await running
    assert "the listener is broken" in caplog.text


async def test_a_listener_may_command() -> None:
    events = Recorder()

    def listener(event: SignalingEvent) -> None:
        events(event)
        if isinstance(event, ConnectionOpened):
            connection.perform(lambda client, now: client.join(JOIN, now))
        elif isinstance(event, IndexReceived):
            connection.close()

    async with service(answer_all) as url:
        connection = WebSocketConnection(request_to(url), listener)
        async with asyncio.timeout(DEADLINE_S):
            await connection.run()
    assert isinstance(events.events[-1], ConnectionClosed)


def test_the_clock_tells_milliseconds_since_1970() -> None:
    clock = EpochClock()
    assert 1_700_000_000_000 < clock.now_ms() <= clock.now_ms() < 5_000_000_000_000


@pytest.mark.parametrize(
    ("url", "token", "dialect", "match"),
    [
        ("https://a.test", "t", Dialect.BROWSER, "ws://"),
        ("wss://a.test", "t=", Dialect.BROWSER, "subprotocol"),
        ("wss://a.test", "", Dialect.BROWSER, "subprotocol"),
        ("wss://a.test", "t;", Dialect.NATIVE, "cookie"),
    ],
)
def test_what_cannot_be_asked_for(url: str, token: str, dialect: Dialect, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        connection_request(url, token, dialect, sdk_version="1", user_agent="x-1")


def test_the_token_is_not_shown_and_a_query_is_extended() -> None:
    request = connection_request(
        "wss://a.test/c?x=1", "secret", Dialect.BROWSER, sdk_version="1", user_agent="x-1"
    )
    assert "secret" not in repr(request)
    assert request.url.startswith("wss://a.test/c?x=1&X-Chime")
