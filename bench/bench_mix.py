"""Mix-minus of 50 streams, 10 ms, against vectorised NumPy: sums that fit, and sums that have to be turned down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from chime_native.audio import mix_minus
from chime_native.cli.bench.workloads import MIX_FITS, MIX_TICKS, mix_streams, mix_ticks, numpy_mix_minus
from common import Pcm, Ratio, measure

Report = Callable[[Ratio], Ratio]

# Of the standard deviation 700, the sum of 50 is 5000: it fits. Of 3000 it is 21000, and every block has peaks beyond.
AMPLITUDES = {"fits": MIX_FITS, "limited": 3000.0}


@pytest.mark.benchmark(group="mix-minus of 50 streams, 20 ticks")
@pytest.mark.parametrize("amplitude", AMPLITUDES.values(), ids=AMPLITUDES)
@pytest.mark.parametrize("mix", [mix_minus, numpy_mix_minus])
def test_mix(benchmark: Any, mix: Callable[[Pcm], Pcm], amplitude: float) -> None:
    benchmark.pedantic(lambda run: run(), setup=lambda: ((mix_ticks(mix, amplitude),), {}), rounds=40)


def test_results_are_those_of_numpy() -> None:
    blocks = mix_streams(AMPLITUDES["fits"])
    assert np.array_equal(mix_minus(blocks), numpy_mix_minus(blocks))


@pytest.mark.parametrize("kind", AMPLITUDES)
def test_mix_ratio(report: Report, kind: str) -> None:
    amplitude = AMPLITUDES[kind]
    ratio = measure(
        f"mix-minus of 50 streams, {kind}",
        lambda: mix_ticks(mix_minus, amplitude),
        lambda: mix_ticks(numpy_mix_minus, amplitude),
        calls=MIX_TICKS,
        peer_name="vectorised NumPy",
    )
    # The limiter does more than NumPy's clip, which is heard as such.
    assert report(ratio).value <= (1 / 5 if kind == "fits" else 1 / 2)
