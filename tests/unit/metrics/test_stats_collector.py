"""What the vectors do not show of the metrics: unknown values, snapshots, streams that come and go."""

import math
from typing import Any

import pytest
from chime_native.metrics import NoVideoStreams, StatsCollector
from chime_native.signaling.messages import SdkMetric


def inbound(ssrc: int = 1, **values: Any) -> dict[str, Any]:
    return {"type": "inbound-rtp", "kind": "audio", "ssrc": ssrc, **values}


@pytest.fixture
def collector() -> StatsCollector:
    return StatsCollector("me", NoVideoStreams())


def sent(collector: StatsCollector) -> dict[str, float]:
    """Metrics of all streams in the frame, by name."""
    return {
        SdkMetric.Type.Name(metric.type): metric.value
        for stream in collector.frame().stream_metric_frames
        for metric in stream.metrics
    }


def test_nothing_is_known_at_first(collector: StatsCollector) -> None:
    observed = collector.report.observed()
    assert observed.audio_packets_received == 0
    assert observed.current_round_trip_time_ms is None
    assert collector.frame().ByteSize() == 0


def test_a_value_that_is_missing_is_not_zero(collector: StatsCollector) -> None:
    collector.collect([inbound(packetsReceived=50)], 1000)
    assert collector.report.observed().audio_downstream_jitter_ms is None
    assert math.isnan(collector.report.observable_metric_value("audio_packets_received_fraction_loss"))
    assert sent(collector) == {"RTC_SPK_PPS": 50.0}


def test_text_and_truth_values_are_no_counters(collector: StatsCollector) -> None:
    collector.collect([inbound(packetsReceived=True, jitter="soon")], 1000)
    assert sent(collector) == {"RTC_SPK_JITTER_MS": pytest.approx(math.nan, nan_ok=True)}


def test_rates_are_over_the_time_that_passed(collector: StatsCollector) -> None:
    collector.collect([inbound(packetsReceived=50, bytesReceived=1000)], 5000)
    collector.collect([inbound(packetsReceived=151, bytesReceived=3001)], 7000)
    assert sent(collector) == {"RTC_SPK_PPS": 50.0, "RTC_SPK_BITRATE": 8004.0}
    collector.collect([inbound(packetsReceived=160)], 7000)  # no time has passed
    assert sent(collector)["RTC_SPK_PPS"] == 0


def test_a_stream_that_is_gone_is_forgotten(collector: StatsCollector) -> None:
    collector.collect([inbound(1, packetsReceived=50)], 1000)
    collector.collect([inbound(2, packetsReceived=7)], 2000)
    assert list(collector.report.streams) == [2]
    assert sent(collector) == {"RTC_SPK_PPS": 7.0}


def test_a_snapshot_stays_as_it_is(collector: StatsCollector) -> None:
    collector.collect([inbound(packetsReceived=50)], 1000)
    before = collector.report.snapshot()
    collector.collect([inbound(packetsReceived=70)], 2000)
    assert before.observed().audio_packets_received == 50
    assert collector.report.observed().audio_packets_received == 20
    assert before.rtc_stats_report()[0]["packetsReceived"] == 50


def test_recovery_is_told_once(collector: StatsCollector) -> None:
    for _ in range(2):
        collector.handle_recovery(1, 17.0, lost=3, expected=99, by_red=2, by_fec=1)
        collector.collect([inbound(packetsReceived=50)], 1000)
    assert sent(collector)["RTC_SPK_TOTAL_RECOVERED_RED"] == 2
    collector.collect([], 3000)
    assert sent(collector) == {}


def test_an_unknown_figure_is_an_error(collector: StatsCollector) -> None:
    with pytest.raises(KeyError, match="speed"):
        collector.report.observable_metric_value("speed")
