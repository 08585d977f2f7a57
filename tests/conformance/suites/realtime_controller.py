"""Suite ``realtime_controller``: the realtime controller with the reference's treatment of callbacks that raise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chime_native.realtime import DataMessage, PositionInFrame, RealtimeController

Case = dict[str, Any]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    return _Replay(case).run()


class _AudioInput:
    def __init__(self, events: list[list[Any]], active: bool) -> None:
        self.active = active
        self.fails = False
        self._events = events

    def set_enabled(self, enabled: bool) -> None:
        self._events.append(["device_enabled", enabled])
        if self.fails:
            raise RuntimeError("device failure")


class _Replay:
    def __init__(self, case: Case) -> None:
        self._case = case
        self._events: list[list[Any]] = []
        self._input = _AudioInput(self._events, case["audio_input_active"])
        self._controller = RealtimeController(self._input, strict_callbacks=True)
        self._callbacks: dict[tuple[str, str], Callable[..., None]] = {}
        self._calls: dict[str, int] = {}

    def run(self) -> list[str]:
        errors: list[str] = []
        for index, step in enumerate(self._case["steps"]):
            self._events.clear()
            result = self._perform(step)
            if result != step["result"]:
                errors.append(f"step {index} {step['op']}: wanted result {step['result']!r}, got {result!r}")
            if self._events != step["events"]:
                errors.append(f"step {index} {step['op']}: wanted {step['events']!r}, got {self._events!r}")
        return errors

    def _perform(self, step: Case) -> object:
        return getattr(self, f"_do_{step['op']}")(step)

    def _callback(self, kind: str, name: str) -> Callable[..., None]:
        def called(*arguments: Any) -> None:
            count = self._calls[name] = self._calls.get(name, 0) + 1
            self._events.append([kind, name, *self._recorded(kind, arguments)])
            behavior = self._case["behaviors"].get(name, {})
            for step in behavior.get("do", {}).get(str(count), []):
                self._perform(step)
            if count in behavior.get("throw_on", []):
                raise RuntimeError(f"boom {name} {count}")

        return self._callbacks.setdefault((kind, name), called)

    def _recorded(self, kind: str, arguments: tuple[Any, ...]) -> list[Any]:
        if kind == "data":
            return [arguments[0].topic, arguments[0].text()]
        if kind == "fatal":
            return [str(arguments[0])]
        if kind == "presence":
            *others, position = arguments
            seen = position and [position.attendee_index, position.attendees_in_frame]
            return [*others, seen]
        return list(arguments)

    def _subscription(self, step: Case, verb: str) -> None:
        kind, controller = step["kind"], self._controller
        callback = None if step["cb"] is None else self._callback(kind, step["cb"])
        by_kind = {
            "presence": ("to_attendee_id_presence", "to_attendee_id_presence"),
            "mute": ("to_mute_and_unmute_local_audio", "to_mute_and_unmute_local_audio"),
            "can_unmute": ("to_set_can_unmute_local_audio", "to_set_can_unmute_local_audio"),
            "local_signal": ("to_local_signal_strength_change", "to_local_signal_strength_change"),
            "send_data": ("to_send_data_message", "from_send_data_message"),
            "fatal": ("to_fatal_error", "to_fatal_error"),
            "volume": ("to_volume_indicator", "from_volume_indicator"),
            "data": ("to_receive_data_message", "from_receive_data_message"),
        }
        name = by_kind[kind][verb == "unsubscribe"]
        method = getattr(controller, f"realtime_{verb}_{name}")
        if kind == "volume":
            method(step["attendee"], callback)
        elif kind == "data":
            method(step["topic"], *([callback] if verb == "subscribe" else []))
        else:
            method(callback)

    def _do_subscribe(self, step: Case) -> None:
        self._subscription(step, "subscribe")

    def _do_unsubscribe(self, step: Case) -> None:
        self._subscription(step, "unsubscribe")

    def _do_set_local(self, step: Case) -> None:
        self._controller.realtime_set_local_attendee_id(step["attendee"], step["external"])

    def _do_set_audio_input_active(self, step: Case) -> None:
        self._input.active = step["value"]

    def _do_set_device_fails(self, step: Case) -> None:
        self._input.fails = step["value"]

    def _do_presence(self, step: Case) -> None:
        position = None if step["pos"] is None else PositionInFrame(*step["pos"])
        self._controller.realtime_set_attendee_id_presence(
            step["attendee"], step["present"], step["external"], step["dropped"], position
        )

    def _do_update(self, step: Case) -> None:
        self._controller.realtime_update_volume_indicator(
            step["attendee"], step["volume"], step["muted"], step["signal"], step["external"]
        )

    def _do_mute(self, _step: Case) -> None:
        self._controller.realtime_mute_local_audio()

    def _do_unmute(self, _step: Case) -> bool:
        return self._controller.realtime_unmute_local_audio()

    def _do_set_can_unmute(self, step: Case) -> None:
        self._controller.realtime_set_can_unmute_local_audio(step["value"])

    def _do_is_muted(self, _step: Case) -> bool:
        return self._controller.realtime_is_local_audio_muted()

    def _do_can_unmute(self, _step: Case) -> bool:
        return self._controller.realtime_can_unmute_local_audio()

    def _do_send_data(self, step: Case) -> None:
        self._controller.realtime_send_data_message(step["topic"], step["data"], step["lifetime_ms"])

    def _do_receive_data(self, step: Case) -> None:
        message = DataMessage(0.0, step["topic"], step["text"].encode(), "", "")
        self._controller.realtime_receive_data_message(message)
