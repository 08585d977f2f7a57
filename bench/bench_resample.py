"""Resampling of 10 ms from 48 to 16 kHz, ndarray to ndarray, against PyAV's resampler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import av
import numpy as np
import pytest
from chime_native.audio import Resampler
from chime_native.cli.bench.workloads import RESAMPLED_RATE, av_frame, resample_ours, resample_pyav
from common import BLOCK, RATE, Ratio, Run, frames_of, measure

Report = Callable[[Ratio], Ratio]


def pyav_frames_only() -> Run:
    """For who has AudioFrames on both sides anyway."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RESAMPLED_RATE)
    frames = [av_frame(block) for block in frames_of(BLOCK)]

    def run() -> None:
        for frame in frames:
            resampler.resample(frame)

    return run


@pytest.mark.benchmark(group="resample 200 blocks")
@pytest.mark.parametrize("quality", [3, 4, 5])
def test_ours(benchmark: Any, quality: int) -> None:
    benchmark.pedantic(lambda run: run(), setup=lambda: ((resample_ours(quality),), {}), rounds=40)


@pytest.mark.benchmark(group="resample 200 blocks")
@pytest.mark.parametrize("make", [resample_pyav, pyav_frames_only])
def test_pyav(benchmark: Any, make: Callable[[], Run]) -> None:
    benchmark.pedantic(lambda run: run(), setup=lambda: ((make(),), {}), rounds=40)


def test_result_is_the_signal_of_pyav() -> None:
    resampler = Resampler(RATE, RESAMPLED_RATE, quality=5)
    made = np.concatenate([resampler.process(block) for block in frames_of(BLOCK)])[:, 0].astype(float)
    peer_resampler = av.AudioResampler(format="s16", layout="mono", rate=RESAMPLED_RATE)
    frames = [frame for block in frames_of(BLOCK) for frame in peer_resampler.resample(av_frame(block))]
    peer = np.concatenate([frame.to_ndarray().ravel() for frame in frames]).astype(float)
    count = min(len(made), len(peer)) - 400
    late = round(resampler.latency_ms * RESAMPLED_RATE / 1000)
    ours_now, peer_now = made[late : late + count], peer[:count]
    best = max(
        np.corrcoef(ours_now[20:-20], np.roll(peer_now, shift)[20:-20])[0, 1] for shift in range(-16, 17)
    )
    assert best > 0.995


@pytest.mark.parametrize("quality", [3, 4, 5])
def test_resample_ratio(report: Report, quality: int) -> None:
    latency_ms = Resampler(RATE, RESAMPLED_RATE, quality=quality).latency_ms
    assert latency_ms <= 2.5
    name = f"resample 10 ms 48 to 16 kHz, quality {quality}, {latency_ms} ms late"
    count = len(frames_of(BLOCK))
    ratio = measure(
        name, lambda: resample_ours(quality), resample_pyav, calls=count, peer_name="PyAV, ndarrays"
    )
    report(
        measure(
            name, lambda: resample_ours(quality), pyav_frames_only, calls=count, peer_name="PyAV, AudioFrames"
        )
    )
    assert report(ratio).value <= 1 / 2.5
