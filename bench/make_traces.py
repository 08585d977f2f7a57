"""Makes network traces by recipe, to tune the receive path on and to try it on networks that nobody has looked at.

    python bench/make_traces.py DIR --seed 1 --count 12 --speech SPEECH

Writes DIR/NAME.json in the format that `jitter_traces.py` reads. Each trace is of one family (`FAMILIES`) with parameters
drawn at random; the first and last second stay unimpaired. SPEECH is the base name of the speech files in DIR.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PTIME_MS = 20.0
NETWORK_MS = 30.0
UNIMPAIRED = 50

Delays = NDArray[np.float64]
Model = dict[str, Any]


def noise(rng: np.random.Generator, delays: Delays, scale: float) -> Delays:
    """Half-normal extra delay: the scatter of a quiet network."""
    return delays + np.abs(rng.normal(0.0, scale, delays.size))


def gamma(rng: np.random.Generator, sent: Delays, mean: float) -> Delays:
    """Queueing: gamma-distributed delays (shape 1.5, at most five times the mean), delivery in order."""
    arrivals = sent + np.minimum(rng.gamma(1.5, mean / 1.5, sent.size), 5 * mean)
    return np.maximum.accumulate(arrivals) - sent


def held(sent: Delays, delays: Delays, begin: float, length: float) -> Delays:
    """Delivery stops for a while; what waited comes 1 ms apart."""
    arrivals = sent + delays
    stuck = np.flatnonzero((arrivals >= begin) & (arrivals < begin + length))
    arrivals[stuck] = begin + length + np.arange(stuck.size)
    return arrivals - sent


def bursty_loss(
    rng: np.random.Generator, count: int, to_bad: float, to_good: float, loss_in_bad: float
) -> NDArray[np.bool_]:
    """Gilbert-Elliott: loss only in the bad state."""
    lost = np.zeros(count, np.bool_)
    bad = False
    for index in range(count):
        bad = rng.random() < to_bad if not bad else rng.random() >= to_good
        lost[index] = bad and rng.random() < loss_in_bad
    return lost


def impaired(model: Model, count: int, rng: np.random.Generator) -> list[list[float | None]]:
    """[send_ms, arrival_ms or None] of each packet."""
    sent = np.arange(count) * PTIME_MS
    clock = sent * (1 + model.get("drift_ppm", 0.0) * 1e-6)
    delays = np.zeros(count)
    if "noise" in model:
        delays = noise(rng, delays, model["noise"])
    if "gamma" in model:
        delays = gamma(rng, clock, model["gamma"])
    if "spikes" in model:
        at = 1000.0 + rng.exponential(1000 * model["spikes"]["every"])
        while at < sent[-1]:
            length = rng.uniform(*model["spikes"]["ms"])
            delays = held(clock, delays, at, length)
            at += length + rng.exponential(1000 * model["spikes"]["every"])
    if "reorder" in model:
        share, low, high = model["reorder"]
        late = rng.random(count) < share
        delays = delays + late * rng.uniform(low, high, count)
    if "batch" in model:
        arrivals = clock + delays
        delays = np.ceil(arrivals / model["batch"]) * model["batch"] - clock
    lost = np.zeros(count, np.bool_)
    if "loss" in model:
        lost = rng.random(count) < model["loss"]
    if "ge" in model:
        lost = lost | bursty_loss(rng, count, *model["ge"])
    for part in (slice(0, UNIMPAIRED), slice(count - UNIMPAIRED, count)):
        delays[part] = 0.0
        lost[part] = False
    if "reorder" not in model:
        delays = np.maximum.accumulate(clock + delays) - clock
    return [
        [float(s), None if gone else round(float(c + d + NETWORK_MS), 3)]
        for s, c, d, gone in zip(sent, clock, delays, lost, strict=True)
    ]


FAMILIES: dict[str, Callable[[np.random.Generator], Model]] = {
    "clean": lambda _rng: {},
    "drift": lambda rng: {
        "noise": rng.uniform(2, 5),
        "drift_ppm": rng.choice([-1, 1]) * rng.uniform(50, 300),
    },
    "burst": lambda rng: {
        "ge": [rng.uniform(0.01, 0.03), rng.uniform(0.2, 0.5), rng.uniform(0.6, 0.9)],
        "noise": rng.uniform(1, 4),
    },
    "jitter": lambda rng: {"gamma": rng.uniform(10, 120)},
    "loss": lambda rng: {"loss": rng.uniform(0.02, 0.25), "noise": rng.uniform(1, 4)},
    "lossjitter": lambda rng: {"loss": rng.uniform(0.03, 0.15), "gamma": rng.uniform(20, 70)},
    "reorder": lambda rng: {
        "noise": rng.uniform(2, 6),
        "reorder": [rng.uniform(0.03, 0.1), rng.uniform(20, 30), rng.uniform(45, 90)],
    },
    "spikes": lambda rng: {
        "noise": rng.uniform(2, 6),
        "spikes": {"ms": [rng.uniform(80, 150), rng.uniform(250, 450)], "every": rng.uniform(2.5, 7)},
    },
    "wifi": lambda rng: {
        "noise": rng.uniform(2, 5),
        "batch": rng.choice([40, 50, 60, 80, 100]).item(),
        "ge": [rng.uniform(0.01, 0.03), rng.uniform(0.2, 0.5), rng.uniform(0.6, 0.9)],
    },
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=len(FAMILIES), help="traces, families in turn")
    parser.add_argument("--packets", type=int, default=2500)
    parser.add_argument("--speech", default="speech")
    arguments = parser.parse_args(argv)
    arguments.directory.mkdir(parents=True, exist_ok=True)
    for number in range(arguments.count):
        family = list(FAMILIES)[number % len(FAMILIES)]
        rng = np.random.default_rng([arguments.seed, number])
        model = FAMILIES[family](rng)
        trace = {
            "name": f"{family}_{arguments.seed}_{number}",
            "speech": arguments.speech,
            "ptime_ms": PTIME_MS,
            "model": model,
            "packets": impaired(model, arguments.packets, rng),
        }
        (arguments.directory / f"{trace['name']}.json").write_text(json.dumps(trace))
    return 0


if __name__ == "__main__":
    sys.exit(main())
