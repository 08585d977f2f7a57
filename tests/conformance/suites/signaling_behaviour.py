"""Suite ``signaling_behaviour``: what a client makes of frames, pings, back-off and the reconnect deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chime_native.realtime import PositionInFrame, RealtimeController, VolumeIndicatorAdapter
from chime_native.session.backoff import FullJitterBackoff
from chime_native.session.reconnect_controller import ReconnectController
from chime_native.signaling import decode_frame
from chime_native.signaling.events import (
    AudioMetadataReceived,
    AudioStreamIdInfoReceived,
    PongReceived,
    PongsMissed,
)
from chime_native.signaling.ping_pong import PingPong, SentPing
from chime_native.signaling.service_frames import bitrates_event, event_from_frame, index_event
from chime_native.videotiles import AllHighestVideoBandwidthPolicy, VideoStreamIndex, without_own_content

Case = dict[str, Any]
_LOCAL_EXTERNAL_USER_ID = "self-ext"
_DIGITS = 6


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    return _KINDS[case["kind"]](case)


def _differs(what: str, want: object, got: object) -> list[str]:
    return [] if want == got else [f"{what}: wanted {want!r}, got {got!r}"]


# --- roster ---


class _AudioInput:
    def __init__(self, active: bool) -> None:
        self.active = active

    def set_enabled(self, _enabled: bool) -> None:
        pass


class _Roster:
    def __init__(self, case: Case) -> None:
        self._events: list[Case] = []
        self._subscribed: set[str] = set()
        local_id = case["local_attendee_id"]
        self._controller = RealtimeController(_AudioInput(case["local_has_audio_input"]))
        self._controller.realtime_set_local_attendee_id(local_id, _LOCAL_EXTERNAL_USER_ID)
        self._controller.realtime_subscribe_to_attendee_id_presence(self._presence)
        self._controller.realtime_subscribe_to_mute_and_unmute_local_audio(
            lambda muted: self._events.append({"mute_callback": muted})
        )
        self._controller.realtime_subscribe_to_local_signal_strength_change(
            lambda strength: self._events.append({"local_signal_strength": strength})
        )
        self._adapter = VolumeIndicatorAdapter(self._controller, local_id)

    def take(self, step: Case) -> list[Case]:
        self._events = []
        if "frame_hex" in step:
            event = event_from_frame(decode_frame(bytes.fromhex(step["frame_hex"])))
            if isinstance(event, AudioStreamIdInfoReceived):
                self._adapter.handle_audio_stream_id_info(event)
            elif isinstance(event, AudioMetadataReceived):
                self._adapter.handle_audio_metadata(event)
            else:
                raise ValueError(f"unexpected {event}")
        else:
            actions: dict[str, Callable[[], object]] = {
                "reconnect": self._adapter.on_reconnect,
                "mute_local": self._controller.realtime_mute_local_audio,
                "unmute_local": self._controller.realtime_unmute_local_audio,
            }
            actions[step["action"]]()
        return self._events

    def _presence(
        self, attendee_id: str, present: bool, external: str | None, dropped: bool, at: PositionInFrame | None
    ) -> None:
        assert at is not None
        presence = {
            "attendee_id": attendee_id,
            "present": present,
            "external_user_id": external,
            "dropped": dropped,
            "index_in_frame": at.attendee_index,
            "attendees_in_frame": at.attendees_in_frame,
        }
        self._events.append({"presence": presence})
        if present and attendee_id not in self._subscribed:
            self._subscribed.add(attendee_id)
            self._controller.realtime_subscribe_to_volume_indicator(attendee_id, self._volume)

    def _volume(
        self,
        attendee_id: str,
        volume: float | None,
        muted: bool | None,
        signal_strength: float | None,
        external: str | None,
    ) -> None:
        indicator = {
            "attendee_id": attendee_id,
            "volume": None if volume is None else round(volume, _DIGITS),
            "muted": muted,
            "signal_strength": signal_strength,
            "external_user_id": external,
        }
        self._events.append({"volume_indicator": indicator})


def _roster(case: Case) -> list[str]:
    roster = _Roster(case)
    errors: list[str] = []
    for index, step in enumerate(case["steps"]):
        got = roster.take(step)
        for wanted_event, event in zip(step["events"], got, strict=False):
            if (wanted := wanted_event.get("presence")) and wanted["index_in_frame"] is None:
                # Not specified: what is made up after a reconnect was not in a frame.
                event.get("presence", {})["index_in_frame"] = None
                event.get("presence", {})["attendees_in_frame"] = wanted["attendees_in_frame"]
        errors += _differs(f"step {index}", step["events"], got)
    return errors


# --- video index ---


def _video_index(case: Case) -> list[str]:
    local_id = case["local_attendee_id"]
    index, policy = VideoStreamIndex(), AllHighestVideoBandwidthPolicy(local_id)
    errors: list[str] = []
    for number, step in enumerate(case["steps"]):
        frame = decode_frame(bytes.fromhex(step["frame_hex"]))
        if frame.HasField("index"):
            received = index_event(frame.index, first=False)
            index.integrate_index(without_own_content(received, local_id))
        if frame.HasField("bitrates"):
            index.integrate_bitrates(bitrates_event(frame.bitrates))
        policy.update_index(index)
        resubscribe = policy.wants_resubscribe()
        got = {
            "remote_video_sources": [
                {"attendee_id": source.attendee_id, "external_user_id": source.external_user_id}
                for source in index.all_video_sending_sources_excluding_self(local_id)
            ],
            "streams": [
                {
                    "attendee_id": stream.attendee_id,
                    "group_id": stream.group_id,
                    "stream_id": stream.stream_id,
                    "max_bitrate_kbps": stream.max_bitrate_kbps,
                    "avg_bitrate_kbps": stream.avg_bitrate_kbps,
                }
                for stream in index.remote_stream_descriptions()
            ],
            "resubscribe": resubscribe,
            "all_highest_stream_ids": sorted(policy.choose_subscriptions()),
            "paused_at_source": sorted(index.streams_paused_at_source()),
        }
        for name, value in step.items():
            if name != "frame_hex":
                errors += _differs(f"step {number} {name}", value, got[name])
    return errors


# --- ping pong ---


def _ping_pong(case: Case) -> list[str]:
    ping_pong = PingPong()
    sent: list[Case] = []
    events: list[Case] = []

    def drain(now_ms: float) -> None:
        for ping in ping_pong.pings_to_send():
            kind = "PING" if isinstance(ping, SentPing) else "PONG"
            sent.append({"at_ms": now_ms, "type": kind, "ping_id": ping.ping_id})
        events.extend({"at_ms": now_ms} | _ping_event(event) for event in ping_pong.events())

    ping_pong.start(0)
    drain(0)
    for step in case["script"]:
        now_ms = step["at"]
        if "tick" in step and ping_pong.next_timeout() != now_ms:
            return [f"a ping is due at {ping_pong.next_timeout()}, not at {now_ms}"]
        if "tick" in step:
            ping_pong.handle_timeout(now_ms)
        elif "pong" in step:
            ping_pong.handle_pong(step["pong"], step.get("remote", now_ms), now_ms)
        elif "ping" in step:
            ping_pong.handle_ping(step["ping"])
        elif step["ws"] == "open":
            ping_pong.start(now_ms)
        else:
            ping_pong.stop()
        drain(now_ms)
    return _differs("sent", case["sent"], sent) + _differs("events", case["events"], events)


def _ping_event(event: PongReceived | PongsMissed) -> Case:
    if isinstance(event, PongsMissed):
        return {"missed": event.consecutive}
    return {
        "pong": {
            "ping_id": event.ping_id,
            "clock_skew_ms": event.clock_skew_ms,
            "round_trip_ms": event.round_trip_ms,
        }
    }


# --- back-off and reconnecting ---


def _backoff(case: Case) -> list[str]:
    numbers = iter(case["random"])
    backoff = FullJitterBackoff(
        case["fixed_ms"], case["short_ms"], case["long_ms"], random=lambda: next(numbers)
    )
    return _differs("waits", case["wait_ms"], [backoff.next_backoff_amount_ms() for _ in case["random"]])


def _reconnect_controller(case: Case) -> list[str]:
    controller = ReconnectController(
        case["deadline_ms"], FullJitterBackoff(0, 1000, 5000, random=lambda: 0.5)
    )
    results: list[Case] = []
    for step in case["script"]:
        now_ms = step["at_ms"]
        if "started" in step:
            controller.started_connection_attempt(step["started"], now_ms)
        elif "active" in step:
            controller.set_last_active(now_ms)
        elif "reset" in step:
            controller.reset()
        elif "disable" in step:
            controller.disable_reconnect()
        else:
            results.append({"at_ms": now_ms, "will_retry": controller.retry_with_backoff(now_ms)})
    return _differs("results", case["results"], results)


_KINDS: dict[str, Callable[[Case], list[str]]] = {
    "roster": _roster,
    "video_index": _video_index,
    "ping_pong": _ping_pong,
    "backoff": _backoff,
    "reconnect_controller": _reconnect_controller,
}
