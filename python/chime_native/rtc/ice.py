"""ICE over aioice: loopback among the candidates, and a guard in front of its sockets.

aioice leaves 127.0.0.1 out, which makes a machine with nothing but a loopback interface unreachable, and lets any
datagram reach its STUN parser and an unbounded queue. Both are mended in a subclass of its connection, so that other
users of aioice in the same process see no change.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aioice import Connection, TransportPolicy
from aioice.ice import CandidatePair, StunProtocol, get_host_addresses
from aioice.stun import Message
from aiortc import RTCIceCandidate, RTCIceGatherer, RTCIceServer
from aiortc.rtcicetransport import connection_kwargs

from chime_native.errors import RtcError
from chime_native.rtc.options import IceServer
from chime_native.rtc.sdp import Candidate

__all__ = [
    "GuardedConnection",
    "local_candidates",
    "make_gatherer",
    "resolve_host",
    "to_aiortc",
    "with_public_address",
]

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
ANY_HOST = ("", "0.0.0.0", "::")  # means every address of this machine

#: Bytes. SRTP packets stay below the Ethernet MTU; libsrtp's buffer in pylibsrtp takes no more.
MAX_DATAGRAM = 1500

#: Datagrams that wait for DTLS to take them. It takes them at once, except while ICE has not connected yet.
MAX_WAITING = 512

#: STUN messages begin with two zero bits and a method below 0x400 in practice (RFC 7983, section 7).
FIRST_BYTE_AFTER_STUN = 4


class GuardedConnection(Connection):
    """aioice's connection, gathering on the given addresses, with checked and counted input."""

    def __init__(self, *, addresses: Sequence[str] | None, ice_controlling: bool, **options: Any) -> None:
        super().__init__(ice_controlling=ice_controlling, **options)
        self._addresses = addresses
        self.datagrams_received = 0
        self.datagrams_dropped = 0

    async def gather_candidates(self) -> None:
        """Gathers on our addresses instead of aioice's choice."""
        if self._local_candidates_start:
            return
        self._local_candidates_start = True
        addresses: list[str] = []
        if self._transport_policy == TransportPolicy.ALL:
            addresses = _all_addresses() if self._addresses is None else list(self._addresses)
        self._local_candidates += await self.get_component_candidates(1, addresses)
        for protocol in self._protocols:
            # asyncio looks the method up at each datagram, so one on the instance is enough.
            protocol.datagram_received = _Guard(self, protocol)  # type: ignore[assignment, method-assign]
        for candidate in self._local_candidates:
            if ipaddress.ip_address(candidate.host).is_loopback:
                candidate.priority -= (
                    1 << 8
                )  # a real address first where there is one; same machine either way
        self._local_candidates_end = True

    def check_incoming(self, message: Message, addr: tuple[str, int], protocol: StunProtocol) -> None:
        """Lets the peer nominate a pair whose check was cut off when another pair was quicker.

        aioice leaves such a pair in progress for ever, so that a browser that changes to it (a quick pair first, a
        better one a second later) would go on to be answered on the old one.
        """
        for pair in self._check_list:
            if (
                pair.state is CandidatePair.State.IN_PROGRESS
                and pair.task is not None
                and pair.task.cancelled()
            ):
                pair.task = None
                pair.state = CandidatePair.State.WAITING
        super().check_incoming(message, addr, protocol)

    def build_request(self, pair: CandidatePair, nominate: bool) -> Message:
        """Nominates the pair in use with every consent check, as browsers do.

        So a peer that sees us come from another address, because a NAT has forgotten us, goes on there after the next
        check; else it would send to the old one until consent expires.
        """
        in_use = self.ice_controlling and pair in self._nominated.values()
        return super().build_request(pair, nominate or in_use)

    @property
    def selected_pair(self) -> tuple[tuple[str, int], tuple[str, int]] | None:
        """``((local address, port), (remote address, port))`` that packets are sent on."""
        pair = self._nominated.get(1)
        return None if pair is None else (pair.local_addr, pair.remote_addr)


class _Guard:
    """Takes the datagrams of one socket: media past STUN's parser, and nothing on that could harm what follows.

    What is not STUN counts only from addresses that ICE knows; those who have not shown the password do not get as
    far as DTLS, where one forged alert would end a handshake.
    """

    __slots__ = ("_connection", "_handle", "_known", "_logged")

    def __init__(self, connection: GuardedConnection, protocol: StunProtocol) -> None:
        self._connection = connection
        self._handle = protocol.datagram_received
        self._known: set[tuple[str, int]] = set()
        self._logged = False

    def __call__(self, data: bytes | str, address: tuple[Any, ...]) -> None:
        assert isinstance(data, bytes)  # asyncio's type says more than its sockets give
        connection = self._connection
        connection.datagrams_received += 1
        if not 0 < len(data) <= MAX_DATAGRAM:
            self._drop(f"{len(data)} bytes long")
        elif data[0] >= FIRST_BYTE_AFTER_STUN:
            if address[:2] not in self._known and not self._is_known_by_now(address[:2]):
                self._drop("from an address that ICE does not know")
            elif connection._queue.qsize() < MAX_WAITING:
                connection.data_received(data, 1)
            else:
                self._drop("too many before ICE and DTLS were up")
        elif len(data) < 20:
            self._drop("shorter than a STUN header")
        else:
            try:
                self._handle(data, address)
            except Exception as error:  # noqa: BLE001 - struct.error, KeyError and more from STUN
                self._drop(f"{type(error).__name__} in STUN: {error}")

    def _is_known_by_now(self, address: tuple[Any, ...]) -> bool:
        self._known = {(c._network_host, c.port) for c in self._connection._remote_candidates}
        return address in self._known

    def _drop(self, why: str) -> None:
        self._connection.datagrams_dropped += 1
        if not self._logged:
            self._logged = True
            logger.warning("dropped a datagram on the media port (%s); further ones are only counted", why)


def make_gatherer(
    *, controlling: bool, addresses: Sequence[str] | None, ice_servers: Sequence[IceServer]
) -> tuple[RTCIceGatherer, GuardedConnection]:
    """aiortc's gatherer around a connection of ours; ``addresses`` None means all of this machine.

    Raises ValueError for servers that aiortc cannot use.
    """
    options = connection_kwargs(
        [RTCIceServer(list(s.urls), username=s.username, credential=s.credential) for s in ice_servers]
    )
    wants_relay = any(url.startswith(("turn:", "turns:")) for server in ice_servers for url in server.urls)
    if wants_relay and "turn_server" not in options:
        raise ValueError(f"none of the TURN URLs can be used: {[url for s in ice_servers for url in s.urls]}")
    gatherer = RTCIceGatherer(iceServers=[])
    connection = GuardedConnection(
        addresses=addresses,
        ice_controlling=controlling,
        transport_policy=TransportPolicy.RELAY if wants_relay else TransportPolicy.ALL,
        **options,
    )
    gatherer._connection = connection
    return gatherer, connection


async def resolve_host(host: str | None) -> list[str] | None:
    """The addresses to gather on for a host that somebody listens on; None for all of the machine. Raises RtcError."""
    if host is None or host in ANY_HOST:
        return None
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise RtcError(f"cannot offer a candidate on {host!r}: {error}") from error
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def local_candidates(gatherer: RTCIceGatherer) -> tuple[Candidate, ...]:
    """What was gathered, for the SDP; best first."""
    found = [
        Candidate(
            foundation=item.foundation,
            component=item.component,
            transport=item.protocol,
            priority=item.priority,
            address=item.ip,
            port=item.port,
            type=item.type,
            related_address=item.relatedAddress,
            related_port=item.relatedPort,
        )
        for item in gatherer.getLocalCandidates()
    ]
    return tuple(sorted(found, key=lambda candidate: -candidate.priority))


def with_public_address(candidates: Sequence[Candidate], address: str | None) -> tuple[Candidate, ...]:
    """The candidates, each that is not a loopback one also under the address by which others reach this machine.

    For one-to-one NAT, which keeps the ports: checks that come in are then answered on the socket behind it.
    """
    if address is None:
        return tuple(candidates)
    version = ipaddress.ip_address(address).version
    seen_from_outside = [
        replace(
            candidate,
            foundation=f"p{candidate.foundation}",
            address=address,
            type="srflx",
            related_address=candidate.address,
            related_port=candidate.port,
        )
        for candidate in candidates
        if candidate.type == "host"
        and (host := ipaddress.ip_address(candidate.address)).version == version
        and not host.is_loopback
    ]
    return (*candidates, *seen_from_outside)


def to_aiortc(candidate: Candidate) -> RTCIceCandidate | None:
    """The candidate for aiortc; None for those that are of no use: TCP, RTCP's, and names instead of addresses.

    Names are mDNS ones, which hide addresses from pages; their owner checks our candidates and is then known.
    """
    try:
        ipaddress.ip_address(candidate.address)
    except ValueError:
        return None
    if candidate.transport != "udp" or candidate.component != 1 or candidate.port == 0:
        return None
    return RTCIceCandidate(
        component=1,
        foundation=candidate.foundation,
        ip=candidate.address,
        port=candidate.port,
        priority=candidate.priority,
        protocol="udp",
        type=candidate.type,
        relatedAddress=candidate.related_address,
        relatedPort=candidate.related_port,
    )


def _all_addresses() -> list[str]:
    return [*get_host_addresses(use_ipv4=True, use_ipv6=True), LOOPBACK]
