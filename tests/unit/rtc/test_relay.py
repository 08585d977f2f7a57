"""TURN: with credentials nothing but the relay is used. The relay is a small one made for this test."""

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from typing import cast

import numpy as np
import pytest
from aioice import stun
from aioice.turn import make_integrity_key
from chime_native.errors import RtcError
from chime_native.rtc import IceServer, PlayoutClock, RtcPeer

Address = tuple[str, int]
USERNAME, PASSWORD, REALM, NONCE = "user", "secret", "relay", b"nonce"
KEY = make_integrity_key(USERNAME, REALM, PASSWORD)


class Relayed(asyncio.DatagramProtocol):
    """The relay's socket for one client (RFC 8656, with channels only, which is what aioice uses)."""

    def __init__(self, server: "TurnServer", client: Address) -> None:
        self.server, self.client = server, client
        self.channels: dict[int, Address] = {}
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: Address) -> None:
        for channel, peer in self.channels.items():
            if peer == address:
                self.server.send(struct.pack("!HH", channel, len(data)) + data, self.client)


class TurnServer(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.allocations: dict[Address, Relayed] = {}
        self.relayed = 0
        self.tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def send(self, data: bytes, address: Address) -> None:
        self.transport.sendto(data, address)

    def datagram_received(self, data: bytes, address: Address) -> None:
        if data[0] >> 6 == 1:
            channel, length = struct.unpack("!HH", data[:4])
            allocation = self.allocations[address]
            assert allocation.transport is not None
            self.relayed += 1
            allocation.transport.sendto(data[4 : 4 + length], allocation.channels[channel])
            return
        task = asyncio.get_running_loop().create_task(self.answer(stun.parse_message(data), address))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def answer(self, request: stun.Message, address: Address) -> None:
        response = stun.Message(request.message_method, stun.Class.RESPONSE, request.transaction_id)
        if not request.check_message_integrity(KEY):
            response.message_class = stun.Class.ERROR
            response.attributes["ERROR-CODE"] = (401, "Unauthorized")
            response.attributes["NONCE"], response.attributes["REALM"] = NONCE, REALM
            response.add_fingerprint()
            self.send(bytes(response), address)
            return
        if request.message_method is stun.Method.ALLOCATE:
            relayed = self.allocations[address] = Relayed(self, address)
            await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: relayed, local_addr=("127.0.0.1", 0)
            )
            assert relayed.transport is not None
            response.attributes["XOR-RELAYED-ADDRESS"] = relayed.transport.get_extra_info("sockname")
            response.attributes["XOR-MAPPED-ADDRESS"] = address
            response.attributes["LIFETIME"] = 600
        elif request.message_method is stun.Method.CHANNEL_BIND:
            peer = request.attributes["XOR-PEER-ADDRESS"]
            self.allocations[address].channels[request.attributes["CHANNEL-NUMBER"]] = peer
        elif request.message_method is stun.Method.REFRESH:
            response.attributes["LIFETIME"] = request.attributes["LIFETIME"]
            if not request.attributes["LIFETIME"]:
                self.close(address)
        response.add_message_integrity(KEY)
        self.send(bytes(response), address)

    def close(self, address: Address) -> None:
        allocation = self.allocations.pop(address)
        assert allocation.transport is not None
        allocation.transport.close()


@pytest.fixture
async def turn() -> AsyncIterator[tuple[TurnServer, str]]:
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        TurnServer, local_addr=("127.0.0.1", 0)
    )
    yield server, f"turn:127.0.0.1:{transport.get_extra_info('sockname')[1]}?transport=udp"
    for address in list(server.allocations):
        server.close(address)
    transport.close()


@pytest.mark.usefixtures("fake_engine")
async def test_media_goes_over_the_relay_and_nothing_else(turn: tuple[TurnServer, str]) -> None:
    server, url = turn
    heard = asyncio.Event()

    class Source:
        def read(self, frames: int) -> np.ndarray:
            return np.full((frames, 1), 7, np.int16)

    class Sink:
        def write(self, pcm: np.ndarray) -> None:
            if pcm.all():
                heard.set()

    client = RtcPeer(controlling=True, ice_servers=[IceServer([url], USERNAME, PASSWORD)])
    service = RtcPeer(controlling=False, host="127.0.0.1")
    async with client, service:
        offer = await client.create_offer()
        assert re.findall(r"typ (\w+)", offer) == ["relay"]
        await client.apply_answer(await service.create_answer(offer))
        async with asyncio.timeout(30):
            await asyncio.gather(client.connected(), service.connected())
        (allocation,) = server.allocations.values()
        assert allocation.transport is not None
        relay = allocation.transport.get_extra_info("sockname")
        assert service.stats()["selected_pair"]["remote"] == relay
        client.audio.start(PlayoutClock.running(), Source())
        service.audio.start(PlayoutClock.running(), None, [Sink()])
        async with asyncio.timeout(30):
            await heard.wait()
        assert server.relayed > 0
    assert server.allocations == {}


async def test_wrong_credentials_give_no_candidate(turn: tuple[TurnServer, str]) -> None:
    server, url = turn
    async with RtcPeer(controlling=True, ice_servers=[IceServer([url], USERNAME, "wrong")]) as client:
        with pytest.raises(RtcError, match="ICE found no candidate from the TURN server"):
            await client.create_offer()
    assert server.allocations == {}
