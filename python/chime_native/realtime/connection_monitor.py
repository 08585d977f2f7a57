"""Watches pongs, signal strength and media statistics, and says what follows from them
(SDK: ``src/connectionmonitor/SignalingAndMetricsConnectionMonitor.ts``, ``src/task/MonitorTask.ts``)."""

from __future__ import annotations

import math
from typing import Final

from .connection_events import (
    ConnectionBecameGood,
    ConnectionBecamePoor,
    ConnectionHealthChanged,
    ConnectionMetrics,
    MonitorEvent,
    OwnPresenceReceived,
    ReceivingAudioDropped,
    ReconnectRecommended,
    SendingAudioFailed,
    SendingAudioRecovered,
    SignalLossEnded,
    SignalLossStarted,
    StopVideoSuggested,
    VideoEncodingMetrics,
    VideoEncodingUnhealthy,
)
from .connection_health_data import ConnectionHealthData, ConnectionHealthPolicyConfiguration
from .connection_health_policies import (
    ConnectionHealthPolicy,
    ReconnectionHealthPolicy,
    SendingAudioFailurePolicy,
    UnusableAudioWarningPolicy,
    VideoEncodingConcurrentSendersPolicy,
    VideoEncodingCpuPolicy,
    VideoEncodingFrameratePolicy,
)

__all__ = ["ConnectionMonitor"]


_FULL_SIGNAL: Final = 1.0
_WEAK_SIGNAL: Final = 0.5


class ConnectionMonitor:
    """Feed it, then drain ``events()`` before the next input. Times are milliseconds on any one clock.

    One for each connection made from scratch: reconnects keep it, and so the count of warnings, and only ``reset`` the
    data.
    """

    def __init__(
        self, configuration: ConnectionHealthPolicyConfiguration, self_attendee_id: str, now_ms: float
    ) -> None:
        self._self_attendee_id = self_attendee_id
        self._data = ConnectionHealthData.started(now_ms)
        self._reconnection = ReconnectionHealthPolicy(configuration, self._data)
        self._unusable_audio = UnusableAudioWarningPolicy(configuration, self._data)
        self._sending_audio = SendingAudioFailurePolicy(configuration, self._data)
        self._video_encoding: list[ConnectionHealthPolicy] = [
            VideoEncodingConcurrentSendersPolicy(configuration, self._data),
            VideoEncodingCpuPolicy(configuration, self._data),
            VideoEncodingFrameratePolicy(configuration, self._data),
        ]
        self._active = False
        self._connected = False
        self._presence_received = False
        self._signal_strength = _FULL_SIGNAL
        self._bytes_received = 0
        self._stun_messages_received = 0
        self._has_received = False
        self._events: list[MonitorEvent] = []
        # Whether a video tile shows something: then a poor connection suggests to stop video.
        self.has_video_tiles_with_streams = False

    @property
    def data(self) -> ConnectionHealthData:
        """What is known now (a copy)."""
        return self._data.clone()

    def events(self) -> list[MonitorEvent]:
        """What followed since the last call, in order."""
        events, self._events = self._events, []
        return events

    # --- the life of the connection ---

    def start(self) -> None:
        """Takes in measurements from now on."""
        self._active = True

    def stop(self) -> None:
        """Takes in no more measurements."""
        self._active = False

    def connected(self, now_ms: float) -> None:
        """The session is connected: the first seconds begin now."""
        self._connected = True
        self._data.set_connection_start_time(now_ms)

    def reset(self, now_ms: float) -> None:
        """A reconnect begins, or the audio input has changed: what was measured does not count any more."""
        self._data = ConnectionHealthData.started(now_ms)

    def set_is_content_share(self, is_content_share: bool) -> None:
        """Whether this is the connection of a content share."""
        self._data.is_content_share = is_content_share

    def set_number_of_published_video_sources(self, count: int) -> None:
        """How many cameras the meeting has."""
        self._data.number_of_published_video_sources = count

    # --- measurements ---

    def handle_pong(self, now_ms: float) -> None:
        """The last ping was answered."""
        if self._active:
            self._data.consecutive_missed_pongs = 0
            self._health_changed(now_ms)

    def handle_missed_pong(self, now_ms: float) -> None:
        """One more ping was not answered in time."""
        if self._active:
            self._data.consecutive_missed_pongs += 1
            self._health_changed(now_ms)

    def handle_signal_strength(self, signal_strength: float, now_ms: float) -> None:
        """How well the service hears this client has changed."""
        if signal_strength < _FULL_SIGNAL <= self._signal_strength:
            self._events.append(SignalLossStarted())
        elif self._signal_strength < _FULL_SIGNAL <= signal_strength:
            self._events.append(SignalLossEnded())
        self._signal_strength = signal_strength
        if not self._active:
            return
        if signal_strength == 0:
            self._data.last_no_signal_timestamp_ms = now_ms
        elif signal_strength <= _WEAK_SIGNAL:
            self._data.last_weak_signal_timestamp_ms = now_ms
        else:
            self._data.last_good_signal_timestamp_ms = now_ms
        self._health_changed(now_ms)

    def handle_presence(self, attendee_id: str, present: bool) -> None:
        """Somebody is there or gone."""
        if present and attendee_id == self._self_attendee_id and not self._presence_received:
            self._presence_received = True
            self._events.append(OwnPresenceReceived())

    def handle_metrics(self, metrics: ConnectionMetrics, now_ms: float) -> None:
        """A second's statistics; those without audio figures, or with counters that went back, do not count."""
        if not self._active:
            return
        delay_ms = _number(metrics.audio_speaker_delay_ms)
        if delay_ms is not None:
            self._data.audio_speaker_delay_ms = delay_ms
        new_bytes = metrics.bytes_received - self._bytes_received
        new_stun_messages = metrics.stun_messages_received - self._stun_messages_received
        self._bytes_received = metrics.bytes_received
        self._stun_messages_received = metrics.stun_messages_received
        packets = _number(metrics.audio_packets_received)
        loss = _number(metrics.audio_packets_received_loss)
        if packets is None or loss is None or min(packets, loss, new_bytes, new_stun_messages) < 0:
            return
        self._data.add_second(packets, loss)
        if new_bytes > 0 or new_stun_messages > 0:
            self._has_received = True
            self._data.consecutive_stats_with_no_packets = 0
        elif self._has_received:
            self._data.consecutive_stats_with_no_packets += 1
        if packets == 0 or loss > 0:
            self._data.last_packet_loss_inbound_timestamp_ms = now_ms
        self._take_audio_packets_sent(_number(metrics.audio_packets_sent))
        self._take_video_encoding(metrics.video_encoding)
        self._health_changed(now_ms)

    # --- inside ---

    def _take_audio_packets_sent(self, packets_sent: float | None) -> None:
        if packets_sent is not None:
            count = self._data.consecutive_stats_with_no_audio_packets_sent
            self._data.consecutive_stats_with_no_audio_packets_sent = 0 if packets_sent > 0 else count + 1

    def _take_video_encoding(self, video: VideoEncodingMetrics | None) -> None:
        data = self._data
        video = video or VideoEncodingMetrics(False, 0, 0, 0, 0)
        data.is_video_encoder_hardware = video.is_hardware
        data.video_encoding_time_in_ms = video.encoding_time_ms
        data.video_encoding_time_per_frame_in_ms = (
            video.encoding_time_ms / video.encode_fps if video.encode_fps > 0 else 0
        )
        data.cpu_limitation_duration = video.cpu_limitation_duration_ms
        data.video_input_fps = video.input_fps
        data.video_encode_fps = video.encode_fps

    def _health_changed(self, now_ms: float) -> None:
        data = self._data.clone()
        self._events.append(ConnectionHealthChanged(data))
        if self._becomes_unhealthy(self._reconnection, data, now_ms):
            self._events.append(ReconnectRecommended())
        unusable = self._becomes_unhealthy(self._unusable_audio, data, now_ms)
        if unusable:
            has_video = self.has_video_tiles_with_streams
            self._events.append(ReceivingAudioDropped())
            self._events.append(StopVideoSuggested() if has_video else ConnectionBecamePoor())
        elif unusable is False:
            self._events.append(ConnectionBecameGood())
        for policy in self._video_encoding:
            if self._becomes_unhealthy(policy, data, now_ms):
                self._events.append(VideoEncodingUnhealthy(policy.name))
        if self._connected:
            fails = self._becomes_unhealthy(self._sending_audio, data, now_ms)
            if fails is not None:
                self._events.append(SendingAudioFailed() if fails else SendingAudioRecovered())

    def _becomes_unhealthy(
        self, policy: ConnectionHealthPolicy, data: ConnectionHealthData, now_ms: float
    ) -> bool | None:
        """True or False where it becomes one or the other, None where nothing changes."""
        policy.update(data)
        health = policy.health_if_changed(now_ms)
        return None if health is None else health <= policy.minimum_health


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
