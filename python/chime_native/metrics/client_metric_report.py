"""What ``metrics_did_receive`` hands to observers: the figures of one moment.

SDK: ``src/clientmetricreport/ClientMetricReport.ts``. There the object's tables go on changing; here it is a snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from math import isnan
from typing import Self

from .metric_tables import MediaType, MetricTable, StreamTable
from .observable_metrics import OBSERVABLE, OBSERVABLE_VIDEO, ObservableMetrics
from .raw_stats import RawStats
from .specifications import GLOBAL, STREAMS, Metric
from .video_streams import VideoStreams

__all__ = ["ClientMetricReport"]


class ClientMetricReport:
    """The last two reports of a connection, and what follows from them."""

    def __init__(self, self_attendee_id: str, video_streams: VideoStreams) -> None:
        self.connection = MetricTable()
        self.streams: dict[int, StreamTable] = {}
        self.interval_s = 0.0
        self.stats: Sequence[RawStats] = ()
        self.overridden: dict[str, float] = {}
        self._self_attendee_id = self_attendee_id
        self._video_streams = video_streams

    def snapshot(self) -> Self:
        """What does not change when the next report comes."""
        copy = type(self)(self._self_attendee_id, self._video_streams)
        copy.connection, copy.streams = deepcopy(self.connection), deepcopy(self.streams)
        copy.interval_s, copy.stats = self.interval_s, self.stats
        copy.overridden = dict(self.overridden)
        return copy

    def observable_metrics(self) -> dict[str, float]:
        """All figures by name; NaN: not known. A second's figures as a dataclass: :meth:`observed`."""
        return {name: self.observable_metric_value(name) for name in OBSERVABLE}

    def observed(self) -> ObservableMetrics:
        """The same, with None for what is not known."""
        return ObservableMetrics.of(self.observable_metrics())

    def observable_metric_value(self, name: str) -> float:
        """One figure by its name in snake_case; of several streams of a kind, that of the lowest SSRC.

        Raises:
            KeyError: there is none of this name.
        """
        if name in self.overridden:
            return self.overridden[name]
        source, media_type, direction = OBSERVABLE[name]
        if media_type is None:
            return self.value(self.connection, GLOBAL[source], source)
        for _ssrc, stream in sorted(self.streams.items()):
            if (stream.media_type, stream.direction) == (media_type, direction):
                return self.stream_value(stream, source)
        return 0.0

    def observable_video_metrics(self) -> dict[str, dict[int, dict[str, float]]]:
        """Attendee id → SSRC → figures that are known, of all video streams; the own one for what is sent."""
        metrics: dict[str, dict[int, dict[str, float]]] = {}
        for ssrc, stream in sorted(self.streams.items()):
            if stream.media_type is not MediaType.VIDEO:
                continue
            attendee_id = self._self_attendee_id
            if stream.group_id:
                attendee_id = self._video_streams.attendee_id_for_group_id(stream.group_id)
            values = {
                name: self.stream_value(stream, observable.source)
                for name, observable in OBSERVABLE_VIDEO.items()
                if observable.direction is stream.direction
            }
            known = {name: value for name, value in values.items() if not isnan(value)}
            metrics.setdefault(attendee_id, {})[ssrc] = known
        return metrics

    def rtc_stats_report(self) -> Sequence[RawStats]:
        """The statistics as they came, with the W3C's names."""
        return self.stats

    # --- for the frame ---

    def stream_value(self, stream: StreamTable, name: str) -> float:
        """A metric of one stream."""
        return self.value(stream, STREAMS[stream.media_type, stream.direction][name], name)

    def value(self, table: MetricTable, metric: Metric, name: str) -> float:
        """A metric by its specification."""
        return metric.formula(table, metric.source or name, self.interval_s)

    def known_names(self, stream: StreamTable) -> Mapping[str, Metric]:
        """The metrics of such a stream."""
        return STREAMS[stream.media_type, stream.direction]
