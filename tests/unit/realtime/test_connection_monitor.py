"""The connection monitor: what the vectors do not show."""

from __future__ import annotations

import math

from chime_native.realtime import ConnectionHealthPolicyConfiguration, ConnectionMonitor
from chime_native.realtime.connection_events import (
    ConnectionHealthChanged,
    ConnectionMetrics,
    OwnPresenceReceived,
    ReconnectRecommended,
    VideoEncodingMetrics,
    VideoEncodingUnhealthy,
)


def monitor() -> ConnectionMonitor:
    monitor = ConnectionMonitor(ConnectionHealthPolicyConfiguration(), "me", 0)
    monitor.start()
    monitor.connected(0)
    return monitor


def metrics(total_bytes: int, **changes: object) -> ConnectionMetrics:
    values: dict[str, object] = {
        "audio_packets_received": 50,
        "audio_packets_received_loss": 0,
        "audio_speaker_delay_ms": None,
        "audio_packets_sent": 50,
        "bytes_received": total_bytes,
        "stun_messages_received": 0,
    }
    return ConnectionMetrics(**(values | changes))  # type: ignore[arg-type]


def test_reports_without_figures_or_with_counters_that_went_back_do_not_count() -> None:
    watched = monitor()
    watched.handle_metrics(metrics(1000), 1000)
    assert len(watched.events()) == 1
    watched.handle_metrics(metrics(500), 2000)
    watched.handle_metrics(metrics(600, audio_packets_received=None), 3000)
    watched.handle_metrics(metrics(700, audio_packets_received_loss=math.nan), 4000)
    assert watched.events() == []
    watched.handle_metrics(metrics(800, audio_speaker_delay_ms=math.nan), 5000)
    (event,) = watched.events()
    assert isinstance(event, ConnectionHealthChanged)
    assert len(event.data.packets_received_in_last_minute) == 2


def test_what_an_event_carries_does_not_change() -> None:
    watched = monitor()
    watched.handle_metrics(metrics(1), 1000)
    (event,) = watched.events()
    watched.handle_metrics(metrics(2), 2000)
    assert isinstance(event, ConnectionHealthChanged)
    assert len(event.data.packets_received_in_last_minute) == 1


def test_a_long_audio_delay_recommends_a_reconnect() -> None:
    watched = monitor()
    recommended_at = []
    for second in range(1, 40):
        watched.handle_metrics(metrics(second, audio_speaker_delay_ms=60_001), second * 1000)
        if ReconnectRecommended() in watched.events():
            recommended_at.append(second)
    # From the tenth second on the eleventh in a row; then only once more, after having been well in between.
    assert recommended_at == [20, 31]


def test_own_presence_is_told_once() -> None:
    watched = monitor()
    for attendee_id, present in (("me", False), ("other", True), ("me", True), ("me", True)):
        watched.handle_presence(attendee_id, present)
    assert watched.events() == [OwnPresenceReceived()]


def test_a_slow_encoder_and_too_many_senders() -> None:
    watched = monitor()
    slow = VideoEncodingMetrics(False, 600, 0, 30, 20)
    unhealthy: list[str] = []
    for second in range(1, 13):
        watched.handle_metrics(metrics(second, video_encoding=slow), second * 1000)
        unhealthy += [event.policy for event in watched.events() if isinstance(event, VideoEncodingUnhealthy)]
    assert unhealthy == ["Video Encoding CPU Health"]
    watched.set_number_of_published_video_sources(16)
    watched.handle_pong(13_000)
    assert VideoEncodingUnhealthy("Video Concurrent Senders Health") in watched.events()
    watched.set_is_content_share(True)
    assert watched.data.is_content_share
