"""Statuses of events, closes and failed openings."""

from __future__ import annotations

import pytest
from chime_native.session.status import MeetingSessionStatus
from chime_native.session.status import MeetingSessionStatusCode as Code
from chime_native.signaling.events import ConnectionPhase as Phase


@pytest.mark.parametrize("code", Code)
def test_every_code_has_words_and_a_name(code: Code) -> None:
    status = MeetingSessionStatus(code)
    assert str(status).startswith(f"{code.sdk_name}: ")
    assert code.name.replace("_", "").lower() == code.sdk_name.lower()
    assert Code(int(code)) is code


@pytest.mark.parametrize(
    ("close_code", "phase", "status"),
    [
        (4410, Phase.JOINING, Code.MEETING_ENDED),
        (4500, Phase.JOINING, Code.SIGNALING_INTERNAL_SERVER_ERROR),
        (1006, Phase.JOINING, Code.SIGNALING_BAD_REQUEST),
        (1000, Phase.OPEN, Code.SIGNALING_BAD_REQUEST),
        (1006, Phase.OPENING, Code.TASK_FAILED),
        (4410, Phase.SUBSCRIBING, Code.TASK_FAILED),
        (4599, Phase.SUBSCRIBING, Code.SIGNALING_INTERNAL_SERVER_ERROR),
        (1006, Phase.CONNECTED, Code.SIGNALING_CHANNEL_CLOSED_UNEXPECTEDLY),
        (4501, Phase.CONNECTED, Code.SIGNALING_INTERNAL_SERVER_ERROR),
        (4410, Phase.CONNECTED, Code.OK),
        (1000, Phase.CONNECTED, Code.OK),
        (1006, Phase.LEAVING, Code.OK),
    ],
)
def test_closes(close_code: int, phase: Phase, status: Code) -> None:
    assert MeetingSessionStatus.from_connection_closed(close_code, phase).status_code is status


@pytest.mark.parametrize(
    ("http_status", "status"),
    [
        (None, Code.TASK_FAILED),
        (302, Code.TASK_FAILED),
        (429, Code.TASK_FAILED),
        (401, Code.AUDIO_AUTHENTICATION_REJECTED),
        (403, Code.AUDIO_AUTHENTICATION_REJECTED),
        (404, Code.SIGNALING_BAD_REQUEST),
        (409, Code.AUDIO_CALL_AT_CAPACITY),
        (410, Code.MEETING_ENDED),
        (503, Code.SIGNALING_INTERNAL_SERVER_ERROR),
    ],
)
def test_failed_openings(http_status: int | None, status: Code) -> None:
    assert MeetingSessionStatus.from_connection_failed(http_status).status_code is status


def test_no_error_and_no_content() -> None:
    assert MeetingSessionStatus.from_error_status(0).status_code is Code.OK
    assert MeetingSessionStatus.from_audio_status(None).status_code is Code.SIGNALING_REQUEST_FAILED
