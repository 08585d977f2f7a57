"""How metrics are calculated from counters (SDK: ``src/clientmetricreport/ClientMetricReport.ts``).

Each takes a table, the name of its source and the seconds between the last two reports. NaN stands for "not known".
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .metric_tables import MetricTable

__all__ = [
    "Formula",
    "bits_per_second",
    "count_per_second",
    "cpu_limitation",
    "decoder_loss_percent",
    "identity",
    "is_hardware",
    "jitter_buffer_ms",
    "packet_loss_percent",
    "seconds_to_milliseconds",
    "time_per_second_ms",
]

Formula = Callable[[MetricTable, str, float], float]

_HARDWARE = ("ExternalDecoder", "ExternalEncoder", "EncodeAccelerator", "DecodeAccelerator")
_FALLBACK = "fallback from"  # a hardware codec's name, but software does the work


def identity(table: MetricTable, name: str, _seconds: float) -> float:
    """The value as it came."""
    return table.value(name)


def seconds_to_milliseconds(table: MetricTable, name: str, _seconds: float) -> float:
    """A time in ms."""
    return table.value(name) * 1000


def count_per_second(table: MetricTable, name: str, seconds: float) -> float:
    """Growth of a counter a second, a whole number."""
    return _rate(table.difference(name), seconds)


def bits_per_second(table: MetricTable, name: str, seconds: float) -> float:
    """Growth of a counter of bytes, in bits a second, a whole number."""
    return _rate(table.difference(name) * 8, seconds)


def _rate(difference: float, seconds: float) -> float:
    if seconds <= 0 or difference <= 0:
        return 0.0
    return difference if math.isnan(difference) else float(math.trunc(difference / seconds))


def time_per_second_ms(table: MetricTable, name: str, seconds: float) -> float:
    """Growth of a time, in ms a second."""
    difference = table.difference(name)
    return 0.0 if seconds <= 0 or difference <= 0 else difference * 1000 / seconds


def packet_loss_percent(table: MetricTable, name: str, _seconds: float) -> float:
    """Share of packets that were lost, from the counter ``name`` of those that were not."""
    lost = table.difference("packetsLost")
    total = table.difference(name) + lost
    return 0.0 if total <= 0 or lost <= 0 else lost * 100 / total


def decoder_loss_percent(table: MetricTable, _name: str, _seconds: float) -> float:
    """Share of samples that were made up; 0 when all of them were, as in the SDK."""
    total = table.difference("totalSamplesReceived")
    concealed = table.difference("concealedSamples")
    if total <= 0 or total - concealed <= 0:
        return 0.0
    return concealed / total * 100


def jitter_buffer_ms(table: MetricTable, _name: str, _seconds: float) -> float:
    """Mean time that samples (of video: frames) waited to be played."""
    delay = table.difference("jitterBufferDelay")
    emitted = table.difference("jitterBufferEmittedCount")
    return 0.0 if delay <= 0 or emitted <= 0 else delay / emitted * 1000


def cpu_limitation(table: MetricTable, name: str, seconds: float) -> float:
    """Time in which the processor limited the quality, in ms a second."""
    if name not in table.current_mappings:
        return math.nan
    difference = table.current_mappings[name].get("cpu", 0) - table.previous_mappings[name].get("cpu", 0)
    return 0.0 if seconds <= 0 or difference <= 0 else difference * 1000 / seconds


def is_hardware(table: MetricTable, name: str, _seconds: float) -> float:
    """1 for a codec in hardware, by its name, else 0."""
    implementation = table.texts.get(name)
    if implementation is None:
        return math.nan
    return float(any(part in implementation for part in _HARDWARE) and _FALLBACK not in implementation)
