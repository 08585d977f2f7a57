"""Suite ``realtime_volume_adapter``: audio frames to presence, volume, mute and signal strength."""

from __future__ import annotations

import base64
from typing import Any

from chime_native.realtime import PositionInFrame, RealtimeController, VolumeIndicatorAdapter
from chime_native.signaling import decode_frame
from chime_native.signaling.events import AudioMetadataReceived, AudioStreamIdInfoReceived
from chime_native.signaling.service_frames import event_from_frame
from google.protobuf.json_format import MessageToDict

Case = dict[str, Any]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    return _Replay(case).run()


class _AudioInput:
    def __init__(self, active: bool) -> None:
        self.active = active

    def set_enabled(self, _enabled: bool) -> None:
        pass


class _Replay:
    def __init__(self, case: Case) -> None:
        self._case = case
        self._events: list[list[Any]] = []
        self._errors: list[str] = []
        self._subscribed: set[str] = set()
        self._input = _AudioInput(case["audio_input_active"])
        self._controller = RealtimeController(self._input, strict_callbacks=True)
        if case["local_attendee_id"] is not None:
            self._controller.realtime_set_local_attendee_id(
                case["local_attendee_id"], case["local_external_user_id"]
            )
        self._controller.realtime_subscribe_to_attendee_id_presence(self._presence)
        self._controller.realtime_subscribe_to_mute_and_unmute_local_audio(
            lambda muted: self._events.append(["mute", muted])
        )
        self._controller.realtime_subscribe_to_local_signal_strength_change(
            lambda strength: self._events.append(["local_signal", strength])
        )
        self._controller.realtime_subscribe_to_fatal_error(
            lambda error: self._events.append(["fatal", str(error)])
        )
        self._adapter = self._new_adapter()

    def run(self) -> list[str]:
        for index, step in enumerate(self._case["steps"]):
            self._events.clear()
            getattr(self, f"_do_{step['op']}")(step)
            wanted = [self._comparable(event) for event in step["events"]]
            got = [
                event[:6] if wanted_event[-1] == "any total" else event
                for event, wanted_event in zip(self._events, wanted, strict=False)
            ] + self._events[len(wanted) :]
            if [event[:-1] if event[-1] == "any total" else event for event in wanted] != got:
                self._errors.append(
                    f"step {index} {step['op']}: wanted {step['events']!r}, got {self._events!r}"
                )
        return self._errors

    def _comparable(self, event: list[Any]) -> list[Any]:
        # The total of leaves made up after a reconnect is the reference's quirk 1, not to be compared.
        return [*event[:6], "any total"] if event[-1] == "reconnect_cleanup" else event

    def _new_adapter(self) -> VolumeIndicatorAdapter:
        return VolumeIndicatorAdapter(
            self._controller,
            self._case["adapter_self_attendee_id"],
            min_volume_decibels=self._case["min_volume_decibels"],
            max_volume_decibels=self._case["max_volume_decibels"],
        )

    def _presence(
        self, attendee_id: str, present: bool, external: str | None, dropped: bool, at: PositionInFrame | None
    ) -> None:
        assert at is not None
        self._events.append(
            ["presence", attendee_id, present, external, dropped, at.attendee_index, at.attendees_in_frame]
        )
        if present and self._case["subscribe"] == "on_presence" and attendee_id not in self._subscribed:
            self._subscribe(attendee_id)
        elif not present and self._case["unsubscribe_on_leave"]:
            self._unsubscribe(attendee_id)

    def _volume(self, *arguments: Any) -> None:
        self._events.append(["volume", *arguments])

    def _subscribe(self, attendee_id: str) -> None:
        self._subscribed.add(attendee_id)
        self._controller.realtime_subscribe_to_volume_indicator(attendee_id, self._volume)

    def _unsubscribe(self, attendee_id: str) -> None:
        self._subscribed.discard(attendee_id)
        self._controller.realtime_unsubscribe_from_volume_indicator(attendee_id)

    def _event(self, step: Case, body: str) -> object:
        frame = decode_frame(b"\x05" + base64.b64decode(step["wire"]))
        got = MessageToDict(getattr(frame, body), preserving_proto_field_name=True)
        wanted = {name: value for name, value in step["frame"].items() if value != []}
        if got != wanted:
            self._errors.append(f"{step['op']}: decoded {got!r}, wanted {wanted!r}")
        return event_from_frame(frame)

    def _do_stream_info(self, step: Case) -> None:
        event = self._event(step, "audio_stream_id_info")
        assert isinstance(event, AudioStreamIdInfoReceived)
        self._adapter.handle_audio_stream_id_info(event)

    def _do_metadata(self, step: Case) -> None:
        event = self._event(step, "audio_metadata")
        assert isinstance(event, AudioMetadataReceived)
        self._adapter.handle_audio_metadata(event)

    def _do_reconnect(self, _step: Case) -> None:
        self._adapter.on_reconnect()

    def _do_new_adapter(self, _step: Case) -> None:
        self._adapter = self._new_adapter()

    def _do_mute(self, _step: Case) -> None:
        self._controller.realtime_mute_local_audio()

    def _do_unmute(self, _step: Case) -> None:
        self._controller.realtime_unmute_local_audio()

    def _do_set_audio_input_active(self, step: Case) -> None:
        self._input.active = step["value"]

    def _do_subscribe_volume(self, step: Case) -> None:
        self._subscribe(step["attendee"])

    def _do_unsubscribe_volume(self, step: Case) -> None:
        self._unsubscribe(step["attendee"])
