"""int16 to float32 and back, 480 samples a call, against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from chime_native.audio import to_float32, to_int16
from common import RATE, Ratio, Run, measure, speech
from numpy.typing import NDArray

Report = Callable[[Ratio], Ratio]
Floats = NDArray[np.float32]

BLOCK = RATE // 100


def ints() -> list[NDArray[np.int16]]:
    pcm = speech()
    return [pcm[at : at + BLOCK] for at in range(0, len(pcm), BLOCK)]


def floats() -> list[Floats]:
    return [block.astype(np.float32) / 32768 for block in ints()]


def numpy_to_float32(block: NDArray[np.int16]) -> Floats:
    return block.astype(np.float32) * np.float32(1 / 32768)


def numpy_to_int16(block: Floats) -> NDArray[np.int16]:
    return np.clip(np.rint(block * np.float32(32768)), -32768, 32767).astype(np.int16)


def loop(convert: Callable[[Any], Any], make_blocks: Callable[[], list[Any]]) -> Run:
    blocks = make_blocks()

    def run() -> None:
        for block in blocks:
            convert(block)

    return run


CASES = {
    "int16 to float32, 480 samples": (to_float32, numpy_to_float32, ints),
    "float32 to int16, 480 samples": (to_int16, numpy_to_int16, floats),
}


@pytest.mark.benchmark(group="convert 200 blocks")
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("who", ["ours", "NumPy"])
def test_convert(benchmark: Any, name: str, who: str) -> None:
    ours, peer, make_blocks = CASES[name]
    convert = ours if who == "ours" else peer
    benchmark.pedantic(lambda run: run(), setup=lambda: ((loop(convert, make_blocks),), {}), rounds=40)


@pytest.mark.parametrize("name", CASES)
def test_results_are_those_of_numpy(name: str) -> None:
    ours, peer, make_blocks = CASES[name]
    for block in make_blocks():
        assert np.array_equal(ours(block), peer(block))


@pytest.mark.parametrize("name", CASES)
def test_convert_ratio(report: Report, name: str) -> None:
    ours, peer, make_blocks = CASES[name]
    ratio = measure(
        name,
        lambda: loop(ours, make_blocks),
        lambda: loop(peer, make_blocks),
        calls=len(make_blocks()),
        peer_name="NumPy",
    )
    assert report(ratio).value <= 1 / 3
