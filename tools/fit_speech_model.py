"""Fits the network of the speech detector to a labelled set and writes its weights to cpp/audio/speech_weights.hpp.

    python tools/fit_speech_model.py [--recordings N]

The set (bench/speech_set.py) comes from a seed, and so do the first weights and the order of training; the result is the
same up to the last bits of the machine's arithmetic. Takes some minutes; needs espeak-ng.
"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from chime_native.audio import SpeechDetector
from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "bench"))

import speech_set

Array = NDArray[np.floating[Any]]

# Blocks of 10 ms before the judged one whose features are looked at too.
LAGS = (0, 4, 9, 18, 36, 60)
HIDDEN = 24
EPOCHS = 15
BATCH = 2048


def with_history(features: Array) -> Array:
    """Of one recording: what is LAGS blocks back beside each row; before the first row that row."""
    rows = np.arange(len(features))
    return np.concatenate([features[np.maximum(rows - lag, 0)] for lag in LAGS], axis=1)


def measure(recordings: Iterable[speech_set.Recording]) -> tuple[Array, Array]:
    """What the network sees of every 10 ms, from the detector itself, and labels."""
    inputs, labels = [], []
    for recording in recordings:
        detector = SpeechDetector()
        features = []
        for block in recording.pcm.reshape(-1, speech_set.BLOCK, 1):
            detector.push(block)
            features.append(detector._features)
        inputs.append(with_history(np.array(features, np.float32)))
        labels.append(recording.labels)
    return np.concatenate(inputs), np.concatenate(labels).astype(np.float32)


@dataclass(slots=True)
class Network:
    """relu(x @ w1 + b1) @ w2 + b2, as logits."""

    parameters: list[Array]

    @classmethod
    def random(cls, inputs: int, random: np.random.Generator) -> "Network":
        first = random.standard_normal((inputs, HIDDEN)) * np.sqrt(2 / inputs)
        second = random.standard_normal(HIDDEN) * np.sqrt(2 / HIDDEN)
        return cls([first, np.zeros(HIDDEN), second, np.zeros(1)])

    def hidden(self, x: Array) -> Array:
        return np.maximum(x @ self.parameters[0] + self.parameters[1], 0)

    def logits(self, x: Array) -> Array:
        return self.hidden(x) @ self.parameters[2] + self.parameters[3]

    def gradients(self, x: Array, labels: Array) -> list[Array]:
        """Of the mean cross entropy."""
        hidden = self.hidden(x)
        error = (1 / (1 + np.exp(-(hidden @ self.parameters[2] + self.parameters[3]))) - labels) / len(labels)
        back = np.outer(error, self.parameters[2]) * (hidden > 0)
        return [x.T @ back, back.sum(axis=0), hidden.T @ error, np.array([error.sum()])]


def fit(features: Array, labels: Array, seed: int = 3) -> Network:
    """By Adam, with a learning rate that falls to nothing."""
    random = np.random.default_rng(seed)
    network = Network.random(features.shape[1], random)
    first = [np.zeros_like(p) for p in network.parameters]
    second = [np.zeros_like(p) for p in network.parameters]
    steps = EPOCHS * (len(labels) // BATCH)
    step = 0
    for _ in range(EPOCHS):
        order = random.permutation(len(labels))
        for start in range(0, len(labels) - BATCH + 1, BATCH):
            step += 1
            rate = 0.005 * 0.5 * (1 + np.cos(np.pi * step / steps))
            chosen = order[start : start + BATCH]
            for k, gradient in enumerate(network.gradients(features[chosen], labels[chosen])):
                first[k] += 0.1 * (gradient - first[k])
                second[k] += 0.001 * (gradient**2 - second[k])
                mean, scale = first[k] / (1 - 0.9**step), second[k] / (1 - 0.999**step)
                network.parameters[k] -= rate * mean / (np.sqrt(scale) + 1e-8)
    return network


def literal(value: float) -> str:
    text = f"{value:.4g}"
    return f"{text if set(text) & set('.e') else text + '.0'}F"


def array_literal(values: Array) -> str:
    return "{" + ", ".join(literal(float(value)) for value in values) + "}"


def header(network: Network) -> str:
    first, first_bias, second, second_bias = network.parameters
    layers = first.reshape(len(LAGS), -1, HIDDEN)
    text = ", ".join("{{" + ", ".join(array_literal(row) for row in layer) + "}}" for layer in layers)
    return f"""// Made by tools/fit_speech_model.py.
#pragma once

#include <array>
#include <cstddef>

namespace chime::audio::speech_weights {{

inline constexpr std::size_t kFeatures = {layers.shape[1]};
inline constexpr std::size_t kHidden = {HIDDEN};
// Blocks of 10 ms back from the judged one.
inline constexpr std::array<std::size_t, {len(LAGS)}> kLags = {{{", ".join(map(str, LAGS))}}};

using Hidden = std::array<float, kHidden>;
using Layer = std::array<Hidden, kFeatures>;

// For each lag, from each feature to all hidden units.
inline constexpr std::array<Layer, {len(LAGS)}> kInput = {{{{{text}}}}};
inline constexpr Hidden kHiddenBias = {array_literal(first_bias)};
inline constexpr Hidden kOutput = {array_literal(second)};
inline constexpr float kOutputBias = {literal(float(second_bias[0]))};

}}  // namespace chime::audio::speech_weights
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=320)
    arguments = parser.parse_args()
    network = fit(*measure(speech_set.recordings(speech_set.FIT, arguments.recordings)))
    (ROOT / "cpp/audio/speech_weights.hpp").write_text(header(network))


if __name__ == "__main__":
    main()
