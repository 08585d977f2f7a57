import asyncio
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest
from chime_native.rtc import RtcPeer, audio


class FakeBlock:
    def __init__(self, ssrc: int, highest: int) -> None:
        self.ssrc, self.fraction_lost, self.packets_lost, self.highest_sequence_number = (
            ssrc,
            0.25,
            3,
            highest,
        )
        self.jitter = 48


class FakeReceiver:
    """Plays packets as they come, one a tick: no Opus, no timing."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.packets: deque[bytes] = deque()
        self.pushed = 0
        self.last = b""

    def push(self, packet: bytes, arrival_us: int) -> bool:
        assert arrival_us > 0
        self.pushed += 1
        self.last = packet
        self.packets.append(packet[12:])
        return True

    def pull(self) -> np.ndarray:
        channels = self.options["channels"]
        if not self.packets:
            return np.zeros((480, channels), np.int16)
        return np.frombuffer(self.packets.popleft(), np.int16).reshape(480, channels)

    def report_block(self) -> FakeBlock | None:
        if not self.last:
            return None
        return FakeBlock(int.from_bytes(self.last[8:12]), int.from_bytes(self.last[2:4]))

    def stats(self) -> dict[str, Any]:
        return {"pushed": self.pushed}


class FakeSender:
    """A packet every 10 ms with the PCM as it is; mono only, or it would not fit."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.sequence_number = 0
        self.muted = False
        self.reports: list[dict[str, Any]] = []

    def push(self, pcm: np.ndarray, now_us: int) -> list[bytes]:
        assert now_us > 0
        assert pcm.shape == (480, self.options["channels"])
        self.sequence_number += 1
        header = struct.pack(
            "!BBHII",
            0x80,
            self.options["red_payload_type"] or self.options["opus_payload_type"],
            self.sequence_number,
            480 * self.sequence_number,
            self.options["ssrc"],
        )
        return [header + pcm.tobytes()]

    def on_report(self, **report: Any) -> None:
        self.reports.append(report)

    def sender_info(self) -> tuple[int, int, int]:
        return 480 * self.sequence_number, self.sequence_number, 960 * self.sequence_number

    def stats(self) -> dict[str, Any]:
        return {"packets_sent": self.sequence_number}


class FakeEngine:
    AudioReceiver = FakeReceiver
    AudioSender = FakeSender


@pytest.fixture
def fake_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts PCM into packets as it is, so that the transport is tested alone and exactly."""
    monkeypatch.setattr(audio, "engine", FakeEngine)


PeerPair = tuple[RtcPeer, RtcPeer]


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Any]]:
    """Makes a client and a service that are connected over loopback; closes them in the end."""
    peers: list[RtcPeer] = []

    async def make(
        client_options: dict[str, Any] | None = None,
        service_options: dict[str, Any] | None = None,
        **offer: Any,
    ) -> PeerPair:
        client = RtcPeer(controlling=True, host="127.0.0.1", **(client_options or {}))
        service = RtcPeer(controlling=False, host="127.0.0.1", **(service_options or {}))
        peers.extend((client, service))
        await client.apply_answer(await service.create_answer(await client.create_offer(**offer)))
        async with asyncio.timeout(30):
            await asyncio.gather(client.connected(), service.connected())
        return client, service

    yield make
    await asyncio.gather(*(peer.close() for peer in peers))
