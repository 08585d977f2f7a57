import logging

import pytest
from chime_native.session import MeetingSessionConfiguration
from chime_native.session.session_logger import SessionLogger


def test_records_say_which_session(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    configuration = MeetingSessionConfiguration(
        {"MeetingId": "m1", "MediaPlacement": {}}, {"AttendeeId": "a1", "JoinToken": "secret"}
    )
    SessionLogger(configuration).info("%d times", 3, extra={"more": 1})
    (record,) = caplog.records
    assert record.name == "chime_native.session"
    assert record.getMessage() == "[a1] 3 times"
    assert (record.meeting_id, record.attendee_id, record.more) == ("m1", "a1", 1)  # type: ignore[attr-defined]
    assert "secret" not in caplog.text
