"""Transcripts: listeners, and data that is no transcript."""

from __future__ import annotations

import pytest
from chime_native.realtime import DataMessage, RealtimeController, TranscriptionController
from chime_native.realtime.transcript import (
    TRANSCRIPTION_DATA_MESSAGE_TOPIC,
    TranscriptEvent,
    TranscriptionStatus,
    TranscriptionStatusType,
    transcript_events,
)
from chime_native.signaling.messages import SdkTranscriptFrame


class AudioInput:
    active = False

    def set_enabled(self, _enabled: bool) -> None: ...


def message(data: bytes) -> DataMessage:
    return DataMessage(0.0, TRANSCRIPTION_DATA_MESSAGE_TOPIC, data, "", "")


def started() -> bytes:
    frame = SdkTranscriptFrame()
    frame.events.add().status.event_time = 7
    return frame.SerializeToString()


def test_an_absent_type_is_the_first_and_a_status_goes_before_a_transcript() -> None:
    frame = SdkTranscriptFrame()
    event = frame.events.add()
    event.transcript.results.add()
    event.status.SetInParent()
    (status,) = transcript_events(frame.SerializeToString())
    assert isinstance(status, TranscriptionStatus)
    assert status.type is TranscriptionStatusType.STARTED


def test_bad_data_is_counted_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    controller = RealtimeController(AudioInput())
    transcription = TranscriptionController(controller)
    seen: list[TranscriptEvent] = []
    transcription.subscribe_to_transcript_event(seen.append)
    for data in (b'{"json": 1}', b"\xff", started()):
        controller.realtime_receive_data_message(message(data))
    assert transcription.malformed == 2
    assert len(caplog.records) == 1
    assert len(seen) == 1


def test_the_last_listener_leaves_the_application_its_own_callbacks() -> None:
    controller = RealtimeController(AudioInput())
    transcription = TranscriptionController(controller)
    raw: list[DataMessage] = []
    controller.realtime_subscribe_to_receive_data_message(TRANSCRIPTION_DATA_MESSAGE_TOPIC, raw.append)
    seen: list[TranscriptEvent] = []
    transcription.subscribe_to_transcript_event(seen.append)
    transcription.unsubscribe_from_transcript_event(seen.append)
    controller.realtime_receive_data_message(message(started()))
    assert (len(raw), seen) == (1, [])
