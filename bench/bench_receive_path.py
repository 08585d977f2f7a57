"""The receive path a packet: RTP bytes in, 2 x 10 ms of PCM out, against aiortc's and against decoding alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from aiortc.codecs.opus import OpusDecoder as AiortcDecoder
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket as AiortcPacket
from av import AudioFrame
from chime_native._native.benchmark import RawOpusDecode
from chime_native.audio import AudioReceiver, RtpPacket, split_red
from common import Ratio, Run, measure, rtp_packets

Report = Callable[[Ratio], Ratio]

PACKET_US = 20_000


def receive_ours(red: bool = True) -> Run:
    """Push a packet, pull two blocks into the same array, as the playout clock does."""
    packets = rtp_packets(red=red)
    receiver = AudioReceiver(red_payload_type=63, audio_level_id=1)
    push, pull = receiver.push, receiver.pull
    out = np.empty((480, 1), np.int16)

    def run() -> None:
        now_us = 0
        for packet in packets:
            push(packet, now_us)
            pull(out, now_us=now_us)
            pull(out, now_us=now_us + 10_000)
            now_us += PACKET_US

    return run


def receive_aiortc() -> Run:
    """aiortc's parts in the order of its receiver; it knows no RED and always decodes to stereo."""
    packets = rtp_packets(red=False)
    buffer, decoder = JitterBuffer(capacity=16, prefetch=4), AiortcDecoder()

    def run() -> None:
        for data in packets:
            _, frame = buffer.add(_depacketized(data))
            if frame is not None:
                for decoded in decoder.decode(frame):
                    cast(AudioFrame, decoded).to_ndarray()

    return run


def decode_alone() -> Run:
    packets = [RtpPacket.parse(packet) for packet in rtp_packets()]
    return RawOpusDecode([split_red(packet.payload, packet.timestamp)[1][-1].data for packet in packets]).run


def push_ours() -> Run:
    """Parsing, RED and the buffer, without taking anything out."""
    packets = rtp_packets()
    push = AudioReceiver(red_payload_type=63, audio_level_id=1).push

    def run() -> None:
        now_us = 0
        for packet in packets:
            push(packet, now_us)
            now_us += PACKET_US

    return run


def push_aiortc() -> Run:
    packets = rtp_packets(red=False)
    buffer = JitterBuffer(capacity=16, prefetch=4)

    def run() -> None:
        for data in packets:
            buffer.add(_depacketized(data))

    return run


def _depacketized(data: bytes) -> AiortcPacket:
    packet = AiortcPacket.parse(data)
    packet._data = packet.payload  # type: ignore[attr-defined]
    return packet


@pytest.mark.benchmark(group="receive 100 packets")
@pytest.mark.parametrize("make", [receive_ours, receive_aiortc, decode_alone])
def test_receive(benchmark: Any, make: Callable[[], Run]) -> None:
    benchmark.pedantic(lambda run: run(), setup=lambda: ((make(),), {}), rounds=40)


@pytest.mark.benchmark(group="push 100 packets")
@pytest.mark.parametrize("make", [push_ours, push_aiortc])
def test_push(benchmark: Any, make: Callable[[], Run]) -> None:
    benchmark.pedantic(lambda run: run(), setup=lambda: ((make(),), {}), rounds=40)


def test_receive_ratio(report: Report) -> None:
    count = len(rtp_packets())
    report(measure("receive path", receive_ours, receive_aiortc, calls=count, peer_name="aiortc", rounds=15))
    report(
        measure(
            "aiortc's receive path",
            receive_aiortc,
            decode_alone,
            calls=count,
            peer_name="raw decode",
            rounds=15,
        )
    )
    ratio = measure("receive path", receive_ours, decode_alone, calls=count, peer_name="raw decode")
    assert report(ratio).value <= 1.4


def test_push_ratio(report: Report) -> None:
    count = len(rtp_packets())
    ratio = measure("RTP parse, RED split, buffer", push_ours, push_aiortc, calls=count, peer_name="aiortc")
    assert report(ratio).value <= 1 / 9
