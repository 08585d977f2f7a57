"""Takes the statistics of a peer connection once a second (SDK: ``src/statscollector/StatsCollector.ts``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import nan
from typing import Any

from chime_native.signaling.messages import (
    SdkClientMetricFrame,
    SdkDimensionValue,
    SdkMetric,
    SdkStreamDimension,
    SdkStreamMediaType,
    SdkStreamMetricFrame,
)

from .client_metric_report import ClientMetricReport
from .metric_tables import Direction, MediaType, StreamTable
from .raw_stats import RawStats
from .specifications import DIMENSIONS, GLOBAL, REQUIRES
from .video_streams import VideoStreams

__all__ = ["INTERVAL_MS", "StatsCollector"]

INTERVAL_MS = 1000
"""How often statistics are to be collected, in ms."""

_DOWNSTREAM = {"inbound-rtp", "inbound-rtp-red", "inbound-rtp-transform", "remote-outbound-rtp"}
_UPSTREAM = {"outbound-rtp", "outbound-rtp-transform", "remote-inbound-rtp"}
_KEPT = {"outbound-rtp", "remote-inbound-rtp", "media-source"}  # beside those that _is_wanted looks at
_FIRST_INTERVAL_S = 1.0  # what came before the first report counts as one second


class StatsCollector:
    """One connection's collector: :meth:`collect` in, :attr:`report` and :meth:`frame` out."""

    def __init__(self, self_attendee_id: str, video_streams: VideoStreams) -> None:
        self.report = ClientMetricReport(self_attendee_id, video_streams)
        self._video_streams = video_streams
        self._collected_ms: float | None = None
        self._recovery: RawStats | None = None
        self._recovery_ms: float | None = None
        self._degradations = {
            "videoCodecDegradationHighEncodeCpu": 0,
            "videoCodecDegradationEncodeFailure": 0,
        }
        self._render_sizes: dict[str, tuple[int, int]] = {}
        self._render_rates: dict[int, float] = {}

    # --- what others know ---

    def override_observable_metric(self, name: str, value: float) -> None:
        """From now on the figure ``name`` (in snake_case) has this value."""
        self.report.overridden[name] = value

    def handle_recovery(
        self, ssrc: int, timestamp_ms: float, *, lost: int, expected: int, by_red: int, by_fec: int
    ) -> None:
        """Totals of what redundancy has mended in an audio stream; counted once for each time stamp."""
        if timestamp_ms == self._recovery_ms:
            return
        self._recovery_ms = timestamp_ms
        self._recovery = {
            "type": "inbound-rtp-red",
            "kind": "audio",
            "ssrc": ssrc,
            "totalAudioPacketsLost": lost,
            "totalAudioPacketsExpected": expected,
            "totalAudioPacketsRecoveredRed": by_red,
            "totalAudioPacketsRecoveredFec": by_fec,
        }

    def handle_render_size(self, attendee_id: str, width: int, height: int) -> None:
        """In which size an attendee's video is shown."""
        self._render_sizes[attendee_id] = (width, height)

    def handle_render_rate(self, group_id: int, frames_per_second: float) -> None:
        """How often a video is drawn."""
        if group_id:
            self._render_rates[group_id] = frames_per_second

    def forget_rendering(self, attendee_id: str, group_id: int | None = None) -> None:
        """An attendee's video is not shown any more."""
        self._render_sizes.pop(attendee_id, None)
        if group_id is not None:
            self._render_rates.pop(group_id, None)

    def count_high_encode_cpu(self) -> None:
        """The video codec was degraded because encoding takes too much of the processor."""
        self._degradations["videoCodecDegradationHighEncodeCpu"] += 1

    def count_encode_failure(self) -> None:
        """The video codec was degraded because frames are not encoded."""
        self._degradations["videoCodecDegradationEncodeFailure"] += 1

    # --- once a second ---

    def collect(self, stats: Sequence[RawStats], now_ms: float) -> None:
        """Takes the statistics as of ``now_ms``, on the clock that all calls use."""
        kept = [entry for entry in stats if self._is_wanted(entry)]
        kept += self._custom(kept)
        present: set[int] = set()
        for entry in kept:
            if entry["type"] in _DOWNSTREAM or entry["type"] in _UPSTREAM:
                present.add(int(entry["ssrc"]))
                self._update_stream(entry)
            elif not _is_video_source(entry):
                self.report.connection.update(entry, GLOBAL)
        self.report.streams = {
            ssrc: stream for ssrc, stream in self.report.streams.items() if ssrc in present
        }
        self.report.interval_s = (
            _FIRST_INTERVAL_S if self._collected_ms is None else (now_ms - self._collected_ms) / 1000
        )
        self._collected_ms = now_ms
        self.report.stats = tuple(stats)
        for source in filter(_is_video_source, kept):
            self._update_video_source(source)

    def frame(self) -> SdkClientMetricFrame:
        """CLIENT_METRIC for what was collected last."""
        report = self.report
        metrics = [
            SdkMetric(type=GLOBAL[name].number, value=report.value(report.connection, GLOBAL[name], name))
            for name in report.connection.current
        ]
        return SdkClientMetricFrame(
            global_metrics=metrics,
            stream_metric_frames=[self._stream_frame(stream) for stream in report.streams.values()],
        )

    # --- within ---

    def _is_wanted(self, entry: RawStats) -> bool:
        kind = entry.get("type")
        if kind == "candidate-pair":
            return entry.get("state") == "succeeded"
        if kind in ("inbound-rtp", "remote-outbound-rtp"):
            is_audio = entry.get("kind") == "audio"
            return is_audio or (self._video_streams.stream_id_for_ssrc(int(entry["ssrc"])) or 0) > 0
        return kind in _KEPT

    def _custom(self, kept: Iterable[RawStats]) -> list[RawStats]:
        """Reports of our own, in the shape of the others."""
        custom: list[RawStats] = []
        if self._recovery is not None:
            custom.append(self._recovery)
            self._recovery = None
        ssrc = next((e["ssrc"] for e in kept if e["type"] in _UPSTREAM and e.get("kind") != "audio"), None)
        if ssrc is not None:
            custom.append({"type": "outbound-rtp", "kind": "video", "ssrc": ssrc, **self._degradations})
            self._degradations = dict.fromkeys(self._degradations, 0)
        return custom

    def _update_stream(self, entry: RawStats) -> None:
        ssrc = int(entry["ssrc"])
        stream = self.report.streams.get(ssrc)
        if stream is None:
            stream = self.report.streams[ssrc] = StreamTable(
                media_type=MediaType.AUDIO if entry.get("kind") == "audio" else MediaType.VIDEO,
                direction=Direction.DOWNSTREAM if entry["type"] in _DOWNSTREAM else Direction.UPSTREAM,
                group_id=self._video_streams.group_id_for_ssrc(ssrc),
            )
        self._name_stream(stream, ssrc, entry)
        stream.update(entry, self.report.known_names(stream))

    def _name_stream(self, stream: StreamTable, ssrc: int, entry: RawStats) -> None:
        is_video = stream.media_type is MediaType.VIDEO
        if is_video and stream.direction is Direction.UPSTREAM:
            # Only some of a stream's reports carry the rid: the SDK forgets the stream at the others.
            if "rid" in entry or stream.stream_id is None:
                stream.stream_id = self._video_streams.send_video_stream_id_from_rid(entry.get("rid", ""))
            return
        stream.stream_id = self._video_streams.stream_id_for_ssrc(ssrc)
        if is_video and stream.stream_id is not None:
            attendee_id = self._video_streams.attendee_id_for_stream_id(stream.stream_id)
            if attendee_id in self._render_sizes:
                width, height = self._render_sizes[attendee_id]
                stream.current |= {"videoRenderWidth": width, "videoRenderHeight": height}
            if stream.group_id in self._render_rates:
                stream.current["videoRemoteRenderFps"] = self._render_rates[stream.group_id]

    def _update_video_source(self, source: RawStats) -> None:
        for stream in self.report.streams.values():
            if (stream.media_type, stream.direction) == (MediaType.VIDEO, Direction.UPSTREAM):
                stream.current["videoInputWidth"] = source.get("width", nan)
                stream.current["videoInputHeight"] = source.get("height", nan)

    def _stream_frame(self, stream: StreamTable) -> SdkStreamMetricFrame:
        metrics = [
            SdkMetric(type=metric.number, value=self.report.value(stream, metric, name))
            for name, metric in self.report.known_names(stream).items()
            if metric.number is not None and all(needed in stream for needed in REQUIRES.get(name, (name,)))
        ]
        options: dict[str, Any] = {} if stream.stream_id is None else {"stream_id": stream.stream_id}
        is_audio = stream.media_type is MediaType.AUDIO
        return SdkStreamMetricFrame(
            media_type=SdkStreamMediaType.AUDIO if is_audio else SdkStreamMediaType.VIDEO,
            metrics=metrics,
            dimensions=[
                SdkStreamDimension(type=DIMENSIONS[name], value=SdkDimensionValue(string_value=text))
                for name, text in stream.texts.items()
                if name in DIMENSIONS
            ],
            **options,
        )


def _is_video_source(entry: RawStats) -> bool:
    return bool(entry["type"] == "media-source" and entry.get("kind") == "video")
