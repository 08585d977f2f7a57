"""Suite ``realtime_transcript``: transcripts from the wire, and who is told of them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from chime_native.errors import FrameError
from chime_native.realtime import DataMessage, RealtimeController, TranscriptionController
from chime_native.realtime.transcript import (
    Transcript,
    TranscriptAlternative,
    TranscriptEntity,
    TranscriptEvent,
    TranscriptionStatus,
    TranscriptItem,
    TranscriptResult,
    transcript_events,
)
from chime_native.signaling.messages import SdkTranscriptFrame
from google.protobuf.json_format import ParseDict

Case = dict[str, Any]


def run_case(case: Case, _document: Case) -> list[str]:
    """What differs from the case; empty when it passes."""
    return _ControllerReplay(case).run() if case["kind"] == "controller" else _conversion(case)


def _conversion(case: Case) -> list[str]:
    data = base64.b64decode(case["wire"])
    try:
        got = [_event(event) for event in transcript_events(data)]
    except FrameError as error:
        return [] if "error" in case and case["error"] in str(error) else [f"it was refused: {error}"]
    if "error" in case:
        return ["it was accepted"]
    if "frame" in case:
        wire = ParseDict(case["frame"], SdkTranscriptFrame()).SerializeToString()
        if wire != data:
            return [f"its description encodes to {wire.hex()}, wanted {data.hex()}"]
    return [] if got == case["events"] else [f"wanted {case['events']!r}, got {got!r}"]


def _event(event: TranscriptEvent) -> Case:
    """The event under the reference's names."""
    if isinstance(event, TranscriptionStatus):
        return {
            "event": "status",
            "type": event.type.value,
            "eventTimeMs": event.event_time_ms,
            "transcriptionRegion": event.transcription_region,
            "transcriptionConfiguration": event.transcription_configuration,
        } | _if_there(message=event.message)
    assert isinstance(event, Transcript)
    return {"event": "transcript", "results": [_result(result) for result in event.results]}


def _if_there(**members: Any) -> Case:
    return {name: value for name, value in members.items() if value is not None}


def _result(result: TranscriptResult) -> Case:
    languages = [
        {"languageCode": language.language_code, "score": language.score}
        for language in result.language_identification
    ]
    return {
        "channelId": result.channel_id,
        "isPartial": result.is_partial,
        "resultId": result.result_id,
        "startTimeMs": result.start_time_ms,
        "endTimeMs": result.end_time_ms,
        "alternatives": [_alternative(alternative) for alternative in result.alternatives],
    } | _if_there(languageCode=result.language_code, languageIdentification=languages or None)


def _alternative(alternative: TranscriptAlternative) -> Case:
    entities = [_entity(entity) for entity in alternative.entities]
    return {
        "items": [_item(item) for item in alternative.items],
        "transcript": alternative.transcript,
    } | _if_there(entities=entities or None)


def _item(item: TranscriptItem) -> Case:
    attendee = {"attendeeId": item.attendee.attendee_id, "externalUserId": item.attendee.external_user_id}
    return {
        "content": item.content,
        "attendee": attendee,
        "startTimeMs": item.start_time_ms,
        "endTimeMs": item.end_time_ms,
        "type": item.type and item.type.value,
    } | _if_there(
        vocabularyFilterMatch=item.vocabulary_filter_match or None,
        stable=item.stable,
        confidence=item.confidence,
    )


def _entity(entity: TranscriptEntity) -> Case:
    return {
        "category": entity.category,
        "confidence": entity.confidence,
        "content": entity.content,
        "startTimeMs": entity.start_time_ms,
        "endTimeMs": entity.end_time_ms,
    } | _if_there(type=entity.type)


class _AudioInput:
    active = False

    def set_enabled(self, _enabled: bool) -> None:
        pass


class _ControllerReplay:
    def __init__(self, case: Case) -> None:
        self._case = case
        self._events: list[Any] = []
        self._callbacks: dict[str, Callable[..., None]] = {}
        self._raw: list[str] = []
        self._controller = RealtimeController(_AudioInput())
        self._transcription = TranscriptionController(self._controller)

    def run(self) -> list[str]:
        errors: list[str] = []
        for index, step in enumerate(self._case["steps"]):
            self._events = []
            getattr(self, f"_do_{step['op']}")(step)
            if self._events not in self._accepted(step):
                errors.append(f"step {index} {step['op']}: wanted {step['events']!r}, got {self._events!r}")
        return errors

    def _accepted(self, step: Case) -> list[list[Any]]:
        """The reference's events, and the right ones: where its quirk has dropped the application's own callbacks of the
        topic, they are told all the same."""
        accepted = [step["events"]]
        if self._case["quirk"] and step["op"] == "receive":
            events = list(step["events"])
            seen = {event[1] for event in events if event[0] == "raw"}
            missing = [["raw", name, step["topic"]] for name in self._raw if name not in seen]
            if step["topic"] == "aws:chime:transcription":
                accepted += [[*missing, *events], [*events, *missing]]
        return accepted

    def _callback(self, name: str) -> Callable[[TranscriptEvent], None]:
        def called(event: TranscriptEvent) -> None:
            self._events.append(["transcript_event", name, _event(event)])

        return self._callbacks.setdefault(name, called)

    def _do_subscribe(self, step: Case) -> None:
        self._transcription.subscribe_to_transcript_event(self._callback(step["cb"]))

    def _do_unsubscribe(self, step: Case) -> None:
        self._transcription.unsubscribe_from_transcript_event(self._callback(step["cb"]))

    def _do_subscribe_raw(self, step: Case) -> None:
        name = step["cb"]
        self._raw.append(name)
        self._controller.realtime_subscribe_to_receive_data_message(
            "aws:chime:transcription", lambda message: self._events.append(["raw", name, message.topic])
        )

    def _do_receive(self, step: Case) -> None:
        message = DataMessage(0.0, step["topic"], base64.b64decode(step["wire"]), "", "")
        self._controller.realtime_receive_data_message(message)
