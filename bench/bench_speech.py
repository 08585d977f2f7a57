"""Speech detection on 10 ms at 48 kHz against webrtcvad: time. How well they do is measured by speech_roc.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import webrtcvad
from chime_native.audio import SpeechDetector
from common import RATE, Ratio, Run, measure, speech

Report = Callable[[Ratio], Ratio]

BLOCK = RATE // 100


def ours() -> Run:
    push, pcm = SpeechDetector().push, speech()
    blocks = [pcm[at : at + BLOCK] for at in range(0, len(pcm), BLOCK)]

    def run() -> None:
        for block in blocks:
            push(block)

    return run


def peer() -> Run:
    is_speech, pcm = webrtcvad.Vad(2).is_speech, speech()
    blocks = [pcm[at : at + BLOCK].tobytes() for at in range(0, len(pcm), BLOCK)]

    def run() -> None:
        for block in blocks:
            is_speech(block, RATE)

    return run


@pytest.mark.benchmark(group="speech detection, 200 blocks")
@pytest.mark.parametrize("make", [ours, peer])
def test_speech(benchmark: Any, make: Callable[[], Run]) -> None:
    benchmark.pedantic(lambda run: run(), setup=lambda: ((make(),), {}), rounds=40)


def test_speech_ratio(report: Report) -> None:
    count = len(speech()) // BLOCK
    ratio = measure("speech detection, 10 ms at 48 kHz", ours, peer, calls=count, peer_name="webrtcvad")
    assert report(ratio).value <= 1
