import asyncio
import os
import random
import re
import socket
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chime_native.errors import RtcError, SdpError
from chime_native.rtc import (
    AudioProfileOptions,
    Impairment,
    PlayoutClock,
    RtcPeer,
    VideoAnswer,
    VideoSection,
    transport,
)
from chime_native.rtc.audio import fit_channels

pytestmark = pytest.mark.usefixtures("fake_engine")
VECTORS = Path(__file__).parents[2] / "vectors" / "sdp"


class Counter:
    """A source of numbered blocks."""

    def __init__(self) -> None:
        self.blocks = 0

    def read(self, frames: int) -> np.ndarray:
        self.blocks += 1
        return np.full((frames, 1), self.blocks % 30_000, np.int16)


class Collector:
    """A sink that wakes whoever waits for a number of blocks that are not silent."""

    def __init__(self, wanted: int) -> None:
        self.blocks: list[int] = []
        self.wanted = wanted
        self.full = asyncio.Event()

    def write(self, pcm: np.ndarray) -> None:
        if pcm[0, 0]:
            self.blocks.append(int(pcm[0, 0]))
        if len(self.blocks) >= self.wanted:
            self.full.set()


async def test_audio_passes_both_ways(connect: Callable[..., Any]) -> None:
    client, service = await connect()
    clock = PlayoutClock.running()
    heard_by_client, heard_by_service = Collector(50), Collector(50)
    client.audio.start(clock, Counter(), [heard_by_client])
    service.audio.start(clock, Counter(), [heard_by_service])
    async with asyncio.timeout(30):
        await heard_by_client.full.wait()
        await heard_by_service.full.wait()
    for heard in (heard_by_client, heard_by_service):
        steps = np.diff(heard.blocks)
        assert (steps == 1).all()
    assert client.stats()["packets_received"] >= 50


async def sockets_and_tasks() -> tuple[set[str], int, int]:
    """Names of tasks, number of sockets and of threads, for comparing before and after."""
    tasks = {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}
    sockets = sum(os.readlink(f"/proc/self/fd/{fd}").startswith("socket:") for fd in open_descriptors())
    return tasks, sockets, threading.active_count()


def open_descriptors() -> list[str]:
    return [fd for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")]


async def test_close_leaves_nothing(connect: Callable[..., Any]) -> None:
    before = await sockets_and_tasks()
    client, service = await connect()
    sounds = [client.audio, service.audio]
    sounds[0].start(PlayoutClock.running(), Counter())
    sounds[1].start(PlayoutClock.running(), None)
    during = await sockets_and_tasks()
    assert during[1] > before[1]
    await client.close()
    async with asyncio.timeout(30):
        await service.closed()  # the client's goodbye is enough
    await asyncio.gather(client.close(), client.close(), service.close())
    sounds[1].stop()
    await asyncio.sleep(0)
    assert await sockets_and_tasks() == before
    receivers = [weakref.ref(sound.receiver) for sound in sounds]
    sounds.clear()
    assert [receiver() for receiver in receivers] == [None, None]
    assert client.failure is None
    with pytest.raises(RtcError, match="the peer was closed"):
        await client.create_offer()


async def test_the_other_side_going_away_is_said(connect: Callable[..., Any]) -> None:
    client, service = await connect()
    await client.close()
    async with asyncio.timeout(30):
        await service.closed()
    assert "the peer closed the DTLS connection" in str(service.failure)
    with pytest.raises(RtcError, match="the connection was lost"):
        await service.create_answer("")


@pytest.mark.parametrize("stage", ["new", "offered", "answered"])
async def test_close_at_any_stage(stage: str) -> None:
    before = await sockets_and_tasks()
    client, service = (
        RtcPeer(controlling=True, host="127.0.0.1"),
        RtcPeer(controlling=False, host="127.0.0.1"),
    )
    if stage != "new":
        offer = await client.create_offer()
        if stage == "answered":
            await client.apply_answer(await service.create_answer(offer))
    waiting = asyncio.create_task(client.connected())
    await asyncio.sleep(0)
    await client.close()
    await service.close()
    with pytest.raises(RtcError, match="the peer was closed"):
        await waiting
    assert await sockets_and_tasks() == before


async def test_ice_that_finds_nobody_fails_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "ICE_TIMEOUT", 0.5)
    before = await sockets_and_tasks()
    service = RtcPeer(controlling=False, host="127.0.0.1")
    offer = (VECTORS / "chromium_audio_red_offer.sdp").read_bytes().decode()
    await service.create_answer(offer)
    with pytest.raises(RtcError, match=r"ICE did not connect within .* of the peer: none"):
        await service.ice_connected()
    with pytest.raises(RtcError, match="ICE did not connect"):
        await service.connected()
    await service.closed()
    assert await sockets_and_tasks() == before


async def test_a_wrong_certificate_is_refused() -> None:
    client, service = (
        RtcPeer(controlling=True, host="127.0.0.1"),
        RtcPeer(controlling=False, host="127.0.0.1"),
    )
    async with client, service:
        answer = await service.create_answer(await client.create_offer())
        fingerprint = re.search(r"sha-256 (..)", answer)
        assert fingerprint is not None
        other = "00" if fingerprint[1] != "00" else "01"
        await client.apply_answer(answer.replace(fingerprint[0], f"sha-256 {other}"))
        async with asyncio.timeout(30):
            with pytest.raises(RtcError, match="certificate does not have the fingerprint"):
                await client.connected()
            await client.closed()


async def test_handshake_without_an_answer_fails_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "DTLS_TIMEOUT", 0.5)
    client, service = (
        RtcPeer(controlling=True, host="127.0.0.1"),
        RtcPeer(controlling=False, host="127.0.0.1"),
    )
    async with client, service:
        answer = await service.create_answer(await client.create_offer())
        # Both wait for the other to begin.
        await client.apply_answer(answer.replace("a=setup:passive", "a=setup:active"))
        with pytest.raises(RtcError, match="the DTLS handshake did not end"):
            await client.connected()


async def test_calls_out_of_order_and_wrong_arguments() -> None:
    async with RtcPeer(controlling=True, host="127.0.0.1") as client:
        with pytest.raises(RuntimeError, match="needs an offer"):
            await client.apply_answer("")
        with pytest.raises(ValueError, match="a mid of its own other than 0"):
            await client.create_offer(video_sections=(VideoSection("0"),))
        await client.create_offer(video_sections=(VideoSection("1"), VideoSection("2", "recvonly")))
        with pytest.raises(ValueError, match="3 sections were offered before, now only 2"):
            await client.create_offer()
        with pytest.raises(SdpError):
            await client.apply_answer("v=0\r\n")
        assert client.stats()["packets_sent"] == 0
        client.send_rtp([b"early"])
        assert client.stats()["packets_discarded_on_send"] == 1
    with pytest.raises(RtcError, match="cannot offer a candidate"):
        await RtcPeer(controlling=True, host="no such host").create_offer()


async def test_malformed_offers_change_nothing() -> None:
    async with RtcPeer(controlling=False, host="127.0.0.1") as service:
        for offer in ("", "v=0", "hello\r\n" * 10):
            with pytest.raises(SdpError):
                await service.create_answer(offer)
        assert service.audio is None


async def test_what_comes_with_the_keys_but_makes_no_sense_is_counted(connect: Callable[..., Any]) -> None:
    client, service = await connect()
    noise = random.Random(5)
    for size in (12, 13, 60, 400):
        client.send_rtp([b"\x80\x05" + noise.randbytes(size - 2), b"\x9f\x6f" + b"\xff" * size])
        client.send_rtp([b"\x81\xc8" + noise.randbytes(size), b"\x80\xc9\x00\x30" + noise.randbytes(size)])
    heard = Collector(20)
    client.audio.start(PlayoutClock.running(), Counter())
    service.audio.start(PlayoutClock.running(), None, [heard])
    async with asyncio.timeout(30):
        await heard.full.wait()
    stats = service.stats()
    assert stats["rtcp_packets_malformed"] > 0
    assert stats["rtp_packets_unroutable"] + stats["rtp_packets_malformed"] > 0


async def test_random_datagrams_on_the_media_port_do_not_end_the_call(connect: Callable[..., Any]) -> None:
    client, service = await connect()
    address = service.stats()["selected_pair"]["local"]
    noise = random.Random(3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for first in (None, *range(0, 256, 5)):
            for size in (0, 1, 11, 19, 64, 300, 1501, 4000):
                data = noise.randbytes(size)
                stranger.sendto(data if first is None else bytes([first]) + data, address)
            await asyncio.sleep(0)
    heard = Collector(20)
    client.audio.start(PlayoutClock.running(), Counter())
    service.audio.start(PlayoutClock.running(), None, [heard])
    async with asyncio.timeout(30):
        await heard.full.wait()
    assert service.stats()["datagrams_dropped"] > 50
    assert service.failure is None


async def test_a_strangers_alert_does_not_end_the_handshake() -> None:
    alert = bytes.fromhex("15fefd 0000 000000000000 0002 0228")
    client, service = (
        RtcPeer(controlling=True, host="127.0.0.1"),
        RtcPeer(controlling=False, host="127.0.0.1"),
    )
    async with client, service:
        answer = await service.create_answer(await client.create_offer())
        port = re.search(r"127\.0\.0\.1 (\d+) typ host", answer)
        assert port is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for _ in range(20):
                stranger.sendto(alert, ("127.0.0.1", int(port[1])))
        await client.apply_answer(answer)
        async with asyncio.timeout(30):
            await asyncio.gather(client.connected(), service.connected())
        assert service.stats()["datagrams_dropped"] >= 20


async def test_impairment_loses_on_both_ways(connect: Callable[..., Any]) -> None:
    client, service = await connect(client_options={"impairment": Impairment(loss=0.2, jitter_ms=5, seed=11)})
    heard_by_client, heard_by_service = Collector(100), Collector(100)
    client.audio.start(PlayoutClock.running(), Counter(), [heard_by_client])
    service.audio.start(PlayoutClock.running(), Counter(), [heard_by_service])
    async with asyncio.timeout(30):
        await heard_by_client.full.wait()
        await heard_by_service.full.wait()
    for direction, heard in (("in", heard_by_client), ("out", heard_by_service)):
        link = client.stats()["impairment"][direction]
        assert 0.1 < link["packets_lost"] / link["packets"] < 0.3
        assert link["packets_delayed"] > 0
        assert len(set(heard.blocks)) < max(heard.blocks) - min(heard.blocks) + 1


async def test_reports_reach_the_sender(connect: Callable[..., Any]) -> None:
    client, service = await connect()
    clock = PlayoutClock.running()
    client.audio.start(clock, Counter())
    service.audio.start(clock, Counter())
    async with asyncio.timeout(30):
        while not any(report["rtt_ms"] is not None for report in client.audio.sender.reports):
            await ticks(clock, 10)
    report = client.audio.sender.reports[-1]
    assert report["fraction_lost"] == 0.25
    assert report["jitter_ms"] == 1.0
    assert 0 <= report["rtt_ms"] < 1000
    assert client.stats()["round_trip_time_ms"] is not None


async def ticks(clock: PlayoutClock, count: int) -> None:
    """Returns after so many ticks of the playout clock."""
    left, done = count, asyncio.Event()

    def tick(_now_us: int) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            done.set()

    clock.add(tick)
    try:
        await done.wait()
    finally:
        clock.remove(tick)


async def test_renegotiation_keeps_mids_transport_and_engine(connect: Callable[..., Any]) -> None:
    client, service = await connect()
    heard = Collector(10)
    client.audio.start(PlayoutClock.running(), Counter())
    service.audio.start(PlayoutClock.running(), None, [heard])
    engine = service.audio.receiver, client.audio.sender
    pair = client.stats()["selected_pair"]
    sections = (VideoSection("1"), VideoSection("2", "recvonly"))
    offer = await client.create_offer(video_sections=sections)
    answer = await service.create_answer(offer, video={"2": VideoAnswer(77, "v_2")})
    await client.apply_answer(answer)
    assert "a=msid:v_2 v_2" in answer
    offer = await client.create_offer(video_sections=(VideoSection("1"), VideoSection("2", stopped=True)))
    answer = await service.create_answer(offer)
    await client.apply_answer(answer)
    assert "a=group:BUNDLE 0 1\r\n" in answer
    assert re.findall("a=mid:(.)", answer) == ["0", "1", "2"]
    heard.full.clear()
    heard.wanted = len(heard.blocks) + 10
    async with asyncio.timeout(30):
        await heard.full.wait()
    assert (service.audio.receiver, client.audio.sender) == engine
    assert client.stats()["selected_pair"] == pair
    versions = [int(text) for text in re.findall(r"o=\S+ \d+ (\d+)", offer + answer)]
    assert min(versions) >= 4


async def test_redundancy_taken_away_makes_a_new_engine_and_ssrc(connect: Callable[..., Any]) -> None:
    client, service = await connect()
    ssrc, receiver = service.audio.ssrc, service.audio.receiver
    service.audio.sender.muted = True
    offer = await client.create_offer(audio=AudioProfileOptions(redundancy=False))
    answer = await service.create_answer(offer)
    await client.apply_answer(answer)
    assert service.audio.ssrc != ssrc
    assert f"a=ssrc:{service.audio.ssrc} cname" in answer
    assert service.audio.receiver is not receiver
    assert service.audio.sender.muted
    assert service.audio.payload_types == client.audio.payload_types == {111}
    heard = Collector(10)
    client.audio.start(PlayoutClock.running(), None, [heard])
    service.audio.start(PlayoutClock.running(), Counter())
    async with asyncio.timeout(30):
        await heard.full.wait()


async def test_a_new_ufrag_is_a_new_transport(connect: Callable[..., Any]) -> None:
    client, service = await connect()
    again = RtcPeer(controlling=True, host="127.0.0.1")
    async with again:
        pair = service.stats()["selected_pair"]
        await again.apply_answer(await service.create_answer(await again.create_offer()))
        async with asyncio.timeout(30):
            await again.connected()
            await client.closed()  # the service left the old transport when the new one was up
        assert service.stats()["selected_pair"] != pair
        assert service.failure is None
        heard = Collector(10)
        again.audio.start(PlayoutClock.running(), Counter())
        service.audio.start(PlayoutClock.running(), None, [heard])
        async with asyncio.timeout(30):
            await heard.full.wait()


async def test_a_new_transport_that_fails_leaves_the_old_one(
    connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client, service = await connect()
    monkeypatch.setattr(transport, "ICE_TIMEOUT", 0.3)
    offer = (VECTORS / "chromium_audio_red_offer.sdp").read_bytes().decode()
    await service.create_answer(offer)
    clock = PlayoutClock.running()
    async with asyncio.timeout(30):
        while "the old one stays" not in caplog.text:
            await ticks(clock, 5)
    heard = Collector(10)
    client.audio.start(clock, Counter())
    service.audio.start(clock, None, [heard])
    async with asyncio.timeout(30):
        await heard.full.wait()
    assert service.failure is None


async def test_sources_and_sinks_that_raise_do_not_end_the_call(
    connect: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def read(self, _frames: int) -> np.ndarray:
            raise OSError("no microphone")

        def write(self, _pcm: np.ndarray) -> None:
            raise OSError("no speaker")

    client, service = await connect()
    heard = Collector(10)
    client.audio.start(PlayoutClock.running(), Counter(), [Broken()])
    service.audio.start(PlayoutClock.running(), Broken(), [Broken(), heard])
    async with asyncio.timeout(30):
        await heard.full.wait()
    with pytest.raises(RuntimeError, match="started already"):
        client.audio.start(PlayoutClock.running(), None)
    assert len([record for record in caplog.records if "raised" in record.message]) == 3
    service.audio.source = Counter()
    assert isinstance(service.audio.source, Counter)
    service.audio.remove_sink(heard)
    service.audio.remove_sink(heard)


def test_channels_are_fitted() -> None:
    stereo = np.tile(np.array([[100, 200]], np.int16), (480, 1))
    assert (fit_channels(stereo, 1) == 150).all()
    assert fit_channels(stereo, 2) is stereo
    mono = np.full((480, 1), 7, np.int16)
    assert fit_channels(mono, 2).shape == (480, 2)
    for wrong in (
        np.zeros((480, 3), np.int16),
        np.zeros((479, 1), np.int16),
        np.zeros((480, 1)),
        np.zeros(480, np.int16),
    ):
        with pytest.raises(ValueError, match="audio"):
            fit_channels(wrong, 2)
