"""Judgements on the connection's health (SDK: ``src/connectionhealthpolicy``).

``health`` counts and remembers: ask it once for each new data.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod

from .connection_health_data import ConnectionHealthData, ConnectionHealthPolicyConfiguration

__all__ = [
    "ConnectionHealthPolicy",
    "ReconnectionHealthPolicy",
    "SendingAudioFailurePolicy",
    "UnusableAudioWarningPolicy",
    "VideoEncodingConcurrentSendersPolicy",
    "VideoEncodingCpuPolicy",
    "VideoEncodingFrameratePolicy",
]

logger = logging.getLogger("chime_native.realtime")


class ConnectionHealthPolicy:
    """The base of all: always healthy."""

    name = "Connection Health"

    def __init__(
        self, configuration: ConnectionHealthPolicyConfiguration, data: ConnectionHealthData
    ) -> None:
        self.configuration = configuration
        self.minimum_health = configuration.min_health
        self.maximum_health = configuration.max_health
        self._current_health = configuration.initial_health
        self._data = data.clone()

    def update(self, data: ConnectionHealthData) -> None:
        """New data to judge."""
        self._data = data

    def health(self, now_ms: float) -> float:  # noqa: ARG002 — the base needs no time
        """The health now, from ``minimum_health`` (unhealthy) to ``maximum_health``."""
        return self.maximum_health

    def healthy(self, now_ms: float) -> bool:
        """Whether the health is above the minimum."""
        return self.health(now_ms) > self.minimum_health

    def health_if_changed(self, now_ms: float) -> float | None:
        """The health if it is not what this returned last (or the initial one), else None."""
        health = self.health(now_ms)
        if health == self._current_health:
            return None
        self._current_health = health
        return health


class ReconnectionHealthPolicy(ConnectionHealthPolicy):
    """Unhealthy: the connection must be made anew. Not within the first seconds of a connection."""

    name = "Reconnection Health"

    def __init__(
        self, configuration: ConnectionHealthPolicyConfiguration, data: ConnectionHealthData
    ) -> None:
        super().__init__(configuration, data)
        self._long_delays = 0

    def health(self, now_ms: float) -> float:
        """See the base."""
        configuration, data = self.configuration, self._data
        if data.is_connection_start_recent(configuration.connection_wait_time_ms, now_ms):
            return 1
        is_long = data.audio_speaker_delay_ms > configuration.maximum_audio_delay_ms
        self._long_delays = self._long_delays + 1 if is_long else 0
        has_bad_delay = self._long_delays > configuration.maximum_audio_delay_data_points
        if has_bad_delay:
            self._long_delays = 0
        no_packets = data.consecutive_stats_with_no_packets >= configuration.connection_unhealthy_threshold
        missed_pongs = data.consecutive_missed_pongs >= configuration.missed_pongs_upper_threshold
        return 0 if no_packets or missed_pongs or has_bad_delay else 1


class _WarningPolicy(ConnectionHealthPolicy):
    """One that warns at most once in the cool-down, and only so many times in all."""

    def __init__(
        self, configuration: ConnectionHealthPolicyConfiguration, data: ConnectionHealthData
    ) -> None:
        super().__init__(configuration, data)
        self._warned_ms: float | None = None
        self._warnings = 0

    def _warned_recently(self, now_ms: float) -> bool:
        return self._warned_ms is not None and now_ms - self._warned_ms < self.configuration.cooldown_time_ms

    def _may_warn_once_more(self) -> bool:
        self._warnings += 1
        return self._warnings <= self.configuration.maximum_times_to_warn


class UnusableAudioWarningPolicy(_WarningPolicy):
    """Unhealthy: half of the audio packets that should have come did not. Said at most once a minute, and twice in all."""

    name = "Unusable Audio Warning"

    def health(self, now_ms: float) -> float:
        """See the base."""
        if self._warned_recently(now_ms):
            return self._current_health
        if self._loss() < self.configuration.fractional_loss:
            return 1
        if self._current_health != 0:
            self._warned_ms = now_ms
            if not self._may_warn_once_more():
                return 1
        return 0

    def _loss(self) -> float:
        samples = self.configuration.past_samples_to_consider
        received = self._data.packets_received_in_last_minute
        if len(received) < samples:
            return 0.0
        expected = samples * self.configuration.packets_expected
        return min(max(1 - sum(received[:samples]) / expected, 0.0), 1.0)


class SendingAudioFailurePolicy(_WarningPolicy):
    """Unhealthy: no audio packets go out. Said at most once a minute, and twice in all."""

    name = "Sending Audio Health"

    def health(self, now_ms: float) -> float:
        """See the base."""
        if not self._fails(now_ms):
            return self.maximum_health
        if self._current_health <= self.minimum_health or self._warned_recently(now_ms):
            return self._current_health
        if not self._may_warn_once_more():
            return self.maximum_health
        logger.warning("no audio packets are sent")
        self._warned_ms = now_ms
        return self.minimum_health

    def _fails(self, now_ms: float) -> bool:
        configuration, data = self.configuration, self._data
        wait_ms = configuration.sending_audio_failure_initial_wait_time_ms
        # At least one: none would mean that it always fails.
        samples = max(configuration.sending_audio_failure_samples_to_consider, 1)
        return (
            not data.is_connection_start_recent(wait_ms, now_ms)
            and data.consecutive_stats_with_no_audio_packets_sent >= samples
        )


class _ConsecutivePolicy(ConnectionHealthPolicy, ABC):
    """Unhealthy once when something has gone wrong more than so many times in a row; then it counts anew."""

    def __init__(
        self, configuration: ConnectionHealthPolicyConfiguration, data: ConnectionHealthData
    ) -> None:
        super().__init__(configuration, data)
        self._count = 0

    @property
    @abstractmethod
    def _limit(self) -> int:
        """How many times in a row are borne."""

    @abstractmethod
    def _fails(self) -> bool:
        """Whether it has gone wrong this time."""

    def health(self, now_ms: float) -> float:  # noqa: ARG002 — counts data, not time
        """See the base."""
        self._count = self._count + 1 if self._fails() else 0
        if self._count <= self._limit:
            return self.maximum_health
        self._count = 0
        return self.minimum_health


class VideoEncodingCpuPolicy(_ConsecutivePolicy):
    """Unhealthy: a software encoder takes too long, or the processor limits the quality."""

    name = "Video Encoding CPU Health"

    @property
    def _limit(self) -> int:
        return self.configuration.consecutive_high_encode_cpu_threshold

    def _fails(self) -> bool:
        data, configuration = self._data, self.configuration
        # Both in all and for a frame: a few large frames, or many small ones, are not yet too much.
        takes_long = (
            data.video_encoding_time_in_ms >= configuration.high_encode_cpu_ms_threshold
            and data.video_encoding_time_per_frame_in_ms
            >= configuration.high_encode_cpu_ms_per_frame_threshold
        )
        return not data.is_video_encoder_hardware and (takes_long or data.cpu_limitation_duration > 0)


class VideoEncodingFrameratePolicy(_ConsecutivePolicy):
    """Unhealthy: frames go into the encoder and none come out."""

    name = "Video Encoding framerate Health"

    @property
    def _limit(self) -> int:
        return self.configuration.consecutive_video_encoding_failure_threshold

    def _fails(self) -> bool:
        return self._data.video_encode_fps == 0 and self._data.video_input_fps > 0


class VideoEncodingConcurrentSendersPolicy(ConnectionHealthPolicy):
    """Unhealthy: more cameras are sent than decoders can be expected to bear in this codec. Not for content shares."""

    name = "Video Concurrent Senders Health"

    def health(self, now_ms: float) -> float:  # noqa: ARG002 — a matter of numbers
        """See the base."""
        data = self._data
        limit = self.configuration.concurrent_video_senders_threshold
        is_too_many = not data.is_content_share and data.number_of_published_video_sources > limit
        return self.minimum_health if is_too_many else self.maximum_health
