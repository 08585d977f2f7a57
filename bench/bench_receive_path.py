"""The receive path a packet: RTP bytes in, 2 x 10 ms of PCM out, against aiortc's and against decoding alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from chime_native._native.benchmark import RawOpusDecode
from chime_native.audio import RtpPacket, split_red
from chime_native.cli.bench.workloads import push_aiortc, push_ours, receive_aiortc, receive_ours
from common import Ratio, Run, measure, rtp_packets

Report = Callable[[Ratio], Ratio]


def decode_alone() -> Run:
    packets = [RtpPacket.parse(packet) for packet in rtp_packets()]
    return RawOpusDecode([split_red(packet.payload, packet.timestamp)[1][-1].data for packet in packets]).run


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
