"""Status codes of a meeting session (SDK: ``src/meetingsession/MeetingSessionStatus.ts``).

Three questions are asked of a status. Terminal: the session is over and never reconnects. Failure: something went wrong;
a failure that is not terminal makes the session reconnect. Audio connection failure: the audio part is what failed.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from chime_native.signaling.events import ConnectionPhase
from chime_native.signaling.messages import SdkSignalFrame

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MeetingSessionStatus", "MeetingSessionStatusCode"]


class MeetingSessionStatusCode(enum.IntEnum):
    """Why a session is in the state that it is in; the numbers and ``sdk_name`` are the JavaScript SDK's."""

    sdk_name: str

    def __new__(cls, number: int, sdk_name: str) -> Self:
        member = int.__new__(cls, number)
        member._value_ = number
        member.sdk_name = sdk_name
        return member

    OK = 0, "OK"
    LEFT = 1, "Left"
    AUDIO_JOINED_FROM_ANOTHER_DEVICE = 2, "AudioJoinedFromAnotherDevice"
    AUDIO_AUTHENTICATION_REJECTED = 3, "AudioAuthenticationRejected"
    AUDIO_CALL_AT_CAPACITY = 4, "AudioCallAtCapacity"
    MEETING_ENDED = 5, "MeetingEnded"
    AUDIO_INTERNAL_SERVER_ERROR = 6, "AudioInternalServerError"
    AUDIO_SERVICE_UNAVAILABLE = 7, "AudioServiceUnavailable"
    AUDIO_DISCONNECTED = 8, "AudioDisconnected"
    VIDEO_CALL_SWITCH_TO_VIEW_ONLY = 9, "VideoCallSwitchToViewOnly"
    VIDEO_CALL_AT_SOURCE_CAPACITY = 10, "VideoCallAtSourceCapacity"
    SIGNALING_BAD_REQUEST = 11, "SignalingBadRequest"
    SIGNALING_INTERNAL_SERVER_ERROR = 12, "SignalingInternalServerError"
    SIGNALING_REQUEST_FAILED = 13, "SignalingRequestFailed"
    SIGNALING_CHANNEL_CLOSED_UNEXPECTEDLY = 14, "SignalingChannelClosedUnexpectedly"
    ICE_GATHERING_TIMEOUT_WORKAROUND = 15, "ICEGatheringTimeoutWorkaround"
    CONNECTION_HEALTH_RECONNECT = 16, "ConnectionHealthReconnect"
    REALTIME_API_FAILED = 17, "RealtimeApiFailed"
    TASK_FAILED = 18, "TaskFailed"
    INCOMPATIBLE_SDP = 19, "IncompatibleSDP"
    TURN_CREDENTIALS_FORBIDDEN = 20, "TURNCredentialsForbidden"
    NO_ATTENDEE_PRESENT = 21, "NoAttendeePresent"
    AUDIO_ATTENDEE_REMOVED = 22, "AudioAttendeeRemoved"
    AUDIO_VIDEO_WAS_REMOVED_FROM_PRIMARY_MEETING = 23, "AudioVideoWasRemovedFromPrimaryMeeting"
    AUDIO_VIDEO_DISCONNECTED_WHILE_PROMOTED = 24, "AudioVideoDisconnectedWhilePromoted"
    AUDIO_DISCONNECT_AUDIO = 25, "AudioDisconnectAudio"
    ENCODED_TRANSFORM_MANAGER_FAILED = 26, "EncodedTransformManagerFailed"


_Code = MeetingSessionStatusCode

_TERMINAL: Final = frozenset(
    {
        _Code.LEFT,
        _Code.AUDIO_JOINED_FROM_ANOTHER_DEVICE,
        _Code.AUDIO_AUTHENTICATION_REJECTED,
        _Code.AUDIO_CALL_AT_CAPACITY,
        _Code.MEETING_ENDED,
        _Code.AUDIO_DISCONNECTED,
        _Code.VIDEO_CALL_AT_SOURCE_CAPACITY,
        _Code.SIGNALING_BAD_REQUEST,
        _Code.SIGNALING_REQUEST_FAILED,
        _Code.REALTIME_API_FAILED,
        _Code.TURN_CREDENTIALS_FORBIDDEN,
        _Code.AUDIO_ATTENDEE_REMOVED,
    }
)
_AUDIO_CONNECTION_FAILURE: Final = frozenset(
    {
        _Code.AUDIO_AUTHENTICATION_REJECTED,
        _Code.AUDIO_INTERNAL_SERVER_ERROR,
        _Code.AUDIO_SERVICE_UNAVAILABLE,
        _Code.SIGNALING_BAD_REQUEST,
        _Code.SIGNALING_INTERNAL_SERVER_ERROR,
        _Code.SIGNALING_REQUEST_FAILED,
        _Code.ICE_GATHERING_TIMEOUT_WORKAROUND,
        _Code.REALTIME_API_FAILED,
        _Code.NO_ATTENDEE_PRESENT,
    }
)
_FAILURE: Final = _AUDIO_CONNECTION_FAILURE | {
    _Code.AUDIO_CALL_AT_CAPACITY,
    _Code.AUDIO_DISCONNECTED,
    _Code.VIDEO_CALL_AT_SOURCE_CAPACITY,
    _Code.SIGNALING_CHANNEL_CLOSED_UNEXPECTEDLY,
    _Code.CONNECTION_HEALTH_RECONNECT,
    _Code.TASK_FAILED,
}

_DESCRIPTIONS: Final[Mapping[MeetingSessionStatusCode, str]] = {
    _Code.OK: "all is well",
    _Code.LEFT: "this attendee left the meeting",
    _Code.AUDIO_JOINED_FROM_ANOTHER_DEVICE: "this attendee joined from another place",
    _Code.AUDIO_AUTHENTICATION_REJECTED: "the meeting does not accept this attendee's join token",
    _Code.AUDIO_CALL_AT_CAPACITY: "the meeting is full",
    _Code.MEETING_ENDED: "the meeting has ended",
    _Code.AUDIO_INTERNAL_SERVER_ERROR: "the audio service has an internal error",
    _Code.AUDIO_SERVICE_UNAVAILABLE: "the audio service is not available",
    _Code.AUDIO_DISCONNECTED: "the service ended the audio connection",
    _Code.VIDEO_CALL_SWITCH_TO_VIEW_ONLY: "no more cameras can be sent in this meeting; others are still seen",
    _Code.VIDEO_CALL_AT_SOURCE_CAPACITY: "the meeting has as many video sources as it can take",
    _Code.SIGNALING_BAD_REQUEST: "the service refused the signaling connection or a request on it",
    _Code.SIGNALING_INTERNAL_SERVER_ERROR: "the signaling service has an internal error",
    _Code.SIGNALING_REQUEST_FAILED: "a signaling request failed",
    _Code.SIGNALING_CHANNEL_CLOSED_UNEXPECTEDLY: "the signaling connection broke",
    _Code.ICE_GATHERING_TIMEOUT_WORKAROUND: "gathering network candidates took too long",
    _Code.CONNECTION_HEALTH_RECONNECT: "the connection stopped working and is made anew",
    _Code.REALTIME_API_FAILED: "a realtime callback of the application raised an exception",
    _Code.TASK_FAILED: "a step of the connection failed or took too long",
    _Code.INCOMPATIBLE_SDP: "the session description changed in a way that needs the video restarted",
    _Code.TURN_CREDENTIALS_FORBIDDEN: "the service refused TURN credentials",
    _Code.NO_ATTENDEE_PRESENT: "this attendee's presence was not confirmed in time",
    _Code.AUDIO_ATTENDEE_REMOVED: "this attendee was removed from the meeting",
    _Code.AUDIO_VIDEO_WAS_REMOVED_FROM_PRIMARY_MEETING: "this attendee was removed from the primary meeting",
    _Code.AUDIO_VIDEO_DISCONNECTED_WHILE_PROMOTED: "the connection broke while promoted, which demotes",
    _Code.AUDIO_DISCONNECT_AUDIO: "the service asked to disconnect audio",
    _Code.ENCODED_TRANSFORM_MANAGER_FAILED: "the transform of encoded media failed; the connection is made without",
}

_AUDIO_STATUS: Final[Mapping[int, MeetingSessionStatusCode]] = {
    301: _Code.AUDIO_JOINED_FROM_ANOTHER_DEVICE,
    302: _Code.AUDIO_DISCONNECT_AUDIO,
    403: _Code.AUDIO_AUTHENTICATION_REJECTED,
    409: _Code.AUDIO_CALL_AT_CAPACITY,
    410: _Code.MEETING_ENDED,
    411: _Code.AUDIO_ATTENDEE_REMOVED,
    500: _Code.AUDIO_INTERNAL_SERVER_ERROR,
    503: _Code.AUDIO_SERVICE_UNAVAILABLE,
}
_ERROR_STATUS: Final[Mapping[int, MeetingSessionStatusCode]] = {
    206: _Code.VIDEO_CALL_SWITCH_TO_VIEW_ONLY,
    403: _Code.AUDIO_AUTHENTICATION_REJECTED,
    409: _Code.AUDIO_CALL_AT_CAPACITY,
    509: _Code.VIDEO_CALL_AT_SOURCE_CAPACITY,
}
_ERROR_STATUS_CLASS: Final[Mapping[int, MeetingSessionStatusCode]] = {
    2: _Code.OK,
    4: _Code.SIGNALING_BAD_REQUEST,
    5: _Code.SIGNALING_INTERNAL_SERVER_ERROR,
}


@dataclass(frozen=True, slots=True)
class MeetingSessionStatus:
    """A status code and what it means for the session."""

    status_code: MeetingSessionStatusCode

    @property
    def is_terminal(self) -> bool:
        """Whether the session is over for good."""
        return self.status_code in _TERMINAL

    @property
    def is_failure(self) -> bool:
        """Whether something went wrong; the session reconnects unless the status is terminal too."""
        return self.status_code in _FAILURE

    @property
    def is_audio_connection_failure(self) -> bool:
        """Whether it is the audio connection that failed."""
        return self.status_code in _AUDIO_CONNECTION_FAILURE

    def __str__(self) -> str:
        return f"{self.status_code.sdk_name}: {_DESCRIPTIONS[self.status_code]}"

    @classmethod
    def from_signal_frame(cls, frame: SdkSignalFrame) -> MeetingSessionStatus:
        """What a received frame says about the session: its error status first, then AUDIO_STATUS and demotion."""
        if frame.error.status:
            return cls.from_error_status(frame.error.status)
        if frame.type == SdkSignalFrame.AUDIO_STATUS:
            has_status = frame.HasField("audio_status")
            return cls.from_audio_status(frame.audio_status.audio_status if has_status else None)
        if frame.type == SdkSignalFrame.PRIMARY_MEETING_LEAVE:
            return cls(_Code.AUDIO_VIDEO_WAS_REMOVED_FROM_PRIMARY_MEETING)
        return cls(_Code.OK)

    @classmethod
    def from_error_status(cls, status: int) -> MeetingSessionStatus:
        """What the error status of a frame of any type means; 0 is no error."""
        by_class = _ERROR_STATUS_CLASS.get(status // 100, _Code.SIGNALING_REQUEST_FAILED)
        return cls(_ERROR_STATUS.get(status, by_class) if status else _Code.OK)

    @classmethod
    def from_audio_status(cls, status: int | None) -> MeetingSessionStatus:
        """What AUDIO_STATUS means; None: the frame had no content."""
        if status is None:
            return cls(_Code.SIGNALING_REQUEST_FAILED)
        return cls(_AUDIO_STATUS.get(status, _Code.OK if status // 100 == 2 else _Code.AUDIO_DISCONNECTED))

    @classmethod
    def from_connection_closed(cls, code: int, phase: ConnectionPhase) -> MeetingSessionStatus:
        """What it means that the service closed the WebSocket, by how far the connection had come
        (SDK: ``JoinAndReceiveIndexTask``, ``SubscribeAndReceiveSubscribeAckTask``, ``MonitorTask``).

        OK: nothing follows from it.
        """
        if 4500 <= code < 4600:
            return cls(_Code.SIGNALING_INTERNAL_SERVER_ERROR)
        match phase:
            case ConnectionPhase.OPENING | ConnectionPhase.SUBSCRIBING:
                return cls(_Code.TASK_FAILED)
            case ConnectionPhase.OPEN | ConnectionPhase.JOINING:
                return cls(_Code.MEETING_ENDED if code == 4410 else _Code.SIGNALING_BAD_REQUEST)
            case ConnectionPhase.CONNECTED if code == 1006:
                return cls(_Code.SIGNALING_CHANNEL_CLOSED_UNEXPECTEDLY)
        return cls(_Code.OK)

    @classmethod
    def from_connection_failed(cls, http_status: int | None) -> MeetingSessionStatus:
        """What it means that the WebSocket could not be opened.

        A browser hides the answer to the handshake, so the SDK retries whatever it was (TaskFailed). We see it, and do
        not retry what the service has refused.
        """
        if http_status is None or http_status < 400 or http_status in (408, 425, 429):
            return cls(_Code.TASK_FAILED)
        if http_status in (401, 403):
            return cls(_Code.AUDIO_AUTHENTICATION_REJECTED)
        if http_status == 410:
            return cls(_Code.MEETING_ENDED)
        return cls.from_error_status(http_status)
