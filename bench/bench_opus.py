"""Opus calls of 20 ms, bytes to ndarray and back, against libopus itself in a loop and against PyAV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av
import numpy as np
import pytest
from chime_native._native.benchmark import RawOpusDecode, RawOpusEncode
from chime_native.audio import OpusDecoder
from chime_native.cli.bench.workloads import decode_ours, decode_pyav, encode_ours, encode_pyav
from common import RATE, Ratio, Run, measure, opus_packets, speech

Report = Callable[[Ratio], Ratio]


def decode_libopus() -> Run:
    return RawOpusDecode(opus_packets()).run


def encode_libopus() -> Run:
    return RawOpusEncode(speech()).run


@pytest.mark.benchmark(group="decode 100 packets")
@pytest.mark.parametrize("make", [decode_ours, decode_libopus, decode_pyav])
def test_decode(benchmark: Any, make: Callable[[], Run]) -> None:
    benchmark.pedantic(lambda run: run(), setup=lambda: ((make(),), {}), rounds=40)


@pytest.mark.benchmark(group="encode 100 frames")
@pytest.mark.parametrize("make", [encode_ours, encode_libopus, encode_pyav])
def test_encode(benchmark: Any, make: Callable[[], Run]) -> None:
    benchmark.pedantic(lambda run: run(), setup=lambda: ((make(),), {}), rounds=40)


def test_results_are_those_of_libopus() -> None:
    assert RawOpusDecode(opus_packets()).run() == sum(
        len(OpusDecoder().decode(packet)) for packet in opus_packets()
    )
    assert RawOpusEncode(speech()).run() == sum(map(len, opus_packets()))
    ours = np.concatenate([OpusDecoder().decode(packet) for packet in opus_packets()[:1]])
    codec = av.CodecContext.create("libopus", "r")
    codec.format, codec.layout, codec.sample_rate = "s16", "mono", RATE
    assert codec.decode(av.Packet(opus_packets()[0]))[0].to_ndarray().size in {ours.size, 2 * ours.size}


def test_decode_ratio(report: Report) -> None:
    count = len(opus_packets())
    ratio = measure("decode call, 20 ms", decode_ours, decode_libopus, calls=count, peer_name="libopus")
    report(measure("decode call, 20 ms", decode_ours, decode_pyav, calls=count, peer_name="PyAV", rounds=15))
    assert report(ratio).value <= 1.10


def test_encode_ratio(report: Report) -> None:
    count = len(opus_packets())
    ratio = measure("encode call, 20 ms", encode_ours, encode_libopus, calls=count, peer_name="libopus")
    report(measure("encode call, 20 ms", encode_ours, encode_pyav, calls=count, peer_name="PyAV", rounds=15))
    assert report(ratio).value <= 1.03
