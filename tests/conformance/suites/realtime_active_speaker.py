"""Suite ``realtime_active_speaker``: scores, the list of active speakers, bandwidth priority."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chime_native.realtime import ActiveSpeakerDetector, DefaultActiveSpeakerPolicy, RealtimeController

Case = dict[str, Any]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    return _policy_calls(case) if case["kind"] == "policy" else _Replay(case).run()


def _policy(description: Case) -> DefaultActiveSpeakerPolicy:
    parameters = (
        description["speaker_weight"],
        description["cutoff_threshold"],
        description["silence_threshold"],
        description["takeover_rate"],
    )
    if description.get("prioritize_bandwidth", True):
        return DefaultActiveSpeakerPolicy(*parameters)
    return _WithoutPriority(*parameters)


class _WithoutPriority(DefaultActiveSpeakerPolicy):
    def prioritize_video_send_bandwidth_for_active_speaker(self) -> bool:
        return False


def _policy_calls(case: Case) -> list[str]:
    policy = _policy(case["policies"][0])
    scores = [policy.calculate_score(*call) for call in case["calls"]]
    return [
        f"call {index} {call}: wanted {wanted!r}, got {got!r}"
        for index, (call, wanted, got) in enumerate(zip(case["calls"], case["scores"], scores, strict=True))
        if wanted != got
    ]


class _AudioInput:
    def __init__(self, active: bool) -> None:
        self.active = active

    def set_enabled(self, _enabled: bool) -> None:
        pass


class _Replay:
    def __init__(self, case: Case) -> None:
        self._case = case
        self._seen: list[list[Any]] = []
        self._policies = [_policy(description) for description in case["policies"]]
        self._callbacks: dict[str, Callable[[list[str]], None]] = {}
        self._presences: dict[str, int] = {}
        self._controller = RealtimeController(_AudioInput(case["audio_input_active"]), strict_callbacks=True)
        self._controller.realtime_set_local_attendee_id(case["self_attendee_id"], None)
        self._detector = ActiveSpeakerDetector(
            self._controller,
            case["self_attendee_id"],
            0,
            lambda priority: self._seen.append([self._detector.now_ms, "bandwidth_priority", priority]),
            wait_interval_ms=case["wait_interval_ms"],
            update_interval_ms=case["update_interval_ms"],
        )

    def run(self) -> list[str]:
        for event in self._case["events"]:
            self._detector.advance(event["t"])
            getattr(self, f"_do_{event['op']}")(event)
        self._detector.advance(self._case["end_t"])
        wanted = self._case["expected"]
        if wanted == self._seen:
            return []
        pairs = zip(wanted, self._seen, strict=False)
        index = next(
            (i for i, (one, other) in enumerate(pairs) if one != other), min(len(wanted), len(self._seen))
        )
        return [f"event {index}: wanted {wanted[index : index + 2]!r}, got {self._seen[index : index + 2]!r}"]

    def _do_subscribe(self, event: Case) -> None:
        name = event["sub"]

        def active(attendee_ids: list[str]) -> None:
            self._seen.append([self._detector.now_ms, "active", name, attendee_ids])

        self._callbacks[name] = active
        self._detector.subscribe(
            self._policies[event["policy"]],
            active,
            lambda scores: self._seen.append([self._detector.now_ms, "scores", name, dict(scores)]),
            event["scores_interval_ms"],
        )

    def _do_unsubscribe(self, event: Case) -> None:
        self._detector.unsubscribe(self._callbacks[event["sub"]])

    def _do_presence(self, event: Case) -> None:
        attendee_id, present = event["attendee"], event["present"]
        self._controller.realtime_set_attendee_id_presence(attendee_id, present, None, False, None)
        if present:
            self._presences[attendee_id] = self._presences.get(attendee_id, 0) + 1
            if self._case["quirk"] and self._presences[attendee_id] > 1:
                self._listen_once_more(attendee_id)

    def _listen_once_more(self, attendee_id: str) -> None:
        """The reference's detector listens once more at every return (its quirk 4); ours does not, so it is made to from
        outside, and everything else of the case is compared."""
        for handler in self._detector.volume_handlers():
            self._controller.realtime_subscribe_to_volume_indicator(attendee_id, handler)

    def _do_update(self, event: Case) -> None:
        self._controller.realtime_update_volume_indicator(
            event["attendee"], event["volume"], event["muted"], event["signal"], None
        )

    def _do_mute(self, _event: Case) -> None:
        self._controller.realtime_mute_local_audio()

    def _do_unmute(self, _event: Case) -> None:
        self._controller.realtime_unmute_local_audio()

    def _do_unsubscribe_volume(self, event: Case) -> None:
        self._controller.realtime_unsubscribe_from_volume_indicator(event["attendee"])
