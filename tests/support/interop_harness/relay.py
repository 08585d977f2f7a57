"""Relays on 127.0.0.1 that break the network between a page and the service without either of them taking part."""

import asyncio
import contextlib
import socket
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit, urlunsplit

Direction = Literal["up", "down"]
Address = tuple[str, int]

READ_BYTES = 65536
QUEUE_S = 0.5  # what waits longer at a bottleneck is dropped, as by a router with a small buffer
SO_LINGER_RESET = struct.pack("ii", 1, 0)  # closing sends RST instead of FIN: the page sees close code 1006


@dataclass(slots=True)
class Passed:
    """What went through one direction of a media relay, by RTP payload type."""

    packets: Counter[int] = field(default_factory=Counter)
    octets: Counter[int] = field(default_factory=Counter)
    dropped: Counter[int] = field(default_factory=Counter)

    def mean_size(self, payload_type: int) -> float:
        """Mean size in bytes of the packets of that payload type; 0 when there were none."""
        return self.octets[payload_type] / (self.packets[payload_type] or 1)


def rtp_payload_type(packet: bytes) -> int | None:
    """Payload type of an RTP packet; None for STUN, DTLS and RTCP (RFC 7983, RFC 5761). SRTP leaves it readable."""
    if len(packet) < 12 or not 128 <= packet[0] <= 191 or 192 <= packet[1] <= 223:
        return None
    return packet[1] & 0x7F


class UdpRelay:
    """An asynchronous context manager between pages and one media address of the service.

    The page is told ``address``; ``upstream`` is the service's own, and may be set once it is known: until then packets
    are dropped, and ICE repeats its checks. ``drop(direction, payload_type)`` decides about each RTP packet, and
    ``down_limit_bps`` is what the way to the page carries, None: anything. Pages are told apart by their address: each
    gets a socket of its own towards the service.
    """

    def __init__(self, drop: Callable[[Direction, int], bool] | None = None) -> None:
        self.upstream: Address | None = None
        self.drop = drop
        self.blocked = False
        self.down_limit_bps: float | None = None
        self._down_free_at = 0.0
        self.passed: dict[Direction, Passed] = {"up": Passed(), "down": Passed()}
        self._outward: dict[Address, _Socket] = {}

    async def __aenter__(self) -> Self:
        self._front = _Socket(self._from_page)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (self._front, *self._outward.values()):
            one.close()

    @property
    def address(self) -> Address:
        return self._front.address

    def take_service_candidates(self, candidates: list[list[object]]) -> None:
        """Chooses the upstream among the candidates of the service's answer: the first IPv4 one."""
        for host, port in candidates:
            if ":" not in str(host):
                self.upstream = (str(host), int(str(port)))
                return

    def rebind(self) -> None:
        """Goes on towards the service from other ports, as a NAT does that has forgotten its bindings."""
        while self._outward:
            self._outward.popitem()[1].close()

    def reset_counts(self) -> None:
        self.passed = {"up": Passed(), "down": Passed()}

    def _passes(self, direction: Direction, packet: bytes) -> bool:
        if self.blocked:
            return False
        payload_type = rtp_payload_type(packet)
        if payload_type is None:
            return True
        counts = self.passed[direction]
        if self.drop is not None and self.drop(direction, payload_type):
            counts.dropped[payload_type] += 1
            return False
        counts.packets[payload_type] += 1
        counts.octets[payload_type] += len(packet)
        return True

    def _from_page(self, packet: bytes, page: Address) -> None:
        if self.upstream is None or not self._passes("up", packet):
            return
        if page not in self._outward:
            self._outward[page] = _Socket(lambda answer, _: self._from_service(answer, page))
        self._outward[page].send(packet, self.upstream)

    def _from_service(self, packet: bytes, page: Address) -> None:
        if not self._passes("down", packet):
            return
        if self.down_limit_bps is None:
            self._front.send(packet, page)
            return
        loop = asyncio.get_running_loop()
        begins_at = max(loop.time(), self._down_free_at)
        if begins_at - loop.time() < QUEUE_S:
            self._down_free_at = begins_at + 8 * len(packet) / self.down_limit_bps
            loop.call_at(self._down_free_at, self._front.send, packet, page)


class _Socket:
    """A UDP socket on 127.0.0.1, open from the first line on: asyncio's endpoints open a turn of the loop later, which
    would let packets overtake each other."""

    def __init__(self, received: Callable[[bytes, Address], None]) -> None:
        self._received = received
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", 0))
        self.address: Address = self._socket.getsockname()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._read)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                self._received(*self._socket.recvfrom(READ_BYTES))

    def send(self, packet: bytes, address: Address) -> None:
        # A full buffer or an unreachable peer is loss, as on any network.
        with contextlib.suppress(OSError):
            self._socket.sendto(packet, address)

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()


class SignalingRelay:
    """An asynchronous context manager: a TCP relay in front of the service's WebSocket, whose connections can be reset and
    refused."""

    def __init__(self, signaling_url: str) -> None:
        self._service = urlsplit(signaling_url)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.refusing = False
        self.accepted = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.reset()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """The signaling address by way of this relay."""
        host, port = self._server.sockets[0].getsockname()[:2]
        return urlunsplit(self._service._replace(netloc=f"{host}:{port}"))

    def reset(self) -> None:
        """Resets every connection, on both sides."""
        for writer in list(self._writers):
            raw = writer.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, SO_LINGER_RESET)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.accepted += 1
        try:
            if not self.refusing:
                await self._join_to_service(reader, writer)
        finally:
            self._writers.discard(writer)
            writer.transport.abort()
            self._tasks.discard(task)

    async def _join_to_service(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream_reader, upstream = await asyncio.open_connection(
                self._service.hostname, self._service.port
            )
        except ConnectionError:
            return
        self._writers.add(upstream)
        pumps = [
            asyncio.create_task(_pump(reader, upstream)),
            asyncio.create_task(_pump(upstream_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._writers.discard(upstream)
            upstream.transport.abort()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(READ_BYTES):
            writer.write(data)
            await writer.drain()
