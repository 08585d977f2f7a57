"""What is known of the connection's health, and the thresholds by which it is judged
(SDK: ``src/connectionhealthpolicy/ConnectionHealthData.ts``, ``ConnectionHealthPolicyConfiguration.ts``)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

__all__ = ["ConnectionHealthData", "ConnectionHealthPolicyConfiguration"]

# Entries (seconds) in the windows of received packets and of loss.
WINDOW_LENGTH = 60


@dataclass(slots=True)
class ConnectionHealthPolicyConfiguration:
    """Thresholds of the health policies, with the SDK's defaults. Times are milliseconds."""

    min_health: float = 0
    max_health: float = 1
    initial_health: float = 1
    # Reconnecting: reports in a row without any byte or STUN message, unanswered pings, reports of a long audio delay.
    connection_unhealthy_threshold: int = 25
    connection_wait_time_ms: float = 10_000
    missed_pongs_upper_threshold: int = 4
    maximum_audio_delay_ms: float = 60_000
    maximum_audio_delay_data_points: int = 10
    # Unusable audio: what share of the expected packets (a second) was lost over these samples (seconds).
    past_samples_to_consider: int = 15
    packets_expected: float = 50
    fractional_loss: float = 0.5
    # Unusable audio and audio that is not sent: how often and how many times at most it is said.
    cooldown_time_ms: float = 60_000
    maximum_times_to_warn: int = 2
    sending_audio_failure_samples_to_consider: int = 2
    sending_audio_failure_initial_wait_time_ms: float = 3_000
    # Video encoding.
    consecutive_high_encode_cpu_threshold: int = 10
    high_encode_cpu_ms_threshold: float = 500
    high_encode_cpu_ms_per_frame_threshold: float = 15
    consecutive_video_encoding_failure_threshold: int = 5
    concurrent_video_senders_threshold: int = 15
    # Nothing uses these any more, here as in the SDK.
    no_signal_threshold_time_ms: float = 10_000
    zero_bars_no_signal_time_ms: float = 5_000
    one_bar_weak_signal_time_ms: float = 5_000
    two_bars_time_ms: float = 5_000
    three_bars_time_ms: float = 10_000
    four_bars_time_ms: float = 20_000
    five_bars_time_ms: float = 60_000
    good_signal_time_ms: float = 15_000
    missed_pongs_lower_threshold: int = 1


@dataclass(slots=True)
class ConnectionHealthData:
    """Measurements since the connection began. Time stamps are milliseconds on the clock that the monitor is told, None:
    never. The windows have the newest entry first."""

    connection_start_timestamp_ms: float
    last_good_signal_timestamp_ms: float | None = None
    last_weak_signal_timestamp_ms: float | None = None
    last_no_signal_timestamp_ms: float | None = None
    last_packet_loss_inbound_timestamp_ms: float | None = None
    consecutive_stats_with_no_packets: int = 0
    consecutive_stats_with_no_audio_packets_sent: int = 0
    consecutive_missed_pongs: int = 0
    packets_received_in_last_minute: list[float] = field(default_factory=list)
    fraction_packets_lost_inbound_in_last_minute: list[float] = field(default_factory=list)
    audio_speaker_delay_ms: float = 0
    is_video_encoder_hardware: bool = False
    video_encoding_time_in_ms: float = 0
    video_encoding_time_per_frame_in_ms: float = 0
    cpu_limitation_duration: float = 0
    video_input_fps: float = 0
    video_encode_fps: float = 0
    is_content_share: bool = False
    number_of_published_video_sources: int = 0

    @classmethod
    def started(cls, now_ms: float) -> ConnectionHealthData:
        """A connection that begins now: nothing measured, the signal taken to be good."""
        return cls(connection_start_timestamp_ms=now_ms, last_good_signal_timestamp_ms=now_ms)

    def clone(self) -> ConnectionHealthData:
        """A copy that does not change any more."""
        return replace(
            self,
            packets_received_in_last_minute=list(self.packets_received_in_last_minute),
            fraction_packets_lost_inbound_in_last_minute=list(
                self.fraction_packets_lost_inbound_in_last_minute
            ),
        )

    def set_connection_start_time(self, now_ms: float) -> None:
        """The connection counts as begun now."""
        self.connection_start_timestamp_ms = now_ms
        self.last_good_signal_timestamp_ms = now_ms

    def is_connection_start_recent(self, duration_ms: float, now_ms: float) -> bool:
        """Whether the connection is younger than that."""
        return now_ms < self.connection_start_timestamp_ms + duration_ms

    def add_second(self, packets_received: float, loss: float) -> None:
        """Puts the measurements of one more second at the front of the windows."""
        self.packets_received_in_last_minute.insert(0, packets_received)
        self.fraction_packets_lost_inbound_in_last_minute.insert(0, loss)
        del self.packets_received_in_last_minute[WINDOW_LENGTH:]
        del self.fraction_packets_lost_inbound_in_last_minute[WINDOW_LENGTH:]
