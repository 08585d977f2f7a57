"""Media past aiortc, beside it, and from one way to the other."""

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from chime_native.rtc import PlayoutClock, RtcPeer, fast_path

pytestmark = pytest.mark.usefixtures("fake_engine")
WAYS = ("native", "aiortc")
numbers = itertools.count(1000, 1000)
"""Where each talk begins to count, so that blocks of the one before it are told from its own."""


class Heard:
    """A sink that wakes whoever waits for 30 blocks in a row."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.blocks: list[int] = []
        self.enough = asyncio.Event()

    def write(self, pcm: np.ndarray) -> None:
        if pcm[0, 0] >= self.first:
            self.blocks.append(int(pcm[0, 0]))
        if len(self.blocks) >= 30:
            self.enough.set()


class Count:
    def __init__(self, first: int) -> None:
        self.blocks = first

    def read(self, frames: int) -> np.ndarray:
        self.blocks += 1
        return np.full((frames, 1), self.blocks, np.int16)


async def talk(client: RtcPeer, service: RtcPeer) -> None:
    """Both hear 30 blocks of each other, with none missing."""
    first = next(numbers)
    heard = [Heard(first), Heard(first)]
    for peer, sink in zip((client, service), heard, strict=True):
        assert peer.audio is not None
        peer.audio.stop()
        peer.audio.start(PlayoutClock.running(), Count(first), [sink])
    async with asyncio.timeout(30):
        await asyncio.gather(*(sink.enough.wait() for sink in heard))
    for sink in heard:
        assert (np.diff(sink.blocks) == 1).all()


def transport_of(peer: RtcPeer) -> Any:
    return peer._connection._active


@pytest.mark.parametrize("way", WAYS)
async def test_audio_passes_on_either_way(
    connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "aiortc":
        monkeypatch.setenv(fast_path.SWITCH, "0")
    client, service = await connect()
    await talk(client, service)
    for peer in (client, service):
        stats = peer.stats()
        assert stats["media_path"] == way
        assert stats["packets_sent"] >= 30
        assert stats["packets_received"] >= 30
        assert stats["bytes_received"] >= 30 * 960
        assert stats["packets_discarded_on_send"] == 0


async def test_one_end_may_have_it_alone(
    connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    takes = fast_path.FastPath.take_over
    monkeypatch.setattr(
        "chime_native.rtc.transport.FastPath.take_over",
        lambda dtls, *others: takes(dtls, *others) if dtls._role == "server" else None,
    )
    client, service = await connect()
    await talk(client, service)
    assert {peer.stats()["media_path"] for peer in (client, service)} == set(WAYS)


async def test_without_libsrtp_it_is_aiortc(
    connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast_path, "HAS_FAST_PATH", False)
    client, _ = await connect()
    assert client.stats()["media_path"] == "aiortc"


async def test_packets_change_their_way_in_the_middle(connect: Callable[..., Any]) -> None:
    """As when ICE goes on through a TURN server: aiortc sends and receives, with the same SRTP state."""
    client, service = await connect()
    await talk(client, service)
    connection = transport_of(client)._connection
    direct = connection._nominated[1]

    class Relay:
        """What carries packets and has no socket."""

        sent = 0

        async def send_data(self, data: bytes, _address: Any) -> None:
            self.sent += 1
            # It comes out at the other end past the sockets, too.
            transport_of(service)._connection.data_received(data, 1)

    class Pair:
        protocol = Relay()
        remote_addr = ("192.0.2.1", 1)
        local_addr = ("192.0.2.2", 1)

    connection._nominated[1] = Pair()
    await talk(client, service)
    assert Pair.protocol.sent >= 30
    connection._nominated[1] = direct
    await talk(client, service)
    assert service.stats()["packets_rejected"] == 0


async def test_it_goes_where_ice_nominates(connect: Callable[..., Any]) -> None:
    client, service = await connect()
    await talk(client, service)
    pair = transport_of(client)._connection._nominated[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        elsewhere.setblocking(False)

        class Moved:
            protocol = pair.protocol
            remote_addr = elsewhere.getsockname()
            local_addr = pair.local_addr

        transport_of(client)._connection._nominated[1] = Moved()
        async with asyncio.timeout(30):
            data = await asyncio.get_running_loop().sock_recv(elsewhere, 2000)
    assert data[0] >> 6 == 2
    transport_of(client)._connection._nominated[1] = pair


async def test_forged_media_is_counted_and_nothing_else(connect: Callable[..., Any]) -> None:
    client, service = await connect()
    await talk(client, service)
    before = service.stats()["packets_received"]
    address = service.stats()["selected_pair"]["local"]
    service.audio.stop()
    client.audio.stop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for number in range(100):
            stranger.sendto(bytes([0x80, 111, 0, number]) + bytes(100), address)
            stranger.sendto(bytes([0x80, 200, 0, 6]) + bytes(24), address)
        async with asyncio.timeout(30):
            while service.stats()["packets_rejected"] < 200:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
    assert service.stats()["packets_received"] - before < 60  # what was on its way, and reports
    assert service.stats()["packets_rejected"] == 200
    await talk(client, service)


async def test_a_handler_that_raises_loses_its_packet_only(
    connect: Callable[..., Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, service = await connect()
    push, failed = service.audio.push_packet, []

    def push_or_raise(packet: bytes, arrival_us: int) -> None:
        if not failed:
            failed.append(packet)
            raise RuntimeError("once")
        push(packet, arrival_us)

    monkeypatch.setattr(transport_of(service), "_on_rtp", push_or_raise)
    await talk(client, service)
    assert "what handles it raised" in caplog.text
