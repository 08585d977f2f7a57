"""The exception that stands for a status, for those who await a session instead of observing it."""

from __future__ import annotations

from chime_native.errors import (
    AtCapacityError,
    AuthenticationRejectedError,
    MeetingEndedError,
    RemovedError,
    SessionError,
)
from chime_native.session.status import MeetingSessionStatus, MeetingSessionStatusCode

__all__ = ["AttemptFailed", "session_error"]

_Code = MeetingSessionStatusCode

_ERRORS: dict[MeetingSessionStatusCode, type[SessionError]] = {
    _Code.AUDIO_AUTHENTICATION_REJECTED: AuthenticationRejectedError,
    _Code.AUDIO_CALL_AT_CAPACITY: AtCapacityError,
    _Code.VIDEO_CALL_AT_SOURCE_CAPACITY: AtCapacityError,
    _Code.MEETING_ENDED: MeetingEndedError,
    _Code.AUDIO_ATTENDEE_REMOVED: RemovedError,
    _Code.AUDIO_JOINED_FROM_ANOTHER_DEVICE: RemovedError,
}


class AttemptFailed(Exception):
    """An attempt to connect failed; ``status`` decides whether there is another. Stays inside the session."""

    def __init__(self, status_code: MeetingSessionStatusCode, detail: str = "") -> None:
        self.status = MeetingSessionStatus(status_code)
        self.detail = detail
        super().__init__(detail or str(self.status))


def session_error(status: MeetingSessionStatus, detail: str = "") -> SessionError:
    """The error for a session that is over with ``status``; ``detail`` says what was seen, for people."""
    message = f"{status} ({detail})" if detail else str(status)
    return _ERRORS.get(status.status_code, SessionError)(message, status)
