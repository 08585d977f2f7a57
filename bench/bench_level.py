"""Levels of 10 ms blocks against NumPy: one call a block, and many blocks in a call."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from chime_native.audio import measure_level, measure_levels
from common import RATE, Pcm, Ratio, Run, measure, speech

Report = Callable[[Ratio], Ratio]

BLOCK = RATE // 100


def blocks() -> list[Pcm]:
    pcm = speech()
    return [pcm[at : at + BLOCK] for at in range(0, len(pcm), BLOCK)]


def numpy_level(block: Pcm) -> float:
    samples = block.ravel().astype(np.float32)
    return 10 * math.log10(float(np.dot(samples, samples)) / samples.size / 2**30 + 1e-13)


def single_ours() -> Run:
    frames = blocks()

    def run() -> None:
        for block in frames:
            measure_level(block)

    return run


def single_numpy() -> Run:
    frames = blocks()

    def run() -> None:
        for block in frames:
            numpy_level(block)

    return run


def single_numpy_ready() -> Run:
    """The dot product alone, on samples that are float32 already."""
    frames = [block.ravel().astype(np.float32) for block in blocks()]

    def run() -> None:
        for samples in frames:
            np.dot(samples, samples)

    return run


def batched_ours() -> Run:
    pcm = np.stack(blocks())
    return lambda: measure_levels(pcm)


def batched_numpy() -> Run:
    """All blocks in one vectorised expression."""
    pcm = np.stack(blocks())[:, :, 0]

    def run() -> None:
        samples = pcm.astype(np.float32)
        10 * np.log10(np.einsum("bf,bf->b", samples, samples) / BLOCK / 2**30 + 1e-13)

    return run


@pytest.mark.benchmark(group="level of 200 blocks")
@pytest.mark.parametrize("make", [single_ours, single_numpy, single_numpy_ready, batched_ours, batched_numpy])
def test_level(benchmark: Any, make: Callable[[], Run]) -> None:
    benchmark.pedantic(lambda run: run(), setup=lambda: ((make(),), {}), rounds=40)


def test_results_are_those_of_numpy() -> None:
    rms, _, _ = measure_levels(np.stack(blocks()))
    for block, batched in zip(blocks(), rms, strict=True):
        if block.any():
            assert measure_level(block).rms_dbov == pytest.approx(numpy_level(block), abs=0.01)
        assert measure_level(block).rms_dbov == batched


def test_single_ratio(report: Report) -> None:
    count = len(blocks())
    ratio = measure("level, 10 ms", single_ours, single_numpy, calls=count, peer_name="NumPy float32 dot")
    report(measure("level, 10 ms", single_ours, single_numpy_ready, calls=count, peer_name="np.dot alone"))
    assert report(ratio).value <= 1 / 3


def test_batched_ratio(report: Report) -> None:
    count = len(blocks())
    name = "level, 200 blocks at once"
    ratio = measure(name, batched_ours, single_numpy, calls=count, peer_name="NumPy per block")
    report(measure(name, batched_ours, batched_numpy, calls=count, peer_name="NumPy vectorised"))
    assert report(ratio).value <= 1 / 10
