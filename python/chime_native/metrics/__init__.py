"""Client metrics, sans-I/O: statistics of the peer connection in, observable metrics and CLIENT_METRIC frames out."""

from .client_metric_report import ClientMetricReport
from .observable_metrics import ObservableMetrics
from .raw_stats import RawStats
from .stats_collector import StatsCollector
from .video_streams import NoVideoStreams, VideoStreams

__all__ = [
    "ClientMetricReport",
    "NoVideoStreams",
    "ObservableMetrics",
    "RawStats",
    "StatsCollector",
    "VideoStreams",
]
