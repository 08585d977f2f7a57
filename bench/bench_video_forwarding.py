"""One packet of video to 24 receivers: rewriting in the forwarder, against aiortc's parse and serialise, and a plain copy.

What comes after, SRTP and the socket, is the same for all and is not in these figures.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap
from aiortc.rtp import RtpPacket as AiortcPacket
from chime_native._native.rtp import RtpPacket
from chime_native._native.video import VideoForwarder
from common import Ratio, Run, measure

Report = Callable[[Ratio], Ratio]

EXTENSIONS = HeaderExtensionsMap()
EXTENSIONS.configure(
    RTCRtpParameters(
        headerExtensions=[
            RTCRtpHeaderExtensionParameters(id=4, uri="urn:ietf:params:rtp-hdrext:sdes:mid"),
            RTCRtpHeaderExtensionParameters(
                id=2, uri="http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
            ),
        ]
    )
)

RECEIVERS = 24
"""A meeting of 25 who all send and see each other."""
PACKETS = 200
PACKET_US = 15_000
"""600 kbit/s, which the SDK sends at 360p, in packets of 1100 octets are 68 a second."""


@functools.cache
def video_packets() -> list[bytes]:
    """VP8 in packets of 1100 octets of payload, a key frame first."""
    packets = []
    for number in range(PACKETS):
        first = b"\x10\x10\x00\x00\x9d\x01\x2a\x80\x02\x68\x01" if number == 0 else b"\x10\x11\x00\x00"
        packet = RtpPacket(
            payload_type=96,
            sequence_number=number,
            timestamp=3000 * number,
            ssrc=1,
            payload=first.ljust(1100, b"\x55"),
            extensions={4: b"1", 3: number.to_bytes(2)},
        )
        packets.append(packet.pack())
    return packets


def forward_ours() -> Run:
    packets = video_packets()

    def run() -> None:
        forwarder = VideoForwarder()
        forwarder.add_source(1, payload_types=[(96, "VP8", 97)], layers=[("", 1, 0)], transport_cc_id=3)
        for sink in range(RECEIVERS):
            forwarder.add_sink(
                sink,
                ssrc=100 + sink,
                rtx_ssrc=200 + sink,
                payload_types=[(100, "VP8", 101)],
                mid="7",
                mid_id=4,
                abs_send_time_id=2,
            )
            forwarder.select(sink, (1, 0))
        now_us = forwarded = 0
        for packet in packets:
            forwarded += len(forwarder.push(1, packet, now_us))
            now_us += PACKET_US
        assert forwarded == PACKETS * RECEIVERS

    return run


def forward_aiortc() -> Run:
    """aiortc's classes used for the same: it has no forwarding of its own."""
    packets = video_packets()

    def run() -> None:
        for data in packets:
            packet = AiortcPacket.parse(data, EXTENSIONS)
            for sink in range(RECEIVERS):
                packet.ssrc = 100 + sink
                packet.payload_type = 100
                packet.extensions.mid = "7"
                packet.extensions.abs_send_time = sink
                packet.serialize(EXTENSIONS)

    return run


def copy_alone() -> Run:
    packets = video_packets()

    def run() -> None:
        for packet in packets:
            for _ in range(RECEIVERS):
                bytes(memoryview(packet))

    return run


@pytest.mark.benchmark(group="forward 200 packets to 24 receivers")
@pytest.mark.parametrize("make", [forward_ours, forward_aiortc, copy_alone])
def test_forward(benchmark: Any, make: Callable[[], Run]) -> None:
    benchmark.pedantic(lambda run: run(), setup=lambda: ((make(),), {}), rounds=10)


def test_forward_ratio(report: Report) -> None:
    calls = PACKETS * RECEIVERS
    report(measure("forwarding", forward_ours, copy_alone, calls=calls, peer_name="copying"))
    ratio = measure("forwarding", forward_ours, forward_aiortc, calls=calls, peer_name="aiortc's classes")
    assert report(ratio).value <= 1 / 4
