import asyncio
import struct
from collections.abc import AsyncIterator

import aioice.ice
import pytest
from aioice import stun
from chime_native.errors import RtcError
from chime_native.rtc import IceServer
from chime_native.rtc.ice import (
    MAX_DATAGRAM,
    MAX_WAITING,
    GuardedConnection,
    local_candidates,
    make_gatherer,
    resolve_host,
    to_aiortc,
)
from chime_native.rtc.sdp import Candidate


async def gathered(addresses: list[str] | None, *servers: IceServer) -> list[Candidate]:
    gatherer, connection = make_gatherer(controlling=True, addresses=addresses, ice_servers=servers)
    try:
        await gatherer.gather()
        return list(local_candidates(gatherer))
    finally:
        await connection.close()


async def test_loopback_is_offered_when_it_is_the_host() -> None:
    (candidate,) = await gathered(["127.0.0.1"])
    assert (candidate.address, candidate.type, candidate.transport) == ("127.0.0.1", "host", "udp")
    assert candidate.port


async def test_without_a_host_loopback_comes_after_real_addresses() -> None:
    candidates = await gathered(None)
    assert candidates[-1].address == "127.0.0.1"
    assert [c.priority for c in candidates] == sorted((c.priority for c in candidates), reverse=True)
    assert {c.address for c in candidates[:-1]} == set(aioice.ice.get_host_addresses(True, True))


async def test_aioice_of_others_is_left_alone() -> None:
    make_gatherer(controlling=True, addresses=None, ice_servers=())
    assert "127.0.0.1" not in aioice.ice.get_host_addresses(True, True)
    assert aioice.Connection.gather_candidates is not GuardedConnection.gather_candidates


async def test_hosts_become_addresses() -> None:
    assert await resolve_host(None) is None
    assert await resolve_host("0.0.0.0") is None
    assert await resolve_host("::") is None
    assert await resolve_host("127.0.0.1") == ["127.0.0.1"]
    assert "127.0.0.1" in (await resolve_host("localhost") or [])
    with pytest.raises(RtcError, match="cannot offer a candidate on 'no such host'"):
        await resolve_host("no such host")


def test_turn_credentials_mean_relay_only() -> None:
    _, relayed = make_gatherer(
        controlling=True,
        addresses=None,
        ice_servers=[IceServer(["turn:127.0.0.1:3478?transport=udp"], "u", "p")],
    )
    assert relayed._transport_policy is aioice.TransportPolicy.RELAY
    assert (relayed.turn_server, relayed.turn_username, relayed.turn_password) == (
        ("127.0.0.1", 3478),
        "u",
        "p",
    )
    _, plain = make_gatherer(controlling=True, addresses=None, ice_servers=[IceServer("stun:127.0.0.1")])
    assert plain._transport_policy is aioice.TransportPolicy.ALL
    assert plain.stun_server == ("127.0.0.1", 3478)


def test_servers_that_cannot_be_used() -> None:
    with pytest.raises(ValueError, match="starts with stun:, stuns:, turn: or turns:, not 'http://x'"):
        IceServer("http://x")
    with pytest.raises(ValueError, match="none of the TURN URLs can be used"):
        make_gatherer(
            controlling=True, addresses=None, ice_servers=[IceServer("turns:x?transport=udp", "u", "p")]
        )


async def test_an_unreachable_relay_gives_no_candidate() -> None:
    # A socket that is bound and never answers.
    silent, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    port = silent.get_extra_info("sockname")[1]
    try:
        assert await gathered(None, IceServer(f"turn:127.0.0.1:{port}", "u", "p")) == []
    finally:
        silent.close()


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("1 1 udp 5 192.0.2.1 1000 typ host", True),
        ("1 1 udp 5 2001:db8::1 1000 typ relay raddr :: rport 9", True),
        ("1 1 tcp 5 192.0.2.1 9 typ host tcptype active", False),
        ("1 2 udp 5 192.0.2.1 1000 typ host", False),
        ("1 1 udp 5 2f4712db-ea17-4bcf-a596-105139dfd8bf.local 1000 typ host", False),
        ("1 1 udp 5 192.0.2.1 0 typ host", False),
    ],
)
def test_candidates_of_use(text: str, used: bool) -> None:
    assert (to_aiortc(Candidate.parse(text)) is not None) == used


@pytest.fixture
async def connection() -> AsyncIterator[GuardedConnection]:
    gatherer, connection = make_gatherer(controlling=False, addresses=["127.0.0.1"], ice_servers=())
    await gatherer.gather()
    yield connection
    await connection.close()


def damaged_stun() -> list[bytes]:
    """STUN requests whose length and fingerprint hold, so that only the attributes are wrong."""
    messages = []
    for attribute, value in (
        (0x0024, b"\x01"),
        (0x802A, b"\x01\x02"),
        (0x0006, b"\xff\xfe\xfd\xfc"),
        (0x0009, b""),
    ):
        padded = value + bytes(-len(value) % 4)
        body = struct.pack("!HH", attribute, len(value)) + padded
        header = struct.pack("!HHI", 1, len(body), 0x2112A442) + bytes(12)
        messages.append(header + body)
    return messages


async def test_what_could_harm_is_dropped_and_counted(
    connection: GuardedConnection, caplog: pytest.LogCaptureFixture
) -> None:
    receive = connection._protocols[0].datagram_received
    address = ("127.0.0.1", 9)
    scraps = [b"", b"\x80" * (MAX_DATAGRAM + 1), b"\x00\x01", b"\x01" * 19, b"\x00" * 20, *damaged_stun()]
    for scrap in scraps:
        receive(scrap, address)
    assert connection.datagrams_dropped >= 4
    assert connection.datagrams_received == len(scraps)
    assert connection._queue.qsize() <= len(scraps)
    assert len(caplog.records) == 1


async def test_media_passes_stun_by_and_waits_within_bounds(connection: GuardedConnection) -> None:
    receive = connection._protocols[0].datagram_received
    await connection.add_remote_candidate(aioice.Candidate.from_sdp("1 1 udp 5 127.0.0.1 9 typ host"))
    for _ in range(MAX_WAITING + 20):
        receive(b"\x80media", ("127.0.0.1", 9))
    assert connection._queue.qsize() == MAX_WAITING
    assert connection.datagrams_dropped == 20


async def test_media_of_strangers_is_dropped(connection: GuardedConnection) -> None:
    receive = connection._protocols[0].datagram_received
    receive(b"\x80media", ("127.0.0.1", 9))
    assert connection._queue.qsize() == 0
    await connection.add_remote_candidate(aioice.Candidate.from_sdp("1 1 udp 5 127.0.0.1 9 typ host"))
    receive(b"\x80media", ("127.0.0.1", 9))
    receive(b"\x80media", ("127.0.0.1", 10))
    assert connection._queue.qsize() == 1
    assert connection.datagrams_dropped == 2


async def test_checks_are_still_answered(connection: GuardedConnection) -> None:
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    class Client(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _address: object) -> None:
            answers.put_nowait(data)

    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{connection.local_username}:peer"
    request.attributes["PRIORITY"] = 1
    request.add_message_integrity(connection.local_password.encode())
    (candidate,) = connection.local_candidates
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        Client, remote_addr=(candidate.host, candidate.port)
    )
    transport.sendto(bytes(request))
    async with asyncio.timeout(30):
        answer = stun.parse_message(await answers.get())
    transport.close()
    assert answer.message_class is stun.Class.RESPONSE


async def test_a_pair_nominated_later_is_taken() -> None:
    """The check of the second pair is cut off when the first one is nominated; then the peer prefers the second."""
    _, controlling = make_gatherer(controlling=True, addresses=["127.0.0.1"], ice_servers=())
    _, controlled = make_gatherer(controlling=False, addresses=["127.0.0.1", "127.0.0.2"], ice_servers=())
    await asyncio.gather(controlling.gather_candidates(), controlled.gather_candidates())
    for here, there in ((controlling, controlled), (controlled, controlling)):
        here.remote_username, here.remote_password = there.local_username, there.local_password
    first, second = controlled.local_candidates
    await controlled.add_remote_candidate(controlling.local_candidates[0])
    await controlling.add_remote_candidate(first)
    async with asyncio.timeout(30):
        await asyncio.gather(controlling.connect(), controlled.connect())
    # As it is when the first pair is nominated while the check of the second is on its way.
    protocol = next(p for p in controlled._protocols if p.local_candidate is second)
    cut_off = aioice.ice.CandidatePair(protocol, controlled.remote_candidates[0])
    cut_off.state = aioice.ice.CandidatePair.State.IN_PROGRESS
    cut_off.task = asyncio.create_task(asyncio.Event().wait())
    cut_off.task.cancel()
    await asyncio.wait([cut_off.task])
    controlled._check_list = [p for p in controlled._check_list if p.protocol is not protocol] + [cut_off]
    await controlling.add_remote_candidate(second)
    pair = next(p for p in controlling._check_list if p.remote_addr == (second.host, second.port))
    request = controlling.build_request(pair, nominate=True)
    async with asyncio.timeout(30):
        await pair.protocol.request(
            request, pair.remote_addr, integrity_key=controlling.remote_password.encode()
        )
        if cut_off.task is not None:
            await asyncio.wait([cut_off.task])
    assert controlled.selected_pair is not None
    assert controlled.selected_pair[0] == (second.host, second.port)
    await asyncio.gather(controlling.close(), controlled.close())
