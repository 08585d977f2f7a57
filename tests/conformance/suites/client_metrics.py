"""Suite ``client_metrics``: statistics of a peer connection in, observable metrics and CLIENT_METRIC frames out."""

from __future__ import annotations

import math
import re
from typing import Any

from chime_native.metrics import StatsCollector
from chime_native.signaling.messages import SdkMetric, SdkStreamDimension, SdkStreamMediaType

Case = dict[str, Any]


class Tables:
    """The video stream index as the case tells it."""

    def __init__(self, tables: Case) -> None:
        self._tables = tables

    def stream_id_for_ssrc(self, ssrc: int) -> int | None:
        return self._tables["stream_id_for_ssrc"].get(str(ssrc))

    def group_id_for_ssrc(self, ssrc: int) -> int | None:
        return self._tables["group_id_for_ssrc"].get(str(ssrc))

    def attendee_id_for_stream_id(self, stream_id: int) -> str:
        return str(self._tables["attendee_id_for_stream_id"].get(str(stream_id), ""))

    def attendee_id_for_group_id(self, group_id: int) -> str:
        return str(self._tables["attendee_id_for_group_id"].get(str(group_id), ""))

    def send_video_stream_id_from_rid(self, rid: str = "") -> int | None:
        return self._tables["send_stream_id_for_rid"].get(rid)


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    given = case["input"]
    collector = StatsCollector(given["self_attendee_id"], Tables(given["video_stream_index"]))
    differences: list[str] = []
    for index, (sample, wanted) in enumerate(zip(given["samples"], case["expect"]["samples"], strict=True)):
        for name, value in sample.get("overrides", {}).items():
            collector.override_observable_metric(_snake_case(name), value)
        if "red_recovery" in sample:
            _recover(collector, sample["red_recovery"])
        for attendee_id, width, height in sample.get("render_sizes", ()):
            collector.handle_render_size(attendee_id, width, height)
        collector.collect(sample["stats"], sample["time_ms"])
        report = collector.report.snapshot()
        got: Case = {
            "observable_metrics": report.observable_metrics(),
            "observable_video_metrics": report.observable_video_metrics(),
            "client_metric_frame": _described(collector, wanted["client_metric_frame"]),
        }
        for part, value in _wanted(wanted).items():
            if not _same(value, got[part]):
                differences.append(f"sample {index}, {part}: wanted {value!r}, got {got[part]!r}")
    return differences


def _recover(collector: StatsCollector, recovery: Case) -> None:
    collector.handle_recovery(
        recovery["ssrc"],
        recovery["timestamp_ms"],
        lost=recovery["total_audio_packets_lost"],
        expected=recovery["total_audio_packets_expected"],
        by_red=recovery["total_audio_packets_recovered_red"],
        by_fec=recovery["total_audio_packets_recovered_fec"],
    )


def _wanted(sample: Case) -> Case:
    """The expectation with our names, and without the order that does not matter."""
    frame = sample["client_metric_frame"]
    return {
        "observable_metrics": _numbers(sample["observable_metrics"]),
        "observable_video_metrics": {
            attendee_id: {int(ssrc): _numbers(values) for ssrc, values in streams.items()}
            for attendee_id, streams in sample["observable_video_metrics"].items()
        },
        "client_metric_frame": {
            "global": _metrics(frame["global_metrics"]),
            "streams": sorted(
                (
                    (
                        stream["media_type"],
                        stream["stream_id"] or 0,
                        _metrics(stream["metrics"]),
                        {d["type"]: d.get("value", d.get("string_value")) for d in stream["dimensions"]},
                    )
                    for stream in frame["stream_metric_frames"]
                ),
                key=repr,
            ),
        },
    }


def _described(collector: StatsCollector, wanted: Case) -> Case:
    frame = collector.frame()
    any_stream_id = {f["media_type"] for f in wanted["stream_metric_frames"] if f["stream_id"] == "*"}
    streams = []
    for stream in frame.stream_metric_frames:
        media_type = SdkStreamMediaType.Name(stream.media_type)
        stream_id: Any = stream.stream_id if stream.HasField("stream_id") else 0
        streams.append(
            (
                media_type,
                "*" if media_type in any_stream_id else stream_id,
                {SdkMetric.Type.Name(metric.type): metric.value for metric in stream.metrics},
                {SdkStreamDimension.Type.Name(d.type): d.value.string_value for d in stream.dimensions},
            )
        )
    return {
        "global": {SdkMetric.Type.Name(metric.type): metric.value for metric in frame.global_metrics},
        "streams": sorted(streams, key=repr),
    }


def _metrics(metrics: list[Case]) -> Case:
    return {metric["type"]: _number(metric["value"]) for metric in metrics}


def _numbers(values: Case) -> Case:
    return {_snake_case(name): _number(value) for name, value in values.items()}


def _number(value: Any) -> float:
    return math.nan if value == "NaN" else float(value)


def _same(wanted: Any, got: Any) -> bool:
    """Equal, numbers exactly, NaN to NaN."""
    if isinstance(wanted, float) and isinstance(got, int | float):
        return wanted == got or (math.isnan(wanted) and math.isnan(got))
    if isinstance(wanted, dict) and isinstance(got, dict):
        return wanted.keys() == got.keys() and all(_same(wanted[key], got[key]) for key in wanted)
    if isinstance(wanted, list | tuple) and isinstance(got, list | tuple):
        return len(wanted) == len(got) and all(_same(a, b) for a, b in zip(wanted, got, strict=True))
    return bool(wanted == got)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
